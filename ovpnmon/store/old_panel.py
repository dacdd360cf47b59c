"""The JSON files of the Flask panel that users come from, as rows of ours.

session_history.json   a list of two entries a session with one session_id: one when it was opened (rx
                       null), one when it was closed. Megabytes (2^20) with two decimals.
active_sessions.json   the sessions then open by client name, with exact bytes.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ovpnmon.model import CloseReason
from ovpnmon.store.old_entries import EntryError, OldSession, active_entry, history_entry
from ovpnmon.store.rows import days, ip_hex
from ovpnmon.store.tables import SESSION_HISTORY, TIMESTAMP

OVERLAP_SECONDS = 1
"""Sessions of one name that began no further apart than this are one, seen by the panel and by us."""
_PIECE_ROWS = 50_000


@dataclass(slots=True)
class History:
    """What a session_history.json tells. skipped: entries that could not be read, reason: of the first."""

    closed: pa.Table
    """Rows of SESSION_HISTORY."""
    closed_ids: set[str]
    opened: dict[str, OldSession]
    """Opened and never closed, by session_id."""
    skipped: int
    reason: str


def is_old_active(raw: object) -> bool:
    """Whether parsed JSON is the panel's active_sessions.json: sessions by client name.

    An empty object is one too: nobody was connected. A single damaged entry is no reason to call the
    whole file something else.
    """
    return isinstance(raw, dict) and (
        not raw
        or any(
            isinstance(entry, dict) and "connected_at" in entry and "session_id" in entry
            for entry in raw.values()
        )
    )


def read_history(entries: Iterable[object], zone: ZoneInfo, server: str) -> History:
    """Pair the entries of a session_history.json; their order does not matter.

    An entry of the wrong shape is skipped and counted. server: the name that its sessions get.
    """
    pieces: list[pa.Table] = []
    piece: list[OldSession] = []
    closed_ids: set[str] = set()
    opened: dict[str, OldSession] = {}
    skipped, reason = 0, ""
    for entry in entries:
        try:
            session = history_entry(entry, zone)
        except EntryError as error:
            skipped, reason = skipped + 1, reason or str(error)
            continue
        if session.session_id in closed_ids:
            continue
        if session.disconnected_at is None:
            opened[session.session_id] = session
            continue
        opened.pop(session.session_id, None)
        closed_ids.add(session.session_id)
        piece.append(session)
        if len(piece) == _PIECE_ROWS:  # as columns they take a tenth of the memory
            pieces.append(rows(piece, server, "disconnected"))
            piece = []
    pieces.append(rows(piece, server, "disconnected"))
    return History(pa.concat_tables(pieces), closed_ids, opened, skipped, reason)


def read_active(raw: object, zone: ZoneInfo, seen_at: int) -> dict[str, OldSession]:
    """The sessions of a parsed active_sessions.json by session_id, ending when the file was written.

    Nobody knows how long they went on; seen_at is the last that is known. Entries of the wrong shape
    are left out.
    """
    sessions = {}
    for name, entry in raw.items() if isinstance(raw, dict) else ():
        try:
            session = active_entry(name, entry, zone)
        except EntryError:
            continue
        end = max(seen_at, session.connected_at)
        sessions[session.session_id] = replace(session, disconnected_at=end)
    return sessions


def unclosed(history: History, active: Mapping[str, OldSession]) -> list[OldSession]:
    """The sessions without a close in the history, as far as they are known: active knows more."""
    listed = [one for session_id, one in active.items() if session_id not in history.closed_ids]
    return [one for one in history.opened.values() if one.session_id not in active] + listed


def rows(sessions: Sequence[OldSession], server: str, reason: CloseReason) -> pa.Table:
    """Sessions as rows of SESSION_HISTORY; one without an end ends where it began."""
    began = np.fromiter((s.connected_at for s in sessions), np.int64)
    ended = np.maximum(began, np.fromiter((s.disconnected_at or 0 for s in sessions), np.int64))
    count = len(sessions)
    columns: dict[str, Any] = {
        "server": [server] * count,
        "username": [None] * count,
        "real_ip_hex": [ip_hex(s.real_ip) for s in sessions],
        "connected_at": _timestamps(began),
        "disconnected_at": _timestamps(ended),
        "last_seen_at": _timestamps(ended),
        "duration_seconds": ended - began,
        "close_reason": [reason] * count,
        "cipher": [None] * count,
        "imported": [True] * count,
        "month": days(ended, 7),
    }
    for name in SESSION_HISTORY.names:
        if name not in columns:
            columns[name] = list(map(attrgetter(name), sessions))
    return pa.table([columns[name] for name in SESSION_HISTORY.names], schema=SESSION_HISTORY)


def overlapping(table: pa.Table, names: pa.Array, connected_at: npt.NDArray[np.int64]) -> pa.Array:
    """For each row of SESSION_HISTORY, whether it is one of those sessions, which we know ourselves.

    These are given by name and beginning (unix seconds), which the panel read from the same file.
    """
    known = [
        _keys(names, connected_at + apart) for apart in range(-OVERLAP_SECONDS, OVERLAP_SECONDS + 1)
    ]
    began = table["connected_at"].cast(pa.int64()).to_numpy() // 1_000_000
    return pc.is_in(_keys(table["common_name"], began), value_set=pa.concat_arrays(known))


def _keys(names: pa.Array, at: npt.NDArray[np.int64]) -> pa.Array:
    return pc.binary_join_element_wise(names, pa.array(at).cast(pa.string()), "\n")


def _timestamps(at: npt.NDArray[np.int64]) -> pa.Array:
    return pa.array(at * 1_000_000).cast(TIMESTAMP)
