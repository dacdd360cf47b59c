"""Accounting: who moved how much in which calendar month or day, to the byte, and was online how long."""

from datetime import date, timedelta, tzinfo
from itertools import pairwise
from typing import Any, Literal

import pandas as pd

from ovpnmon.queries import rollups, sql
from ovpnmon.queries.local_days import (
    day_number,
    day_of,
    day_text,
    days,
    midnight,
    month_after,
    month_start,
)
from ovpnmon.queries.rollups import Rollup
from ovpnmon.queries.traffic_plan import Wanted
from ovpnmon.store.reader import Store

Period = Literal["month", "day"]
FIGURES = ["bytes_received", "bytes_sent", "seconds", "sessions"]
EPOCH = date(1970, 1, 1)


def usage(
    store: Store, since: float, until: float, zone: tzinfo, wanted: Wanted, period: Period
) -> pd.DataFrame:
    """One row a client and period of zone, for what happened in [since, until).

    Columns: period (YYYY-MM or YYYY-MM-DD), common_name, bytes_received, bytes_sent, seconds (online,
    of all its sessions), sessions (that were open at some time in the period). Traffic counts where it
    was moved, in whole 5-minute buckets, which never straddle a midnight of any zone; a sample longer
    than some hours is shared by time. Imported sessions, which have no samples, count whole where
    they ended.
    """
    periods = _periods(since, until, zone, period)
    parts = rollups.between(since, until, (begin for _, begin, _ in periods))
    moved = pd.concat(
        [
            *(_bucketed(store, part, zone, wanted) for part in parts),
            *(_long(store, part, zone, wanted) for part in parts),
            _imported(store, since, until, zone, wanted),
        ],
        ignore_index=True,
    )
    length = 7 if period == "month" else 10
    moved["period"] = moved["day"].map(
        {number: day_text(number)[:length] for number in set(moved["day"].tolist())}
    )
    online = _online(store, since, until, wanted, periods)
    keys = ["period", "common_name"]
    sums = moved.groupby(keys)[["bytes_received", "bytes_sent"]].sum()
    frame = sums.join(online.set_index(keys), how="outer").reindex(columns=FIGURES)
    return frame.fillna(0).astype("int64").reset_index()


def month(store: Store, which: str, zone: tzinfo, wanted: Wanted) -> pd.DataFrame:
    """One row a client in a calendar month (YYYY-MM) of zone, who moved most first.

    Columns as in usage(), without period, and before: bytes both ways in the month before, NaN for
    whom nothing is on record then. Raises ValueError for what is no month.
    """
    before = month_after(which, -1)
    since, until = month_start(before, zone), month_start(month_after(which), zone)
    both = usage(store, since, until, zone, wanted, "month")
    total = both["bytes_received"] + both["bytes_sent"]
    earlier = both["period"] == before
    previous = total[earlier].set_axis(both["common_name"][earlier])
    frame = both[~earlier].drop(columns="period")
    frame["before"] = frame["common_name"].map(previous).astype("float64")
    order = total[~earlier].sort_values(ascending=False, kind="stable").index
    return frame.loc[order].reset_index(drop=True)


def months(store: Store, zone: tzinfo, now: float) -> list[str]:
    """The calendar months of zone for which there may be anything, the latest first."""
    first = store.sql(
        "SELECT min(at) AS at FROM (SELECT min(cast(connected_at AS bigint)) AS at FROM session_history"
        " UNION ALL SELECT min(cast(connected_at AS bigint)) AS at FROM open_sessions"
        " WHERE established) AS firsts"
    ).to_pylist()[0]["at"]
    current = f"{day_of(now, zone):%Y-%m}"
    begin = current if first is None else f"{day_of(first / 1e6, zone):%Y-%m}"
    found = [current]
    while found[-1] > begin:
        found.append(month_after(found[-1], -1))
    return found


def _bucketed(store: Store, rollup: Rollup, zone: tzinfo, wanted: Wanted) -> pd.DataFrame:
    found: pd.DataFrame = store.sql(
        "SELECT day, common_name, sum(bytes_received) AS bytes_received, sum(bytes_sent) AS bytes_sent"
        f" FROM (SELECT {day_number('bucket_at', rollup.since, rollup.until, zone)} AS day, common_name,"
        f" bytes_received, bytes_sent FROM {rollup.table}"
        f" WHERE {rollup.usual()} AND {wanted.where()}) AS rows GROUP BY day, common_name"
    ).to_pandas()
    return found


def _long(store: Store, rollup: Rollup, zone: tzinfo, wanted: Wanted) -> pd.DataFrame:
    """Coarse pieces of long samples, cut at midnights: whole bytes, and none lost."""
    since, until = rollup.since, rollup.until
    found = store.sql(
        "SELECT common_name, cast(bucket_at AS bigint) / 1000000 AS began,"
        " cast(seconds AS bigint) AS seconds, bytes_received, bytes_sent"
        f" FROM {rollup.table} WHERE {rollup.long()} AND {wanted.where()}"
    ).to_pylist()
    rows: list[dict[str, Any]] = []
    for row in found:
        began, ended = row["began"], row["began"] + row["seconds"]
        # Where a day begins, and where the range does: the piece may begin before or end after it.
        inner = [midnight(day, zone) for day in days(began, ended, zone)] + [int(since), int(until)]
        cuts = sorted({began, ended, *(at for at in inner if began < at < ended)})
        for left, right in pairwise(cuts):
            if since <= left < until:
                rows.append(
                    {
                        "day": (day_of(left, zone) - EPOCH).days,
                        "common_name": row["common_name"],
                        "bytes_received": _share(row["bytes_received"], began, ended, left, right),
                        "bytes_sent": _share(row["bytes_sent"], began, ended, left, right),
                    }
                )
    return pd.DataFrame(rows, columns=["day", "common_name", "bytes_received", "bytes_sent"])


def _share(amount: int, began: int, ended: int, left: int, right: int) -> int:
    """The part of amount that falls to left..right; the parts of all pieces add up to it."""
    span = ended - began
    return amount * (right - began) // span - amount * (left - began) // span


def _imported(
    store: Store, since: float, until: float, zone: tzinfo, wanted: Wanted
) -> pd.DataFrame:
    found: pd.DataFrame = store.sql(
        f"SELECT {day_number('disconnected_at', since, until, zone)} AS day, common_name,"
        " bytes_received, bytes_sent FROM session_history"
        f" WHERE imported AND bytes_received IS NOT NULL AND month >= {sql.month(since)}"
        f" AND disconnected_at >= {sql.timestamp(since)} AND disconnected_at < {sql.timestamp(until)}"
        f" AND {wanted.where()}"
    ).to_pandas()
    return found


def _online(
    store: Store, since: float, until: float, wanted: Wanted, periods: list[tuple[str, int, int]]
) -> pd.DataFrame:
    """Time online and sessions of each period: columns period, common_name, seconds, sessions."""
    listed = ", ".join(
        f"('{name}', {begin * 1_000_000}, {end * 1_000_000})" for name, begin, end in periods
    )
    ended = "cast({} AS bigint)"
    found: pd.DataFrame = store.sql(
        "SELECT period, common_name,"
        " sum(least(ended, stop) - greatest(began, start)) / 1000000 AS seconds, count(*) AS sessions"
        " FROM (SELECT common_name, cast(connected_at AS bigint) AS began,"
        f" {ended.format('disconnected_at')} AS ended FROM session_history"
        f" WHERE month >= {sql.month(since)} AND disconnected_at >= {sql.timestamp(since)}"
        f" AND connected_at < {sql.timestamp(until)} AND {wanted.where()} UNION ALL"
        " SELECT common_name, cast(connected_at AS bigint) AS began,"
        f" {ended.format('last_seen_at')} AS ended FROM open_sessions"
        f" WHERE established AND {wanted.where()}) AS sessions"
        f" JOIN (VALUES {listed}) AS periods(period, start, stop)"
        # A session of no length is one of the period that it lies in.
        " ON began < stop AND greatest(ended, began + 1) > start GROUP BY period, common_name"
    ).to_pandas()
    return found


def _periods(
    since: float, until: float, zone: tzinfo, period: Period
) -> list[tuple[str, int, int]]:
    """The periods that [since, until) touches, each cut to it: name, begin, end."""
    found: dict[str, tuple[int, int]] = {}
    for day in days(since, until, zone):
        name = f"{day:%Y-%m}" if period == "month" else f"{day}"
        begin, _ = found.get(name, (max(int(since), midnight(day, zone)), 0))
        found[name] = begin, min(int(until), midnight(day + timedelta(days=1), zone))
    return [(name, begin, end) for name, (begin, end) in found.items()]
