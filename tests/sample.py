"""A data directory as this version writes it, kept so that later versions can be tried on it.

`python -m tests.sample DIR` plays the recorded life of a real OpenVPN server through the collector and
copies the data directory in the middle of it, as a power cut would leave it: rows in the tables, a
batch that waits, sessions open. DIR gets `data/`, `backup.tar.gz`, `status.log` (the file as it was
then) and `expected.json`, what queries say of it.
"""

import contextlib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from collector.loop import Clocks, Collector
from collector.registrar import Registrar
from ovpnmon.api.login import passwords
from ovpnmon.config import Settings
from ovpnmon.store import backup, events
from ovpnmon.store.reader import Store
from tests.recording import eventually

SERIES = Path(__file__).parent / "fixtures" / "openvpn" / "2.6.14-debian" / "gold-v3" / "series"
PASSWORD = "correct horse battery"
EVERY = 2
"""Every second copy of the recording; the last ones are left for whoever goes on from the sample."""
LEFT = 6


class PlayedClocks(Clocks):
    """Both clocks at the moment of the copy that is being played."""

    def __init__(self, at: float) -> None:
        self.at = at

    def wall(self) -> float:
        return self.at

    def monotonic(self) -> float:
        return self.at


def copies() -> list[dict[str, Any]]:
    """What was recorded, in order: `n` names the file, `t` is when it was copied, `mtime` its own."""
    lines = (SERIES / "index.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines][::EVERY]


def put(copy: dict[str, Any], file: Path) -> None:
    """The status file as it was then."""
    file.write_bytes((SERIES / f"{copy['n']:04d}.log").read_bytes())
    os.utime(file, (copy["mtime"], copy["mtime"]))


def settings_of(directory: Path) -> Settings:
    """Nothing is ever too old to be kept."""
    return Settings.from_env(
        {
            "OPENVPN_MONITOR_DATA": str(directory / "data"),
            "OPENVPN_STATUS_LOG": f"openvpn={directory / 'status.log'}",
            "OPENVPN_MONITOR_TZ": "UTC",
            "OPENVPN_MONITOR_RETENTION_DAYS": "36500",
            "OPENVPN_MONITOR_TRAFFIC_DAYS": "36500",
            "OPENVPN_MONITOR_SERVER_LOCATION": "44.43,26.1,Bucharest",
        }
    )


def told(settings: Settings) -> dict[str, Any]:
    """What a data directory says, in the plainest queries there are."""
    store = Store(settings)
    each = (
        "SELECT common_name, count(*) AS sessions, sum(bytes_received) AS received,"
        " sum(bytes_sent) AS sent FROM (SELECT common_name, bytes_received, bytes_sent"
        " FROM session_history UNION ALL SELECT common_name, bytes_received, bytes_sent"
        " FROM open_sessions WHERE established) GROUP BY common_name ORDER BY common_name"
    )
    moved = (
        "SELECT common_name, sum(bytes_received) AS received, sum(bytes_sent) AS sent"
        " FROM {} WHERE session_id <> '' GROUP BY common_name ORDER BY common_name"
    )
    registry = orjson.loads(settings.client_geo.read_bytes())["clients"]
    return {
        "clients": store.sql(each).to_pylist(),
        "traffic": store.sql(moved.format("traffic")).to_pylist(),
        "traffic_5m": store.sql(moved.format("traffic_5m")).to_pylist(),
        "events": [event.text for event in events.load(settings.events)],
        "addresses": {name: sorted(client["ips"]) for name, client in sorted(registry.items())},
    }


@contextlib.contextmanager
def playing(settings: Settings, series: list[dict[str, Any]]) -> Iterator[Collector]:
    """A collector that has followed the series and everything sealed is in the tables; it ends after."""
    file = settings.status_files[0].path
    clocks = PlayedClocks(series[0]["t"])
    collector = Collector(settings, clocks)
    collector.flusher.start()
    try:
        for copy in series:
            clocks.at = copy["t"]
            put(copy, file)
            collector.guarded_tick()
            eventually(lambda: flushed(collector) >= collector.state.open_batch - 1)
        yield collector
    finally:
        collector.close()


def flushed(collector: Collector) -> int:
    """The last batch that is in the tables."""
    return collector.flusher.take_results(collector.state).flushed


def make(target: Path) -> None:
    """Play, and keep what there is when it is interrupted."""
    target = target.absolute()
    with tempfile.TemporaryDirectory() as scratch, contextlib.chdir(scratch):
        settings = settings_of(Path())
        settings.data.mkdir()
        passwords.save(settings.stored_password, passwords.hash_password(PASSWORD))
        with playing(settings, copies()[:-LEFT]) as collector:
            eventually(settings.client_geo.exists)
            now = collector.clocks.wall()
            Registrar(settings).work(collector.state, now)
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(settings.data, target / "data")
        shutil.copy2(settings.status_files[0].path, target / "status.log")
    kept = settings_of(target)
    with (target / "backup.tar.gz").open("wb") as file:
        backup.write(kept, file, now)
    (target / "expected.json").write_text(json.dumps(told(kept), indent=1) + "\n")


if __name__ == "__main__":
    make(Path(sys.argv[1]))
