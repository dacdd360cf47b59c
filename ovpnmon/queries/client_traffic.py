"""Counters of traffic per client that never fall, for as long as this process lives."""

import threading
from collections.abc import Iterator, Mapping

from ovpnmon.model import Session
from ovpnmon.store.state import State

Counters = Mapping[tuple[str, str], tuple[int, int]]
"""(server, common name) -> bytes received, bytes sent: of all sessions of that name together."""


class ClientTraffic:
    """Adds up what each name has moved since the first look.

    Totals of what is kept would fall when old sessions are removed, and open sessions when one ends:
    to whoever draws rates from counters, each fall is a reset that counts everything once more. A
    closed session stays in the state for an hour, so that with looks no further apart none of its
    bytes is missed.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[str, tuple[int, int]] | None = None
        self._totals: dict[tuple[str, str], tuple[int, int]] = {}

    def look(self, state: State) -> Counters:
        """The counters after this state. Sessions already there at the first look begin at 0."""
        with self._lock:
            found = {session.session_id: session for session in _sessions(state)}
            known = self._known
            for session_id, session in found.items():
                received, sent = _moved(session)
                before = (received, sent) if known is None else known.get(session_id, (0, 0))
                name = (session.server, session.common_name)
                total_received, total_sent = self._totals.get(name, (0, 0))
                self._totals[name] = (
                    total_received + max(0, received - before[0]),
                    total_sent + max(0, sent - before[1]),
                )
            self._known = {session_id: _moved(session) for session_id, session in found.items()}
            return dict(self._totals)


def _sessions(state: State) -> Iterator[Session]:
    """Those open, and those closed lately; one that goes on after all is open."""
    for server in state.servers.values():
        yield from (row.session for row in server.closed.values())
        yield from (session for session in server.sessions.values() if session.established)


def _moved(session: Session) -> tuple[int, int]:
    return session.bytes_received, session.bytes_sent
