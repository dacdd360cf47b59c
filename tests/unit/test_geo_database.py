"""A location database is used as it is now, in whatever layout, and survived when it is broken."""

import gzip
import random
from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest

from ovpnmon.geo import records
from ovpnmon.geo.database import Database
from ovpnmon.geo.place import Place
from tests.geo_files import COUNTRIES, FLAT, NESTED, NOVEMBER, Rows, write_database

BOTH_READERS = pytest.mark.parametrize("mapped", [True, False])


def find(database: Database, address: str) -> Place | None:
    """The place that a database gives for an address."""
    opened = database.current()
    record = opened.find(ip_address(address))
    return None if record is None else records.place(record, opened.id, opened.build)


@BOTH_READERS
@pytest.mark.parametrize("rows", [NESTED, FLAT], ids=["nested", "flat"])
def test_both_layouts_give_the_same_places(tmp_path: Path, mapped: bool, rows: Rows) -> None:
    """IPv4 and IPv6, by either reader; degrees of single precision are rounded back."""
    database = Database(write_database(tmp_path / "geoip.mmdb", rows), mapped=mapped)
    for address, city, code, degrees in (
        ("8.8.8.8", "Mountain View", "US", (37.422, -122.085)),
        ("145.0.9.9", "Amsterdam", "NL", (52.374, 4.8897)),
        ("2a00:1450::1", "Dublin", "IE", (53.35, -6.26)),
    ):
        place = find(database, address)
        assert place is not None
        assert (place.city, place.country_code) == (city, code)
        assert (place.latitude, place.longitude) == degrees
        assert (place.precision, place.source) == ("city", "database")
        assert (place.database, place.build) == ("DBIP-City-Lite", "2026-11-01")


def test_how_exactly_a_place_is_known_is_said(tmp_path: Path) -> None:
    """City, else region, else country; a city on the equator's zero is placed there."""
    database = Database(write_database(tmp_path / "geoip.mmdb"))
    found = {a: find(database, a) for a in ("77.0.0.1", "41.0.0.1", "62.0.0.1", "93.0.0.1")}
    assert [p and (p.precision, p.label) for p in found.values()] == [
        ("region", "Germany"),
        ("country", "South Africa"),
        ("city", "Null Island Harbour, Ghana"),
        None,  # a continent is no place
    ]
    zero = found["62.0.0.1"]
    assert zero is not None
    assert zero.is_placed


def test_a_database_of_countries_gives_the_countrys_own_point(tmp_path: Path) -> None:
    """Such a database has no coordinates; a country without a known point is named all the same."""
    database = Database(write_database(tmp_path / "geoip.mmdb", COUNTRIES, "GeoLite2-Country"))
    dutch, kosovo = find(database, "145.0.0.1"), find(database, "146.0.0.1")
    assert dutch == Place(
        52.37,
        4.9,
        "",
        "The Netherlands",
        "NL",
        precision="country",
        source="database",
        database="GeoLite2-Country",
        build="2026-11-01",
    )
    assert kosovo is not None
    assert not kosovo.is_placed
    assert (kosovo.country, kosovo.reason) == ("Kosovo", "no point is known for the country XK")


@pytest.mark.parametrize(
    "record",
    [
        {"country": "NL"},
        {"country": {"iso_code": "nl"}, "location": {"latitude": None, "longitude": None}},
        {"country_code": "NL", "latitude": "", "longitude": ""},
        {"country_code": "NL", "latitude": 95.0, "longitude": 4.0},
        {"country_code": "NL", "latitude": float("nan"), "longitude": 4.0},
        {"country_code": "NL", "location": [52.0, 4.0], "city": 7, "country": {"names": ["x"]}},
    ],
)
def test_wrongly_typed_parts_of_a_record_are_as_if_not_there(record: dict[str, Any]) -> None:
    """Nobody checks what repackaged databases hold: what is left of these is the country."""
    place = records.place(record, "x", "")
    assert place is not None
    assert (place.country_code, place.country, place.city) == ("NL", "Netherlands", "")
    assert (place.latitude, place.longitude, place.precision) == (52.37, 4.9, "country")


@pytest.mark.parametrize("record", [{}, {"country": {"iso_code": 31}}, {"country_code": "Holland"}])
def test_a_record_without_country_and_coordinates_is_no_place(record: dict[str, Any]) -> None:
    """It is the same as no record."""
    assert records.place(record, "x", "") is None


def test_an_ipv4_database_knows_no_ipv6_address(tmp_path: Path) -> None:
    """That is a miss, not damage."""
    rows = {"8.8.8.0/24": NESTED["8.8.8.0/24"]}
    database = Database(write_database(tmp_path / "geoip.mmdb", rows, ip_version=4))
    assert find(database, "2a00:1450::1") is None
    assert find(database, "8.8.8.8") is not None
    assert database.current().problem == ""


def spoilt(good: bytes, how: str) -> bytes:
    """The bytes of a database that became something else on its way."""
    makers: dict[str, Callable[[], bytes]] = {
        "empty": lambda: b"",
        "truncated": lambda: good[: len(good) // 2],
        "html": lambda: b"\n<!DOCTYPE html><html><body>404 Not Found</body></html>",
        "gzip": lambda: gzip.compress(good),
        "zip": lambda: b"PK\x03\x04" + good[:500],
        "text": lambda: b"404: Not Found",
        "noise": lambda: random.Random(5).randbytes(5000),
    }
    return makers[how]()


BROKEN = {
    "empty": "is empty",
    "truncated": "is cut short or no .mmdb file",
    "html": "is a web page, not a database",
    "gzip": "is compressed: unpack it",
    "zip": "is compressed: unpack it",
    "text": "is cut short or no .mmdb file",
    "noise": "is cut short or no .mmdb file",
}


@BOTH_READERS
@pytest.mark.parametrize(("how", "reason"), BROKEN.items())
def test_a_broken_file_gives_a_reason_and_no_place(
    tmp_path: Path, mapped: bool, how: str, reason: str
) -> None:
    """And what is put there afterwards is used."""
    path = write_database(tmp_path / "geoip.mmdb")
    good = path.read_bytes()
    path.write_bytes(spoilt(good, how))
    database = Database(path, mapped=mapped)
    assert reason in database.current().problem
    assert find(database, "8.8.8.8") is None
    path.write_bytes(good)
    assert find(database, "8.8.8.8") is not None
    assert database.current().problem == ""


@BOTH_READERS
def test_a_file_that_is_missing_or_a_directory_gives_a_reason(tmp_path: Path, mapped: bool) -> None:
    """The first says how to get one."""
    missing = Database(tmp_path / "geoip.mmdb", mapped=mapped).current().problem
    assert missing == "does not exist: `make geoip` fetches one"
    assert Database(tmp_path, mapped=mapped).current().problem == "is a directory"


@BOTH_READERS
def test_a_replaced_file_is_opened_again(tmp_path: Path, mapped: bool) -> None:
    """A reader that holds the old one goes on with it; whoever asks anew gets the new one."""
    path = write_database(tmp_path / "geoip.mmdb")
    database = Database(path, mapped=mapped)
    old = database.current()
    assert database.current() is old
    moved = {"8.8.8.0/24": {"country": {"iso_code": "FR"}}}
    write_database(path, moved, build=NOVEMBER + 31 * 86_400)
    assert old.find(ip_address("145.0.0.1")) is not None
    place = find(database, "8.8.8.8")
    assert place is not None
    assert (place.country, place.build) == ("France", "2026-12-02")
    assert find(database, "145.0.0.1") is None
    assert database.current().version != old.version


@BOTH_READERS
def test_a_file_that_is_cut_short_in_place_is_not_read_on(tmp_path: Path, mapped: bool) -> None:
    """As `cp new.mmdb geoip.mmdb` does first of all: reading the old mapping would kill us."""
    path = write_database(tmp_path / "geoip.mmdb")
    database = Database(path, mapped=mapped)
    assert find(database, "8.8.8.8") is not None
    with path.open("r+b") as file:
        file.truncate(0)
    assert find(database, "8.8.8.8") is None
    assert database.current().problem == "is empty"


def test_no_damage_kills_the_plain_reader(tmp_path: Path) -> None:
    """It is what the collector uses: it answers, or says that the file is damaged."""
    good = write_database(tmp_path / "good.mmdb").read_bytes()
    rng = random.Random(11)
    problems = 0
    for _ in range(300):
        data = bytearray(good)
        for _ in range(rng.choice((1, 3, 30))):
            data[rng.randrange(len(data))] = rng.randrange(256)
        path = tmp_path / "spoilt.mmdb"
        path.write_bytes(data)
        database = Database(path, mapped=False)
        for address in ("8.8.8.8", "145.0.0.1", "77.0.0.1", "2a00:1450::1", "1.1.1.1"):
            find(database, address)
        problems += database.current().problem != ""
    assert 100 < problems < 300
