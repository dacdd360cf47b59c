"""What questions about the past cost, over HTTP and as pages, on generated histories."""

import asyncio
import json
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from playwright.sync_api import Page

from ovpnmon.config import Settings
from ovpnmon.queries.filters import Sessions
from ovpnmon.queries.history import export
from ovpnmon.store.reader import Store
from scripts.bench import browser, generate, measure, pages

QUESTIONS = {
    "newest page": "/api/history?limit=25",
    "of one client": "/api/history?limit=25&client=user0007",
    "of a network": "/api/history?limit=25&ip=198.18.1.0/24",
    "by text": "/api/history?limit=25&q=r0017",
    "by text, none": "/api/history?limit=25&q=nobody",
    "above 10 GB": "/api/history?limit=25&min_bytes=10000000000",
    "everyone's totals": "/api/clients/summary",
}
PAGES = {
    "History page": ("history", ""),
    "History page, all": ("history", "h_range=All"),
    "Clients page": ("clients", ""),
    "Client page": ("client", f"name={quote('user0007')}"),
}
NAIVE_ROWS = 1_000_000


def report(sizes: list[int]) -> None:
    """A block a size; cold is the first time in a new process, warm the median of three more."""
    for size in sizes:
        with measure.scratch() as data:
            settings = Settings.from_env({"OPENVPN_MONITOR_DATA": str(data)})
            now = time.time()
            generate.sessions(settings, size, now)
            generate.tidy(settings, now)
            print(f"History of {size:,} sessions: seconds cold / warm", flush=True)
            measured(data)
            if size == NAIVE_ROWS:
                _naive(settings, data)


def measured(data: Path) -> None:
    """All about one history."""
    with measure.app(data) as app:
        for name, path in QUESTIONS.items():
            print(f"  {name:20} {_http(app, path)}", flush=True)
        print(f"  app peak {app.peak_mb():.0f} MB")
    for name, (page, query) in PAGES.items():
        with measure.app(data) as app:
            print(f"  {name:20} {_page(app, page, query)}, peak {app.peak_mb():.0f} MB", flush=True)
    if browser.CHROMIUM.exists():
        for name, (page, query) in PAGES.items():
            with measure.app(data) as app, browser.fresh() as tab:
                print(f"  {name:20} {_in_browser(app, tab, page, query)}", flush=True)
    with measure.app(data) as app:
        for page, query in PAGES.values():
            _page(app, page, query)
        print(f"  all pages in one process: peak {app.peak_mb():.0f} MB", flush=True)
    with measure.app(data) as app:
        print(f"  whole history as CSV: {_export(app)}", flush=True)


def _http(app: measure.Process, path: str) -> str:
    return _timed(app, lambda: measure.get(app.port, path))


def _page(app: measure.Process, page: str, query: str) -> str:
    return _timed(app, lambda: asyncio.run(pages.watch(app.port, page, 0.0, query=query)))


def _timed(app: measure.Process, ask: Callable[[], object]) -> str:
    times, cpu = [], [app.cpu_seconds()]
    for _ in range(4):
        began = time.perf_counter()
        ask()
        times.append(time.perf_counter() - began)
        cpu.append(app.cpu_seconds())
    warm = sorted(times[1:])[1]
    return f"{times[0]:.2f} / {warm:.3f}, server's CPU cold {cpu[1] - cpu[0]:.2f}"


def _in_browser(app: measure.Process, tab: Page, page: str, query: str) -> str:
    url = f"http://127.0.0.1:{app.port}/{page}?{query}"
    cold = browser.open_page(tab, url)
    tab.goto("about:blank")
    warm = browser.open_page(tab, url)
    figures, complete = (f"{a:.2f} / {b:.2f}" for a, b in zip(cold, warm, strict=True))
    return f"in a fresh browser: figures {figures}, complete {complete}"


def _export(app: measure.Process) -> str:
    began = time.perf_counter()
    size = 0
    url = f"http://127.0.0.1:{app.port}/api/history?format=csv"
    with urllib.request.urlopen(url, timeout=3600) as answer:
        answer.read(1000)
        first = time.perf_counter() - began
        while part := answer.read(2**20):
            size += len(part)
    took = time.perf_counter() - began
    return f"first bytes {first:.2f} s, all {took:.0f} s, {size / 1e6:.0f} MB, peak {app.peak_mb():.0f} MB"


def _naive(settings: Settings, data: Path) -> None:
    """The summary as a JSON file makes one work it out: all of it read, row by row."""
    _as_json(settings, data / "naive.json")
    began = time.perf_counter()
    rows = json.loads((data / "naive.json").read_text())
    totals: dict[str, dict[str, Any]] = {}
    for row in rows:
        one = totals.setdefault(row["name"], {"sessions": 0, "rx": 0.0, "tx": 0.0, "last": ""})
        one["sessions"] += 1
        one["rx"] += row["rx"]
        one["tx"] += row["tx"]
        one["last"] = max(one["last"], row["session_end"])
    naive = time.perf_counter() - began
    with measure.app(data) as app:
        times = []
        for _ in range(4):
            began = time.perf_counter()
            measure.get(app.port, "/api/clients/summary")
            times.append(time.perf_counter() - began)
    warm = sorted(times[1:])[1]
    print(
        f"  summary from a JSON file, row by row: {naive:.1f} s;"
        f" /api/clients/summary cold {times[0]:.2f} s ({naive / times[0]:.0f} x),"
        f" warm {warm:.3f} s ({naive / warm:.0f} x)",
        flush=True,
    )


def _as_json(settings: Settings, path: Path) -> Path:
    with path.open("w") as file:
        file.write("[")
        comma = ""
        for batch in export(Store(settings), Sessions(state="ended")):
            for row in batch.to_pylist():
                told = {
                    "name": row["common_name"],
                    "ip": row["real_ip"],
                    "session_id": row["session_id"],
                    "timestamp": str(row["connected_at"]),
                    "session_end": str(row["disconnected_at"]),
                    "rx": round(row["bytes_received"] / 2**20, 2),
                    "tx": round(row["bytes_sent"] / 2**20, 2),
                    "vpn_ip": row["vpn_ipv4"],
                    "port": row["real_port"],
                }
                file.write(comma + json.dumps(told))
                comma = ","
        file.write("]")
    return path
