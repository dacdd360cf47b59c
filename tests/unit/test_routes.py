"""The routing table as people look through it."""

import pytest

from ovpnmon.model import Route
from ovpnmon.queries.routes import kind, matching, table
from ovpnmon.store.details import Details


def route(address: str, name: str = "alice", real: str = "192.0.2.1", at: int = 60) -> Route:
    return Route(address, name, name, real, "1194", at)


DETAILS = {
    "udp": Details(
        routes=[
            route("10.8.0.10"),
            route("10.8.0.9", "Кирилл"),
            route("10.99.0.0/24", "branch"),
            route("10.99.0.5C", "branch"),
            route("fd00:8::1000"),
        ]
    ),
    "tap": Details(routes=[route("aa:bb:cc:dd:ee:ff@0", "bridge", "2001:db8::7")]),
}


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("10.8.0.2", "address"),
        ("fd00:8::1000", "address"),
        ("10.99.0.0/24", "network"),
        ("fd00:99::/64", "network"),
        ("10.99.1.5C", "learnt"),
        ("fd00:99:1::5C", "learnt"),
        ("aa:bb:cc:dd:ee:ff", "MAC"),
        ("aa:bb:cc:dd:ee:ff@0", "MAC"),
    ],
)
def test_kinds(address: str, expected: str) -> None:
    """As every version of OpenVPN writes them; an IPv6 address may end in c, though not in C."""
    assert kind(address) == expected


def test_an_ipv6_address_that_ends_in_c_is_not_learnt() -> None:
    """OpenVPN writes addresses in small letters, its mark in a capital."""
    assert kind("fd00:8::100c") == "address"


def test_rows_are_in_the_order_of_addresses() -> None:
    """10.8.0.9 before 10.8.0.10, IPv4 before IPv6, servers as they come."""
    found = table(DETAILS)
    assert list(found["virtual_address"]) == [
        "10.8.0.9",
        "10.8.0.10",
        "10.99.0.0/24",
        "10.99.0.5C",
        "fd00:8::1000",
        "aa:bb:cc:dd:ee:ff@0",
    ]
    assert found["last_ref_at"].iloc[0].timestamp() == 60


@pytest.mark.parametrize(
    ("text", "server", "of_kind", "count"),
    [
        ("", "", "", 6),
        ("10.99", "", "", 2),
        ("BRANCH", "", "", 2),
        ("кирилл", "", "", 1),
        ("2001:DB8", "", "", 1),
        ("", "tap", "", 1),
        ("", "", "network", 1),
        ("10.8", "udp", "address", 2),
        (".*", "", "", 0),
        ("nobody", "", "", 0),
    ],
)
def test_search_is_for_text_in_addresses_and_names(
    text: str, server: str, of_kind: str, count: int
) -> None:
    """Whatever the case; signs mean themselves."""
    assert len(matching(table(DETAILS), text, server, of_kind)) == count


def test_without_routes_the_table_is_empty() -> None:
    """Nobody connected, or no server looked at yet."""
    assert table({"udp": Details()}).empty
    assert matching(table({}), "x", "udp", "MAC").empty
