"""The README stays true: every setting, route and command that there is stands in it."""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from starlette.routing import BaseRoute, Mount, Route

from ovpnmon.api import openapi
from ovpnmon.api.app import build_routes
from ovpnmon.config import Settings
from ovpnmon.store.reader import Store
from tests.recording import make_settings

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def variables() -> set[str]:
    """Every variable that the product's code names."""
    found: set[str] = set()
    for directory in ("ovpnmon", "collector"):
        for file in (ROOT / directory).rglob("*.py"):
            found |= set(re.findall(r"\"(OPENVPN_[A-Z_]+[A-Z])\"", file.read_text()))
    return found


def defaults() -> dict[str, str]:
    """What the README says is the default, of settings that have one."""
    return dict(re.findall(r"^\| `(OPENVPN_\w+)` \|.*\| `([^`]+)` \|$", README, re.MULTILINE))


def paths(routes: list[BaseRoute], prefix: str = "") -> set[str]:
    """Every path that is answered."""
    found: set[str] = set()
    for route in routes:
        if isinstance(route, Mount):
            found |= paths(route.routes, prefix + route.path)
        elif isinstance(route, Route):
            found.add(prefix + route.path)
    return found


def targets() -> list[str]:
    """Every target of the Makefile that is meant for people."""
    makefile = (ROOT / "Makefile").read_text()
    phony = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert phony is not None
    return [name for name in phony[1].split() if name not in {"help", "install-dev"}]


@pytest.mark.parametrize("variable", sorted(variables()))
def test_every_setting_is_in_the_readme(variable: str) -> None:
    """With a row of its own."""
    assert f"| `{variable}` |" in README


def test_settings_of_the_readme_exist() -> None:
    """None is left over from what is no more."""
    assert set(re.findall(r"^\| `(OPENVPN_\w+)` \|", README, re.MULTILINE)) <= variables()


@pytest.mark.parametrize(("variable", "value"), sorted(defaults().items()))
def test_defaults_of_the_readme_are_those_of_the_program(variable: str, value: str) -> None:
    """To set one is to change nothing."""
    assert Settings.from_env({variable: value}) == Settings.from_env({})


def test_every_setting_with_a_default_says_so() -> None:
    """Those without one have a sentence instead."""
    assert len(defaults()) >= 15


def test_every_parameter_is_in_the_readme() -> None:
    """In the row of its route."""
    for path, item in openapi.document("1")["paths"].items():
        (row,) = re.findall(rf"^\| `{path}` \| (.*) \|$", README, re.MULTILINE)
        for parameter in item["get"]["parameters"]:
            if parameter["name"] not in {"client", "server", "cursor"}:
                assert re.search(rf"`{parameter['name']}[`=]", row), parameter["name"]


def test_answers_shown_in_the_readme_are_such_as_the_api_gives() -> None:
    """Copied from a real run; a key that comes or goes shows here."""
    answers = dict(re.findall(r"^\$ curl -s '?http://127.0.0.1:8501(/\S+?)'?(?: .*)?\n(.*)$",
                              README, re.MULTILINE))  # fmt: skip
    paths = openapi.document("1")["paths"]

    def schema(path: str) -> Any:
        return paths[path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]

    client = schema("/api/clients")["properties"]["clients"]["items"]
    jsonschema.validate(json.loads(answers["/api/clients"]), client)
    jsonschema.validate(json.loads(answers["/api/history?limit=1"]), schema("/api/history"))
    assert set(answers) == {"/api/clients", "/api/history?limit=1", "/healthz"}


@pytest.mark.parametrize("language", ["README.md", "README.ru.md"])
def test_symptoms_in_quotes_are_what_the_program_says(language: str) -> None:
    """Somebody searches for the words on the screen."""
    source = "".join(
        file.read_text()
        for directory in ("ovpnmon", "collector", "pages")
        for file in (ROOT / directory).rglob("*.py")
    )
    symptoms = re.findall(r"^\| ([^|]*) \|", (ROOT / language).read_text(), re.MULTILINE)
    quoted = [words for symptom in symptoms for words in re.findall(r'"([^"]+)"', symptom)]
    assert len(quoted) > 10
    assert [words for words in quoted if words not in source] == []


def test_every_route_is_in_the_readme(tmp_path: Path) -> None:
    """With what it answers."""
    settings = make_settings(tmp_path)
    for path in paths(build_routes(settings, Store(settings))) - {"/api"}:
        assert f"| `{path}` |" in README


@pytest.mark.parametrize("target", targets())
def test_every_target_is_in_the_readme(target: str) -> None:
    """And in what `make` says."""
    assert f"`make {target}`" in README
