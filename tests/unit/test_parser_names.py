"""Names are others' text, and no name keeps a client from being read."""

import pytest

from tests.parsing import by_name, fixture, parsed
from tests.status_files import Peer, render

ODD = [
    "END",
    "CLIENT_LIST",
    "ROUTING TABLE",
    "a,b,c,d",
    "bob, O'Brien",
    "=cmd|' /C calc'!A0",
    "12345",
]


@pytest.mark.parametrize("version", [1, 2, 3])
@pytest.mark.parametrize("openvpn", ["2.4.12", "2.6.14-debian", "2.7.6"])
def test_the_recorded_odd_names_are_read_as_they_are(openvpn: str, version: int) -> None:
    """Commas, HTML, right-to-left marks, words of the file format: 26 clients, none set aside."""
    snapshot = fixture(f"{openvpn}/names/status-v{version}.log")
    names = {client.common_name for client in snapshot.clients}
    assert (len(snapshot.clients), snapshot.rejected) == (26, ())
    assert {
        *ODD,
        "Кирилл-Müller-日本",
        "😀 team",
        "  two  spaces ",
        "<script>alert(1)</script>",
    } <= names


@pytest.mark.parametrize("version", [2, 3])
def test_commas_in_user_names_are_theirs(version: int) -> None:
    """In version 2 the run of address, numbers and times between the two names tells where they end."""
    users = {c.username for c in fixture(f"2.6.14-debian/userpass/status-v{version}.log").clients}
    assert "b,o,b" in users
    both = fixture(f"2.4.12/user_as_cn/status-v{version}.log")
    assert ("b,o,b", "b,o,b") in {(c.common_name, c.username) for c in both.clients}


def test_a_name_that_copies_the_run_leaves_its_row_in_doubt() -> None:
    """Where version 2 can be read in two ways the row is set aside, and costs no other."""
    forged = b"x,192.0.2.9:1,10.8.0.9,,1,1,2026-11-22 15:50:40,1795362640,y"
    snapshot = parsed(render(2, [Peer(forged), Peer(b"bob", "192.0.2.2:1", client_id=1)]))
    assert list(by_name(snapshot)) == ["bob"]
    (row,) = snapshot.rejected_clients
    assert (row.line, "more than one way" in row.reason) == (4, True)
    assert [client.common_name for client in parsed(render(3, [Peer(forged)])).clients] == [
        forged.decode()
    ]


def test_undef_is_a_name_but_no_user_name() -> None:
    """Without certificates every working client is UNDEF; without a user name the username is."""
    clients = fixture("2.6.14-debian/nocert/status-v2.log").clients
    assert {client.common_name for client in clients} == {"UNDEF"}
    assert {"alice", "b,o,b", None} <= {client.username for client in clients}


@pytest.mark.parametrize("version", [1, 2, 3])
def test_names_that_are_not_utf_8_are_shown_and_kept_distinct(version: int) -> None:
    """Shown with U+FFFD, told apart by their bytes, which a real name can never be mistaken for."""
    peers = [
        Peer(b"caf\xe9"),
        Peer(b"caf\xe8", "192.0.2.2:1"),
        Peer("café".encode(), "192.0.2.3:1"),
    ]
    snapshot = parsed(render(version, peers))
    assert [(client.common_name, client.name_key) for client in snapshot.clients] == [
        ("caf\ufffd", "\x00636166e9"),
        ("caf\ufffd", "\x00636166e8"),
        ("café", "café"),
    ]
    assert [route.common_name for route in snapshot.routes][::2] == [
        "caf\ufffd",
        "caf\ufffd",
        "café",
    ]
    assert all(client.vpn_ipv4 == "10.8.0.2" for client in snapshot.clients)


def test_line_separators_of_unicode_end_no_line() -> None:
    """U+2028 and U+0085 are text: only the line feed ends a line."""
    name = "one\u2028two\u0085three"
    assert list(by_name(parsed(render(1, [Peer(name.encode())])))) == [name]


@pytest.mark.parametrize("version", [1, 2, 3])
@pytest.mark.parametrize("control", [b"\x00", b"\x1b", b"\x7f", b"\r"])
def test_a_row_with_a_control_character_is_set_aside(version: int, control: bytes) -> None:
    """OpenVPN writes `_` for them, so the row is not what it wrote; names never begin with NUL."""
    data = render(version, [Peer(b"a" + control + b"b"), Peer(b"bob", "192.0.2.2:1", client_id=1)])
    snapshot = parsed(data)
    assert list(by_name(snapshot)) == ["bob"]
    assert snapshot.rejected_clients[0].reason.startswith("control characters")
