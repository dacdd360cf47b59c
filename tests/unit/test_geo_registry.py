"""The registry's rules: times widen, good locations last, unknown keys stay, old files are read."""

import json
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import orjson
import pytest

from ovpnmon.geo import locations
from ovpnmon.geo.place import Place
from ovpnmon.geo.registry import MOST_ADDRESSES, Registry, Sighting, observed, resolved
from ovpnmon.geo.registry_file import decode, save
from ovpnmon.store import atomic
from ovpnmon.store.atomic import keep_aside

OLD = Path(__file__).parents[1] / "fixtures" / "old-panel" / "state" / "client_geolocation.json"
MOSCOW = ZoneInfo("Europe/Moscow")
AT = 1_795_360_804
"""2026-11-22T15:20:04Z."""
SEEN = Sighting("alice", "198.51.100.7", "10.8.0.2", None, AT - 600, AT, None)
AMSTERDAM = Place(
    52.37,
    4.9,
    "Amsterdam",
    "Netherlands",
    "NL",
    precision="city",
    source="database",
    database="DBIP-City-Lite",
    build="2026-11-01",
)


def test_what_is_seen_of_a_client_has_the_documented_shape() -> None:
    """The shape extends the old panel's, so that scripts which read it go on working."""
    clients = resolved(observed({}, [SEEN]), lambda _ip: AMSTERDAM, everything=False)
    assert clients == {
        "alice": {
            "name": "alice",
            "first_seen": "2026-11-22T15:10:04Z",
            "last_seen": "2026-11-22T15:20:04Z",
            "ips": {
                "198.51.100.7": {
                    "ip": "198.51.100.7",
                    "first_seen": "2026-11-22T15:10:04Z",
                    "last_seen": "2026-11-22T15:20:04Z",
                    "vpn_ipv4": ["10.8.0.2"],
                    "vpn_ipv6": [],
                    "location": {
                        "latitude": 52.37,
                        "longitude": 4.9,
                        "city": "Amsterdam",
                        "country": "Netherlands",
                        "country_code": "NL",
                        "precision": "city",
                        "source": "database",
                        "build": "2026-11-01",
                        "database": "DBIP-City-Lite",
                    },
                }
            },
        }
    }


def test_what_is_seen_again_is_no_news() -> None:
    """The very same object tells the caller that nothing has to be written."""
    once = observed({}, [SEEN])
    assert observed(once, [SEEN]) is once
    assert observed(once, [replace(SEEN, first_at=AT - 60, last_at=AT - 30)]) is once
    assert observed(once, []) is once


def test_times_widen_and_virtual_addresses_add_up() -> None:
    """In whatever order they are told."""
    later = replace(SEEN, vpn_ipv4="10.8.0.9", vpn_ipv6="fd00::2", first_at=AT, last_at=AT + 60)
    for sightings in ([SEEN, later], [later, SEEN]):
        client = observed({}, sightings)["alice"]
        address = client["ips"]["198.51.100.7"]
        for one in (client, address):
            assert (one["first_seen"], one["last_seen"]) == (
                "2026-11-22T15:10:04Z",
                "2026-11-22T15:21:04Z",
            )
        assert address["vpn_ipv4"] == ["10.8.0.2", "10.8.0.9"]
        assert address["vpn_ipv6"] == ["fd00::2"]


def test_a_session_under_way_does_not_move_an_addresss_beginning() -> None:
    """After roaming and a restart nobody knows since when it has been there; the registry does."""
    before = observed({}, [replace(SEEN, first_at=AT - 600, ip_since=AT - 60)])
    assert before["alice"]["ips"]["198.51.100.7"]["first_seen"] == "2026-11-22T15:19:04Z"
    assert observed(before, [SEEN]) is before
    assert before["alice"]["first_seen"] == "2026-11-22T15:10:04Z"


def test_arguments_are_left_as_they_are() -> None:
    """A save that fails must find the old contents again."""
    before = resolved(observed({}, [SEEN]), lambda _ip: Place(), everything=False)
    copy = orjson.loads(orjson.dumps(before))
    observed(before, [replace(SEEN, vpn_ipv4="10.8.0.3", last_at=AT + 60)])
    resolved(before, lambda _ip: AMSTERDAM, everything=True)
    assert before == copy


def test_of_many_addresses_the_latest_are_kept() -> None:
    """The oldest go, and being told of them again brings nothing back."""
    sightings = [
        replace(SEEN, ip=f"198.51.{n // 256}.{n % 256}", last_at=AT + n)
        for n in range(MOST_ADDRESSES + 20)
    ]
    clients = observed({}, sightings)
    kept = list(clients["alice"]["ips"])
    assert kept == [one.ip for one in sightings[20:]]
    assert observed(clients, sightings) is clients


def test_of_many_virtual_addresses_the_latest_are_kept() -> None:
    """A pool that hands out another one each time must not fill the file."""
    sightings = [
        replace(SEEN, vpn_ipv4=f"10.8.1.{n}", first_at=AT + n, last_at=AT + n) for n in range(25)
    ]
    clients = observed({}, sightings)
    address = clients["alice"]["ips"]["198.51.100.7"]
    assert address["vpn_ipv4"] == [f"10.8.1.{n}" for n in range(15, 25)]
    assert observed(clients, sightings) is clients


def test_only_what_has_no_location_yet_is_looked_up() -> None:
    """Unless everything is asked for."""
    asked: list[str] = []

    def lookup(ip: str) -> Place:
        asked.append(ip)
        return AMSTERDAM

    once = resolved(observed({}, [SEEN]), lookup, everything=False)
    more = observed(once, [replace(SEEN, ip="198.51.100.8")])
    resolved(more, lookup, everything=False)
    assert asked == ["198.51.100.7", "198.51.100.8"]
    assert resolved(once, lookup, everything=True) is once
    assert len(asked) == 3


MISS = Place(reason="no location database")


@pytest.mark.parametrize(
    ("before", "after", "kept"),
    [
        (AMSTERDAM, MISS, True),
        (replace(AMSTERDAM, source="old panel"), MISS, True),
        (replace(AMSTERDAM, source="places", precision="place"), MISS, False),
        (replace(AMSTERDAM, source="server", kind="private network"), MISS, False),
        (AMSTERDAM, replace(AMSTERDAM, city="Delft"), False),
        (AMSTERDAM, Place(kind="private network", reason="private network"), False),
        (AMSTERDAM, Place(1.0, 2.0, "Office", source="places", precision="place"), False),
        (Place(), AMSTERDAM, False),
    ],
)
def test_a_miss_never_erases_a_good_location(before: Place, after: Place, kept: bool) -> None:
    """But settings that are gone do, and so does anyone who knows better."""
    was = locations.full(before)
    now = locations.renewed(was, after)
    assert now == (was if kept else locations.full(after))


def test_a_location_is_read_back_as_the_place_it_was() -> None:
    """The pages fall back on it where the database knows nothing any more."""
    place = replace(AMSTERDAM, asn=1103, organisation="SURF")
    assert locations.place_of(locations.full(place)) == place
    assert locations.place_of(locations.full(MISS)) is None


def test_zero_degrees_are_kept() -> None:
    """0 is a degree like any other."""
    buoy = Place(0.0, 0.0, "Buoy", source="places", precision="place")
    assert locations.full(buoy)["latitude"] == 0.0
    assert locations.place_of(locations.full(buoy)) == buoy
    assert locations.brief(buoy) is not None


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    """With every key that it does not know, at each level."""
    path = tmp_path / "registry.json"
    clients = resolved(observed({}, [SEEN]), lambda _ip: AMSTERDAM, everything=False)
    alice = {**clients["alice"], "note": "the boss"}
    alice["ips"] = {"198.51.100.7": {**alice["ips"]["198.51.100.7"], "seen_by": ["x"]}}
    registry = Registry({"alice": alice}, {"database": None, "comment": {"by": "operator"}})
    save(path, registry, AT)
    decoded = decode(path.read_bytes(), MOSCOW)
    assert decoded.registry.clients == registry.clients
    assert decoded.registry.others == {**registry.others, "updated_at": "2026-11-22T15:20:04Z"}
    assert (decoded.problem, decoded.old) == ("", False)
    assert json.loads(path.read_bytes())["schema"] == 1


def test_the_old_panels_file_is_read() -> None:
    """Its local times become UTC; its empty locations are none."""
    decoded = decode(OLD.read_bytes(), MOSCOW)
    assert (decoded.old, decoded.problem) == (True, "")
    assert set(decoded.registry.clients) == {"alice", "boris", "Кирилл"}
    assert decoded.registry.clients["alice"] == {
        "name": "alice",
        "first_seen": "2026-11-22T17:10:01Z",
        "last_seen": "2026-11-22T17:10:05Z",
        "ips": {
            "198.51.100.7": {
                "ip": "198.51.100.7",
                "first_seen": "2026-11-22T17:10:01Z",
                "last_seen": "2026-11-22T17:10:05Z",
                "vpn_ipv4": ["10.8.0.2"],
                "vpn_ipv6": ["fd00:8::1000"],
            }
        },
    }


def test_a_location_that_the_old_panel_had_found_is_kept() -> None:
    """Some installations had an outside service fill it in."""
    raw = json.loads(OLD.read_bytes())
    raw["clients"]["alice"]["ips"]["198.51.100.7"]["location"] = {
        "city": "Delft",
        "country": "Netherlands",
        "latitude": 52.01,
        "longitude": 4.36,
    }
    decoded = decode(json.dumps(raw).encode(), MOSCOW)
    clients = resolved(decoded.registry.clients, lambda _ip: MISS, everything=True)
    location = clients["alice"]["ips"]["198.51.100.7"]["location"]
    assert (location["city"], location["source"], location["precision"]) == (
        "Delft",
        "old panel",
        "city",
    )


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "not JSON"),
        (b'{"clients": {', "not JSON"),
        (b"<html>", "not JSON"),
        (b"[]", "not a registry"),
        (b'{"schema": 1}', "not a registry"),
        (b'{"clients": []}', "not a registry"),
        (b'{"schema": {}, "clients": {}}', "schema {} is no version"),
    ],
)
def test_what_is_no_registry_is_a_problem_and_an_empty_one(data: bytes, problem: str) -> None:
    """Any bytes at all."""
    decoded = decode(data, MOSCOW)
    assert problem in decoded.problem
    assert decoded.registry == Registry()


@pytest.mark.parametrize(
    "damaged",
    [
        None,
        [],
        {"ips": {}},
        {"first_seen": "yesterday", "last_seen": "2026-11-22 20:10:05", "ips": {}},
        {"first_seen": 5, "last_seen": "2026-11-22 20:10:05", "ips": {}},
        {"first_seen": "2026-11-22 20:10:01", "last_seen": "2026-11-22 20:10:05", "ips": []},
        {
            "first_seen": "2026-11-22 20:10:01",
            "last_seen": "2026-11-22 20:10:05",
            "ips": {"198.51.100.7": "x"},
        },
        {
            "first_seen": "2026-11-22 20:10:01",
            "last_seen": "2026-11-22 20:10:05",
            "ips": {
                "198.51.100.7": {
                    "first_seen": "2026-11-22 20:10:01",
                    "last_seen": "2026-11-22 20:10:05",
                    "vpn_ipv4": 7,
                }
            },
        },
    ],
)
def test_a_damaged_client_costs_no_other(damaged: object) -> None:
    """It is named; the file is kept aside by whoever reads it."""
    raw = json.loads(OLD.read_bytes())
    raw["clients"]["boris"] = damaged
    decoded = decode(json.dumps(raw).encode(), MOSCOW)
    assert set(decoded.registry.clients) == {"alice", "Кирилл"}
    assert decoded.problem.startswith("1 clients cannot be read, the first is 'boris'")


def test_a_file_kept_aside_is_kept_when_its_place_is_taken(tmp_path: Path) -> None:
    """Under a free name each, and once only however often it is asked for."""
    path = tmp_path / "registry.json"
    path.write_bytes(b"first")
    assert keep_aside(path, "damaged") == keep_aside(path, "damaged")
    save(path, Registry(), AT)
    assert (tmp_path / "registry.json.damaged-1").read_bytes() == b"first"
    assert keep_aside(path, "damaged").name == "registry.json.damaged-2"


def test_where_there_are_no_links_the_file_is_moved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not every file system has them."""

    def no_links(*arguments: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(atomic.os, "link", no_links)
    path = tmp_path / "registry.json"
    path.write_bytes(b"first")
    assert keep_aside(path, "damaged").read_bytes() == b"first"
    assert not path.exists()
