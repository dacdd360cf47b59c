"""Processes watched from outside, and a status file of the real format that goes on living."""

import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Process:
    """A running process of ours."""

    process: subprocess.Popen[bytes]
    port: int = 0

    def cpu_seconds(self) -> float:
        """User and system time so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND

    def peak_mb(self) -> float:
        """Highest resident memory so far."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024


@contextmanager
def scratch() -> Iterator[Path]:
    """A directory that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="ovpnmon-bench-") as directory:
        yield Path(directory)


@contextmanager
def running(module: list[str], data: Path, **environ: str) -> Iterator[Process]:
    """One of our processes on a data directory, until the block is left."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("OPENVPN_", "STREAMLIT_"))}
    settings = {"OPENVPN_MONITOR_DATA": str(data), "OPENVPN_MONITOR_PORT": str(port)}
    process = subprocess.Popen(
        [sys.executable, *module],
        cwd=ROOT,
        env=kept | settings | environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield Process(process, port)
    finally:
        process.terminate()
        process.wait(60)


@contextmanager
def app(data: Path, **environ: str) -> Iterator[Process]:
    """The web app, from when it answers."""
    with running(["streamlit_app.py"], data, **environ) as process:
        for _ in range(600):
            try:
                get(process.port, "/healthz")
                break
            except urllib.error.HTTPError:
                break
            except OSError:
                time.sleep(0.1)
        yield process


def get(port: int, path: str) -> bytes:
    """The body of an answer."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=600) as answer:
        body: bytes = answer.read()
    return body


class StatusFile:
    """A version 3 file of OpenVPN 2.6 with count clients, rewritten with counters that move."""

    def __init__(self, path: Path, count: int) -> None:
        self.path = path
        self.count = count
        self.began = int(time.time()) - 86_400
        self.step = 0

    @contextmanager
    def rewritten(self) -> Iterator[None]:
        """Every ten seconds, until the block is left."""
        stop = threading.Event()

        def write() -> None:
            while not stop.wait(10):
                self.rewrite()

        writer = threading.Thread(target=write)
        self.rewrite()
        writer.start()
        try:
            yield
        finally:
            stop.set()
            writer.join()

    def rewrite(self) -> None:
        """Ten seconds later by the server's clock."""
        self.step += 1
        now = self.began + 86_400 + 10 * self.step
        stamp = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(now))
        since = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(self.began))
        lines = [
            "TITLE\tOpenVPN 2.6.14 x86_64-pc-linux-gnu [SSL (OpenSSL)] [LZO] [LZ4] [EPOLL] [AEAD]",
            f"TIME\t{stamp}\t{now}",
            "HEADER\tCLIENT_LIST\tCommon Name\tReal Address\tVirtual Address\tVirtual IPv6 Address"
            "\tBytes Received\tBytes Sent\tConnected Since\tConnected Since (time_t)\tUsername"
            "\tClient ID\tPeer ID\tData Channel Cipher",
        ]
        routes = []
        for n in range(self.count):
            moved = 100_000 + self.step * (1_000 + n)
            real = f"203.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}:{20_000 + n % 40_000}"
            virtual = f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}"
            lines.append(
                f"CLIENT_LIST\tuser{n:06d}\t{real}\t{virtual}\t\t{moved}\t{moved * 3}\t{since}"
                f"\t{self.began}\tUNDEF\t{n}\t{n}\tAES-256-GCM"
            )
            routes.append(f"ROUTING_TABLE\t{virtual}\tuser{n:06d}\t{real}\t{stamp}\t{now}")
        lines.append(
            "HEADER\tROUTING_TABLE\tVirtual Address\tCommon Name\tReal Address\tLast Ref"
            "\tLast Ref (time_t)"
        )
        lines += routes
        lines += ["GLOBAL_STATS\tMax bcast/mcast queue length\t0", "END", ""]
        self.path.write_text("\n".join(lines))
