"""Where rows are, by place and by country, and what pages have to say beside it."""

import json
from pathlib import Path

import pandas as pd
import pytest

from ovpnmon.config import Settings
from ovpnmon.geo.about import Credit
from ovpnmon.queries import live_view, place_rows
from ovpnmon.queries.filters import Sessions
from ovpnmon.queries.live import live_clients
from ovpnmon.queries.place_rows import OnMap
from ovpnmon.queries.places import Places
from ovpnmon.store.reader import Store
from tests import worlds
from tests.geo_files import ASN, NOVEMBER, write_database
from tests.recording import make_settings

NOW = NOVEMBER + 21 * 86_400
DB_IP = Credit("IP Geolocation by DB-IP", "https://db-ip.com")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A data directory with a location database."""
    made = make_settings(tmp_path)
    write_database(made.geoip_db)
    return made


@pytest.fixture
def places(settings: Settings) -> Places:
    """The reading side of it."""
    return Places(settings)


def register(settings: Settings, ip: str, source: str) -> None:
    """A registry in which alice was at an address, in Delft by what a source said."""
    location = {"latitude": 52.01, "longitude": 4.36, "city": "Delft", "source": source}
    times = {"first_seen": "2026-11-22T15:10:04Z", "last_seen": "2026-11-22T15:20:04Z"}
    address = {"ip": ip, **times, "location": {**location, "database": "DBIP-City-Lite"}}
    alice = {"name": "alice", **times, "ips": {ip: address}}
    settings.client_geo.write_text(json.dumps({"schema": 1, "clients": {"alice": alice}}))


def test_each_address_has_its_place(places: Places) -> None:
    """Also what is none."""
    found = places.of(["145.0.0.1", "10.0.0.1", "", "145.0.0.1"])
    assert {ip: place.label for ip, place in found.items()} == {
        "145.0.0.1": "Amsterdam, The Netherlands",
        "10.0.0.1": "private network",
        "": "",
    }


def test_a_new_database_is_used_without_a_restart(places: Places, settings: Settings) -> None:
    """What was remembered of the old one is forgotten."""
    assert places.of(["8.8.8.8"])["8.8.8.8"].city == "Mountain View"
    rows = {"8.8.8.0/24": {"country": {"iso_code": "FR"}}}
    write_database(settings.geoip_db, rows, build=NOVEMBER + 86_400)
    assert places.of(["8.8.8.8"])["8.8.8.8"].country == "France"


@pytest.mark.parametrize(("source", "city"), [("database", "Delft"), ("places", "")])
def test_what_no_database_knows_any_more_the_registry_does(
    settings: Settings, source: str, city: str
) -> None:
    """But not what settings said that are gone."""
    register(settings, "9.9.9.9", source)
    settings.geoip_db.unlink()
    places = Places(settings)
    assert places.of(["9.9.9.9"])["9.9.9.9"].city == city


def test_the_database_goes_before_the_registry(settings: Settings) -> None:
    """It may be newer."""
    register(settings, "145.0.0.1", "database")
    assert Places(settings).of(["145.0.0.1"])["145.0.0.1"].city == "Amsterdam"


@pytest.mark.parametrize("content", [b"", b"[]", b'{"clients": {"alice": {"ips": 5}}}'])
def test_a_damaged_registry_is_no_reason_to_fail(settings: Settings, content: bytes) -> None:
    """The collector sees to it; pages go on without."""
    settings.client_geo.write_bytes(content)
    assert not Places(settings).of(["9.9.9.9"])["9.9.9.9"].is_placed


def test_the_server_stands_where_it_is_configured_or_reported(
    places: Places, tmp_path: Path
) -> None:
    """Its public address is what the VPN host reports."""
    assert places.server() is None
    assert places.server("10.0.0.1") is None
    reported = places.server("145.0.0.1")
    assert reported is not None
    assert reported.city == "Amsterdam"
    location = "0,0,Buoy"
    configured = Places(make_settings(tmp_path, OPENVPN_MONITOR_SERVER_LOCATION=location))
    server = configured.server("145.0.0.1")
    assert server is not None
    assert (server.latitude, server.longitude, server.city) == (0, 0, "Buoy")


def test_the_database_in_use_is_credited_with_its_day(places: Places) -> None:
    """DB-IP's licence wants its name on every page that shows its results."""
    about = places.about(NOW)
    assert about.credits == (DB_IP,)
    assert (about.database, about.build, about.age_days) == ("DBIP-City-Lite", "2026-11-01", 21)
    assert (about.warning, about.problems) == ("", ())


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("DBIP-City-Lite", "IP Geolocation by DB-IP"),
        ("dbip-city-ipv4", "IP Geolocation by DB-IP"),
        ("GeoLite2-City", "This product includes GeoLite Data created by MaxMind"),
        ("GeoIP2-City", ""),
        ("our-own-places", ""),
    ],
)
def test_each_database_gets_the_credit_that_its_licence_wants(
    settings: Settings, kind: str, text: str
) -> None:
    """Known by its own name of its kind."""
    write_database(settings.geoip_db, kind=kind)
    assert [credit.text for credit in Places(settings).about(NOW).credits] == [text] * bool(text)


def test_an_asn_database_is_credited_too_but_nobody_twice(settings: Settings) -> None:
    """Whoever has part in what is shown."""
    write_database(settings.data / "dbip-asn.mmdb", ASN, "DBIP-ASN-Lite")
    write_database(settings.data / "geolite-asn.mmdb", ASN, "GeoLite2-ASN")
    texts = [credit.text for credit in Places(settings).about(NOW).credits]
    assert texts == [DB_IP.text, "This product includes GeoLite Data created by MaxMind"]


def test_a_database_that_the_registry_quotes_is_credited(settings: Settings) -> None:
    """Its results are shown though it is gone."""
    register(settings, "9.9.9.9", "database")
    settings.geoip_db.unlink()
    places = Places(settings)
    assert places.about(NOW).credits == ()
    places.of(["9.9.9.9"])
    about = places.about(NOW)
    assert about.credits == (DB_IP,)
    assert about.problems == (
        f"location database {settings.geoip_db} does not exist: `make geoip` fetches one",
    )


@pytest.mark.parametrize(
    ("kind", "days", "warning"),
    [
        ("DBIP-City-Lite", 180, ""),
        ("DBIP-City-Lite", 181, "is 181 days old (2026-11-01): `make geoip` fetches a newer one"),
        ("GeoLite2-City", 200, "is 200 days old (2026-11-01): replace it with a newer one"),
    ],
)
def test_an_old_database_is_warned_of(
    settings: Settings, kind: str, days: int, warning: str
) -> None:
    """Past 180 days, with the way to a newer one."""
    write_database(settings.geoip_db, kind=kind)
    said = Places(settings).about(NOVEMBER + days * 86_400 + 3600).warning
    assert said == (warning and f"the location database {kind} {warning}")


def on_map(rows: pd.DataFrame, places: Places) -> OnMap:
    return place_rows.on_map(place_rows.with_points(place_rows.located(rows, places)))


ROWS = pd.DataFrame(
    {
        "common_name": ["ann", "ann", "bob", "carl", "dora", "eve", "fred"],
        "real_ip": [
            "145.0.0.1",
            "145.0.0.2",
            "145.0.0.1",
            "8.8.8.8",
            "10.0.0.1",
            "9.9.9.9",
            "10.0.0.1",
        ],
        "server": ["udp", "tcp", "udp", "tcp", "udp", "udp", "udp"],
        "download_rate": [10.0, 20.0, float("nan"), float("nan"), 1.0, 2.0, 4.0],
    }
)


def test_rows_are_grouped_by_point_with_counts_and_sums(places: Places) -> None:
    """A client with two sessions is one client; a sum is unknown only where nothing is known."""
    shown = on_map(ROWS, places).places
    assert shown["label"].tolist() == [
        "Amsterdam, The Netherlands",
        "Mountain View, United States",
    ]
    assert shown[["clients", "addresses", "sessions"]].to_numpy().tolist() == [
        [2, 2, 3],
        [1, 1, 1],
    ]
    assert shown["download_rate"].tolist()[0] == 30.0
    assert pd.isna(shown["download_rate"].tolist()[1])
    assert shown["names"].tolist() == [["ann", "bob"], ["carl"]]
    assert shown["server"].tolist() == ["", "tcp"]
    assert shown["place_id"].tolist()[0] == "52.3740,4.8897"
    assert shown[["latitude", "longitude"]].to_numpy().tolist()[0] == [52.374, 4.8897]


def test_rows_on_no_map_are_counted_by_reason(places: Places) -> None:
    """Beside the map stands who is missing from it, and why."""
    unplaced = on_map(ROWS, places).unplaced
    assert unplaced[["reason", "clients", "download_rate"]].to_numpy().tolist() == [
        ["private network", 2, 5.0],
        ["not in the location database", 1, 2.0],
    ]


def test_rows_are_grouped_by_country(places: Places) -> None:
    """For the map of countries; those without one are not in it."""
    countries = on_map(ROWS, places).countries
    assert countries[["country_code", "country", "clients"]].to_numpy().tolist() == [
        ["NL", "The Netherlands", 2],
        ["US", "United States", 1],
    ]


def test_nobody_at_all_gives_empty_frames(places: Places) -> None:
    """With all their columns, so that pages need not ask."""
    empty = on_map(ROWS.iloc[:0], places)
    for frame in (empty.places, empty.countries, empty.unplaced):
        assert frame.empty
        assert {"clients", "sessions", "download_rate"} <= set(frame.columns)
    assert {"names", "server"} <= set(empty.places.columns)


def test_two_names_of_one_point_are_one_place(settings: Settings, tmp_path: Path) -> None:
    """Named as most of its rows are."""
    (tmp_path / "places.csv").write_text("145.0.0.2,52.374,4.8897,Head office,NL\n")
    path = str(tmp_path / "places.csv")
    places = Places(make_settings(tmp_path, OPENVPN_MONITOR_PLACES=path))
    shown = on_map(ROWS, places).places
    assert shown["label"].tolist()[0] == "Amsterdam, The Netherlands"
    assert shown["clients"].tolist() == [2, 1]


def test_places_stand_beside_any_rows(places: Places) -> None:
    """Of whatever column holds the address; a missing one is no address."""
    rows = pd.DataFrame({"last_ip": ["145.0.0.1", None]}, index=[7, 9])
    beside = place_rows.located(rows, places, "last_ip")
    assert beside.index.tolist() == [7, 9]
    assert beside["country_code"].tolist() == ["NL", ""]
    assert beside["reason"].tolist() == ["", "not an IP address"]


def test_live_clients_go_on_the_map(settings: Settings, places: Places) -> None:
    """The live list as its page prepares it is what the map takes."""
    sessions = [
        worlds.session(1, "udp", "ann", NOW - 600, NOW, real_ip="145.0.0.1"),
        worlds.session(2, "udp", "bob", NOW - 600, NOW, real_ip="2a00:1450::1"),
    ]
    state = worlds.state([worlds.server("udp", sessions, NOW)], NOW, minutes=1)
    prepared = live_view.prepare(live_clients(state), ["udp"])
    shown = on_map(prepared, places).places
    assert set(shown["city"]) == {"Amsterdam", "Dublin"}
    assert shown["download_rate"].sum() == pytest.approx(prepared["download_rate"].sum())
    assert shown["downloaded_bytes"].sum() == prepared["downloaded_bytes"].sum()


@pytest.fixture
def history(settings: Settings) -> Store:
    """Two who are online, each with a session that is over; and one that was elsewhere."""
    sessions = [
        worlds.session(1, "udp", "ann", NOW - 600, NOW, real_ip="145.0.0.1"),
        worlds.session(2, "udp", "bob", NOW - 600, NOW, real_ip="8.8.8.8"),
    ]
    state = worlds.state([worlds.server("udp", sessions, NOW)], NOW, minutes=1)
    elsewhere = worlds.session(3, "udp", "ann", NOW - 9000, NOW, real_ip="2a00:1450::1")
    state.pending[0].closed.append(worlds.ended(elsewhere, NOW - 9000, NOW - 8000))
    worlds.save(settings.data, state, NOW)
    return Store(settings)


def test_a_range_of_the_history_goes_on_the_map(history: Store, places: Places) -> None:
    """With the History page's filters; open sessions are in it too."""
    rows = place_rows.of_sessions(history, Sessions())
    shown = on_map(rows, places).places
    assert dict(zip(shown["city"], shown["sessions"], strict=True)) == {
        "Amsterdam": 2,
        "Mountain View": 2,
        "Dublin": 1,
    }
    ann = place_rows.of_sessions(history, Sessions(clients=("ann",), state="ended"))
    assert sorted(on_map(ann, places).places["city"]) == ["Amsterdam", "Dublin"]


def test_history_can_be_filtered_by_country(history: Store, places: Places) -> None:
    """The condition names the addresses that are there."""
    addresses = place_rows.Addresses(history, places)
    assert addresses.countries() == {
        "IE": "Ireland",
        "NL": "The Netherlands",
        "US": "United States",
    }
    names = [
        row["common_name"]
        for row in history.sql(
            f"SELECT common_name FROM session_history WHERE {addresses.condition('us')}"
        ).to_pylist()
    ]
    assert names == ["bob"]
    nobody = f"SELECT count(*) AS n FROM session_history WHERE {addresses.condition('XX')}"
    assert history.sql(nobody).to_pylist() == [{"n": 0}]
