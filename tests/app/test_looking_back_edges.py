"""The pages that look back, on little, and on names that want to be more than names."""

from dataclasses import replace
from urllib.parse import urlencode

import pytest
from streamlit.testing.v1 import AppTest

from ovpnmon import formats
from ovpnmon.model import ClosedSession
from ovpnmon.store.state import State
from tests import worlds
from tests.app import app_reading as read
from tests.app.conftest import Open

HISTORY, CLIENTS, CLIENT = (f"../../pages/{name}.py" for name in ("history", "clients", "client"))
NAMES = (*worlds.HOSTILE, "y" * 64, "נועה לוי", "👩‍💻 laptop", "UNDEF", "  ", "")


def ended(*names: str, now: int, seconds: int = 60) -> State:
    """Nobody online; a session of each name has ended, an hour ago."""
    world = worlds.state([worlds.server("udp", [], now)], now)
    world.pending[0].closed[:] = [
        ClosedSession(
            worlds.session(n, "udp", name, now - 3600 - seconds, now - 3600), now - 3600, "gap"
        )
        for n, name in enumerate(names, 1)
    ]
    return world


@pytest.fixture
def show(open_app: Open):
    """A page on a world."""

    def visit(world: State, page: str, **query: str) -> AppTest:
        app = open_app(world)
        app.switch_page(page)
        app.query_params = query
        return app.run()

    return visit


@pytest.mark.parametrize("seconds", [0, 1])
def test_one_session(show, now: int, seconds: int) -> None:
    """Of a second, or none: every figure is of it."""
    world = ended("anna", now=now, seconds=seconds)
    app = show(world, HISTORY)
    figures = read.cards(app)
    assert (figures["Sessions"], figures["Clients"]) == ("1", "1")
    assert figures["Longest"] == figures["Time online"] == f"{seconds} s"
    assert "At most" in read.text(app)
    app = show(world, CLIENTS)
    assert read.cards(app)["Ever seen"] == "1"
    app = show(world, CLIENT, name="anna")
    assert read.cards(app)["Sessions"] == "1"
    assert not app.exception
    assert "1–1 of 1" in read.text(app)


def test_names_are_only_names_in_tables(show, now: int) -> None:
    """Each has its row, with the text that it has."""
    world = ended(*NAMES, now=now)
    for page, query in ((HISTORY, {"h_range": "All"}), (CLIENTS, {})):
        app = show(world, page, **query)
        assert not app.exception
        assert len(app.dataframe[-1].value) == len(NAMES)
        assert "alert(1)" not in read.text(app)


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_only_a_name_on_its_own_page_and_as_a_filter(show, now: int, name: str) -> None:
    """In the heading, in links, in what is filtered: literally."""
    world = ended("anna", name, now=now)
    app = show(world, CLIENT, name=name)
    assert not app.exception
    assert read.cards(app)["Sessions"] == "1"
    assert [heading.value for heading in app.subheader] == [formats.literal(name) or "(no name)"]
    csv = next(link.proto.url for link in app.get("link_button") if "format=csv" in link.proto.url)
    assert urlencode({"client": name}) in csv
    if name:
        app = show(world, HISTORY, h_range="All", h_client=name)
        assert not app.exception
        assert read.cards(app)["Sessions"] == "1"
        assert app.dataframe[-1].value["Client"].to_list()[0] != "anna"


def test_a_name_and_the_lack_of_one_are_two_clients(show, now: int) -> None:
    """UNDEF is what OpenVPN calls who has not said a name: its sessions are not anna's."""
    world = ended("anna", "UNDEF", "anna", now=now)
    first, *rest = world.pending[0].closed
    world.pending[0].closed[:] = [
        replace(first, session=replace(first.session, username="UNDEF")),
        *rest,
    ]
    app = show(world, CLIENTS)
    rows = app.dataframe[-1].value.set_index("Client")["Sessions"].to_dict()
    assert rows == {"anna": "2", "UNDEF": "1"}
