"""The parser, whatever it is given, and whatever becomes of a file on the way."""

from pathlib import Path
from zoneinfo import ZoneInfo

import orjson
from hypothesis import assume, given
from hypothesis import strategies as st

from collector.parser import parse
from ovpnmon.model import Client, Snapshot, StatusError
from tests.status_files import AT, FIXTURES, Peer, render
from tests.strategies import peers

UTC = ZoneInfo("UTC")
VERSIONS = st.sampled_from([1, 2, 3])
REAL = [
    FIXTURES / "2.4.12" / "names" / "status-v1.log",
    FIXTURES / "2.6.14-debian" / "iroute" / "status-v2.log",
    FIXTURES / "2.7.6" / "multi" / "status-v3.log",
]


def attempt(data: bytes) -> Snapshot | StatusError:
    """What comes of it; any other exception is a failure of the test."""
    try:
        snapshot = parse(data, UTC, float(AT))
    except StatusError as error:
        orjson.dumps(error.message)
        return error
    orjson.dumps(snapshot)  # no lone surrogate, no number out of range: it can be stored
    return snapshot


def read(data: bytes) -> Snapshot:
    """What comes of a file that must be readable."""
    snapshot = attempt(data)
    assert isinstance(snapshot, Snapshot), snapshot
    return snapshot


def expected(version: int, peer: Peer, *, alone: bool) -> dict[str, object]:
    """What a file of that version tells of a client, alone with its name and address or not."""
    text = peer.name.decode("utf-8", "replace")
    valid = text.encode() == peer.name
    told = version > 1 or alone
    user = peer.username.decode("utf-8", "replace")
    place = peer.address.partition(":")[2] if peer.address[:3] in ("udp", "tcp") else peer.address
    host, _, port = (
        place.rpartition(":") if place.count(":") == 1 or "]" in place else (place, "", "")
    )
    return {
        "common_name": text,
        "name_key": text if valid else "\0" + peer.name.hex(),
        "username": None if version == 1 or user == "UNDEF" else user,
        "real_ip": host.strip("[]"),
        "real_port": port,
        "vpn_ipv4": peer.ipv4 if told else None,
        "vpn_ipv6": (peer.ipv6 or None) if told else None,
        "bytes_received": peer.received,
        "bytes_sent": peer.sent,
        "connected_at": peer.since,
        "client_id": peer.client_id if version > 1 else None,
        "routed": True,
    }


def told(client: Client) -> dict[str, object]:
    """The same of a client that was read."""
    return {name: getattr(client, name) for name in expected(1, Peer(), alone=True)}


@given(st.binary(max_size=2000))
def test_any_bytes_give_a_snapshot_or_a_status_error(data: bytes) -> None:
    """Nothing else is ever raised, and what is returned can be written as JSON."""
    attempt(data)


@given(st.sampled_from(REAL), st.data())
def test_a_damaged_file_gives_a_snapshot_or_a_status_error(path: Path, data: st.DataObject) -> None:
    """Bytes replaced, inserted, left out or doubled anywhere in a real file."""
    content = path.read_bytes()
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(content)))
        end = data.draw(st.integers(start, min(len(content), start + 200)))
        content = content[:start] + data.draw(st.binary(max_size=40)) + content[end:]
    attempt(content)


@given(st.sampled_from([1, 3]), peers())
def test_every_client_written_is_read_back(version: int, written: list[Peer]) -> None:
    """Versions 1 and 3 are never in doubt, whatever the names hold.

    But for clients of one name and address, whose routes version 1 cannot tell apart.
    """
    snapshot = read(render(version, written))
    assert snapshot.rejected == ()
    clients = [expected(version, peer, alone=True) for peer in written]
    assume(len({(c["name_key"], c["real_ip"], c["real_port"]) for c in clients}) == len(clients))
    assert [told(client) for client in snapshot.clients] == clients


@given(peers())
def test_version_2_is_read_back_or_said_to_be_in_doubt(written: list[Peer]) -> None:
    """Commas in both names can leave more than one reading: then the row is set aside, not guessed."""
    snapshot = read(render(2, written))
    doubtful = {row.line for row in snapshot.rejected_clients}
    assert all("more than one way" in row.reason for row in snapshot.rejected_clients)
    sure = [peer for line, peer in enumerate(written, 4) if line not in doubtful]
    assert [told(client) for client in snapshot.clients] == [
        expected(2, peer, alone=True) for peer in sure
    ]


@given(VERSIONS, peers(max_size=3), st.data())
def test_a_cut_file_is_never_taken_for_a_whole_one(
    version: int, written: list[Peer], data: st.DataObject
) -> None:
    """However many bytes are missing at the end."""
    whole = render(version, written)
    cut = whole[: data.draw(st.integers(0, len(whole) - 1))]
    result = attempt(cut)
    assert isinstance(result, StatusError)
    assert result.code == ("malformed" if cut else "empty")


@given(VERSIONS, st.lists(st.integers(0, 9), unique=True), st.data())
def test_a_torn_file_never_hides_a_client_without_a_sign(
    version: int, before: list[int], data: st.DataObject
) -> None:
    """New bytes up to anywhere, the old ones behind them, as a read in the middle of a rewrite.

    Whoever is in both lists and missing from what was read shows as a row set aside. What no single
    read can show: counters of two generations in one list, and a row spliced from two whose halves
    fit; of those there is at most one.
    """
    after = data.draw(st.permutations(before))[: data.draw(st.integers(0, 10))]
    old = {n: peer(n, data.draw(st.integers(0, 10**9))) for n in before}
    new = {n: peer(n, data.draw(st.integers(0, 10**9))) for n in [*after, 10, 11]}
    first = render(version, list(old.values()), AT - 10)
    second = render(version, list(new.values()), AT)
    offset = data.draw(st.integers(0, len(second)))
    result = attempt(second[:offset] + first[offset:])
    if isinstance(result, StatusError):
        assert result.code == "malformed"
        return
    rows = {(c.common_name, c.real_ip, c.real_port, c.bytes_received) for c in result.clients}
    genuine = {
        (p.name.decode(), *p.address.split(":"), p.received) for p in [*old.values(), *new.values()]
    }
    assert len(rows - genuine) <= 1
    stayed = {peer(n, 0).name.decode() for n in old.keys() & new.keys()}
    lost = stayed - {client.common_name for client in result.clients}
    assert not lost or result.rejected_clients


def peer(number: int, received: int) -> Peer:
    """One of a few well-known clients; the longer names belong to the later ones."""
    return Peer(
        name=b"client" + b"x" * (number % 3) + str(number).encode(),
        address=f"192.0.2.{number + 1}:{40000 + number}",
        ipv4=f"10.8.0.{number + 2}",
        ipv6=f"fd00:8::{0x1000 + number:x}",
        received=received,
        client_id=number,
    )
