"""Rows of the state become rows of the tables: column by column, so that thousands cost little."""

import operator
import socket
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ovpnmon.model import ClosedSession, Session
from ovpnmon.store.state import State
from ovpnmon.store.tables import (
    SESSION_HISTORY,
    TIMESTAMP,
    TRAFFIC,
    TRAFFIC_1H,
    TRAFFIC_5M,
)
from ovpnmon.store.waiting import BUCKET_SECONDS, Batch, SampleGroup

Ints = npt.NDArray[np.int64]
_PIECES = ((6 * 3600, 300), (3 * 86400, 3600), (2**62, 86400))
"""Samples up to so long are cut into pieces of so many seconds: at most some 75 rows for any up to
three days, where 5-minute pieces of a router connected for a year would be 100,000."""


class Names:
    """What a session's number in the samples stands for. Number 0 is the server itself."""

    def __init__(self, state: State) -> None:
        self._by_number: dict[int, Session] = {}
        for batch in state.pending:
            self._add(row.session for row in batch.closed)
        for server in state.servers.values():
            self._add(row.session for row in server.closed.values())
            self._add(server.sessions.values())

    def _add(self, sessions: Iterable[Session]) -> None:
        self._by_number.update((session.number, session) for session in sessions)

    def columns(self, numbers: Ints) -> tuple[pa.Array, pa.Array]:
        """session_id and common_name for each number."""
        unique, inverse = np.unique(numbers, return_inverse=True)
        pairs = [self._pair(number) for number in unique.tolist()]
        ids, names = ([pair[n] for pair in pairs] for n in (0, 1))
        taken = pa.array(inverse)
        return pa.array(ids, pa.string()).take(taken), pa.array(names, pa.string()).take(taken)

    def _pair(self, number: int) -> tuple[str, str]:
        if number == 0:
            return "", ""
        session = self._by_number.get(number)
        if session is None:  # only a state edited by hand: its bytes still count, under no name
            return f"unknown-{number}", ""
        return session.session_id, session.common_name


def folded(batches: Iterable[Batch]) -> tuple[list[ClosedSession], list[str]]:
    """What consecutive batches come to: rows to be in the history, and session_ids to be out before.

    A session closed in one and reopened in a later one is not in it; closed again, it is once.
    """
    rows: dict[str, ClosedSession] = {}
    out: dict[str, None] = {}
    for batch in batches:
        for session_id in batch.reopened:
            rows.pop(session_id, None)
            out[session_id] = None
        rows.update((row.session.session_id, row) for row in batch.closed)
    return list(rows.values()), list(out)


def session_history(closed: Sequence[ClosedSession]) -> pa.Table:
    """Finished sessions as rows of that table."""
    sessions = [row.session for row in closed]
    ended = _ints(row.disconnected_at for row in closed)
    began = _ints(s.connected_at for s in sessions)
    columns: dict[str, Any] = {
        "connected_at": _timestamps(began),
        "disconnected_at": _timestamps(ended),
        "last_seen_at": _timestamps(_ints(s.last_seen_at for s in sessions)),
        "duration_seconds": pa.array(np.maximum(0, ended - began)),
        "close_reason": pa.array([row.close_reason for row in closed], pa.string()),
        "real_ip_hex": pa.array([ip_hex(s.real_ip) for s in sessions], pa.string()),
        "imported": pa.array([False] * len(closed), pa.bool_()),
        "month": days(ended, 7),
    }
    columns |= fields_of(sessions, [name for name in SESSION_HISTORY.names if name not in columns])
    return _table(columns, SESSION_HISTORY)


def traffic(groups: Sequence[SampleGroup], names: Names) -> pa.Table:
    """Samples as they are."""
    server, numbers, began, ended, received, sent = _flat(groups)
    ids, common_names = names.columns(numbers)
    columns = {
        "server": server,
        "session_id": ids,
        "common_name": common_names,
        "from_at": _timestamps(began),
        "to_at": _timestamps(ended),
        "bytes_received": pa.array(received),
        "bytes_sent": pa.array(sent),
        "date": days(ended, 10),
    }
    return _table(columns, TRAFFIC)


def traffic_5m(groups: Sequence[SampleGroup], names: Names) -> pa.Table:
    """Samples cut at the buckets' edges and summed by bucket; every byte is in exactly one."""
    servers, numbers, began, ended, received, sent = _flat(groups)
    row, left, right = _cut(began, ended)
    whole = np.stack([received, sent])[:, row]
    start, span = began[row], np.maximum(1, (ended - began)[row])
    moved = _share(whole, right - start, span) - _share(whole, left - start, span)
    moved[:, right == left] = whole[:, right == left]  # a span of nothing: all of it, then
    server_codes = servers.dictionary_encode()
    codes = np.asarray(server_codes.indices, np.int64)[row]
    bucket = left // BUCKET_SECONDS * BUCKET_SECONDS
    order = np.lexsort((bucket, numbers[row], codes))
    key = np.stack([codes[order], numbers[row][order], bucket[order]])
    first = np.flatnonzero(np.append(True, (key[:, 1:] != key[:, :-1]).any(axis=0)))
    if not len(order):
        first = first[:0]
    sums = np.add.reduceat(np.vstack([moved, right - left])[:, order], first, axis=1)
    codes, numbers, bucket = key[:, first]
    ids, common_names = names.columns(numbers)
    columns = {
        "server": server_codes.dictionary.take(pa.array(codes)),
        "session_id": ids,
        "common_name": common_names,
        "bucket_at": _timestamps(bucket),
        "bytes_received": pa.array(sums[0]),
        "bytes_sent": pa.array(sums[1]),
        "seconds": pa.array(sums[2].astype(np.float64)),
        "date": days(bucket, 10),
    }
    return _table(columns, TRAFFIC_5M)


def traffic_1h(buckets: pa.Table) -> pa.Table:
    """Rows of traffic_5m by the hour that they begin in.

    Not summed: of the few minutes of a flush hardly two are of one hour and session.
    """
    began = np.asarray(buckets["bucket_at"].cast(pa.int64())) // 10**6
    kept = ("server", "session_id", "common_name", "bytes_received", "bytes_sent", "seconds")
    columns = {name: buckets[name] for name in kept}
    columns |= {"bucket_at": _timestamps(began // 3600 * 3600), "period": buckets["date"]}
    return _table(columns, TRAFFIC_1H)


def of_batches(state: State, batches: Sequence[Batch]) -> dict[str, pa.Table]:
    """The rows that these batches bring, by table name. Names are looked up in the state."""
    names = Names(state)
    groups = [group for batch in batches for group in batch.samples]
    buckets = traffic_5m(groups, names)
    return {
        "session_history": session_history(folded(batches)[0]),
        "traffic": traffic(groups, names),
        "traffic_5m": buckets,
        "traffic_1h": traffic_1h(buckets),
    }


def ip_hex(address: str) -> str | None:
    """32 digits that sort as addresses do, IPv4 as ::ffff:a.b.c.d; None for what is no address."""
    for family, prefix in ((socket.AF_INET, "0" * 20 + "ffff"), (socket.AF_INET6, "")):
        try:
            return prefix + socket.inet_pton(family, address.partition("%")[0]).hex()
        except (OSError, ValueError):  # ValueError: a NUL in it
            continue
    return None


def fields_of(sessions: Sequence[Session], names: Sequence[str]) -> dict[str, list[Any]]:
    """Fields of sessions as columns."""
    if not sessions:
        return {name: [] for name in names}
    columns = zip(*map(operator.attrgetter(*names), sessions), strict=True)
    return {name: list(column) for name, column in zip(names, columns, strict=True)}


def days(at: Ints, length: int) -> pa.Array:
    """The UTC date (length 10) or month (length 7) of each time, as text."""
    unique, inverse = np.unique(at // 86400, return_inverse=True)
    texts = [
        datetime.fromtimestamp(day * 86400, UTC).strftime("%Y-%m-%d")[:length]
        for day in unique.tolist()
    ]
    return pa.array(texts, pa.string()).take(pa.array(inverse))


def _flat(groups: Sequence[SampleGroup]) -> tuple[pa.Array, Ints, Ints, Ints, Ints, Ints]:
    """server, number, from, to, received, sent of every sample. A span never ends before it begins."""
    sizes = [len(group.number) for group in groups]
    servers = pa.array([group.server for group in groups], pa.string())
    ended = np.repeat(_ints(group.to_at for group in groups), sizes)
    began = np.minimum(np.repeat(_ints(group.from_at for group in groups), sizes), ended)
    return (
        servers.take(pa.array(np.repeat(np.arange(len(groups)), sizes))),
        _joined(group.number for group in groups),
        began,
        ended,
        _joined(group.bytes_received for group in groups),
        _joined(group.bytes_sent for group in groups),
    )


def _cut(began: Ints, ended: Ints) -> tuple[Ints, Ints, Ints]:
    """Pieces of the spans: which span, and from when to when. At least one for every span."""
    length = ended - began
    step = np.select([length <= limit for limit, _ in _PIECES], [size for _, size in _PIECES])
    first = began // step
    count = np.maximum(1, -(-ended // step) - first)
    row = np.repeat(np.arange(len(began)), count)
    nth = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    edge = (first[row] + nth) * step[row]
    return row, np.maximum(began[row], edge), np.minimum(ended[row], edge + step[row])


def _share(whole: Ints, part: Ints, span: Ints) -> Ints:
    """whole * part // span, without the overflow that the product may have."""
    return whole // span * part + whole % span * part // span


def _ints(values: Iterable[int]) -> Ints:
    return np.fromiter(values, np.int64)


def _joined(lists: Iterable[list[int]]) -> Ints:
    parts = [np.asarray(values, np.int64) for values in lists]
    return np.concatenate(parts) if parts else np.empty(0, np.int64)


def _timestamps(at: Ints) -> pa.Array:
    return pa.array(at * 1_000_000).cast(TIMESTAMP)


def _table(columns: dict[str, Any], schema: pa.Schema) -> pa.Table:
    return pa.table([columns[field.name] for field in schema], schema=schema)
