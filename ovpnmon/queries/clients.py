"""Everyone ever seen: one row a name, with exact totals over closed and open sessions."""

from collections.abc import Sequence
from functools import lru_cache

import pandas as pd

from ovpnmon.queries.filters import OPEN_SECONDS
from ovpnmon.queries.memo import Memo, closed_key
from ovpnmon.store.reader import Store, Whole

_FIGURES = (
    " count(*) AS sessions, coalesce(sum(bytes_received), 0) AS bytes_received,"
    " coalesce(sum(bytes_sent), 0) AS bytes_sent, min(connected_at) AS first_seen,"
    " max(last_seen_at) AS last_seen"
)


_CLOSED = (
    f"SELECT common_name, server, {_FIGURES}, sum(duration_seconds) AS seconds,"
    " last_value(real_ip ORDER BY last_seen_at) AS last_ip, 0 AS online"
    " FROM session_history GROUP BY common_name, server"
)
_OPEN = (
    f"SELECT common_name, server, {_FIGURES}, sum({OPEN_SECONDS}) AS seconds,"
    " last_value(real_ip ORDER BY last_seen_at, connected_at) AS last_ip,"
    " sum(CASE WHEN missing_since IS NULL THEN 1 ELSE 0 END) AS online"
    " FROM open_sessions WHERE established GROUP BY common_name, server"
)


class Clients:
    """The list of everyone. Closed sessions are summed once and remembered until one more closes."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._closed: Memo[pd.DataFrame] = Memo()

    def all(self, servers: Sequence[str] = ()) -> pd.DataFrame:
        """One row a common name, in no order, of everyone with an established session, on these
        servers (none: on any).

        Columns: common_name, servers (names, comma between), sessions, seconds (online in total),
        bytes_received, bytes_sent, first_seen, last_seen (UTC; for those online the server's TIME),
        last_ip, online (sessions open now).
        """
        return self._store.at_once(lambda whole: self.of(whole, servers))

    def of(self, whole: Whole, servers: Sequence[str] = ()) -> pd.DataFrame:
        """all() of one whole, together with which more may be asked."""
        closed = self._closed.get(closed_key(whole.state), lambda: whole.sql(_CLOSED).to_pandas())
        parts = pd.concat([closed, whole.sql(_OPEN).to_pandas()], ignore_index=True)
        if servers:
            parts = parts[parts["server"].isin(servers)]
        return _by_name(parts)


@lru_cache(maxsize=1)
def shared(store: Store) -> Clients:
    """The one that pages and API have in common."""
    return Clients(store)


def _by_name(parts: pd.DataFrame) -> pd.DataFrame:
    """Sums over each name's servers."""
    latest = parts.sort_values("last_seen", kind="stable")
    frame = latest.groupby("common_name", sort=False).agg(
        servers=("server", lambda names: ", ".join(sorted(set(names)))),
        sessions=("sessions", "sum"),
        seconds=("seconds", "sum"),
        bytes_received=("bytes_received", "sum"),
        bytes_sent=("bytes_sent", "sum"),
        first_seen=("first_seen", "min"),
        last_seen=("last_seen", "max"),
        last_ip=("last_ip", "last"),
        online=("online", "sum"),
    )
    everyone: pd.DataFrame = frame.reset_index()
    return everyone
