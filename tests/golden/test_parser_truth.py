"""What the parser reads of real OpenVPN is what OpenVPN's own hooks logged of the same clients."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from collector.parser import parse
from ovpnmon.model import Client, Snapshot
from tests.status_files import FIXTURES

UTC = ZoneInfo("UTC")
LATE_SECONDS = 2
"""So long after (or before) its client got (or lost) its address a hook may log it."""
STATUS_FILES = sorted(
    path
    for path in FIXTURES.rglob("status-v?.log")
    if path.parent.name not in ("client", "gold-v1", "gold-v3")
)


@dataclass(frozen=True)
class Connection:
    """What the hooks were told of a client."""

    common_name: str
    real_ip: str
    real_port: str
    vpn_ipv4: str | None
    vpn_ipv6: str | None
    username: str | None
    connected_at: int


def logged(path: Path) -> list[tuple[str, float, Connection]]:
    """Event, time and client of everything that the hooks wrote down while that file was made."""
    truth = path.with_name(path.name.replace("status", "truth")).with_suffix(".jsonl")
    lines = map(json.loads, truth.read_text(encoding="utf-8").splitlines())
    return [(line["ev"], line["t"], connection(line)) for line in lines if line["src"] == "hook"]


def connection(line: dict[str, Any]) -> Connection:
    """A name that is not known is UNDEF in the file and missing in the hook; a user may be named so."""
    return Connection(
        line["cn"] or "UNDEF",
        line["real_ip"],
        line["real_port"],
        line["vpn4"],
        line["vpn6"],
        None if line["username"] in ("", "UNDEF") else line["username"],
        line["since"],
    )


def is_of(client: Client, truth: Connection, snapshot: Snapshot, *, roams: bool) -> bool:
    """Whether a row is that connection, in all that the version of the file can tell."""
    here = client.real_ip == truth.real_ip and client.real_port in ("", truth.real_port)
    first = snapshot.version == 1
    return (
        client.common_name == truth.common_name
        and client.connected_at == truth.connected_at
        and (here or roams)
        # Version 1 tells addresses by routes only, which two clients behind one address share.
        and (client.vpn_ipv4 == truth.vpn_ipv4 or (first and client.vpn_ipv4 is None))
        and (client.vpn_ipv6 == truth.vpn_ipv6 or (first and client.vpn_ipv6 is None))
        # 2.4 does not tell the connect hook the name that username-as-common-name gives.
        and (first or truth.username in (client.username, None))
    )


@pytest.mark.parametrize("path", STATUS_FILES, ids=lambda p: str(p.relative_to(FIXTURES)))
def test_everyone_whom_openvpn_let_in_is_read(path: Path) -> None:
    """Who was let in before the file was written, and not gone by then, is there and connected."""
    snapshot = parse(path.read_bytes(), UTC, 0.0)
    inside: set[Connection] = set()
    for event, at, of in logged(path):
        if event == "connect" and at < snapshot.time - LATE_SECONDS:
            inside.add(of)
        if event == "disconnect" and at < snapshot.time + LATE_SECONDS:
            inside = {known for known in inside if known.real_port != of.real_port}
    roams = path.parent.name == "float"
    for truth in inside:
        assert any(c.routed and is_of(c, truth, snapshot, roams=roams) for c in snapshot.clients), (
            truth
        )


@pytest.mark.parametrize("path", STATUS_FILES, ids=lambda p: str(p.relative_to(FIXTURES)))
def test_everyone_who_is_read_was_let_in(path: Path) -> None:
    """Every connected row is one of the clients that the hooks logged, in every detail."""
    snapshot = parse(path.read_bytes(), UTC, 0.0)
    assert snapshot.rejected == ()
    known = [of for _, _, of in logged(path)]
    roams = path.parent.name == "float"
    for client in snapshot.clients:
        if client.routed and known:
            assert any(is_of(client, truth, snapshot, roams=roams) for truth in known), client


def test_the_hooks_logged_enough_to_compare_with() -> None:
    """Not every recorded server ran hooks; those that did have hundreds of clients between them."""
    assert sum(len({of for _, _, of in logged(path)}) for path in STATUS_FILES) > 500
