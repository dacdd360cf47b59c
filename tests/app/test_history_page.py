"""What each control of the History page changes: what matches, the figures, the URL, the export."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from streamlit.testing.v1 import AppTest

from tests import worlds
from tests.app import app_reading as read
from tests.app.conftest import Open
from tests.app.past import past

HISTORY = "../../pages/history.py"
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def history(open_app: Open, now: int):
    """The page on the world of past(), with everything in range unless the query says otherwise."""

    def visit(**query: str) -> AppTest:
        app = open_app(past(now))
        app.switch_page(HISTORY)
        app.query_params = {"h_range": "All"} | {f"h_{k}": v for k, v in query.items()}
        return app.run()

    return visit


def names(app: AppTest) -> list[str]:
    return app.dataframe[-1].value["Client"].to_list()


def local(at: float) -> datetime:
    """What a clock of the viewer's shows, to the minute."""
    return datetime.fromtimestamp(at // 60 * 60, BERLIN).replace(tzinfo=None)


def sessions(app: AppTest) -> str:
    return read.cards(app)["Sessions"]


def export_links(app: AppTest) -> list[str]:
    return [link.proto.url for link in app.get("link_button")]


def test_everything_is_counted_and_the_newest_come_first(history) -> None:
    """Open sessions among them; figures are of all that match, not of the page."""
    app = history()
    assert read.cards(app) == {
        "Sessions": "42",
        "Clients": "4",
        "Time online": "14 h 10 min",
        "Download": read.cards(app)["Download"],
        "Upload": read.cards(app)["Upload"],
        "Longest": "40 min",
    }
    assert names(app)[:3] == ["anna", "boris", "boris"]
    assert app.dataframe[-1].value["Ended by"].to_list()[:3] == ["open", "open", "disconnected"]
    assert len(names(app)) == 25
    assert "1–25 of 42" in read.text(app)


def test_range(history) -> None:
    """A week leaves out who was here forty days ago."""
    app = history()
    app.selectbox(key="h_range").set_value("Last 7 days").run()
    assert sessions(app) == "32"
    assert "carla" not in names(app)


def test_a_range_from_and_to(history, now: int) -> None:
    """To the minute, in the viewer's zone; whoever was here in it, also by part."""
    app = history(range="Custom")
    assert sessions(app) == "42", "both ends are open"
    ends = [local(now - hours * 3600) for hours in (10.5, 5.5)]
    for field, end in zip(app.get("datetime_input"), ends, strict=True):
        field.set_value(end)
    app.run()
    assert sessions(app) == "3"
    assert set(names(app)) == {"anna", "boris", "дима"}
    since = ends[0].replace(tzinfo=BERLIN).astimezone(UTC)
    assert f"from={since:%Y-%m-%dT%H%%3A%M}%3A00Z" in export_links(app)[0]
    app.get("datetime_input")[1].set_value(None).run()
    assert int(sessions(app)) > 3


def test_country(history, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of those that anybody came from, by name; without places there is none to choose."""
    assert history().selectbox(key="h_country").options == ["Any"]
    places = data / "places.csv"
    places.write_text(
        "cidr,latitude,longitude,label,country_code\n"
        "198.51.100.0/29,52.5,13.4,Berlin,DE\n2001:db8::/32,48.9,2.3,Paris,FR\n"
    )
    monkeypatch.setenv("OPENVPN_MONITOR_PLACES", str(places))
    worlds.forget_settings()
    app = history()
    assert app.selectbox(key="h_country").options == ["Any", "France", "Germany"]
    app.selectbox(key="h_country").set_value("Germany").run()
    assert sessions(app) == "7"
    assert "country=DE" in export_links(app)[0]
    assert sessions(history(country="France")) == "4"


def test_clients(history) -> None:
    """Several may be picked; a name that is not offered may be typed."""
    app = history()
    app.multiselect(key="h_client").set_value(["carla", "дима"]).run()
    assert sessions(app) == "20"
    assert set(names(app)) == {"carla", "дима"}
    assert "client=carla&client=%D0%B4" in export_links(app)[0]


def test_server(history) -> None:
    """Only that server's sessions."""
    app = history()
    app.selectbox(key="h_server").set_value("tcp").run()
    assert set(names(app)) == {"boris"}
    assert sessions(app) == "11"


def test_search(history) -> None:
    """Names and addresses, whatever their case."""
    app = history()
    app.text_input(key="h_q").set_value("ДИМА").run()
    assert set(names(app)) == {"дима"}
    app.text_input(key="h_q").set_value("198.51.100.7").run()
    assert sessions(app) == "1"
    app.text_input(key="h_q").set_value("%").run()
    assert "No session matches" in read.text(app)


@pytest.mark.parametrize(
    ("network", "count"),
    [("198.51.100.0/29", "7"), ("2001:db8::/64", "4"), ("198.51.100.9", "1")],
)
def test_network(history, network: str, count: str) -> None:
    """Real address or CIDR, of both families."""
    app = history()
    app.text_input(key="h_ip").set_value(network).run()
    assert sessions(app) == count


def test_a_network_that_is_none_is_said_and_filters_nothing(history) -> None:
    """While somebody types, the table stays."""
    app = history()
    app.text_input(key="h_ip").set_value("198.51").run()
    assert "203\\.0\\.113\\.7" in read.text(app)
    assert sessions(app) == "42"


def test_minimum_duration_and_traffic(history) -> None:
    """Both narrow, together further."""
    app = history()
    app.number_input(key="h_minutes").set_value(31).run()
    assert sessions(app) == "10"
    app.number_input(key="h_megabytes").set_value(36).run()
    assert int(sessions(app)) < 10
    assert "min\\_seconds" not in read.text(app)
    assert "min_seconds=1860" in export_links(app)[0]
    assert "min_bytes=36000000" in export_links(app)[0]


@pytest.mark.parametrize(
    ("state", "count", "include"), [("open", "2", True), ("ended", "40", False)]
)
def test_state(history, state: str, count: str, include: bool) -> None:
    """Open, ended, or both; the export asks for the same."""
    app = history()
    app.segmented_control(key="h_state").set_value(state).run()
    assert sessions(app) == count
    assert ("include=open" in export_links(app)[0]) is include


def test_a_link_restores_every_filter(history) -> None:
    """What somebody sends to a colleague shows the same."""
    app = history(q="198.51.100", client="carla", server="udp", minutes="10", state="ended")
    assert app.text_input(key="h_q").value == "198.51.100"
    assert app.multiselect(key="h_client").value == ["carla"]
    assert set(names(app)) == {"carla"}
    assert len(names(app)) == int(sessions(app)) < 10


def test_chips_take_a_filter_away_and_reset_all_of_them(history) -> None:
    """What is filtered is seen, and gone by a click."""
    app = history(q="198", minutes="10")
    assert any("198" in label for label in read.buttons(app))
    before = int(sessions(app))
    app.button(key="chip_duration").click().run()
    assert app.number_input(key="h_minutes").value == 0
    assert int(sessions(app)) > before
    app.button(key="reset").click().run()
    assert sessions(app) == "42"


def test_pages_hold_every_session_once(history) -> None:
    """Sorted over all, cut into pages."""
    app = history(sort="Downloaded")
    first = app.dataframe[-1].value["Downloaded"].to_list()
    app.session_state["h_page"] = 2
    app.run()
    second = app.dataframe[-1].value["Downloaded"].to_list()
    assert len(first) + len(second) == 42
    assert "26–42 of 42" in read.text(app)


def test_a_narrower_filter_begins_at_the_first_page(history) -> None:
    """A page that no longer exists is not shown empty."""
    app = history(page="2")
    app.text_input(key="h_q").set_value("carla").run()
    assert app.session_state["h_page"] == 1
    assert len(names(app)) == 10


def test_sort_goes_over_everything(history) -> None:
    """The longest of all come first, whatever page they were on."""
    app = history()
    app.selectbox(key="h_sort").set_value("Duration").run()
    assert app.dataframe[-1].value["Duration"].to_list()[:3] == ["40 min", "39 min", "38 min"]
    app.toggle(key="h_reverse").set_value(True).run()
    assert app.dataframe[-1].value["Duration"].to_list()[:2] == ["1 min", "2 min"]


def test_no_match_names_the_filter_that_excludes_most(history) -> None:
    """And takes it away on a click."""
    app = history(client="anna", server="tcp")
    assert "No session matches" in read.text(app)
    app.button(key="remove_filter").click().run()
    assert int(sessions(app)) > 0


def test_no_session_ever_is_told_from_no_match(open_app: Open) -> None:
    """Nothing to remove: nothing was recorded."""
    app = open_app(None)
    app.switch_page(HISTORY).run()
    assert "No session yet" in read.text(app)
    assert not app.exception


def test_a_name_leads_to_its_page(history) -> None:
    """The button of a row asks for the client of that row."""
    app = history()
    app.session_state["client_asked"] = "дима"
    app.run()
    assert "дима" in [heading.value for heading in app.subheader]
    assert app.query_params["name"] == "дима"
