"""What each control of the Live page changes, and what it leaves alone."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests import worlds
from tests.app import app_reading as read
from tests.app.conftest import Open


def test_search(open_app: Open, now: int):
    """Typing narrows the table and its totals, not the figures above."""
    app = open_app(worlds.normal(now))
    app.text_input(key="q").set_value("COSTA").run()
    assert len(read.clients(app)) == 15
    assert all("costa" in name for name in read.clients(app))
    assert app.dataframe[-1].value["client"].iloc[-1] == "Total of 15"
    assert "15 of 60 clients" in read.text(app)
    assert read.cards(app)["Online"] == "60"
    app.text_input(key="q").set_value("").run()
    assert len(read.clients(app)) == 25


def test_sort_goes_over_all_rows(open_app: Open, now: int):
    """The first page has the first names of all, not of the rows that happened to be on it."""
    app = open_app(worlds.normal(now))
    app.selectbox(key="sort").set_value("Client").run()
    assert read.clients(app) == sorted(worlds.names(60))[:25]
    app.toggle(key="reverse").set_value(True).run()
    assert read.clients(app) == sorted(worlds.names(60), reverse=True)[:25]


def test_another_sort_begins_in_its_own_order(open_app: Open, now: int):
    """What was turned round for names is not turned round for traffic."""
    app = open_app(worlds.normal(now), sort="Client", reverse="true")
    app.selectbox(key="sort").set_value("Downloaded").run()
    assert not app.toggle(key="reverse").value
    biggest = max(
        (one for each in worlds.normal(now).servers.values() for one in each.sessions.values()),
        key=lambda one: one.bytes_sent,
    )
    assert read.clients(app)[0] == biggest.common_name


def test_server_filter(open_app: Open, now: int):
    """Only that server's clients; All brings back the others."""
    app = open_app(worlds.normal(now))
    app.segmented_control(key="server").set_value("tcp").run()
    assert {name for (name,) in app.dataframe[-1].value["server"][:-1]} == {"tcp"}
    assert len(read.clients(app)) == 8
    app.segmented_control(key="server").set_value("").run()
    assert len(read.clients(app)) == 25


def test_pages(open_app: Open, now: int):
    """Every client is on exactly one page."""
    app = open_app(worlds.normal(now), sort="Client")
    seen = read.clients(app)
    for page in (2, 3):
        app.pagination(key="page").set_value(page).run()
        seen += read.clients(app)
    assert seen == sorted(worlds.names(60))
    assert "51–60 of 60" in read.text(app)


@pytest.mark.parametrize(("size", "rows"), [(25, 25), (50, 50), (100, 60)])
def test_page_size(open_app: Open, now: int, size: int, rows: int):
    """25, 50 or 100 rows a page."""
    app = open_app(worlds.normal(now))
    app.segmented_control(key="size").set_value(size).run()
    assert len(read.clients(app)) == rows


@pytest.mark.parametrize(
    ("kind", "key", "value"),
    [
        ("text_input", "q", "a"),
        ("selectbox", "sort", "Client"),
        ("toggle", "reverse", True),
        ("segmented_control", "server", "udp"),
        ("segmented_control", "size", 50),
    ],
)
def test_any_change_of_what_is_listed_begins_at_the_first_page(
    open_app: Open, now: int, kind: str, key: str, value: object
):
    """Page 3 of another list would be a place nobody asked for."""
    app = open_app(worlds.normal(now), page="3")
    assert app.pagination(key="page").value == 3
    getattr(app, kind)(key=key).set_value(value).run()
    assert app.pagination(key="page").value == 1


def test_a_link_shows_what_was_chosen(open_app: Open, now: int):
    """Search, server, order, size, page and zone come from the URL."""
    app = open_app(
        worlds.normal(now, clients=120),
        q="a",
        server="udp",
        sort="Client",
        reverse="true",
        size="50",
        page="2",
        tz="Asia/Tokyo",
    )
    wanted = sorted(
        (
            one.common_name
            for one in worlds.normal(now, clients=120).servers["udp"].sessions.values()
            if "a" in one.common_name
        ),
        reverse=True,
    )
    assert read.clients(app) == wanted[50:100]
    assert "Tokyo, UTC+9" in read.zone(app)


@pytest.mark.parametrize(
    "query",
    [
        {"page": "99"},
        {"page": "x"},
        {"size": "7"},
        {"sort": "Shoe size"},
        {"server": "mars"},
        {"tz": "Mars/Base"},
        {"reverse": "maybe"},
    ],
)
def test_a_link_with_nonsense_shows_the_usual_page(open_app: Open, now: int, query: dict[str, str]):
    """A value that means nothing is left out, without a word and without harm."""
    app = open_app(worlds.normal(now), **query)
    assert not app.exception
    assert len(read.clients(app)) == 25


def test_clients_who_leave_do_not_leave_an_empty_page(open_app: Open, data: Path, now: int):
    """On the last page as it vanishes: the then last one is shown."""
    app = open_app(worlds.normal(now), page="3")
    worlds.save(data, worlds.normal(now, clients=30), now)
    app.run()
    assert len(read.clients(app)) in {5, 25}
    assert not app.exception


def test_new_data_are_shown(open_app: Open, data: Path, now: int):
    """The next refresh has the next state, with search, order and page as they were."""
    app = open_app(worlds.normal(now), q="anna", sort="Client")
    worlds.save(data, worlds.normal(now, clients=90), now)
    app.run()
    assert read.cards(app)["Online"] == "90"
    assert read.clients(app) == sorted(n for n in worlds.names(90) if "anna" in n)


def test_pause_holds_the_page_still(open_app: Open, data: Path, now: int):
    """Paused, new data do not show, and what is shown can still be sorted; then it catches up."""
    app = open_app(worlds.normal(now))
    app.toggle(key="pause").set_value(True).run()
    worlds.save(data, worlds.normal(now, clients=90), now)
    app.run()
    app.selectbox(key="sort").set_value("Client").run()
    assert read.cards(app)["Online"] == "60"
    assert read.clients(app) == sorted(worlds.names(60))[:25]
    app.toggle(key="pause").set_value(False).run()
    assert read.cards(app)["Online"] == "90"


def test_a_pause_outlives_a_visit_to_another_page(open_app: Open, data: Path, now: int):
    """What is held still is told by the switch, which Streamlit forgets meanwhile; the map holds too."""
    app = open_app(worlds.normal(now))
    app.toggle(key="pause").set_value(True).run()
    worlds.save(data, worlds.normal(now, clients=90), now)
    app.switch_page("../../pages/map.py").run()
    assert app.toggle(key="pause").value is True
    assert "60 clients are not on the map" in [one.label for one in app.expander]
    app.switch_page("../../pages/clients.py").run()
    app.switch_page("../../pages/live.py").run()
    assert app.toggle(key="pause").value is True
    assert read.cards(app)["Online"] == "60"
    app.toggle(key="pause").set_value(False).run()
    assert read.cards(app)["Online"] == "90"


def test_times_are_in_the_viewers_own_zone(open_app: Open, now: int):
    """The browser's zone first; any other can be picked."""
    anna = worlds.session(1, "udp", "anna", now - now % 86_400 - 86_400 * 3, now)
    world = worlds.state([worlds.server("udp", [anna], now)], now)
    app = open_app(world, timezone="Asia/Tokyo")
    assert str(read.row(app, "anna")["since"]).endswith("09:00")
    app.selectbox(key="tz").set_value("UTC").run()
    assert str(read.row(app, "anna")["since"]).endswith("00:00")


@pytest.mark.parametrize("timezone", ["", "Nowhere/Land"])
def test_without_a_known_zone_the_settings_decide(open_app: Open, now: int, timezone: str):
    """OPENVPN_MONITOR_TZ is the fallback."""
    app = open_app(worlds.normal(now), timezone=timezone)
    assert "Bucharest, UTC" in read.zone(app)


def test_the_name_opens_the_clients_sessions(open_app: Open, now: int):
    """What the client has open now, and the sessions that ended, in a dialog."""
    world = worlds.normal(now)
    twin = worlds.session(500, "tcp", "anna.schmidt", now - 60, now)
    world.servers["tcp"].sessions[twin.key] = twin
    app = open_app(world, client="anna.schmidt")
    assert not app.exception
    now_open, ended = app.dataframe[-2].value, app.dataframe[-1].value
    assert "**2 sessions now**" in read.text(app)
    assert sorted(now_open["Server"]) == ["tcp", "udp"]
    assert "**Last 1 ended session**" in read.text(app)
    assert ended["Ended by"].tolist() == ["disconnected"]


def test_a_client_who_is_gone_still_has_a_dialog(open_app: Open, now: int):
    """Not connected, and no session on record: both are said."""
    app = open_app(worlds.normal(now), client="who")
    assert "**Not connected now**" in read.text(app)
    assert "No ended session is on record" in read.text(app)


@pytest.mark.parametrize("name", worlds.HOSTILE)
def test_a_hostile_name_opens_a_harmless_dialog(open_app: Open, now: int, name: str):
    """Title and queries take the name literally."""
    one = worlds.session(1, "udp", name, now - 100, now)
    world = worlds.state([worlds.server("udp", [one], now)], now)
    world.pending[0].closed = [worlds.ended(one, now - 5000, now - 4000)]
    app = open_app(world, client=name)
    assert not app.exception
    assert "**1 session now**" in read.text(app)
    assert "**Last 1 ended session**" in read.text(app)


def test_csv_is_offered_for_what_matches(open_app: Open, now: int):
    """The button is there whatever is filtered; its content is tested with the export."""
    app = open_app(worlds.normal(now), q="costa")
    assert [button.label for button in app.download_button] == ["CSV"]


def test_a_stranger_in_the_state_breaks_nothing(open_app: Open, now: int):
    """A leaving session is not online, and a server without a TIME does not stop the others."""
    world = worlds.normal(now, clients=3)
    gone = replace(worlds.session(9, "udp", "gone", now - 100, now), missing_since=now)
    world.servers["udp"].sessions[gone.key] = gone
    world.servers["tcp"] = replace(world.servers["tcp"], time=None, status="waiting", sessions={})
    app = open_app(world)
    assert not app.exception
    assert "gone" not in read.clients(app)
    assert read.cards(app)["Online"] == "3"
