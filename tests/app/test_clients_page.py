"""The list of everyone, and the page of one: what they say, and what each control changes."""

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from tests.app import app_reading as read
from tests.app.conftest import Open
from tests.app.past import past, stale

CLIENTS, CLIENT = "../../pages/clients.py", "../../pages/client.py"


@pytest.fixture
def clients(open_app: Open, now: int):
    """The list on the world of past()."""

    def visit(**query: str) -> AppTest:
        app = open_app(past(now))
        app.switch_page(CLIENTS)
        app.query_params = {f"c_{name}": value for name, value in query.items()}
        return app.run()

    return visit


@pytest.fixture
def client(open_app: Open, now: int):
    """One client's page on the world of past()."""

    def visit(name: str, **query: str) -> AppTest:
        app = open_app(past(now))
        app.switch_page(CLIENT)
        app.query_params = {"name": name} | query
        return app.run()

    return visit


def names(app: AppTest) -> list[str]:
    return app.dataframe[-1].value["Client"].to_list()


def row(app: AppTest, name: str) -> dict[str, object]:
    frame = app.dataframe[-1].value
    return frame[frame["Client"] == name].iloc[0].to_dict()


def test_everyone_has_one_row_with_totals_over_all_sessions(clients) -> None:
    """Closed and open ones; the online come first, then who was here last."""
    app = clients()
    assert read.cards(app) == {
        "Ever seen": "4",
        "Online now": "2",
        "Seen in 7 days": "3",
        "Not for 30 days": "1",
    }
    assert names(app) == ["anna", "boris", "дима", "carla"]
    assert row(app, "anna")["Sessions"] == "11"
    assert row(app, "anna")["State"] == "● online"
    assert row(app, "carla")["Sessions"] == "10"
    assert row(app, "carla")["Idle"] == "40 d"
    assert row(app, "дима")["Downloaded"] == "210 MB"


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        ("Online now", ["anna", "boris"]),
        ("Seen in 7 days", ["anna", "boris", "дима"]),
        ("Not for 30 days", ["carla"]),
        ("Not for 365 days", []),
    ],
)
def test_who_was_seen_when(clients, seen: str, expected: list[str]) -> None:
    """The idle ones are whose certificates one may want to revoke."""
    app = clients()
    app.selectbox(key="c_seen").set_value(seen).run()
    if expected:
        assert names(app) == expected
    else:
        assert "No client matches" in read.text(app)


def test_search_and_server(clients) -> None:
    """Both narrow; nobody left is said, and everyone comes back on a click."""
    app = clients()
    app.text_input(key="c_q").set_value("AN").run()
    assert names(app) == ["anna"]
    app.selectbox(key="c_server").set_value("tcp").run()
    assert "No client matches" in read.text(app)
    app.button(key="remove_filter").click().run()
    assert len(names(app)) == 4


def test_a_server_counts_what_was_moved_through_it(clients, open_app: Open, now: int) -> None:
    """Whoever uses several servers has its part of each one's list."""
    world = past(now)
    for closed in world.pending[0].closed:
        if closed.session.common_name == "anna":
            closed.session.server = "tcp"
    app = open_app(world)
    app.switch_page(CLIENTS).run()
    assert row(app, "anna")["Sessions"] == "11"
    assert list(row(app, "anna")["Servers"]) == ["tcp", "udp"]
    app.selectbox(key="c_server").set_value("udp").run()
    assert row(app, "anna")["Sessions"] == "1"
    assert list(row(app, "anna")["Servers"]) == ["udp"]
    app.selectbox(key="c_server").set_value("tcp").run()
    assert row(app, "anna")["Sessions"] == "10"
    assert row(app, "anna")["State"] != "● online"


def test_sort(clients) -> None:
    """Over everyone, and the other way round."""
    app = clients()
    app.selectbox(key="c_sort").set_value("Client").run()
    assert names(app) == ["anna", "boris", "carla", "дима"]
    app.toggle(key="c_reverse").set_value(True).run()
    assert names(app) == ["дима", "carla", "boris", "anna"]


def test_a_link_restores_the_list(clients) -> None:
    """Filter and order are in the URL."""
    app = clients(seen="Not for 30 days", sort="Client")
    assert names(app) == ["carla"]
    assert app.selectbox(key="c_sort").value == "Client"


def test_who_was_online_on_a_server_that_is_stale_is_not_online_now(
    open_app: Open, now: int
) -> None:
    """Nobody knows: it is said when it was so, on the list and on the page of one."""
    app = open_app(stale(now, "udp"))
    app.switch_page(CLIENTS).run()
    assert "Online now" not in read.cards(app)
    assert row(app, "anna")["State"] == "○ then"
    assert row(app, "anna")["Last seen"] != "now"
    assert row(app, "boris")["State"] == "● online"
    app.query_params = {"name": "anna"}
    app.switch_page(CLIENT).run()
    assert "online when last seen 5 min ago" in read.text(app)
    assert app.dataframe[-1].value["Ended by"].iloc[0].startswith("open at ")
    assert pd.isna(app.dataframe[-1].value["Disconnected"].iloc[0])


def test_nobody_yet(open_app: Open) -> None:
    """A first start is no error."""
    app = open_app(None)
    app.switch_page(CLIENTS).run()
    assert "No client yet" in read.text(app)
    assert not app.exception


def test_a_client_on_one_of_its_servers(client, open_app: Open, now: int) -> None:
    """Everything on the page is of that server; where the client never was there, that is said."""
    world = past(now)
    for closed in world.pending[0].closed:
        if closed.session.common_name == "anna":
            closed.session.server = "tcp"
    app = open_app(world)
    app.switch_page(CLIENT)
    app.query_params = {"name": "anna", "p_server": "tcp"}
    app.run()
    assert not app.exception
    assert read.cards(app)["Sessions"] == "10"
    assert "Open sessions" not in read.text(app)
    assert {name for (name,) in app.dataframe[-1].value["Server"]} == {"tcp"}
    app.selectbox(key="p_server").set_value("udp").run()
    assert read.cards(app)["Sessions"] == "1"
    assert "Open sessions" in read.text(app)
    app = client("boris", p_server="udp")
    assert "No session there" in read.text(app)
    app.button(key="remove_filter").click().run()
    assert read.cards(app)["Sessions"] == "11"


def test_one_client(client) -> None:
    """Headline figures over everything, what is open now, and all sessions."""
    app = client("anna")
    assert [heading.value for heading in app.subheader] == ["anna"]
    figures = read.cards(app)
    assert figures["Sessions"] == "11"
    assert figures["Longest session"] == "40 min"
    assert "Open sessions" in read.text(app)
    assert "11 sessions" in read.text(app)
    assert not app.exception


def test_a_client_that_left_has_no_open_session(client) -> None:
    """It says how long ago it was seen last instead."""
    app = client("carla")
    assert "Open sessions" not in read.text(app)
    assert "last seen 40 d ago" in read.text(app).replace("\\", "")


def test_the_range_reaches_further_back(client) -> None:
    """Forty days ago is in a year, not in a month."""
    app = client("carla")
    assert "No session in this range" in read.text(app)
    app.segmented_control(key="p_range").set_value("1 year").run()
    assert "No session in this range" not in read.text(app)


def test_traffic_by_day_or_hour(client) -> None:
    """By the hour it is of the last days only, and says so."""
    app = client("anna")
    assert "The last 3 days" not in read.text(app)
    app.segmented_control(key="p_by").set_value("Hour").run()
    assert "The last 3 days" in read.text(app)


def test_a_name_that_nobody_has(client) -> None:
    """A mistyped link says so; markup in it stays text."""
    app = client("<b>*nobody*</b>")
    assert "No such client" in read.text(app)
    assert "\\*nobody\\*" in read.text(app)
    assert not app.exception
