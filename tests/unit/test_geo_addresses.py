"""Every class of address is told apart, whatever it is wrapped in."""

import pytest

from ovpnmon.geo.addresses import parse

KINDS = {
    "0.0.0.0": "unspecified",
    "::": "unspecified",
    "127.0.0.1": "loopback",
    "127.255.0.9": "loopback",
    "::1": "loopback",
    "169.254.1.1": "link-local",
    "fe80::1": "link-local",
    "224.0.0.1": "multicast",
    "239.255.255.250": "multicast",
    "ff02::1": "multicast",
    "ff0e::1": "multicast",
    "100.64.0.1": "carrier-grade NAT",
    "100.127.255.255": "carrier-grade NAT",
    "192.0.2.1": "documentation",
    "198.51.100.7": "documentation",
    "203.0.113.5": "documentation",
    "2001:db8::19": "documentation",
    "3fff::1": "documentation",
    "3fff:fff:ffff::1": "documentation",
    "10.0.0.1": "private network",
    "172.16.0.1": "private network",
    "172.31.255.255": "private network",
    "192.168.1.1": "private network",
    "fc00::1": "private network",
    "fd12:3456::1": "private network",
    "fec0::1": "private network",
    "198.18.0.1": "benchmark network",
    "198.19.255.255": "benchmark network",
    "240.0.0.1": "reserved",
    "255.255.255.255": "reserved",
    "192.0.0.1": "reserved",
    "100::1": "reserved",
}
PUBLIC = [
    "8.8.8.8",
    "100.63.255.255",
    "100.128.0.1",
    "172.15.255.255",
    "172.32.0.1",
    "192.0.3.1",
    "198.17.255.255",
    "198.20.0.1",
    "198.51.101.1",
    "203.0.114.1",
    "2a00:1450::1",
    "2001:db9::1",
]


@pytest.mark.parametrize(("text", "kind"), KINDS.items())
def test_a_non_public_address_has_its_kind(text: str, kind: str) -> None:
    """Kinds are what people read: "private network", not the name of an RFC."""
    address = parse(text)
    assert address is not None
    assert address.kind == kind


@pytest.mark.parametrize("text", PUBLIC)
def test_a_public_address_has_no_kind(text: str) -> None:
    """Also right beside the special networks."""
    address = parse(text)
    assert address is not None
    assert address.kind == ""


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("::ffff:8.8.8.8", "8.8.8.8"),
        ("::ffff:10.0.0.1", "10.0.0.1"),
        ("2002:808:808::1", "8.8.8.8"),
        ("2002:a00:1::", "10.0.0.1"),
        ("2001:0:4136:e378:8000:63bf:f7f7:f7f7", "8.8.8.8"),
        ("2001:0:4136:e378:8000:63bf:3fff:fdd2", "192.0.2.45"),
        ("64:ff9b::8.8.8.8", "8.8.8.8"),
        ("64:ff9b::a00:1", "10.0.0.1"),
        ("[2a00:1450::1]", "2a00:1450::1"),
        ("fe80::1%eth0", "fe80::1"),
        ("[fe80::1%eth0]", "fe80::1"),
        (" 8.8.8.8 ", "8.8.8.8"),
    ],
)
def test_what_an_address_is_wrapped_in_is_taken_off(text: str, meant: str) -> None:
    """IPv4-mapped, 6to4, Teredo and NAT64 stand for the IPv4 address in them."""
    address, plain = parse(text), parse(meant)
    assert address is not None
    assert plain is not None
    assert (address.meant, address.kind) == (plain.meant, plain.kind)


@pytest.mark.parametrize(
    "text", ["", "vpn.example.com", "1.2.3", "1.2.3.4:1194", "/run/x", "UNDEF"]
)
def test_what_is_no_address_is_none(text: str) -> None:
    """Status files have been seen with names and socket paths there."""
    assert parse(text) is None
