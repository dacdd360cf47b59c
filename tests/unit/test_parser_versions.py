"""Versions 1, 2 and 3 of every OpenVPN, told apart by their content and read by their own columns."""

import pytest

from ovpnmon.model import Snapshot
from tests.parsing import by_name, fixture, parsed
from tests.status_files import AT, Peer, iso, render

OPENVPN_2_3 = """\
TITLE,OpenVPN 2.3.18 x86_64-pc-linux-gnu
TIME,Sun Nov 22 15:51:40 2026,1795362700
HEADER,CLIENT_LIST,Common Name,Real Address,Virtual Address,Bytes Received,Bytes Sent,\
Connected Since,Connected Since (time_t),Username
CLIENT_LIST,alice,::ffff:192.0.2.7,10.8.0.2,1000,2000,Sun Nov  1 09:05:00 2026,1793523900,UNDEF
CLIENT_LIST,bob,2001:db8::8,10.8.0.3,7,8,Sun Nov 22 15:50:40 2026,1795362640,b,o,b
HEADER,ROUTING_TABLE,Virtual Address,Common Name,Real Address,Last Ref,Last Ref (time_t)
ROUTING_TABLE,10.8.0.2,alice,::ffff:192.0.2.7,Sun Nov 22 15:51:30 2026,1795362690
ROUTING_TABLE,fd00:8::1000,alice,::ffff:192.0.2.7,Sun Nov 22 15:51:30 2026,1795362690
ROUTING_TABLE,10.8.0.3,bob,2001:db8::8,Sun Nov 22 15:51:30 2026,1795362690
GLOBAL_STATS,Max bcast/mcast queue length,0
END
"""


@pytest.mark.parametrize(("version", "told"), [(1, False), (2, True), (3, True)])
def test_every_version_tells_the_same_of_a_client(version: int, told: bool) -> None:
    """But for what version 1 has no column for."""
    peer = Peer(b"bob, O'Brien", received=5, sent=6, since=AT - 90, username=b"bob", client_id=7)
    snapshot = parsed(render(version, [peer]))
    (client,) = snapshot.clients
    assert (snapshot.version, snapshot.time, snapshot.time_text) == (version, AT, iso(AT))
    assert (client.common_name, client.real_ip, client.real_port) == (
        *("bob, O'Brien", "192.0.2.1"),
        "40000",
    )
    assert (client.vpn_ipv4, client.vpn_ipv6) == ("10.8.0.2", "fd00:8::1000")
    assert (client.bytes_received, client.bytes_sent) == (5, 6)
    assert (client.connected_at, client.since_text) == (AT - 90, iso(AT - 90))
    assert client.username == ("bob" if told else None)
    assert client.client_id == (7 if told else None)
    assert client.cipher == ("AES-256-GCM" if told else None)


def test_2_3_has_fewer_columns_and_its_ipv6_in_the_routing_table() -> None:
    """Eight columns, ctime dates, no port behind a dual-stack socket; commas in the last column."""
    clients = by_name(parsed(OPENVPN_2_3))
    alice, bob = clients["alice"], clients["bob"]
    assert (alice.real_ip, alice.real_port) == ("192.0.2.7", "")
    assert (alice.vpn_ipv4, alice.vpn_ipv6) == ("10.8.0.2", "fd00:8::1000")
    assert (alice.connected_at, alice.since_text) == (1793523900, "Sun Nov  1 09:05:00 2026")
    assert (alice.client_id, alice.cipher, alice.username) == (None, None, None)
    assert (bob.real_ip, bob.vpn_ipv6, bob.username) == ("2001:db8::8", None, "b,o,b")


def test_columns_that_are_not_known_are_passed_over() -> None:
    """Fields may be added anywhere: what counts is the name in the HEADER line."""
    lines = render(3, [Peer()]).decode()
    lines = lines.replace(
        "\tReal Address\tVirtual Address\t", "\tReal Address\tColour\tVirtual Address\t"
    )
    lines = lines.replace(
        "CLIENT_LIST\talice\t192.0.2.1:40000", "CLIENT_LIST\talice\t192.0.2.1:40000\tred"
    )
    lines = lines.replace("Data Channel Cipher\n", "Data Channel Cipher\tMood\n")
    lines = lines.replace("AES-256-GCM\n", "AES-256-GCM\tgood\n")
    assert parsed(lines).clients == parsed(render(3, [Peer()])).clients


def test_a_build_without_management_has_no_client_ids() -> None:
    """The column is there, and empty."""
    lines = render(3, [Peer(client_id=5)]).replace(b"\tUNDEF\t5\t0\t", b"\tUNDEF\t\t0\t")
    assert [client.client_id for client in parsed(lines).clients] == [None]


@pytest.mark.parametrize("version", [1, 2, 3])
def test_line_ends_of_windows_are_line_ends(version: int) -> None:
    """OpenVPN on Windows writes in text mode."""
    data = render(version, [Peer(), Peer(b"bob", "192.0.2.2:1")])
    assert parsed(data.replace(b"\n", b"\r\n")) == parsed(data)


@pytest.mark.parametrize(
    ("name", "dco", "stats"),
    [
        ("2.4.12/zero/status-v1.log", None, 1),
        ("2.4.12/zero/status-v3.log", None, 1),
        ("2.6.14-debian/zero/status-v2.log", False, 2),
        ("2.7.6/zero/status-v3.log", False, 2),
    ],
)
def test_a_server_without_clients_is_a_good_snapshot(
    name: str, dco: bool | None, stats: int
) -> None:
    """Nobody connected is an answer, and the lines before END are told."""
    snapshot = fixture(name)
    assert (snapshot.clients, snapshot.routes, snapshot.rejected) == ((), (), ())
    assert snapshot.dco_enabled is dco
    assert len(snapshot.global_stats) == stats
    assert snapshot.global_stats[0][0] == "Max bcast/mcast queue length"


@pytest.mark.parametrize("version", [1, 2, 3])
def test_120_real_clients_are_all_read(version: int) -> None:
    """None is lost and none is read twice."""
    snapshot: Snapshot = fixture(f"2.6.14-debian/many/status-v{version}.log")
    assert len({client.common_name for client in snapshot.clients}) == 120
    assert len({client.vpn_ipv4 for client in snapshot.clients}) == 120


def test_10_000_clients_are_all_read() -> None:
    """They are read in blocks: none falls between two."""
    peers = [
        Peer(f"c{n}".encode(), f"192.0.2.1:{n}", f"10.8.{n // 250}.{n % 250}", "", n, client_id=n)
        for n in range(10_000)
    ]
    for version in (1, 2, 3):
        snapshot = parsed(render(version, peers))
        assert [client.bytes_received for client in snapshot.clients] == list(range(10_000))
        assert len(snapshot.routes) == 10_000
