"""Containers and operation documents stay true to the product: settings, commands, links, safety."""

import re
from pathlib import Path

import pytest

from ovpnmon.__main__ import main
from ovpnmon.config import Settings
from tests.test_docs import README, ROOT, defaults, variables

COMPOSE = (ROOT / "docker-compose.yml").read_text()
DOCKERFILE = (ROOT / "Dockerfile").read_text()
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]


def service(name: str) -> str:
    """The lines of one service in the compose file, comments left out."""
    (block,) = re.findall(rf"^  {name}:\n((?:    .*\n|\n)+)", COMPOSE, re.MULTILINE)
    return "\n".join(line for line in block.splitlines() if not line.lstrip().startswith("#"))


@pytest.mark.parametrize("variable", sorted(variables()))
def test_every_setting_is_in_the_compose_file(variable: str) -> None:
    """To be uncommented."""
    assert re.search(rf"^  (# )?{variable}:", COMPOSE, re.MULTILINE)


def test_the_containers_can_do_as_little_as_they_need() -> None:
    """No root, no capability, nothing writable but the data; the collector talks to nobody."""
    shared = COMPOSE.partition("x-image:")[2].partition("x-settings:")[0]
    for line in ("read_only: true", "cap_drop: [ALL]", "no-new-privileges:true", "restart: unless"):
        assert line in shared
    assert "nowhere:\n    internal: true" in COMPOSE
    assert "networks: [nowhere]" in service("collector")
    assert re.search(r"/var/log/openvpn\}:/var/log/openvpn:ro$", service("collector"), re.MULTILINE)
    assert "ports" not in service("collector")
    assert re.search(r"^USER \$UID:\$GID$", DOCKERFILE, re.MULTILINE)


def test_the_port_is_published_on_this_machine_only() -> None:
    """Without TLS the password would travel in the clear."""
    assert re.findall(r'- "([^"]+:8501)"', service("app")) == ["127.0.0.1:8501:8501"]


def test_the_image_is_made_of_what_the_program_is_made_of() -> None:
    """A new top-level package that is not let through would be missing in it."""
    let_through = re.findall(r"^!(\S+)", (ROOT / ".dockerignore").read_text(), re.MULTILINE)
    code = {path.parent.name for path in ROOT.glob("*/*.py")} - {"tests", "scripts"}
    assert code <= set(let_through)
    assert {"streamlit_app.py", ".streamlit", "requirements.txt", "constraints.txt"} <= set(
        let_through
    )


def test_every_command_is_in_the_readme(capsys: pytest.CaptureFixture[str]) -> None:
    """As it is typed."""
    with pytest.raises(SystemExit):
        main(["--help"])
    (names,) = re.findall(r"\{([a-z,]+)\}", capsys.readouterr().out)[:1]
    for name in names.split(","):
        assert f"| `python -m ovpnmon {name}" in README, name


@pytest.mark.parametrize(("variable", "value"), sorted(defaults().items()))
def test_defaults_of_the_compose_file_are_those_of_the_program(variable: str, value: str) -> None:
    """Beside the two that the image has of its own: where data lie, and to whom it listens."""
    image = dict(re.findall(r"(OPENVPN_\w+)=(\S+)", DOCKERFILE))
    written = re.findall(rf"^  (?:# )?{variable}: \"?([^\"\n]+)\"?$", COMPOSE, re.MULTILINE)[0]
    assert Settings.from_env(image | {variable: written}) == Settings.from_env(image)


def test_variables_of_the_env_file_are_in_its_document() -> None:
    """What docker-compose.yml takes from .env, with its default."""
    document = (ROOT / "docs" / "docker.md").read_text()
    for name, default in re.findall(r"\$\{(\w+):-([^}]+)\}", COMPOSE):
        (row,) = [line for line in document.splitlines() if f"`{name}`" in line and "|" in line]
        assert row.endswith(f"| `{default}` |")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_documents_name_only_targets_and_files_that_exist(document: Path) -> None:
    """`make x`, `python -m x`, and paths of this repository in code or tables."""
    text = document.read_text()
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"`make (\w[\w-]*)`|^make (\w[\w-]*)", text, re.MULTILINE):
        assert re.search(rf"^{target[0] or target[1]}:", makefile, re.MULTILINE), target
    for module in set(re.findall(r"python -m ([a-z_.]+[a-z_])", text)) - {"pytest"}:
        path = ROOT / module.replace(".", "/")
        assert path.with_suffix(".py").exists() or (path / "__main__.py").exists(), module
    ours = r"`((?:collector|ovpnmon|pages|scripts|tests|docs|deploy)/[\w./-]*)`"
    missing = [path for path in re.findall(ours, text) if not (ROOT / path).exists()]
    assert missing == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_between_documents_lead_somewhere(document: Path) -> None:
    """Pictures, pages and directories."""
    links = re.findall(r"\]\((?!https?:)([^)#]+)", document.read_text())
    missing = [link for link in links if not (document.parent / link).exists()]
    assert missing == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_documents_name_only_settings_and_commands_that_exist(
    document: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """None is left over from what is no more."""
    text = document.read_text()
    compose = {"OPENVPN_LOG_DIR", "OPENVPN_LOG_GID"}
    files = {f"{name}_FILE" for name in variables()}
    host = {"OPENVPN_MONITOR_PUBLIC_IP"}  # of scripts/server_status.sh
    named = set(re.findall(r"\bOPENVPN_[A-Z_]+[A-Z]\b", text))
    assert named <= variables() | compose | files | host
    with pytest.raises(SystemExit):
        main(["--help"])
    (names,) = re.findall(r"\{([a-z,]+)\}", capsys.readouterr().out)[:1]
    used = set(re.findall(r"python -m ovpnmon ([a-z]+)", text))
    assert used <= set(names.split(","))


def test_the_russian_readme_has_all_that_the_english_one_has() -> None:
    """Chapters, rows, commands, links and examples, one by one in the same order."""
    russian = (ROOT / "README.ru.md").read_text()

    def skeleton(text: str) -> list[str]:
        return re.findall(r"^(#+ |- |\| `[^`]+`|\| |```\w*$)", text, re.MULTILINE)

    def links(text: str) -> set[str]:
        return set(re.findall(r"\]\(([^)]+)\)", text)) - {"README.md", "README.ru.md"}

    assert skeleton(russian) == skeleton(README)
    assert links(russian) == links(README)
