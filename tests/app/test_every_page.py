"""What holds for every page there is, and for those to come: a page in the navigation is tested here."""

from pathlib import Path

import pytest

from ovpnmon.ui import navigation
from tests import worlds
from tests.app import app_reading as read
from tests.app.conftest import SHELL, Open

PAGES = [name for name in navigation.PAGES if name not in navigation.HIDDEN]
FROM_SHELL = Path("../../pages")


def test_every_page_is_in_the_navigation():
    """A file in pages/ without a line in the navigation could be reached by nobody."""
    assert {path.stem for path in navigation.DIRECTORY.glob("*.py")} == set(navigation.PAGES)
    assert (SHELL.parent / FROM_SHELL).resolve() == navigation.DIRECTORY


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("kind", ["nothing", "ordinary", "collector down", "damaged"])
def test_a_page_shows_in_any_state(open_app: Open, data: Path, now: int, name: str, kind: str):
    """No traceback, and the frame around the page says how the servers are."""
    app = open_app(
        None if kind == "nothing" else worlds.normal(now, clients=5),
        collector=kind in {"ordinary", "damaged"},
    )
    if kind == "damaged":
        (data / "active_sessions.json").write_bytes(b"{oops")
    app.switch_page(str(FROM_SHELL / f"{name}.py")).run()
    assert not app.exception
    badge = {
        "nothing": "no data yet",
        "ordinary": "udp up",
        "collector down": "collector down",
        "damaged": "data unreadable",
    }
    assert badge[kind] in read.text(app)
