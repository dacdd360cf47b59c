"""What pictures of traffic cost, over HTTP and as pages, and what the upkeep of a day of it does."""

import asyncio
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from urllib.parse import urlencode

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from deltalake import DeltaTable

from collector import flush, loop, maintenance
from collector.loop import Collector
from ovpnmon import formats
from ovpnmon.config import Settings
from ovpnmon.store import rows, tables
from ovpnmon.store.reader import Store
from ovpnmon.store.state import State
from ovpnmon.store.tables import FIVE_MINUTES, HOURS, SAMPLES
from scripts.bench import generate_traffic, measure, pages
from scripts.bench.generate_traffic import DAY, Size

RANGES = {"15 min": 900, "24 h": DAY, "7 d": 7 * DAY, "30 d": 30 * DAY, "13 months": 395 * DAY}
SPANS = {"15 min": "15 min", "24 h": "24 h", "7 d": "7 d", "30 d": "30 d", "13 months": "12 mo"}
"""The page's names for them; its longest is a year."""
SOMEBODY = "client-00007"
MINUTES = 60
"""Between two rounds of upkeep."""
TRAFFIC = (SAMPLES, FIVE_MINUTES, HOURS)


def report(size: Size) -> None:
    """Questions, then upkeep, on tables made for it."""
    with measure.scratch() as directory:
        settings = Settings.from_env(
            {
                "OPENVPN_MONITOR_DATA": str(directory / "data"),
                "OPENVPN_STATUS_LOG": str(directory / "status.log"),
            }
        )
        settings.data.mkdir()
        now = time.time()
        generate_traffic.traffic(settings, size, now)
        print(
            f"Traffic of {size.clients:,} clients, each online {size.online:.0%} of the time: samples"
            f" of {size.sample_days} days, rollups of {size.days}"
        )
        asked(settings, now)
        upkeep(settings, size, now)
        ticks(settings, size)


def asked(settings: Settings, now: float) -> None:
    """Each range by the API, the first time and the median of three more; as a page, the first time.

    In brackets the CPU of the process, which the machine's other work does not change.
    """
    store = Store(settings)
    for table in TRAFFIC:
        held = store.sql(f"SELECT count(*) AS n FROM {table.name}").to_pylist()[0]["n"]  # noqa: S608 - ours
        files = pa.table(DeltaTable(table.path(settings)).get_add_actions())
        taken = pc.sum(files["size_bytes"]).as_py()
        print(f"  {table.name:11} {held:>13,} rows {taken / 1e6:>8,.0f} MB", flush=True)
    print(f"  {'seconds':24}" + "".join(f"{name:>17}" for name in RANGES))
    questions = {"together": {}, "by client": {"top": "7"}, "one client": {"client": SOMEBODY}}
    for name, more in questions.items():
        with measure.app(settings.data) as app:
            found = [_times(app, partial(_api, app, now, span, more)) for span in RANGES.values()]
            print(f"  {'API, ' + name:24}" + "".join(f"{one:>17}" for one in found), flush=True)
            print(f"    app peak {app.peak_mb():.0f} MB")
    with measure.app(settings.data) as app:
        month = f"/api/usage?month={datetime.fromtimestamp(now, UTC):%Y-%m}"
        print(
            f"  API, usage of a month: {_times(app, partial(measure.get, app.port, month))}",
            flush=True,
        )
    for by in ("Total", "By client"):
        with measure.app(settings.data) as app:
            _page(app, "1 h", by)  # what a new process does once
            found = [_page(app, span, by) for span in SPANS.values()]
            told = f"page, {by.lower()}, first"
            print(f"  {told:24}" + "".join(f"{one:>17}" for one in found), flush=True)
            print(f"    app peak {app.peak_mb():.0f} MB")


def _api(app: measure.Process, now: float, seconds: int, more: dict[str, str]) -> None:
    span = {"from": formats.utc(now - seconds), "to": formats.utc(now)}
    measure.get(app.port, f"/api/traffic?{urlencode(span | more)}")


def _times(app: measure.Process, ask: Callable[[], object]) -> str:
    took, cpu = [], []
    for _ in range(4):
        began, began_cpu = time.perf_counter(), app.cpu_seconds()
        ask()
        took.append(time.perf_counter() - began)
        cpu.append(app.cpu_seconds() - began_cpu)
    return f"{took[0]:.2f} {statistics.median(took[1:]):.2f} ({statistics.median(cpu[1:]):.2f})"


def _page(app: measure.Process, span: str, by: str) -> str:
    query, began = urlencode({"t_span": span, "t_by": by}), app.cpu_seconds()
    seen = asyncio.run(pages.watch(app.port, "traffic", 0.0, query=query))
    return f"{seen.first_run_seconds:.2f} ({app.cpu_seconds() - began:.2f})"


def upkeep(settings: Settings, size: Size, now: float) -> None:
    """A full day: rolled up at once, and put into one file a table after an hour of flushes."""
    handles = {table.name: DeltaTable(table.path(settings)) for table in TRAFFIC}
    day = _yesterday(size, now)
    groups = generate_traffic.groups(day)
    began = time.perf_counter()
    rows.traffic_1h(rows.traffic_5m(groups, rows.Names(State())))
    print(f"  a day of {len(day.ended):,} samples rolled up: {_since(began)}")
    _append_an_hour(handles, day)
    date = f"{datetime.fromtimestamp(now - DAY, UTC):%Y-%m-%d}"
    for table in TRAFFIC:
        handle = handles[table.name]
        began = time.perf_counter()
        for name, group in maintenance.untidy(table, handle, now):
            maintenance.tidy(settings, table, handle, name, group)
        print(f"  {date} of {table.name} into one file: {_since(began)}", flush=True)


def ticks(settings: Settings, size: Size) -> None:
    """The longest tick of 2,000 connected clients, without upkeep and while all tables are tidied."""
    status = measure.StatusFile(settings.status_files[0].path, size.clients)
    status.rewrite()
    loop.FLUSH_SECONDS = 3.0
    for name, first in (("without", 10**6), ("during", 0)):
        if not first:
            handles = {table.name: DeltaTable(table.path(settings)) for table in TRAFFIC}
            _append_an_hour(handles, _yesterday(size, time.time()))
        flush.FIRST_UPKEEP_SECONDS = first
        collector = Collector(settings)
        collector.flusher.start()
        took = []
        for _ in range(30):
            status.rewrite()
            began = time.perf_counter()
            collector.guarded_tick()
            took.append(time.perf_counter() - began)
            time.sleep(max(0.0, 0.5 - took[-1]))
        tidied = "all tables tidied" if collector.flusher.upkeep_at else "not finished"
        collector.close()
        print(
            f"  tick of {size.clients:,} clients {name} upkeep: median"
            f" {statistics.median(took) * 1e3:.0f} ms, longest {max(took) * 1e3:.0f} ms"
            + ("" if first else f" ({tidied})"),
            flush=True,
        )


def _yesterday(size: Size, now: float) -> generate_traffic.Day:
    begin = int(now) // DAY * DAY - DAY
    return generate_traffic.invented(size, begin, begin + DAY, np.random.default_rng(2))


def _append_an_hour(handles: dict[str, DeltaTable], day: generate_traffic.Day) -> None:
    for parts in generate_traffic.flushes(day, MINUTES):
        for name, part in parts.items():
            tables.append(handles[name], part, "bench", 10**6)


def _since(began: float) -> str:
    return f"{time.perf_counter() - began:.2f} s"
