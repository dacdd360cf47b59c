"""From snapshots to sessions: who came, who left, and what everyone moved in between.

Pure: arguments are never changed, and whatever is different comes back as a new object. Time is the
server's own (TIME in its file); our clock only dates what the state says about the file.
"""

from dataclasses import dataclass, replace

from collector import closing, pace
from collector.following import follow
from collector.identity import identify
from collector.names import distinct_names
from collector.quarantine import newly_rejected
from ovpnmon.model import ClosedSession, Sample, ServerState, Snapshot, Status, StatusError


@dataclass(slots=True)
class Changes:
    """What changed: the server as it is now, and the rows that are to be kept.

    reopened: session_ids whose rows are to be taken out before closed ones are added, because the
    session goes on after all, or because its row is in closed again, with another reason.
    samples: traffic of every established session since its last sample, so that the samples of a
    session always add up to its totals; the one with number 0 says that the server was observed. A
    span may be 0 seconds long, never less. next_number: the first free session number.
    """

    server: ServerState
    closed: list[ClosedSession]
    reopened: list[str]
    samples: list[Sample]
    next_number: int


def advance(server: ServerState, snapshot: Snapshot, next_number: int, now: float) -> Changes:
    """Take in a good snapshot. One whose TIME is still the last one's changes no session.

    A TIME is new when it differs, not when it is greater: clocks step back. now: our wall clock.
    """
    if snapshot.time == server.time:
        readable = server if server.status == "stale" else _told(server, "up", "", now)
        return Changes(readable, [], [], [], next_number)
    rows, doubled = identify(snapshot.clients, server)
    shown, names = distinct_names(snapshot.clients, server.names)
    found = follow(server, rows, snapshot.time, shown, next_number)
    intervals = pace.observed(server.intervals, server.time, snapshot.time)
    interval = pace.usual_seconds(intervals)
    if newly_rejected([*snapshot.rejected_clients, *doubled], server.rejected):
        ends = closing.postponed(server, rows)
    else:
        ends = closing.endings(server, rows, snapshot.time, pace.gap_seconds(interval))
    closed = ends.closed + ends.corrected
    after = replace(
        _told(server, "up", "", now),
        version=snapshot.version,
        title=snapshot.title,
        dco_enabled=snapshot.dco_enabled,
        time=snapshot.time,
        time_text=snapshot.time_text,
        seen_at=int(now),
        intervals=intervals,
        interval_seconds=interval,
        max_client_id=ends.max_client_id,
        restarted_at=ends.restarted_at,
        rejected=[*snapshot.rejected, *doubled],
        sessions=found.sessions | ends.leaving,
        closed=closing.remembered(server, found.reopened, closed),
        names=names,
        total_sessions=server.total_sessions + found.begun,
        total_bytes_received=server.total_bytes_received + found.bytes_received,
        total_bytes_sent=server.total_bytes_sent + found.bytes_sent,
    )
    samples = found.samples + _observed(server, snapshot.time)
    reopened = [*found.reopened.values(), *(row.session.session_id for row in ends.corrected)]
    return Changes(after, closed, reopened, samples, found.next_number)


def abandon(server: ServerState, next_number: int) -> Changes:
    """Give up a server that stayed away: its sessions end where they were last seen, as gap.

    Should it come back with the same sessions, they go on as the same rows.
    """
    since = server.time
    closed = [
        closing.lost(replace(session, missing_since=session.missing_since or since))
        for session in server.sessions.values()
        if session.established
    ]
    if not server.sessions:
        return Changes(server, [], [], [], next_number)
    after = replace(server, sessions={}, closed=closing.remembered(server, (), closed))
    return Changes(after, closed, [], [], next_number)


def trouble(server: ServerState, error: StatusError, now: float) -> ServerState:
    """The server whose file gives no snapshot: the state says what is wrong, sessions stand."""
    return _told(server, error.code, error.message, now)


def stale(server: ServerState, now: float) -> ServerState:
    """The server whose TIME has stood still for too long. Nobody's session ends by that."""
    message = (
        f"{server.path} has not been rewritten since {server.time_text}: check that OpenVPN is "
        "running, and that this is the file named by its 'status' option"
    )
    return _told(server, "stale", message, now)


def stale_after_seconds(server: ServerState) -> float:
    """How long TIME may stand still before the file counts as stale."""
    return pace.stale_seconds(server.interval_seconds)


def _told(server: ServerState, status: Status, message: str, now: float) -> ServerState:
    """The server with this status, which began now unless it was the same before."""
    if (server.status, server.message) == (status, message):
        return server
    since = server.status_since if server.status == status else int(now)
    return replace(server, status=status, message=message, status_since=since)


def _observed(server: ServerState, time: int) -> list[Sample]:
    """That somebody looked at both ends of the span: none, where there is a gap between."""
    if server.time is None or not pace.went_on(server.time, time, server.interval_seconds):
        return []
    return [Sample(0, server.time, time, 0, 0)]
