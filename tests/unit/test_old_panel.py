"""The Flask panel's entries become rows: paired, in bytes and UTC, one bad entry never costing another."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pytest

from ovpnmon.store import old_panel
from ovpnmon.store.old_panel import History
from ovpnmon.store.tables import SESSION_HISTORY

FILES = Path(__file__).parents[1] / "fixtures" / "old-panel" / "state"
MOSCOW = ZoneInfo("Europe/Moscow")
ALICE = "67b1c55d-494d-4d60-bef1-6e7cd9bf556c"
ALICE_AGAIN = "7c05e044-f8ba-4e3b-9711-21d5059029ef"
BORIS = "d2025c2f-e682-4987-b36b-a290d20d5291"
KIRILL = "d687bc17-d6f7-46df-ac92-df17bc9fbee5"


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def entry(**changes: object) -> dict[str, Any]:
    """A closing entry."""
    made = {
        "timestamp": "2026-11-22 20:10:01",
        "name": "alice",
        "ip": "198.51.100.7",
        "session_id": "one",
        "rx": 1.5,
        "tx": 2.25,
        "vpn_ip": "10.8.0.2",
        "vpn_ipv4": "10.8.0.2",
        "vpn_ipv6": None,
        "port": "40112",
        "session_end": "2026-11-22 20:15:01",
    }
    return made | changes


def opening(**changes: object) -> dict[str, Any]:
    """The entry written when a session was first seen."""
    return entry(**({"rx": None, "tx": None, "session_end": None} | changes))


def read(entries: Iterable[object], zone: ZoneInfo = MOSCOW) -> History:
    return old_panel.read_history(entries, zone, "udp")


def only(history: History) -> dict[str, Any]:
    """The one row that was read."""
    (row,) = history.closed.to_pylist()
    return dict(row)


def test_the_recorded_history_gives_a_row_for_each_session_that_ended() -> None:
    """Two entries of one session_id are one session, with the panel's own id."""
    history = read(json.loads((FILES / "session_history.json").read_bytes()))
    assert history.closed.schema == SESSION_HISTORY
    alice, kirill = history.closed.to_pylist()
    assert alice == {
        "session_id": ALICE,
        "server": "udp",
        "common_name": "alice",
        "username": None,
        "real_ip": "198.51.100.7",
        "real_port": "40112",
        "real_ip_hex": "0" * 20 + "ffffc6336407",
        "vpn_ipv4": "10.8.0.2",
        "vpn_ipv6": "fd00:8::1000",
        "connected_at": utc("2026-11-22 17:10:01"),
        "disconnected_at": utc("2026-11-22 17:10:04"),
        "last_seen_at": utc("2026-11-22 17:10:04"),
        "duration_seconds": 3,
        "bytes_received": 10_496_246,
        "bytes_sent": 123_459_338,
        "close_reason": "disconnected",
        "cipher": None,
        "imported": True,
        "month": "2026-11",
    }
    assert (kirill["session_id"], kirill["common_name"]) == (KIRILL, "Кирилл")
    assert (kirill["bytes_received"], kirill["bytes_sent"]) == (0, 0)
    assert set(history.opened) == {BORIS, ALICE_AGAIN}
    assert history.skipped == 0


def test_bytes_read_back_as_the_megabytes_that_the_panel_showed() -> None:
    """Rounding to two decimals gives the same figure again."""
    shown = [hundredths / 100 for hundredths in [*range(2000), 10**9 + 1]]
    history = read(entry(rx=rx, session_id=str(rx)) for rx in shown)
    assert [round(n / 2**20, 2) for n in history.closed["bytes_received"].to_pylist()] == shown


def test_the_recorded_active_sessions_have_exact_bytes_and_end_when_the_file_was_written() -> None:
    """Nobody knows how long they went on after that."""
    raw = json.loads((FILES / "active_sessions.json").read_bytes())
    sessions = old_panel.read_active(raw, MOSCOW, seen_at=1_795_400_000)
    assert set(sessions) == {BORIS, ALICE_AGAIN}
    boris = sessions[BORIS]
    assert (boris.common_name, boris.real_ip, boris.real_port) == ("boris", "2001:db8::19", "")
    assert (boris.bytes_received, boris.bytes_sent) == (5_000_999, 70_000_001)
    assert boris.disconnected_at == 1_795_400_000


def test_the_order_of_the_entries_does_not_matter() -> None:
    """A closing entry may stand before its opening one."""
    history = read([entry(), opening()])
    assert (history.closed.num_rows, history.opened) == (1, {})


def test_a_closing_entry_that_stands_twice_is_one_session() -> None:
    """Files that were put together by hand overlap."""
    assert read([opening(), entry(), opening(), entry()]).closed.num_rows == 1


def test_an_invented_end_without_bytes_is_no_close() -> None:
    """A script of the panel gave unfinished sessions the end of their day."""
    history = read([opening(session_end="2026-11-22 23:59:59")])
    assert (history.closed.num_rows, list(history.opened)) == (0, ["one"])


@pytest.mark.parametrize(
    ("changes", "ipv4", "ipv6"),
    [
        ({"vpn_ipv4": "", "vpn_ipv6": ""}, "10.8.0.2", None),
        ({"vpn_ip": "fd00::2", "vpn_ipv4": None, "vpn_ipv6": None}, None, "fd00::2"),
        ({"vpn_ip": None, "vpn_ipv4": None, "vpn_ipv6": None}, None, None),
    ],
)
def test_early_versions_had_one_virtual_address(
    changes: dict[str, Any], ipv4: str | None, ipv6: str | None
) -> None:
    """It goes where it belongs; empty text is no address."""
    row = only(read([entry(**changes)]))
    assert (row["vpn_ipv4"], row["vpn_ipv6"]) == (ipv4, ipv6)


@pytest.mark.parametrize(
    "bad",
    [
        None,
        [],
        "text",
        {},
        entry(name=None),
        entry(name=7),
        entry(session_id=""),
        entry(session_id={"$oid": "1"}),
        entry(ip=None),
        entry(port=["1194"]),
        entry(timestamp=None),
        entry(timestamp=1_795_000_000),
        entry(timestamp="22.11.2026 20:10"),
        entry(timestamp="2026-13-22 20:10:01"),
        entry(timestamp="0001-01-01 00:00:00"),
        entry(timestamp="2026-11-22"),
        entry(session_end=None),
        entry(session_end="later"),
        entry(rx="1.5"),
        entry(rx=True),
        entry(rx=-0.01),
        entry(rx=float("nan")),
        entry(rx=float("inf")),
        entry(rx=10**400),
        entry(tx=None),
        entry(tx=2.0**60),
    ],
)
def test_an_entry_of_the_wrong_shape_costs_only_itself(bad: object) -> None:
    """It is counted, with a reason, and its neighbours are read."""
    history = read([entry(session_id="before"), bad, entry(session_id="after")])
    assert history.closed["session_id"].to_pylist() == ["before", "after"]
    assert history.skipped == 1
    assert history.reason


def test_hostile_names_are_kept_as_text() -> None:
    """Only what UTF-8 cannot write is replaced."""
    names = ["<script>", "=cmd|' /C calc'!A0", "a\nb\x00c", "\u202egnp.exe", "x" * 5000, "\ud800"]
    history = read(entry(name=name, session_id=str(n)) for n, name in enumerate(names))
    assert history.closed["common_name"].to_pylist() == [*names[:-1], "\ufffd\ufffd\ufffd"]


def test_the_hour_that_comes_twice_is_read_as_the_first() -> None:
    """Nothing in the file tells which it was; Berlin left summer time on 25 October 2026."""
    berlin = ZoneInfo("Europe/Berlin")
    ends = {"timestamp": "2026-10-25 01:00:00", "session_end": "2026-10-25 02:30:00"}
    row = only(read([entry(**ends)], berlin))
    assert row["disconnected_at"] == utc("2026-10-25 00:30:00")
    assert row["duration_seconds"] == 5400


def test_an_end_that_would_lie_before_its_beginning_is_in_the_second_of_two_hours() -> None:
    """02:50 to 02:10 across the end of summer time are 20 minutes."""
    berlin = ZoneInfo("Europe/Berlin")
    ends = {"timestamp": "2026-10-25 02:50:00", "session_end": "2026-10-25 02:10:00"}
    assert only(read([entry(**ends)], berlin))["duration_seconds"] == 1200


def test_an_end_before_the_beginning_makes_a_session_of_no_length() -> None:
    """A clock that was set back; no duration is ever negative."""
    row = only(read([entry(session_end="2026-11-22 19:00:00")]))
    assert row["duration_seconds"] == 0
    assert row["disconnected_at"] == row["connected_at"] == row["last_seen_at"]


def test_more_entries_than_fit_one_piece_all_come_out() -> None:
    """Pieces only bound the memory."""
    count = 50_001
    history = read(entry(session_id=str(n)) for n in range(count))
    assert history.closed.num_rows == count
    assert len(set(history.closed["session_id"].to_pylist())) == count


def test_unclosed_sessions_know_their_bytes_where_they_were_listed_as_active() -> None:
    """One that is in no list is known by its beginning alone; a close in the history outweighs a list."""
    ids = ["closed", "listed", "forgotten"]
    entries = [opening(session_id=one, name=one) for one in ids]
    history = read([*entries, entry(session_id="closed", name="closed")])
    listed = {
        name: {
            "ip": "203.0.113.9",
            "connected_at": "2026-11-22 20:10:01",
            "bytes_received": 7,
            "bytes_sent": 9,
            "port": "1",
            "session_id": name,
        }
        for name in ("closed", "listed", "active-only")
    }
    active = old_panel.read_active(listed | {"bad": {"ip": 1}}, MOSCOW, seen_at=1_795_400_000)
    found = {one.session_id: one for one in old_panel.unclosed(history, active)}
    assert set(found) == {"listed", "forgotten", "active-only"}
    rows = old_panel.rows([found["listed"], found["forgotten"]], "udp", "gap").to_pylist()
    assert [(r["bytes_received"], r["bytes_sent"]) for r in rows] == [(7, 9), (None, None)]
    assert rows[0]["real_ip"] == "203.0.113.9"
    assert rows[0]["disconnected_at"] == datetime.fromtimestamp(1_795_400_000, UTC)
    assert rows[1]["disconnected_at"] == rows[1]["connected_at"]
    assert {row["close_reason"] for row in rows} == {"gap"}


@pytest.mark.parametrize(
    ("apart", "is_same"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)]
)
def test_one_name_and_one_beginning_within_a_second_are_one_session(
    apart: int, is_same: bool
) -> None:
    """So that what both the panel and the collector saw is there once."""
    history = read([entry(), entry(name="bob", session_id="two")])
    began = int(utc("2026-11-22 17:10:01").timestamp()) + apart
    own = old_panel.overlapping(history.closed, pa.array(["alice"]), np.array([began]))
    assert own.to_pylist() == [is_same, False]


@pytest.mark.parametrize(
    ("raw", "is_old"),
    [
        (json.loads((FILES / "active_sessions.json").read_bytes()), True),
        ({}, True),
        ({"alice": {"connected_at": "", "session_id": ""}, "bob": None}, True),
        ({"schema": {"connected_at": "", "session_id": ""}}, True),
        ({"schema": 1, "servers": {}, "pending": []}, False),
        ([], False),
        (None, False),
    ],
)
def test_the_live_state_of_the_panel_is_told_from_ours(raw: object, is_old: bool) -> None:
    """A client may be called schema; one damaged entry changes nothing."""
    assert old_panel.is_old_active(raw) is is_old
