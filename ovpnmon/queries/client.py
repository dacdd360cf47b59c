"""One client: when it was here, from where, with how much traffic. Everything by common name, and of
some servers alone where they are named.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from ovpnmon.queries import sql
from ovpnmon.queries.filters import OPEN_SECONDS, Sessions
from ovpnmon.store.reader import Store

HOUR_US = 3_600_000_000
MOST_SESSIONS = 2_000
MOST_ADDRESSES = 50


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over every session on record, open ones as far as they have come. Bytes as the server counts.

    servers: names. online: sessions open now. addresses: where the client connected from, latest first,
    at most MOST_ADDRESSES; columns real_ip, sessions, seconds, first_seen, last_seen (UTC), share (of
    the time online, 0..1).
    """

    servers: list[str]
    sessions: int
    seconds: int
    longest_seconds: int
    bytes_received: int
    bytes_sent: int
    first_seen: datetime
    last_seen: datetime
    online: int
    addresses: pd.DataFrame


def totals(store: Store, name: str, servers: Sequence[str] = ()) -> Totals | None:
    """All that one look at every session of a name tells; None when there is none."""
    own = _own(name, servers)
    columns = "server, real_ip, connected_at, last_seen_at, bytes_received, bytes_sent"
    # Grouped twice: by both first, which leaves few rows for the two groupings that are wanted.
    found: pd.DataFrame = store.sql(
        f"WITH parts AS (SELECT server, real_ip, count(*) AS sessions, sum(seconds) AS seconds,"
        " max(seconds) AS longest, sum(bytes_received) AS received, sum(bytes_sent) AS sent,"
        " min(connected_at) AS first_seen, max(last_seen_at) AS last_seen, sum(online) AS online"
        f" FROM (SELECT {columns}, duration_seconds AS seconds, 0 AS online"
        f" FROM session_history WHERE {own} UNION ALL"
        f" SELECT {columns}, {OPEN_SECONDS} AS seconds,"
        " CASE WHEN missing_since IS NULL THEN 1 ELSE 0 END AS online"
        f" FROM open_sessions WHERE established AND {own}) AS every GROUP BY server, real_ip)"
        " SELECT * FROM (SELECT server, real_ip, sum(sessions) AS sessions, sum(seconds) AS seconds,"
        " max(longest) AS longest, coalesce(sum(received), 0) AS received,"
        " coalesce(sum(sent), 0) AS sent, min(first_seen) AS first_seen,"
        " max(last_seen) AS last_seen, sum(online) AS online,"
        " row_number() OVER (PARTITION BY server IS NULL ORDER BY max(last_seen) DESC) AS place"
        " FROM parts GROUP BY GROUPING SETS ((server), (real_ip))) AS grouped"
        f" WHERE server IS NOT NULL OR place <= {MOST_ADDRESSES} ORDER BY last_seen DESC"
    ).to_pandas()
    each = found[found["server"].notna()]
    if each.empty:
        return None
    seconds = int(each["seconds"].sum())
    addresses = found[found["server"].isna()]
    return Totals(
        servers=sorted(each["server"]),
        sessions=int(each["sessions"].sum()),
        seconds=seconds,
        longest_seconds=int(each["longest"].max()),
        bytes_received=int(each["received"].sum()),
        bytes_sent=int(each["sent"].sum()),
        first_seen=each["first_seen"].min(),
        last_seen=each["last_seen"].max(),
        online=int(each["online"].sum()),
        addresses=addresses[["real_ip", "sessions", "seconds", "first_seen", "last_seen"]]
        .assign(share=addresses["seconds"] / (seconds or float("nan")))
        .reset_index(drop=True),
    )


def sessions(store: Store, name: str, since: float, servers: Sequence[str] = ()) -> pd.DataFrame:
    """The sessions that were open since then, newest first, at most MOST_SESSIONS of them.

    Columns: began, ended (UTC; of open ones the last sight), open, bytes_received, bytes_sent.
    """
    wanted = Sessions(clients=(name,), servers=tuple(servers), since=since)
    found: pd.DataFrame = store.sql(
        "SELECT connected_at AS began, coalesce(disconnected_at, last_seen_at) AS ended,"
        " disconnected_at IS NULL AS open, bytes_received, bytes_sent"
        f" FROM {wanted.source()} WHERE {wanted.where()}"
        f" ORDER BY connected_at DESC LIMIT {MOST_SESSIONS}"
    ).to_pandas()
    return found


def presence(store: Store, name: str, since: float, servers: Sequence[str] = ()) -> pd.DataFrame:
    """How much of each hour since then the client was online. Columns: at (UTC), seconds.

    seconds: at most 3600, however many sessions there were at once.
    Hours without any are left out. One row an hour, however many sessions there were.
    """
    wanted = Sessions(clients=(name,), servers=tuple(servers), since=since)
    first = int(since // 3600) * HOUR_US
    ended = "cast(coalesce(disconnected_at, last_seen_at) AS bigint)"
    found: pd.DataFrame = store.sql(
        "SELECT hour, sum(least(ended, hour + 3600000000) - greatest(began, hour)) / 1000000 AS total"
        f" FROM (SELECT began, ended, unnest(generate_series(greatest(began, {first}) / {HOUR_US},"
        f" ended / {HOUR_US})) * {HOUR_US} AS hour"
        f" FROM (SELECT cast(connected_at AS bigint) AS began, {ended} AS ended"
        f" FROM {wanted.source()} WHERE {wanted.where()}) AS spans) AS hours"
        " GROUP BY hour ORDER BY hour"
    ).to_pandas()
    return pd.DataFrame(
        {
            "at": pd.to_datetime(found["hour"].astype("int64"), unit="us", utc=True),
            "seconds": found["total"].clip(0, 3600).astype("float64"),
        }
    )


def traffic(store: Store, name: str, since: float, servers: Sequence[str] = ()) -> pd.DataFrame:
    """Bytes of each hour since then. Columns: at (UTC), bytes_received, bytes_sent.

    Imported sessions have no samples: theirs stand whole in the hour that they ended.
    """
    own = _own(name, servers)
    hour = f"cast({{}} AS bigint) / {HOUR_US} * {HOUR_US}"
    found: pd.DataFrame = store.sql(
        "SELECT hour, sum(bytes_received) AS bytes_received, sum(bytes_sent) AS bytes_sent FROM ("
        " SELECT cast(bucket_at AS bigint) AS hour, bytes_received, bytes_sent FROM traffic_1h"
        f" WHERE {own} AND period >= {sql.month(since)}"
        f" AND bucket_at >= {sql.timestamp(since // 3600 * 3600)} UNION ALL"
        f" SELECT {hour.format('disconnected_at')} AS hour, bytes_received, bytes_sent"
        f" FROM session_history WHERE {own} AND imported"
        f" AND month >= {sql.month(since)} AND disconnected_at >= {sql.timestamp(since)}"
        " AND bytes_received IS NOT NULL) AS moved GROUP BY hour ORDER BY hour"
    ).to_pandas()
    return pd.DataFrame(
        {
            "at": pd.to_datetime(found["hour"].astype("int64"), unit="us", utc=True),
            "bytes_received": found["bytes_received"].astype("int64"),
            "bytes_sent": found["bytes_sent"].astype("int64"),
        }
    )


def _own(name: str, servers: Sequence[str]) -> str:
    of_name = f"common_name = {sql.text(name)}"
    return f"{of_name} AND server IN {sql.texts(servers)}" if servers else of_name
