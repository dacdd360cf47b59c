"""How sessions end: who is missing, since when, and whether the server itself was the reason."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from ovpnmon.model import Client, ClosedSession, ServerState, Session

REMEMBERED_SECONDS = 3600
REMEMBERED_ROWS = 10_000
RECONNECTS = 2
"""Without Client IDs, one client that comes back looks like a restart of the server; two rarely do."""
RETURN_SECONDS = 300
"""Within this clients are back after a restart: their keepalive has run out, and they tried again."""


@dataclass(slots=True)
class Endings:
    """What a snapshot says of those it does not list, and of the server's run that ended them."""

    leaving: dict[str, Session]
    """Not listed, but not over."""
    closed: list[ClosedSession]
    corrected: list[ClosedSession]
    """Closed before, as disconnected; it was the server's restart, as shows only now."""
    max_client_id: int | None
    restarted_at: int | None


def endings(
    server: ServerState, rows: Mapping[str, Client], time: int, gap_seconds: float
) -> Endings:
    """Who is missing for the first time, and who for the second and so is over.

    Once is no proof: a list can be caught half rewritten. A connection attempt that is no longer
    listed leaves no trace. rows: the snapshot's by session key.
    """
    max_client_id, restarted_at = _present_run(server, rows, time)
    leaving, closed = {}, []
    for key, session in server.sessions.items():
        if key in rows or not session.established:
            continue
        if session.missing_since is None:
            leaving[key] = replace(session, missing_since=time, receive_rate=None, send_rate=None)
        else:
            closed.append(_ended(session, session.missing_since, restarted_at, gap_seconds))
    corrected = [] if restarted_at == server.restarted_at else _corrected(server, restarted_at)
    return Endings(leaving, closed, corrected, max_client_id, restarted_at)


def postponed(server: ServerState, rows: Mapping[str, Client]) -> Endings:
    """What a snapshot says of those it does not list where it is not to be trusted: nothing."""
    unclear = {key: session for key, session in server.sessions.items() if key not in rows}
    return Endings(unclear, [], [], server.max_client_id, server.restarted_at)


def lost(session: Session) -> ClosedSession:
    """The row of a session whose end nobody saw: dated at the last sight."""
    return ClosedSession(session, max(session.last_seen_at, session.connected_at), "gap")


def remembered(
    server: ServerState, reopened: Collection[str], closed: list[ClosedSession]
) -> dict[str, ClosedSession]:
    """Lately closed sessions by key, oldest first: for an hour of the server's own time.

    The hour is counted up to the last snapshot, not this one: the first after a long absence still
    finds everybody.
    """
    now = server.time or 0
    kept = {
        key: row
        for key, row in server.closed.items()
        if key not in reopened
        and abs(now - (row.session.missing_since or now)) <= REMEMBERED_SECONDS
    }
    kept |= {row.session.key: row for row in closed}
    return dict(list(kept.items())[-REMEMBERED_ROWS:])


def _ended(
    session: Session, missing_since: int, restarted_at: int | None, gap_seconds: float
) -> ClosedSession:
    """The row of a session that was missing twice, dated at the first time.

    Unless that is so long after the last sight that server or collector must have been away. A clock
    that stepped back makes no session end before it was seen.
    """
    if missing_since - session.last_seen_at > gap_seconds:
        return lost(session)
    end = max(missing_since, session.last_seen_at, session.connected_at)
    restarted = missing_since == restarted_at
    return ClosedSession(session, end, "server_restarted" if restarted else "disconnected")


def _corrected(server: ServerState, restarted_at: int | None) -> list[ClosedSession]:
    return [
        replace(row, close_reason="server_restarted")
        for row in server.closed.values()
        if row.session.missing_since == restarted_at and row.close_reason == "disconnected"
    ]


def _present_run(
    server: ServerState, rows: Mapping[str, Client], time: int
) -> tuple[int | None, int | None]:
    """The highest Client ID of the server's present run, and the TIME that first lacked the last one.

    OpenVPN counts Client IDs from 0 at every start and at SIGHUP: a new client with an ID as low as
    one given out before, while none of those known is left, is a new run. Without IDs it shows in
    everybody having connected since the last TIME, or in its very second: times are whole seconds.
    """
    if not rows:
        return server.max_client_id, server.restarted_at
    ids = [row.client_id for row in rows.values() if row.client_id is not None]
    if _begins_anew(server, rows, ids):
        return max(ids, default=None), _first_without(server, time)
    if ids and server.max_client_id is not None:
        ids.append(server.max_client_id)
    return max(ids, default=None), server.restarted_at


def _begins_anew(server: ServerState, rows: Mapping[str, Client], ids: list[int]) -> bool:
    if server.time is None:
        return False
    if any(key in server.sessions or key in server.closed for key in rows):
        return False
    if ids:
        return server.max_client_id is not None and min(ids) <= server.max_client_id
    since = server.time
    gone = _established(server, present=True) or _established(server, present=False)
    return len(gone) >= RECONNECTS and all(row.connected_at >= since for row in rows.values())


def _first_without(server: ServerState, time: int) -> int:
    """TIME of the first snapshot without the last run's clients: this one, or an empty one before.

    A small server lists nobody for a while after its start. With Client IDs the first to come back
    proves the restart then; those who vanished together shortly before were ended by it.
    """
    if _established(server, present=True):
        return time
    missing = _established(server, present=False)
    if missing or server.max_client_id is None:
        return _latest_missing(missing, time)
    since = _latest_missing([row.session for row in server.closed.values()], time)
    return since if 0 <= time - since <= RETURN_SECONDS else time


def _latest_missing(sessions: list[Session], default: int) -> int:
    return max((s.missing_since for s in sessions if s.missing_since is not None), default=default)


def _established(server: ServerState, *, present: bool) -> list[Session]:
    return [
        session
        for session in server.sessions.values()
        if session.established and (session.missing_since is None) is present
    ]
