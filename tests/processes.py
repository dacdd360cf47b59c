"""The product's own processes, started as an operator does, for tests that need the real thing."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PATIENCE_SECONDS = 60.0


@dataclass(frozen=True)
class Running:
    """A started process: where it answers and where its output goes."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(**changed: str) -> dict[str, str]:
    """This environment without the product's own variables, with those given."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("OPENVPN_", "STREAMLIT_"))
    }
    return kept | changed


@contextmanager
def app(data: Path, **environ: str) -> Iterator[Running]:
    """The web app on this data directory, from when it answers until the block is left."""
    port = free_port()
    log = data.parent / f"app-{port}.log"
    settings = {"OPENVPN_MONITOR_DATA": str(data), "OPENVPN_MONITOR_PORT": str(port)} | environ
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "streamlit_app.py"],
            cwd=ROOT,
            env=environment(**settings),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_until_it_answers(process, f"http://127.0.0.1:{port}/healthz", log)
        yield Running(process, port, log)
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE_SECONDS)
        finally:
            process.kill()


def wait_until_it_answers(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    """Return at the first answer of any status; fail with the log when there will be none."""
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(f"no answer from {url}: {log.read_text(errors='replace')}")


def wait_until_it_listens(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """Return when the port can be connected to; fail with the log when it never will."""
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(f"nobody listens on {port}: {log.read_text(errors='replace')}")
