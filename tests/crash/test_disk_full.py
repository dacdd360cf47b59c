"""The real collector on a disk that takes nothing for a while: it says so, and nothing is damaged."""

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ovpnmon.config import Settings
from ovpnmon.store import heartbeat
from ovpnmon.store import state as states
from ovpnmon.store.reader import Store
from tests.crash.reader_beside import WHOLE, faults
from tests.crash.vpn import Vpn
from tests.recording import eventually

HERE = Path(__file__).parent
FULL_BYTES = 3000
"""No file may grow beyond this: the heartbeat can be written, live state and tables cannot."""


@contextmanager
def collector(environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """The collector, with fast flushes and upkeep; it must not have ended by itself."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    process = subprocess.Popen(
        [sys.executable, str(HERE / "killable_collector.py"), str(nowhere), "0"],
        env=environment,
        pass_fds=[nowhere],
        stderr=subprocess.DEVNULL,
    )
    os.close(nowhere)
    try:
        yield process
        assert process.poll() is None
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0


def test_ticks_fail_visibly_while_the_disk_is_full_and_all_is_well_once_there_is_space(
    tmp_path: Path,
) -> None:
    """A limit on the size of files stands for the full disk: live state and engine both meet it."""
    vpn = Vpn(tmp_path / "status.log", "full")
    environment = {
        **os.environ,
        "PYTHONPATH": str(HERE.parent.parent),
        "OPENVPN_MONITOR_DATA": str(tmp_path / "data"),
        "OPENVPN_STATUS_LOG": str(tmp_path / "status.log"),
        "OPENVPN_MONITOR_INTERVAL": "0.1",
    }
    settings = Settings.from_env(environment)
    store = Store(settings)

    def acknowledged() -> bool:
        server = store.state().servers.get("openvpn")
        return server is not None and server.time == vpn.time

    def live(steps: int) -> None:
        for _ in range(steps):
            eventually(acknowledged)
            vpn.step()
        eventually(acknowledged)

    with collector(environment) as process:
        live(10)
        limits = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (FULL_BYTES, limits[1]))
        before = store.state()
        vpn.step()
        eventually(lambda: heartbeat.load(settings.heartbeat).errors >= 5)
        beat = heartbeat.load(settings.heartbeat)
        assert "File too large" in beat.last_error
        assert states.load(settings.active_sessions).seq <= before.seq + 1
        assert faults(store.sql(WHOLE).to_pylist(), {})[0] == []
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, limits)
        live(10)
        vpn.settle()
        live(12)
    wrong, totals = faults(Store(settings).sql(WHOLE).to_pylist(), {})
    assert wrong == []
    assert sorted(totals.values()) == sorted(vpn.truth().values())
