"""Counters of traffic per client: everything on record of each name, and never falling while this
process lives.
"""

import threading
from collections.abc import Iterator, Mapping

from ovpnmon.model import Session
from ovpnmon.store.reader import Store
from ovpnmon.store.state import State

Counters = Mapping[tuple[str, str], tuple[int, int]]
"""(server, common name) -> bytes received, bytes sent: of all sessions of that name together."""

LOOK_SECONDS = 1800
"""Looks further apart than this begin from the history again: closed sessions stay in the state for
an hour only."""

_TOTALS = (
    "SELECT server, common_name, coalesce(sum(bytes_received), 0) AS received,"
    " coalesce(sum(bytes_sent), 0) AS sent FROM"
    " (SELECT server, common_name, bytes_received, bytes_sent FROM session_history UNION ALL"
    " SELECT server, common_name, bytes_received, bytes_sent FROM open_sessions WHERE established)"
    " AS everything GROUP BY 1, 2"
)


class ClientTraffic:
    """Begins with what the history and the open sessions add up to, and adds what is moved from then on.

    The sums themselves would fall when retention removes old sessions: to whoever draws rates from
    counters, each fall is a reset that counts everything once more.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._known: dict[str, tuple[int, int]] = {}
        self._looked_at: float | None = None
        self._totals: dict[tuple[str, str], tuple[int, int]] = {}

    def look(self, state: State) -> Counters:
        """The counters after this state. Raises OSError or StateError where the history cannot be read."""
        with self._lock:
            if self._looked_at is None or state.saved_at - self._looked_at > LOOK_SECONDS:
                state = self._begin()
            else:
                self._go_on(state)
            self._known = {one.session_id: _moved(one) for one in _sessions(state)}
            self._looked_at = state.saved_at
            return dict(self._totals)

    def _begin(self) -> State:
        """Take the sums, and return the state that they are the sums of."""
        rows, state = self._store.at_once(lambda whole: (whole.sql(_TOTALS), whole.state))
        for row in rows.to_pylist():
            name = (row["server"], row["common_name"])
            received, sent = self._totals.get(name, (0, 0))
            self._totals[name] = max(received, row["received"]), max(sent, row["sent"])
        return state

    def _go_on(self, state: State) -> None:
        for one in _sessions(state):
            before = self._known.get(one.session_id, (0, 0))
            received, sent = _moved(one)
            name = (one.server, one.common_name)
            total_received, total_sent = self._totals.get(name, (0, 0))
            self._totals[name] = (
                total_received + max(0, received - before[0]),
                total_sent + max(0, sent - before[1]),
            )


def _sessions(state: State) -> Iterator[Session]:
    """Those open, and those closed lately; one that goes on after all is open."""
    for server in state.servers.values():
        yield from (row.session for row in server.closed.values())
        yield from (session for session in server.sessions.values() if session.established)


def _moved(session: Session) -> tuple[int, int]:
    return session.bytes_received, session.bytes_sent
