"""What matches a filter, in a few figures and as counts over time."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ovpnmon.queries.filters import Sessions
from ovpnmon.store.reader import Store

STEPS_SECONDS = (60, 300, 900, 3600, 4 * 3600, 86_400, 7 * 86_400)
MAX_POINTS = 400


@dataclass(frozen=True, slots=True)
class Summary:
    """Sums over every session that matches. Bytes are as the server counts; seconds are time online.

    first_at: when the earliest of them began, None when none matches.
    """

    sessions: int
    clients: int
    seconds: int
    bytes_received: int
    bytes_sent: int
    longest_seconds: int
    first_at: float | None


def summary(store: Store, wanted: Sessions) -> Summary:
    """The figures of everything that matches, open sessions as far as they have come."""
    row = store.sql(
        "SELECT count(*) AS sessions, count(DISTINCT common_name) AS clients,"
        " coalesce(sum(duration_seconds), 0) AS seconds,"
        " coalesce(sum(bytes_received), 0) AS rx, coalesce(sum(bytes_sent), 0) AS tx,"
        " coalesce(max(duration_seconds), 0) AS longest,"
        " cast(min(connected_at) AS bigint) AS first_us"
        f" FROM {wanted.source()} WHERE {wanted.where()}"
    ).to_pylist()[0]
    return Summary(
        sessions=row["sessions"],
        clients=row["clients"],
        seconds=row["seconds"],
        bytes_received=row["rx"],
        bytes_sent=row["tx"],
        longest_seconds=row["longest"],
        first_at=None if row["first_us"] is None else row["first_us"] / 1e6,
    )


def count(store: Store, wanted: Sessions) -> int:
    """How many match: a part of the cost of their figures."""
    rows = store.sql(f"SELECT count(*) AS sessions FROM {wanted.source()} WHERE {wanted.where()}")
    found: int = rows["sessions"][0].as_py()
    return found


def step_seconds(since: float, until: float) -> int:
    """The finest step that needs no more than MAX_POINTS for the range."""
    for step in STEPS_SECONDS:
        if (until - since) / step <= MAX_POINTS:
            return step
    return STEPS_SECONDS[-1]


def over_time(store: Store, wanted: Sessions, since: float, until: float) -> pd.DataFrame:
    """Sessions begun in each step and how many were open at its end.

    Columns: at (UTC, left edge), started, open. Counted from starts and ends per step, so the cost
    doesn't grow with how long sessions last; at most MAX_POINTS rows, plus one.
    """
    step = step_seconds(since, until)
    first = int(since // step) * step
    edges = np.arange(first, until, step)
    source, where = wanted.source(), wanted.where()
    counts = {}
    for column in ("connected_at", "disconnected_at"):
        bucket = f"cast(floor((cast({column} AS bigint) / 1000000.0 - {first}) / {step}) AS bigint)"
        rows = store.sql(
            f"SELECT greatest({bucket}, -1) AS bucket, count(*) AS sessions"
            f" FROM {source} WHERE {where} AND {column} IS NOT NULL GROUP BY 1"
        ).to_pydict()
        counts[column] = dict(zip(rows["bucket"], rows["sessions"], strict=True))
    started = np.array([counts["connected_at"].get(i, 0) for i in range(len(edges))])
    ended = np.array([counts["disconnected_at"].get(i, 0) for i in range(len(edges))])
    before = counts["connected_at"].get(-1, 0) - counts["disconnected_at"].get(-1, 0)
    return pd.DataFrame(
        {
            "at": pd.to_datetime(edges, unit="s", utc=True).as_unit("us"),
            "started": started,
            "open": before + np.cumsum(started - ended),
        }
    )
