"""What the app costs: /api/clients, fifty open Live pages, the first page in a fresh browser."""

import asyncio
import statistics
import time

from scripts.bench import browser, measure, pages

CLIENTS = 1_000
OPEN_PAGES = 50
SECONDS = 40.0


def report() -> None:
    """A server with a thousand clients, its collector, and the app."""
    with measure.scratch() as directory:
        status = measure.StatusFile(directory / "status.log", CLIENTS)
        environ = {"OPENVPN_STATUS_LOG": str(status.path)}
        data = directory / "data"
        with (
            status.rewritten(),
            measure.running(["-m", "collector"], data, **environ) as collector,
            measure.app(data, **environ) as app,
        ):
            time.sleep(12)
            print(f"App at {CLIENTS} clients")
            _api(app)
            _pages(app)
            _browser(app)
            print(f"  collector: peak {collector.peak_mb():.0f} MB")


def _api(app: measure.Process, requests: int = 300) -> None:
    began_cpu, times, body = app.cpu_seconds(), [], b""
    for _ in range(requests):
        began = time.perf_counter()
        body = measure.get(app.port, "/api/clients")
        times.append(time.perf_counter() - began)
    cpu = (app.cpu_seconds() - began_cpu) / requests
    print(
        f"  /api/clients: {len(body) / 1e3:.0f} kB, {statistics.median(times) * 1e3:.1f} ms,"
        f" server CPU {cpu * 1e3:.1f} ms a request"
    )


def _pages(app: measure.Process) -> None:
    for count in (1, OPEN_PAGES):
        began_cpu, began = app.cpu_seconds(), time.monotonic()
        opened = asyncio.run(pages.watch_many(app.port, "", count, SECONDS))
        share = (app.cpu_seconds() - began_cpu) / (time.monotonic() - began)
        print(
            f"  {count} open Live pages: {share:.0%} of a core, {share / count:.1%} each;"
            f" {pages.summary(opened)}; app peak {app.peak_mb():.0f} MB",
            flush=True,
        )


def _browser(app: measure.Process) -> None:
    if not browser.CHROMIUM.exists():
        print("  first page in a browser: not measured, no Chromium here")
        return
    times = []
    for _ in range(3):
        with browser.fresh() as page:
            times.append(browser.open_page(page, f"http://127.0.0.1:{app.port}/")[0])
    said = ", ".join(f"{one:.2f} s" for one in times)
    print(f"  first page in a fresh browser, figures on screen: {said}")
