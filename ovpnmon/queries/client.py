"""One client: when it was here, from where, with how much traffic. Everything by common name."""

import pandas as pd

from ovpnmon.queries import sql
from ovpnmon.queries.filters import Sessions
from ovpnmon.store.reader import Store

HOUR_US = 3_600_000_000
MOST_SESSIONS = 2_000
MOST_ADDRESSES = 50


def sessions(store: Store, name: str, since: float) -> pd.DataFrame:
    """The sessions that were open since then, newest first, at most MOST_SESSIONS of them.

    Columns: began, ended (UTC; of open ones the last sight), open, bytes_received, bytes_sent.
    """
    wanted = Sessions(clients=(name,), since=since)
    found: pd.DataFrame = store.sql(
        "SELECT connected_at AS began, coalesce(disconnected_at, last_seen_at) AS ended,"
        " disconnected_at IS NULL AS open, bytes_received, bytes_sent"
        f" FROM {wanted.source()} WHERE {wanted.where()}"
        f" ORDER BY connected_at DESC LIMIT {MOST_SESSIONS}"
    ).to_pandas()
    return found


def presence(store: Store, name: str, since: float) -> pd.DataFrame:
    """How much of each hour since then the client was online. Columns: at (UTC), seconds, sessions_seconds.

    seconds: at most 3600, however many sessions there were at once; sessions_seconds: all of theirs.
    Hours without any are left out. One row an hour, however many sessions there were.
    """
    wanted = Sessions(clients=(name,), since=since)
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
            "sessions_seconds": found["total"].astype("float64"),
        }
    )


def traffic(store: Store, name: str, since: float) -> pd.DataFrame:
    """Bytes of each hour since then. Columns: at (UTC), bytes_received, bytes_sent.

    Imported sessions have no samples: theirs stand whole in the hour that they ended.
    """
    hour = f"cast({{}} AS bigint) / {HOUR_US} * {HOUR_US}"
    found: pd.DataFrame = store.sql(
        "SELECT hour, sum(bytes_received) AS bytes_received, sum(bytes_sent) AS bytes_sent FROM ("
        " SELECT cast(bucket_at AS bigint) AS hour, bytes_received, bytes_sent FROM traffic_1h"
        f" WHERE common_name = {sql.text(name)} AND period >= {sql.month(since)}"
        f" AND bucket_at >= {sql.timestamp(since // 3600 * 3600)} UNION ALL"
        f" SELECT {hour.format('disconnected_at')} AS hour, bytes_received, bytes_sent"
        f" FROM session_history WHERE common_name = {sql.text(name)} AND imported"
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


def addresses(store: Store, name: str) -> pd.DataFrame:
    """Where the client connected from, latest first, at most MOST_ADDRESSES.

    Columns: real_ip, sessions, seconds, first_seen, last_seen (UTC), share (of the time online, 0..1).
    """
    wanted = Sessions(clients=(name,))
    found: pd.DataFrame = store.sql(
        "SELECT real_ip, count(*) AS sessions, sum(duration_seconds) AS seconds,"
        " min(connected_at) AS first_seen, max(last_seen_at) AS last_seen,"
        " sum(sum(duration_seconds)) OVER () AS everywhere"
        f" FROM {wanted.source()} WHERE {wanted.where()}"
        f" GROUP BY real_ip ORDER BY last_seen DESC LIMIT {MOST_ADDRESSES}"
    ).to_pandas()
    found["share"] = found["seconds"] / found["everywhere"].where(found["everywhere"] > 0)
    return found.drop(columns="everywhere")
