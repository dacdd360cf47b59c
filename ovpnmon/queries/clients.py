"""Everyone ever seen: one row a name, with exact totals over closed and open sessions."""

from collections.abc import Sequence

import pandas as pd

from ovpnmon.queries import sql
from ovpnmon.queries.filters import OPEN_SECONDS
from ovpnmon.queries.memo import Memo, closed_key
from ovpnmon.store.reader import Store

_FIGURES = (
    " count(*) AS sessions, coalesce(sum(bytes_received), 0) AS bytes_received,"
    " coalesce(sum(bytes_sent), 0) AS bytes_sent, min(connected_at) AS first_seen,"
    " max(last_seen_at) AS last_seen"
)


def _closed(condition: str = "TRUE") -> str:
    return (
        f"SELECT common_name, server, {_FIGURES}, sum(duration_seconds) AS seconds,"
        " last_value(real_ip ORDER BY last_seen_at) AS last_ip, 0 AS online"
        f" FROM session_history WHERE {condition} GROUP BY common_name, server"
    )


def _open(condition: str = "TRUE") -> str:
    return (
        f"SELECT common_name, server, {_FIGURES}, sum({OPEN_SECONDS}) AS seconds,"
        " last_value(real_ip ORDER BY last_seen_at, connected_at) AS last_ip,"
        " sum(CASE WHEN missing_since IS NULL THEN 1 ELSE 0 END) AS online"
        f" FROM open_sessions WHERE established AND {condition} GROUP BY common_name, server"
    )


def names(store: Store, most: int) -> list[str]:
    """Whoever had a session, those seen last first, at most so many. A third of the cost of all()."""
    seen = "SELECT common_name, max(last_seen_at) AS seen_at FROM"
    rows = store.sql(
        f"SELECT common_name, max(seen_at) AS seen_at FROM ({seen} session_history GROUP BY 1"
        f" UNION ALL {seen} open_sessions WHERE established GROUP BY 1) AS everyone"
        f" GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {int(most)}"
    )
    found: list[str] = rows["common_name"].to_pylist()
    return found


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
        closed = self._closed.get(
            closed_key(self._store.state()), lambda: self._store.sql(_closed()).to_pandas()
        )
        parts = pd.concat([closed, self._store.sql(_open()).to_pandas()], ignore_index=True)
        if servers:
            parts = parts[parts["server"].isin(servers)]
        return _by_name(parts)

    def one(self, common_name: str) -> pd.DataFrame:
        """The row of one name as in all(), or none; without looking at anybody else's sessions."""
        named = f"common_name = {sql.text(common_name)}"
        answers = [self._store.sql(query(named)).to_pandas() for query in (_closed, _open)]
        return _by_name(pd.concat(answers, ignore_index=True))


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
