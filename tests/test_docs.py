"""The README stays true: every setting, route and command that there is stands in it."""

import re
from pathlib import Path

import pytest
from starlette.routing import BaseRoute, Mount, Route

from ovpnmon.api.app import build_routes
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


def test_every_route_is_in_the_readme(tmp_path: Path) -> None:
    """With what it answers."""
    settings = make_settings(tmp_path)
    for path in paths(build_routes(settings, Store(settings))) - {"/api"}:
        assert f"| `{path}` |" in README


@pytest.mark.parametrize("target", targets())
def test_every_target_is_in_the_readme(target: str) -> None:
    """And in what `make` says."""
    assert f"`make {target}`" in README
