"""After a live state was lost or an old one restored: what the tables know better.

Without this a session still open would be counted again from its beginning or from an old counter,
and one closed since would be closed twice.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pyarrow as pa
from deltalake import DeltaTable, QueryBuilder

from ovpnmon.model import ClosedSession, ServerState
from ovpnmon.store.state import State
from ovpnmon.store.tables import marked

_MOVED = """
    SELECT m.session_id, m.received, m.sent, coalesce(u.until, 0) AS until
    FROM (SELECT session_id, sum(bytes_received) AS received, sum(bytes_sent) AS sent
          FROM traffic_5m WHERE session_id <> '' GROUP BY session_id) m
    LEFT JOIN (SELECT session_id, cast(max(to_at) AS bigint) / 1000000 AS until
               FROM traffic GROUP BY session_id) u ON u.session_id = m.session_id
    LEFT JOIN session_history h ON h.session_id = m.session_id
    WHERE h.session_id IS NULL
"""


def left_over(handles: Mapping[str, DeltaTable]) -> dict[str, list[int]]:
    """Traffic in the tables of sessions that have no row in the history: State.counted.

    They were open when the last state was written, and may go on.
    """
    rows = _ask(handles, _MOVED)
    return {row["session_id"]: [row["received"], row["sent"], row["until"]] for row in rows}


def catch_up(state: State, handles: Mapping[str, DeltaTable]) -> State:
    """An old state that knows what was flushed after it: sessions closed since are closed in it too,
    and traffic of the others that it has not counted is in State.counted."""
    closed = {
        row["session_id"]: row
        for row in _ask(
            handles,
            "SELECT session_id, bytes_received, bytes_sent, close_reason,"
            " cast(last_seen_at AS bigint) / 1000000 AS last_seen_at,"
            " cast(disconnected_at AS bigint) / 1000000 AS disconnected_at FROM session_history"
            f" WHERE session_id IN ({_open_ids(state)})",
        )
    }
    servers = {name: _close(server, closed) for name, server in state.servers.items()}
    known = _sampled(state, marked(handles["traffic_5m"]))
    counted = {}
    for session_id, (received, sent, until) in left_over(handles).items():
        more_received = received - known.get(session_id, (0, 0))[0]
        more_sent = sent - known.get(session_id, (0, 0))[1]
        if more_received > 0 or more_sent > 0:
            counted[session_id] = [max(0, more_received), max(0, more_sent), until]
    return replace(state, servers=servers, counted=counted)


def _close(server: ServerState, closed: Mapping[str, dict[str, Any]]) -> ServerState:
    """The server with those of its open sessions that have a row moved to the lately closed ones."""
    gone = {key: s for key, s in server.sessions.items() if s.session_id in closed}
    if not gone:
        return server
    lately = dict(server.closed)
    for key, session in gone.items():
        row = closed[session.session_id]
        ended = replace(
            session,
            last_seen_at=row["last_seen_at"],
            sampled_at=row["last_seen_at"],
            bytes_received=row["bytes_received"],
            bytes_sent=row["bytes_sent"],
            sampled_received=row["bytes_received"],
            sampled_sent=row["bytes_sent"],
        )
        lately[key] = ClosedSession(ended, row["disconnected_at"], row["close_reason"])
    kept = {key: s for key, s in server.sessions.items() if key not in gone}
    return replace(server, sessions=kept, closed=lately)


def _sampled(state: State, landed: int) -> dict[str, tuple[int, int]]:
    """What this state thinks the tables hold: its samples but those still pending."""
    waiting: dict[int, list[int]] = {}
    for batch in state.pending:
        for group in batch.samples if batch.batch > landed else ():
            columns = zip(group.number, group.bytes_received, group.bytes_sent, strict=True)
            for number, received, sent in columns:
                sums = waiting.setdefault(number, [0, 0])
                sums[0] += received
                sums[1] += sent
    known = {}
    for server in state.servers.values():
        for s in server.sessions.values():
            received, sent = waiting.get(s.number, (0, 0))
            known[s.session_id] = (s.sampled_received - received, s.sampled_sent - sent)
    return known


def _open_ids(state: State) -> str:
    ids = [s.session_id for server in state.servers.values() for s in server.sessions.values()]
    return ", ".join("'" + one.replace("'", "''") + "'" for one in ids) or "NULL"


def _ask(handles: Mapping[str, DeltaTable], query: str) -> list[dict[str, Any]]:
    builder = QueryBuilder()
    for name, handle in handles.items():
        builder.register(name, handle)
    rows: list[dict[str, Any]] = pa.table(builder.execute(query).read_all()).to_pylist()
    return rows
