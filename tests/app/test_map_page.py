"""What each control of the Map page changes, and what a link to it restores."""

import json
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests import geo_files, worlds
from tests.app import app_reading as read
from tests.app.conftest import Open
from tests.app.past import past

MAP = "../../pages/map.py"
PLACES = """cidr,latitude,longitude,label,country_code
203.0.113.0/28,52.52,13.4,Berlin,DE
203.0.113.16/28,35.69,139.69,Tokyo,JP
198.51.100.0/24,-33.92,18.42,Cape Town,ZA
"""
BERLIN = "52.5200,13.4000"


@pytest.fixture
def page(open_app: Open, data: Path, now: int, monkeypatch: pytest.MonkeyPatch):
    """The page with two live clients in Berlin (n of 2, 3), two in Tokyo and one nowhere."""
    (data / "places.csv").write_text(PLACES)
    monkeypatch.setenv("OPENVPN_MONITOR_PLACES", str(data / "places.csv"))
    monkeypatch.setenv("OPENVPN_MONITOR_SERVER_LOCATION", "50.11,8.68,Frankfurt")
    worlds.forget_settings()
    names = {1: "anna", 2: "boris", 16: "carla", 17: "дима", 40: "eve"}
    here = [
        worlds.session(n, "tcp" if n == 2 else "udp", name, now - 600, now)
        for n, name in names.items()
    ]
    here[-1].real_ip = "9.9.9.9"
    world = worlds.state(
        [worlds.server(s, [one for one in here if one.server == s], now) for s in ("udp", "tcp")],
        now,
    )
    world.pending[0].closed[:] = past(now).pending[0].closed

    def visit(**query: str) -> AppTest:
        app = open_app(world)
        app.switch_page(MAP)
        app.query_params = query
        return app.run()

    return visit


def layers(app: AppTest) -> dict[str, dict]:
    """The layers of the map, by id."""
    (chart,) = app.get("deck_gl_json_chart")
    return {one["id"]: one for one in json.loads(chart.proto.json)["layers"]}


def view(app: AppTest) -> dict[str, float]:
    (chart,) = app.get("deck_gl_json_chart")
    return json.loads(chart.proto.json)["initialViewState"]


def table(app: AppTest) -> dict[str, str]:
    """Clients by place, in order."""
    frame = next(one.value for one in app.dataframe if "Place" in one.value)
    return dict(zip(frame["Place"], frame["Clients"], strict=True))


def there(app: AppTest) -> list[str]:
    """Who is listed at the chosen place."""
    return next(
        one.value["Client"].to_list()
        for one in app.dataframe
        if list(one.value)[:2] == ["Client", "Download"]
    )


def test_live_places(page) -> None:
    """Circles and table say the same; who is nowhere is counted with the reason."""
    app = page()
    assert table(app) == {"🇩🇪 Berlin": "2", "🇯🇵 Tokyo": "2"}
    assert sorted(c["p"] for c in layers(app)["pick_0"]["data"]) == [[13.4, 52.52], [139.69, 35.69]]
    assert layers(app)["server"]["data"][0]["p"] == [8.68, 50.11]
    assert {"arcs_download_rate", "arcs_upload_rate"} <= set(layers(app))
    assert "**2 places** :gray[· 4 clients placed]" in read.text(app)
    assert "1 client is not on the map" in [one.label for one in app.expander]
    assert not app.exception


def test_search_and_server_narrow_the_live_ones(page) -> None:
    """By name, by address, by server."""
    app = page()
    app.text_input(key="m_q").set_value("anna").run()
    assert table(app) == {"🇩🇪 Berlin": "1"}
    app.text_input(key="m_q").set_value("").run()
    app.selectbox(key="m_server").set_value("tcp").run()
    assert table(app) == {"🇩🇪 Berlin": "1"}


def test_nobody_matches_is_told_from_nobody_there(page) -> None:
    """An empty search is no empty server."""
    app = page(m_q="nobody at all")
    assert "Nobody matches" in read.text(app)


def test_countries(page) -> None:
    """Shaded, without arcs; the same counts by country."""
    app = page(m_show="Countries")
    assert table(app) == {"🇩🇪 Germany": "2", "🇯🇵 Japan": "2"}
    assert "=='DE'" in layers(app)["land"]["getFillColor"]
    assert not any(name.startswith("arcs") for name in layers(app))


def test_history_has_the_filters_of_the_history_page(page) -> None:
    """A link from there shows the same sessions. All ended ones were in Cape Town, but for those of
    documentation addresses that the places file does not know, which stand where the server does."""
    app = page(m_time="History", h_range="All", h_client="boris", h_state="Ended")
    assert table(app) == {"🇿🇦 Cape Town": "1"}
    assert app.selectbox(key="h_range").value == "All"
    assert app.multiselect(key="h_client").value == ["boris"]
    app.button(key="chip_client").click().run()
    assert table(app) == {"🇿🇦 Cape Town": "4", "Frankfurt": "2"}


def test_country_filter(page) -> None:
    """Offered are the countries that anybody came from; the map shows that one alone."""
    app = page(m_time="History", h_range="All")
    assert app.selectbox(key="h_country").options == ["Any", "Germany", "Japan", "South Africa"]
    app.selectbox(key="h_country").set_value("Germany").run()
    assert table(app) == {"🇩🇪 Berlin": "2"}


def test_clients_of_a_country(page) -> None:
    """By the last address of each, in the URL, and taken away with the other filters."""
    app = page()
    app.switch_page("../../pages/clients.py")
    app.query_params = {"c_country": "Germany"}
    app.run()
    assert app.dataframe[-1].value["Client"].to_list() == ["anna", "boris"]
    app.selectbox(key="c_country").set_value("Japan").run()
    assert sorted(app.dataframe[-1].value["Client"]) == ["carla", "дима"]
    app.text_input(key="c_q").set_value("anna").run()
    assert "No client matches" in read.text(app)
    app.button(key="remove_filter").click().run()
    assert app.selectbox(key="c_country").value == ""
    assert "eve" in app.dataframe[-1].value["Client"].to_list()


def test_live_clients_of_a_country(page) -> None:
    """In the live table and on the live map; in the URL, also when nobody is from there now."""
    app = page()
    app.switch_page("../../pages/live.py")
    app.query_params = {"country": "Germany"}
    app.run()
    assert sorted(read.clients(app)) == ["anna", "boris"]
    app = page(m_country="Germany")
    assert table(app) == {"🇩🇪 Berlin": "2"}
    app.switch_page("../../pages/live.py")
    app.query_params = {"country": "Norway"}
    app.run()
    assert "No client matches" in read.text(app)
    app.button(key="remove_filter").click().run()
    assert len(read.clients(app)) == 5


def test_a_link_lists_who_is_at_a_place(page) -> None:
    """With a ring around it."""
    app = page(m_chosen=BERLIN)
    assert sorted(there(app)) == ["anna", "boris"]
    assert layers(app)["chosen"]["data"][0]["p"] == [13.4, 52.52]
    app.button(key="map_close").click().run()
    assert "m_chosen" not in app.query_params
    assert "chosen" not in layers(app)


def test_a_refresh_leaves_the_view_and_show_all_moves_it(page) -> None:
    """Told the same view, the browser stays where the viewer has moved it."""
    app = page()
    first = view(app)
    assert view(app.run()) == first
    app.button(key="map_all").click().run()
    again = view(app)
    for name in ("latitude", "longitude", "zoom"):
        assert again[name] != first[name]
        assert again[name] == pytest.approx(first[name], abs=1e-4)


def test_the_history_page_leads_here_with_its_filter(page) -> None:
    """On map: the same sessions."""
    app = page()
    app.switch_page("../../pages/history.py")
    app.query_params = {"h_range": "All", "h_client": "carla"}
    app.run()
    app.button(key="on_map").click().run()
    assert table(app) == {"🇿🇦 Cape Town": "1", "Frankfurt": "1", "🇯🇵 Tokyo": "1"}


def test_tables_everywhere_name_the_network_where_that_is_known(page, data: Path) -> None:
    """A column of its own, which is not there without a database of networks."""
    app = page()
    app.switch_page("../../pages/live.py").run()
    assert "network" not in app.dataframe[-1].proto.column_order
    network = {
        "autonomous_system_number": 64500,
        "autonomous_system_organization": "Example AG",
    }
    geo_files.write_database(data / "asn.mmdb", {"9.9.9.0/24": network}, "DBIP-ASN-Lite")
    worlds.forget_settings()
    app = page()
    app.switch_page("../../pages/live.py").run()
    assert "network" in app.dataframe[-1].proto.column_order
    assert read.row(app, "eve")["network"] == "Example AG"
    app.switch_page("../../pages/clients.py").run()
    frame = app.dataframe[-1].value.set_index("Client")
    assert frame.loc["eve", "Network"] == "Example AG"
    app.switch_page("../../pages/history.py").run()
    assert "Example AG" in app.dataframe[-1].value["Network"].to_list()


def test_tables_everywhere_name_the_place(page) -> None:
    """History, clients and live list."""
    app = page()
    app.switch_page("../../pages/history.py").run()
    assert "🇩🇪 Berlin, Germany" in app.dataframe[-1].value["Place"].to_list()
    app.switch_page("../../pages/clients.py").run()
    assert "🇩🇪 Berlin, Germany" in app.dataframe[-1].value["Last place"].to_list()
    app.switch_page("../../pages/live.py").run()
    assert read.row(app, "anna")["place"] == "🇩🇪 Berlin, Germany"
