"""What the Map page costs: live and over a history, with a location database of thousands of places."""

import asyncio
import statistics
import time
from pathlib import Path

from mmdb_writer import MMDBWriter
from netaddr import IPSet

from ovpnmon.config import Settings
from scripts.bench import generate, measure, pages

CLIENTS = 5_000
ADDRESSES = 50_000
SESSIONS = 200_000
SECONDS = 40.0
REFRESH_SECONDS = 5.0
"""How often the Map page refreshes itself."""
PREFIX = 28
"""Sixteen addresses share a place."""
CODES = ("DE", "FR", "US", "BR", "JP", "ZA", "IN", "AU", "CA", "PL")
QUERIES = {
    "places": "m_time=History&h_range=All",
    "countries": "m_time=History&h_range=All&m_show=Countries",
    "of one client": "m_time=History&h_range=All&h_client=user0007",
    "of one country": "m_time=History&h_range=All&h_country=Germany",
}


def report() -> None:
    """A live server and a past of some two years on one data directory."""
    with measure.scratch() as directory:
        data = directory / "data"
        settings = Settings.from_env({"OPENVPN_MONITOR_DATA": str(data)})
        generate.sessions(settings, SESSIONS, time.time(), addresses=ADDRESSES)
        database(settings.geoip_db)
        status = measure.StatusFile(directory / "status.log", CLIENTS)
        environ = {"OPENVPN_STATUS_LOG": str(status.path)}
        with (
            status.rewritten(),
            measure.running(["-m", "collector"], data, **environ),
            measure.app(data, **environ) as app,
        ):
            time.sleep(12)
            print(f"Map of {CLIENTS:,} live clients, and of {ADDRESSES:,} addresses in a history")
            _now(app)
            for name, query in QUERIES.items():
                _past(app, name, query)
            print(f"  app peak {app.peak_mb():.0f} MB")


def database(path: Path) -> None:
    """Places all over the world for the addresses of the history and of the live clients."""
    writer = MMDBWriter(
        ip_version=6, ipv4_compatible=True, database_type="Bench-City", languages=["en"]
    )
    size = 2 ** (32 - PREFIX)
    for network, count in ((11, ADDRESSES), (203, CLIENTS)):
        for n in range(0, count, size):
            number = n // size
            writer.insert_network(
                IPSet([f"{network}.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}/{PREFIX}"]),
                {
                    "country": {"iso_code": CODES[number % len(CODES)]},
                    "city": {"names": {"en": f"City {number}"}},
                    "location": {
                        "latitude": number * 37 % 120 - 50 + number / 1e4,
                        "longitude": number * 53 % 340 - 170 + number / 1e4,
                    },
                },
            )
    path.parent.mkdir(parents=True, exist_ok=True)
    writer.to_db_file(str(path))


def _now(app: measure.Process) -> None:
    began = app.cpu_seconds()
    opened = asyncio.run(pages.watch(app.port, "map", SECONDS))
    cpu = (app.cpu_seconds() - began) / SECONDS
    maps = [one for one in opened.refreshes if one.interval_seconds == REFRESH_SECONDS]
    print(
        f"  live: first {opened.first_run_seconds:.2f} s, refresh median"
        f" {statistics.median(one.took_seconds for one in maps) * 1e3:.0f} ms, most"
        f" {max(one.took_seconds for one in maps) * 1e3:.0f} ms,"
        f" {statistics.median(one.bytes_received for one in maps) / 1e3:.0f} kB each,"
        f" {len(maps)} of them, {opened.failures} failed, {cpu:.0%} of a core",
        flush=True,
    )


def _past(app: measure.Process, name: str, query: str) -> None:
    runs = [asyncio.run(pages.watch(app.port, "map", 0.0, query=query)) for _ in range(3)]
    cold, *warm = [run.first_run_seconds for run in runs]
    print(
        f"  history, {name}: {cold:.2f} s, then {min(warm):.2f} s,"
        f" {runs[-1].bytes_received / 1e3:.0f} kB, {sum(run.failures for run in runs)} failed",
        flush=True,
    )
