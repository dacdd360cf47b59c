"""The whole collector on status files that a test writes, with clocks that it moves by hand."""

import os
from pathlib import Path

from collector.loop import Clocks, Collector
from ovpnmon.config import Settings
from ovpnmon.store import details, events, heartbeat
from ovpnmon.store.details import Details
from ovpnmon.store.events import Event
from ovpnmon.store.heartbeat import Heartbeat
from tests.status_files import AT, Peer, render


class HandClocks(Clocks):
    """The collector's two clocks, moved by hand."""

    def __init__(self) -> None:
        self.passed = 0.0
        self.put_by = 0.0

    def wall(self) -> float:
        return AT + self.passed + self.put_by

    def monotonic(self) -> float:
        return self.passed


class Life:
    """A collector on one server's status file; the test moves time and rewrites the file."""

    def __init__(self, directory: Path, **environ: str) -> None:
        self.file = directory / "status.log"
        self.settings = Settings.from_env(
            {
                "OPENVPN_MONITOR_DATA": str(directory),
                "OPENVPN_STATUS_LOG": f"udp={self.file}",
                "OPENVPN_MONITOR_TZ": "Europe/Bucharest",
            }
            | environ
        )
        self.clocks = HandClocks()
        self.server_put_by = 0
        self.collector = Collector(self.settings, self.clocks)

    def restart(self) -> None:
        """The collector's process ends and begins anew."""
        self.collector.close()
        self.collector = Collector(self.settings, self.clocks)

    def tick(self, peers: list[Peer] | None = None, seconds: float = 10, version: int = 3) -> None:
        """Time passes; the server rewrites its file (peers None: it does not); the collector looks."""
        self.clocks.passed += seconds
        if peers is not None:
            at = int(AT + self.clocks.passed) + self.server_put_by
            self.put(render(version, peers, at))
        self.collector.guarded_tick()

    def put(self, data: bytes, mtime_ago: float = 0) -> None:
        """The file as anyone might leave it."""
        self.file.write_bytes(data)
        written = AT + self.clocks.passed - mtime_ago
        os.utime(self.file, (written, written))

    @property
    def events(self) -> list[Event]:
        return events.load(self.settings.events)

    @property
    def texts(self) -> list[str]:
        return [event.text for event in self.events]

    @property
    def message(self) -> str:
        """What is wrong with the server's file."""
        return self.collector.state.servers["udp"].message

    @property
    def details(self) -> Details:
        return details.load(self.settings.details)["udp"]

    @property
    def beat(self) -> Heartbeat:
        return heartbeat.load(self.settings.heartbeat)
