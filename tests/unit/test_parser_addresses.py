"""Real and virtual addresses in every form, and what the routing table adds to the client list."""

import pytest

from tests.parsing import by_name, fixture, parsed
from tests.status_files import Peer, render


@pytest.mark.parametrize(
    ("written", "ip", "port"),
    [
        ("192.0.2.1:40000", "192.0.2.1", "40000"),
        ("2001:db8::1", "2001:db8::1", ""),
        ("::ffff:192.0.2.1", "192.0.2.1", ""),
        ("udp4:192.0.2.1:5", "192.0.2.1", "5"),
        ("udp6:192.0.2.1:5", "192.0.2.1", "5"),
        ("tcp4-server:192.0.2.1:5", "192.0.2.1", "5"),
        ("udp6:[2001:db8::1]:5", "2001:db8::1", "5"),
        ("tcp6-server:[2001:db8::1]:65535", "2001:db8::1", "65535"),
        ("udp6:[::ffff:192.0.2.1]:5", "192.0.2.1", "5"),
    ],
)
def test_real_addresses(written: str, ip: str, port: str) -> None:
    """IPv4 and IPv6 with and without port, with the prefixes of 2.7, IPv4 in IPv6's clothes."""
    (client,) = parsed(render(3, [Peer(address=written)])).clients
    assert (client.real_ip, client.real_port) == (ip, port)


@pytest.mark.parametrize(
    "written",
    [
        *("", "192.0.2.1:", "192.0.2.1:65536", "192.0.2.1:05", "192.0.2.256:1", "192.0.2:1", "x:1"),
        *("[2001:db8::1]5", "[2001:db8::1", "[192.0.2.1]:5", "2001:db8:::1", "192.0.2.1:+5"),
        *("sctp:192.0.2.1:5", "192.0.2.1:٥", "192.0.2.1:1:2"),
    ],
)
def test_what_is_no_real_address_is_set_aside(written: str) -> None:
    """As a torn row may have."""
    snapshot = parsed(render(3, [Peer(address=written)]))
    assert snapshot.clients == ()
    assert "no address" in snapshot.rejected_clients[0].reason


def test_all_four_sockets_of_a_2_7_server() -> None:
    """One server on udp4, tcp4, udp6 and tcp6."""
    clients = by_name(fixture("2.7.6/multi/status-v1.log"))
    assert {(name, c.real_ip, c.vpn_ipv4) for name, c in clients.items()} == {
        ("user01", "192.0.2.10", "10.8.0.2"),
        ("user02", "192.0.2.10", "10.8.0.3"),
        ("user03", "2001:db8::19", "10.8.0.4"),
        ("user04", "2001:db8::19", "10.8.0.5"),
    }
    assert all(client.real_port for client in clients.values())


@pytest.mark.parametrize("version", [1, 2, 3])
@pytest.mark.parametrize("openvpn", ["2.4.12", "2.6.14-debian"])
def test_what_lies_behind_a_client_is_no_address_of_it(openvpn: str, version: int) -> None:
    """Networks and hosts learnt behind them are routes; `fd00:99:1::5C` is fd00:99:1::5, learnt."""
    snapshot = fixture(f"{openvpn}/iroute/status-v{version}.log")
    user01 = by_name(snapshot)["user01"]
    assert user01.vpn_ipv4 == "10.8.5.5"
    assert user01.vpn_ipv6 in (None, "fd00:8::1000")
    written = {route.virtual_address for route in snapshot.routes}
    assert {"10.99.1.0/24", "fd00:99:1::/48", "10.99.1.5C"} <= written


@pytest.mark.parametrize("version", [1, 2, 3])
@pytest.mark.parametrize(
    ("openvpn", "vlan"), [("2.4.12", ""), ("2.6.14-debian", "@0"), ("2.7.6", "@0")]
)
def test_a_learnt_mac_makes_a_client_connected(openvpn: str, vlan: str, version: int) -> None:
    """In tap mode the routing table holds MACs, with the VLAN since 2.5."""
    snapshot = fixture(f"{openvpn}/tap/status-v{version}.log")
    assert len(snapshot.clients) == 3
    assert all(client.routed for client in snapshot.clients)
    assert all(route.virtual_address[17:] == vlan for route in snapshot.routes)


def test_a_tap_client_without_pool_address_is_connected_by_its_mac() -> None:
    """Bridged clients get their address from elsewhere: the file has none."""
    data = render(3, [Peer(ipv4="10.8.0.2", ipv6="")])
    data = data.replace(b"\t10.8.0.2\t\t", b"\t\t\t").replace(
        b"\t10.8.0.2\t", b"\t02:00:00:00:00:01@7\t"
    )
    (client,) = parsed(data).clients
    assert (client.vpn_ipv4, client.vpn_ipv6, client.routed) == (None, None, True)


@pytest.mark.parametrize("version", [1, 2, 3])
def test_without_address_and_route_a_client_is_still_connecting(version: int) -> None:
    """Handshakes, refused passwords, deferred authentication, TCP connections that say nothing."""
    pending = by_name(fixture(f"2.6.14-debian/pending/status-v{version}.log"))
    assert {name for name, client in pending.items() if not client.routed} == {
        *("user03", "user04", "user05", "user06")
    }
    tcp = fixture(f"2.6.14-debian/tcp/status-v{version}.log").clients
    assert [c.common_name for c in tcp if not c.routed] == ["UNDEF", "UNDEF"]


def test_version_1_does_not_guess_whose_route_it_is() -> None:
    """Two clients of one name and address: either may have it, so neither is given it."""
    peers = [Peer(address="2001:db8::1"), Peer(address="2001:db8::1", ipv4="10.8.0.3")]
    first = parsed(render(1, peers)).clients
    assert [(client.vpn_ipv4, client.routed) for client in first] == [(None, True), (None, True)]
    third = parsed(render(3, peers)).clients
    assert [client.vpn_ipv4 for client in third] == ["10.8.0.2", "10.8.0.3"]


def test_a_handshake_does_not_borrow_the_routes_of_its_twin() -> None:
    """Its row has no address, the one with the same name and real address has."""
    peers = [
        Peer(address="2001:db8::1"),
        Peer(address="2001:db8::1", ipv4="", ipv6="", client_id=1),
    ]
    assert [client.routed for client in parsed(render(3, peers)).clients] == [True, False]


def test_version_1_leaves_open_which_of_two_addresses_is_the_clients_own() -> None:
    """A host route to behind a client looks like its own address."""
    data = render(1, [Peer()]).replace(b"fd00:8::1000,", b"10.99.7.7,")
    (client,) = parsed(data).clients
    assert (client.vpn_ipv4, client.vpn_ipv6, client.routed) == (None, None, True)


@pytest.mark.parametrize(
    "good", ["0.0.0.0/0", "/0", "10.0.0.0/8", "::/0", "fd00::/128", "10.9.9.9C"]
)
def test_networks_and_learnt_hosts_are_routes(good: str) -> None:
    """OpenVPN writes the network 0.0.0.0 as nothing."""
    data = render(2, [Peer(ipv6="")]).replace(
        b"ROUTING_TABLE,10.8.0.2", b"ROUTING_TABLE," + good.encode()
    )
    assert [route.virtual_address for route in parsed(data).routes] == [good]


@pytest.mark.parametrize(
    "bad", ["", "10.0.0.0/33", "::/129", "10.8.0.2D", "10.8.0", "02:00:00:00:00"]
)
def test_what_is_no_virtual_address_is_set_aside(bad: str) -> None:
    """A route set aside leaves its client alone, and is no sign of a client missing."""
    data = render(2, [Peer(ipv6="")]).replace(
        b"ROUTING_TABLE,10.8.0.2", b"ROUTING_TABLE," + bad.encode()
    )
    snapshot = parsed(data)
    assert len(snapshot.clients) == 1
    assert (len(snapshot.rejected), snapshot.rejected_clients) == (1, ())
