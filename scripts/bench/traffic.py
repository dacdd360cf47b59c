"""Measures the traffic queries on invented tables: `python scripts/bench/traffic.py CLIENTS DAYS`.

Every client is online all the time: samples of 10 seconds of the last day, 5-minute buckets of all
DAYS. Prints the size of the tables, each question's seconds, and the memory at the end.
"""

import resource
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ovpnmon.config import Settings
from ovpnmon.queries import traffic_plan, traffic_series, usage
from ovpnmon.queries.traffic_plan import Wanted
from ovpnmon.store import tables
from ovpnmon.store.reader import Store

DAY = 86_400
ALL = Wanted()


def fill(settings: Settings, clients: int, days: int, now: int) -> None:
    """Write both traffic tables, a day a commit."""
    rng = np.random.default_rng(1)
    buckets = tables.open_or_create(settings, tables.TABLES[2])
    for day in range(days):
        begin = (now // DAY - day) * DAY
        at = np.repeat(np.arange(begin, min(begin + DAY, now), 300), clients + 1)
        tables.append(buckets, _rows(at, 300, clients, rng, buckets=True), "bench", day + 1)
    samples = tables.open_or_create(settings, tables.TABLES[1])
    for hour in range(24):
        at = np.repeat(np.arange(now - (hour + 1) * 3600, now - hour * 3600, 10), clients + 1)
        tables.append(samples, _rows(at, 10, clients, rng, buckets=False), "bench", hour + 1)


def _rows(
    at: npt.NDArray[np.int64],
    seconds: int,
    clients: int,
    rng: np.random.Generator,
    *,
    buckets: bool,
) -> pa.Table:
    who = pa.array(np.tile(np.arange(clients + 1), len(at) // (clients + 1)))
    ids = pa.array(["", *(f"{n:032x}" for n in range(clients))]).take(who)
    names = pa.array(["", *(f"client-{n:04d}" for n in range(clients))]).take(who)
    moved = [pa.array(rng.integers(0, 10**6, len(at))) for _ in range(2)]
    dates, codes = np.unique(at // DAY, return_inverse=True)
    text = pa.array([f"{datetime.fromtimestamp(d * DAY, UTC):%Y-%m-%d}" for d in dates.tolist()])
    columns = {
        "server": pa.array(["openvpn"]).take(pa.array(np.zeros(len(at), np.int64))),
        "session_id": ids,
        "common_name": names,
        "from_at": _times(at),
        "to_at": _times(at + seconds),
        "bucket_at": _times(at),
        "bytes_received": moved[0],
        "bytes_sent": moved[1],
        "seconds": pa.array(np.full(len(at), float(seconds))),
        "date": text.take(pa.array(codes)),
    }
    schema = tables.TRAFFIC_5M if buckets else tables.TRAFFIC
    return pa.table([columns[field.name] for field in schema], schema=schema)


def _times(at: npt.NDArray[np.int64]) -> pa.Array:
    return pa.array(at * 1_000_000).cast(tables.TIMESTAMP)


def main(clients: int, days: int) -> None:
    """Fill, ask, print."""
    with tempfile.TemporaryDirectory() as directory:
        settings = Settings.from_env({"OPENVPN_MONITOR_DATA": directory})
        now = int(time.time()) // 300 * 300
        fill(settings, clients, days, now)
        store = Store(settings)
        for table in ("traffic", "traffic_5m"):
            rows = store.sql(f"SELECT count(*) AS n FROM {table}").to_pylist()[0]["n"]  # noqa: S608 - ours
            size = sum(f.stat().st_size for f in (Path(directory) / table).rglob("*.parquet"))
            print(f"{table}: {rows:,} rows, {size / 1e6:.0f} MB")
        for name, seconds in {
            "15 min": 900,
            "6 h": DAY // 4,
            "24 h": DAY,
            "30 d": 30 * DAY,
            "13 months": 395 * DAY,
        }.items():
            plan = traffic_plan.automatic(now - seconds, now, UTC, now - 30 * DAY, clients / 10)
            moved = traffic_series.talkers(store, plan, ALL)
            names = list(moved["common_name"].head(7))
            said = f"{name} at {plan.step_seconds} s"
            _measure(f"{said}: series", partial(traffic_series.series, store, plan, ALL))
            _measure(f"{said}: talkers", partial(traffic_series.talkers, store, plan, ALL))
            _measure(
                f"{said}: by client",
                partial(traffic_series.series, store, plan, ALL, "client", names),
            )
        which = f"{datetime.fromtimestamp(now, UTC):%Y-%m}"
        _measure("usage of a month", lambda: usage.month(store, which, UTC, ALL))
        print(f"memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000:.0f} MB at most")


def _measure(name: str, ask: Callable[[], object]) -> None:
    took = []
    for _ in range(3):
        begin = time.perf_counter()
        ask()
        took.append(time.perf_counter() - begin)
    print(f"{name}: first {took[0]:.3f} s, best {min(took):.3f} s")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
