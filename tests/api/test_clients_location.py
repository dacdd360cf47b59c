"""/api/clients tells where clients are, as far as anyone knows."""

from pathlib import Path

import pytest

from ovpnmon.config import Settings
from tests import worlds
from tests.api_client import Client
from tests.geo_files import NOVEMBER, write_database
from tests.recording import make_settings

NOW = NOVEMBER + 86_400


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A server with a client at each kind of address."""
    made = make_settings(tmp_path)
    addresses = ["145.0.0.1", "62.0.0.1", "10.0.0.1", "9.9.9.9"]
    sessions = [
        worlds.session(n, "udp", f"client{n}", NOW - 600, NOW, real_ip=ip)
        for n, ip in enumerate(addresses, 1)
    ]
    state = worlds.state([worlds.server("udp", sessions, NOW)], NOW, minutes=1)
    worlds.save(made.data, state, NOW)
    return made


def locations(settings: Settings) -> dict[str, object]:
    """What the API says of each client."""
    rows = Client(settings).json("/api/clients")["clients"]
    return {row["real_ip"]: row["location"] for row in rows}


def test_a_placed_client_has_a_location(settings: Settings) -> None:
    """With how exactly it is known and from whom; 0 is a degree like any other."""
    write_database(settings.geoip_db)
    found = locations(settings)
    assert found["145.0.0.1"] == {
        "latitude": 52.374,
        "longitude": 4.8897,
        "city": "Amsterdam",
        "country": "The Netherlands",
        "country_code": "NL",
        "precision": "city",
        "source": "database",
        "asn": None,
        "organisation": None,
    }
    harbour = found["62.0.0.1"]
    assert isinstance(harbour, dict)
    assert (harbour["latitude"], harbour["longitude"]) == (0.0, 0.0)


def test_the_network_is_told_where_a_database_of_them_is_at_hand(settings: Settings) -> None:
    """In the same directory as the other one."""
    write_database(settings.geoip_db)
    networks = {
        "145.0.0.0/16": {
            "autonomous_system_number": 64500,
            "autonomous_system_organization": "Example AG",
        }
    }
    write_database(settings.geoip_db.with_name("asn.mmdb"), networks, "DBIP-ASN-Lite")
    found = locations(settings)["145.0.0.1"]
    assert isinstance(found, dict)
    assert (found["asn"], found["organisation"]) == (64500, "Example AG")


def test_a_client_on_no_map_has_none(settings: Settings) -> None:
    """Private, unknown, or without any database: null, never 0,0."""
    write_database(settings.geoip_db)
    found = locations(settings)
    assert (found["10.0.0.1"], found["9.9.9.9"]) == (None, None)
    settings.geoip_db.unlink()
    assert set(locations(settings).values()) == {None}
