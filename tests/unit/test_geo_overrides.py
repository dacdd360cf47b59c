"""The operator's own places: a CSV file, read again when it changes, whatever is wrong in it."""

from ipaddress import ip_address
from pathlib import Path

import pytest

from ovpnmon.geo.overrides import Overrides, Table, read
from ovpnmon.geo.place import Place

FILE = """cidr,latitude,longitude,label,country_code
# our own networks
198.51.100.0/24,52.37,4.9,Head office,NL
198.51.100.128/25,48.86,2.35,"Paris, rue X",fr

203.0.113.7,0,0,Buoy
2001:db8::/32,-33.87,151.2,Sydney,AU
2001:db8:1::/48,-37.8,144.96,Melbourne,AU
"""


def table(tmp_path: Path, text: str) -> Table:
    """What is read from a file with this text."""
    path = tmp_path / "places.csv"
    path.write_text(text, "utf-8")
    return read(path)


@pytest.mark.parametrize(
    ("address", "label"),
    [
        ("198.51.100.1", "Head office"),
        ("198.51.100.200", "Paris, rue X"),
        ("203.0.113.7", "Buoy"),
        ("2001:db8:2::1", "Sydney"),
        ("2001:db8:1::1", "Melbourne"),
    ],
)
def test_the_smallest_network_that_holds_an_address_wins(
    tmp_path: Path, address: str, label: str
) -> None:
    """Whatever the order of the lines."""
    found = table(tmp_path, FILE).find(ip_address(address))
    assert found is not None
    assert found.city == label
    assert not table(tmp_path, FILE).problems


@pytest.mark.parametrize(
    "address", ["203.0.113.8", "198.51.101.1", "2001:db9::1", "::198.51.100.1"]
)
def test_an_address_outside_all_networks_is_not_found(tmp_path: Path, address: str) -> None:
    """An IPv6 address is not in an IPv4 network that has the same last bits."""
    assert table(tmp_path, FILE).find(ip_address(address)) is None


def test_a_place_carries_country_and_source(tmp_path: Path) -> None:
    """The country's name comes from its code; degrees of 0 are degrees."""
    found = table(tmp_path, FILE)
    assert found.find(ip_address("198.51.100.200")) == Place(
        48.86, 2.35, "Paris, rue X", "France", "FR", precision="place", source="places"
    )
    buoy = found.find(ip_address("203.0.113.7"))
    assert buoy is not None
    assert buoy.is_placed


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("10.0.0.0/33,1,1,x,NL", "10.0.0.0/33"),
        ("office,1,1,x,NL", "office"),
        ("10.0.0.0/8,north,1,x,NL", "north"),
        ("10.0.0.0/8,91,1,x,NL", "91,1 is no place on earth"),
        ("10.0.0.0/8,nan,1,x,NL", "nan,1 is no place on earth"),
        ("10.0.0.0/8,1,1,x,Holland", "HOLLAND"),
        ("10.0.0.0/8,1,1", "cidr,latitude,longitude,label,country_code"),
        ("10.0.0.0/8;1;1;x;NL", "cidr,latitude,longitude,label,country_code"),
    ],
)
def test_a_bad_line_is_left_out_and_named(tmp_path: Path, line: str, what: str) -> None:
    """The other lines hold."""
    found = table(tmp_path, f"{line}\n192.168.0.0/16,1,2,Home,NL\n")
    assert found.find(ip_address("192.168.1.1")) is not None
    assert found.find(ip_address("10.0.0.1")) is None
    (problem,) = found.problems
    assert "line 1 is left out" in problem
    assert what in problem


def test_a_file_that_is_not_there_or_no_text_is_a_problem_and_no_more(tmp_path: Path) -> None:
    """Geolocation never stops anything."""
    assert "No such file" in read(tmp_path / "none.csv").problems[0]
    (tmp_path / "utf16.csv").write_bytes(FILE.encode("utf-16"))
    assert "not UTF-8" in read(tmp_path / "utf16.csv").problems[0]


def test_a_file_from_a_spreadsheet_is_read(tmp_path: Path) -> None:
    """With a byte order mark and Windows line ends."""
    path = tmp_path / "places.csv"
    path.write_bytes(b"\xef\xbb\xbf" + FILE.replace("\n", "\r\n").encode())
    assert len(read(path).networks) == 5
    assert not read(path).problems


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    """Also when it is taken away, and the digest tells of the change."""
    path = tmp_path / "places.csv"
    path.write_text("10.0.0.0/8,1,1,Old,NL\n")
    overrides = Overrides(path)
    first = overrides.current()
    assert overrides.current() is first
    path.write_text("10.0.0.0/8,1,1,Newer,NL\n")
    place = overrides.current().find(ip_address("10.1.1.1"))
    assert place is not None
    assert place.city == "Newer"
    assert overrides.current().digest != first.digest
    path.unlink()
    assert overrides.current().find(ip_address("10.1.1.1")) is None
    assert overrides.current().problems


def test_without_a_file_named_there_are_no_places_and_no_problems() -> None:
    """It is optional."""
    assert Overrides(None).current() == Table()
