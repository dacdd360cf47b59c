"""Where an address is: the operator's places, the kind of address, the database, in this order."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ovpnmon.config import Settings
from ovpnmon.geo.resolver import Resolver
from tests.geo_files import ASN, NOVEMBER, write_database

PLACES = """145.0.7.0/24,53.2,6.57,Groningen office,NL
10.20.0.0/16,50.85,4.35,Brussels office,BE
198.51.100.7,0,0,Buoy,
"""


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Resolver]:
    """A resolver on a directory with a database, and with further settings."""
    write_database(tmp_path / "geoip.mmdb")

    def made(**changes: str) -> Resolver:
        return Resolver(Settings.from_env({"OPENVPN_MONITOR_DATA": str(tmp_path), **changes}))

    return made


@pytest.fixture
def with_places(make: Callable[..., Resolver], tmp_path: Path) -> Resolver:
    """One that also knows the operator's places and where the server stands."""
    (tmp_path / "places.csv").write_text(PLACES)
    return make(
        OPENVPN_MONITOR_PLACES=str(tmp_path / "places.csv"),
        OPENVPN_MONITOR_SERVER_LOCATION="52.09,5.12,Utrecht rack",
    )


@pytest.mark.parametrize(
    ("address", "label", "source", "precision"),
    [
        ("145.0.7.1", "Groningen office, Netherlands", "places", "place"),
        ("::ffff:145.0.7.1", "Groningen office, Netherlands", "places", "place"),
        ("10.20.1.1", "Brussels office, Belgium", "places", "place"),
        ("198.51.100.7", "Buoy", "places", "place"),
        ("10.30.1.1", "private network", "server", "server"),
        ("100.64.0.1", "carrier-grade NAT", "server", "server"),
        ("127.0.0.1", "loopback", "server", "server"),
        ("145.0.8.1", "Amsterdam, The Netherlands", "database", "city"),
        ("64:ff9b::145.0.8.1", "Amsterdam, The Netherlands", "database", "city"),
        ("2a00:1450::5", "Dublin, Ireland", "database", "city"),
        ("9.9.9.9", "", "none", "none"),
        ("vpn.example.com", "", "none", "none"),
    ],
)
def test_the_first_source_that_knows_an_address_places_it(
    with_places: Resolver, address: str, label: str, source: str, precision: str
) -> None:
    """The operator's word goes for public and other addresses alike."""
    place = with_places.lookup(address)
    assert (place.label, place.source, place.precision) == (label, source, precision)
    assert place.is_placed == (source != "none")


def test_a_non_public_address_stands_at_the_server(with_places: Resolver) -> None:
    """At the configured location, whatever the database thinks of it."""
    place = with_places.lookup("192.168.1.1")
    assert (place.latitude, place.longitude, place.city) == (52.09, 5.12, "Utrecht rack")


def test_without_a_server_location_it_is_not_placed(make: Callable[..., Resolver]) -> None:
    """Never at 0,0; the table names its kind."""
    place = make().lookup("192.168.1.1")
    assert (place.latitude, place.longitude) == (None, None)
    assert (place.label, place.reason) == ("private network", "private network")


def test_why_an_address_is_not_placed_is_said(
    make: Callable[..., Resolver], tmp_path: Path
) -> None:
    """The three reasons want different remedies."""
    resolver = make()
    assert resolver.lookup("9.9.9.9").reason == "not in the location database"
    assert resolver.lookup("93.0.0.1").reason == "not in the location database"
    assert resolver.lookup("UNDEF").reason == "not an IP address"
    assert resolver.lookup("8.8.8.8").reason == ""
    (tmp_path / "geoip.mmdb").unlink()
    assert resolver.lookup("8.8.8.8").reason == "no location database"
    assert resolver.problems() == [
        f"location database {tmp_path / 'geoip.mmdb'} does not exist: `make geoip` fetches one"
    ]


def test_a_broken_database_leaves_the_other_sources(with_places: Resolver, tmp_path: Path) -> None:
    """Geolocation goes on with the next source and says what is wrong."""
    (tmp_path / "geoip.mmdb").write_bytes(b"<html>")
    assert with_places.lookup("145.0.7.1").city == "Groningen office"
    assert with_places.lookup("10.30.1.1").is_placed
    assert not with_places.lookup("145.0.8.1").is_placed
    assert "is a web page" in with_places.problems()[0]


def test_networks_come_from_an_asn_database_beside(
    make: Callable[..., Resolver], tmp_path: Path
) -> None:
    """Put there while we run, too; of other databases in the directory nothing is wanted."""
    resolver = make()
    before = resolver.version()
    assert resolver.lookup("8.8.8.8").asn is None
    write_database(tmp_path / "another.mmdb", ASN, "GeoLite2-ASN")
    write_database(tmp_path / "a-country.mmdb", kind="GeoLite2-Country")
    place = resolver.lookup("8.8.8.8")
    assert (place.asn, place.organisation, place.city) == (15169, "Google LLC", "Mountain View")
    assert resolver.lookup("2a00:1450::1").organisation == "Google LLC"
    assert resolver.lookup("145.0.0.1").asn is None
    assert resolver.version() != before
    assert resolver.problems() == []


def test_a_network_is_known_even_where_the_place_is_not(
    make: Callable[..., Resolver], tmp_path: Path
) -> None:
    """An ASN database may be all there is."""
    (tmp_path / "geoip.mmdb").unlink()
    write_database(tmp_path / "dbip-asn-lite.mmdb", ASN, "DBIP-ASN-Lite")
    place = make().lookup("8.8.8.8")
    assert (place.asn, place.is_placed, place.reason) == (15169, False, "no location database")


def test_an_asn_database_in_the_wrong_place_or_broken_is_named(
    make: Callable[..., Resolver], tmp_path: Path
) -> None:
    """Both are easy mistakes."""
    write_database(tmp_path / "geoip.mmdb", ASN, "GeoLite2-ASN")
    (tmp_path / "dbip-asn-lite.mmdb").write_bytes(b"")
    assert make().problems() == [
        f"location database {tmp_path / 'geoip.mmdb'} holds networks, not places",
        f"ASN database {tmp_path / 'dbip-asn-lite.mmdb'} is empty",
    ]


def test_the_version_changes_with_whatever_changes_answers(
    make: Callable[..., Resolver], tmp_path: Path
) -> None:
    """What was worked out before is worked out anew then, and only then."""
    places = tmp_path / "places.csv"
    places.write_text(PLACES)
    resolver = make(OPENVPN_MONITOR_PLACES=str(places))
    versions = [resolver.version()]
    write_database(tmp_path / "geoip.mmdb", build=NOVEMBER + 86_400)
    versions.append(resolver.version())
    places.write_text(PLACES.replace("Buoy", "Lighthouse"))
    versions.append(resolver.version())
    versions.append(make(OPENVPN_MONITOR_SERVER_LOCATION="1,1,x").version())
    assert len(set(versions)) == 4
    assert resolver.version() == versions[2]
