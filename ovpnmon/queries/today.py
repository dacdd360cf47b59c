"""What happened since the viewer's midnight."""

from dataclasses import dataclass
from datetime import datetime, tzinfo

from ovpnmon.queries import sql
from ovpnmon.store.reader import Store


@dataclass(frozen=True, slots=True)
class Today:
    """Traffic moved and sessions open at some time since midnight in one zone.

    hourly_sessions: sessions begun in each hour so far; cumulative_bytes: both ways, at each hour's
    end so far. Bytes are as the server counts.
    """

    bytes_received: int
    bytes_sent: int
    sessions: int
    clients: int
    hourly_sessions: list[int]
    cumulative_bytes: list[int]


def today(store: Store, zone: tzinfo, now: float) -> Today:
    """Figures from midnight in zone to now (unix seconds)."""
    local = datetime.fromtimestamp(now, zone)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0).timestamp()
    hours = max(1, -int((midnight - now) // 3600))
    moved = store.sql(
        f"SELECT {_hour('bucket_at', midnight)} AS hour,"
        " sum(bytes_received) AS rx, sum(bytes_sent) AS tx FROM traffic_5m"
        f" WHERE date >= {sql.date(midnight)} AND bucket_at >= {sql.timestamp(midnight)} GROUP BY 1"
    ).to_pylist()
    begun = store.sql(
        f"SELECT {_hour('connected_at', midnight)} AS hour, common_name, count(*) AS sessions FROM ("
        " SELECT connected_at, common_name FROM session_history"
        f" WHERE month >= {sql.month(midnight)} AND disconnected_at >= {sql.timestamp(midnight)}"
        " UNION ALL SELECT connected_at, common_name FROM open_sessions WHERE established"
        ") AS active GROUP BY 1, 2"
    ).to_pylist()
    per_hour = {row["hour"]: row["rx"] + row["tx"] for row in moved}
    running, cumulative = 0, []
    for hour in range(hours):
        running += per_hour.get(hour, 0)
        cumulative.append(running)
    starts = [0] * hours
    for row in begun:
        if 0 <= row["hour"] < hours:
            starts[row["hour"]] += row["sessions"]
    return Today(
        bytes_received=sum(row["rx"] for row in moved),
        bytes_sent=sum(row["tx"] for row in moved),
        sessions=sum(row["sessions"] for row in begun),
        clients=len({row["common_name"] for row in begun}),
        hourly_sessions=starts,
        cumulative_bytes=cumulative,
    )


def _hour(column: str, midnight: float) -> str:
    """Whole hours since midnight; negative for what began before. Floor, as bigint division truncates."""
    return f"cast(floor((cast({column} AS bigint) / 1000000.0 - {midnight}) / 3600) AS bigint)"
