"""`make run`'s two processes under the real supervisord: either is started again, both are stopped."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests import processes
from tests.processes import ROOT


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """supervisord with the project's own configuration, and where the app answers."""
    port = processes.free_port()
    (ROOT / ".run").mkdir(exist_ok=True)
    with (tmp_path / "log").open("wb") as output:
        supervisor = subprocess.Popen(
            [ROOT / ".venv" / "bin" / "supervisord", "-c", ROOT / "supervisord.conf"],
            env=processes.environment(
                OPENVPN_MONITOR_DATA=str(tmp_path / "data"),
                OPENVPN_MONITOR_PORT=str(port),
                OPENVPN_STATUS_LOG=str(tmp_path / "status.log"),
            ),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    yield supervisor, f"http://127.0.0.1:{port}"
    supervisor.terminate()
    supervisor.wait(processes.PATIENCE_SECONDS)


def children(parent: int) -> dict[str, int]:
    """What runs below it: "app" and "collector", by process number."""
    found = {}
    for directory in Path("/proc").glob("[0-9]*"):
        try:
            status = (directory / "stat").read_text().rpartition(")")[2].split()
            command = (directory / "cmdline").read_bytes()
        except OSError:
            continue  # gone meanwhile
        if int(status[1]) == parent and command:
            found["app" if b"streamlit_app.py" in command else "collector"] = int(directory.name)
    return found


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + processes.PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.1)


def is_healthy(url: str) -> bool:
    try:
        return httpx.get(f"{url}/healthz").status_code == 200
    except httpx.TransportError:
        return False


def test_either_is_started_again_and_both_stop_together(
    pair: tuple[subprocess.Popen[bytes], str],
) -> None:
    """Killed outright, both are back; after SIGTERM to supervisord nothing is left."""
    supervisor, url = pair
    until(lambda: is_healthy(url))
    first = children(supervisor.pid)
    for killed in first.values():
        os.kill(killed, signal.SIGKILL)
    until(lambda: len(children(supervisor.pid)) == 2 and is_healthy(url))
    second = children(supervisor.pid)
    assert second.keys() == first.keys() == {"app", "collector"}
    assert set(second.values()).isdisjoint(first.values())
    supervisor.terminate()
    assert supervisor.wait(processes.PATIENCE_SECONDS) == 0
    assert not any(Path(f"/proc/{pid}").exists() for pid in second.values())
