"""Real OpenVPN servers and clients on a host of their own.

The host is a process namespace with a network, a /proc and mounts that nobody else sees: what runs there
reaches nothing outside, servers running outside are not seen there, and all ends with its first process.
"""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

UP = "Initialization Sequence Completed"
DEADLINE_SECONDS = 60
PROGRAMS = ("openvpn", "ip", "openssl", "unshare", "nsenter", "setpriv", "ping", "ps")
NAMESPACES = ("--net", "--pid", "--mount")


@cache
def missing() -> str | None:
    """Why no host can be made on this machine, or None."""
    if os.geteuid() != 0:
        return "it takes root to make namespaces"
    if absent := [name for name in PROGRAMS if not shutil.which(name)]:
        return f"these programs are not installed: {', '.join(absent)}"
    if not Path("/dev/net/tun").exists():
        return "there is no /dev/net/tun"
    made = subprocess.run(["unshare", *NAMESPACES, "--fork", "--mount-proc", "true"], check=False)
    return "namespaces are not allowed here" if made.returncode else None


def wait_until(true: Callable[[], object], what: str) -> None:
    """Return as soon as it is true. Raises AssertionError, saying what was waited for, if it never is."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not true():
        assert time.monotonic() < deadline, f"never happened: {what}"
        time.sleep(0.02)


@dataclass
class Running:
    """A command on a host. pid: as that host numbers it. log: what it said."""

    pid: int
    log: Path
    status: Path
    _outer: subprocess.Popen[bytes]
    _outside_pid: int

    def send(self, what: signal.Signals) -> None:
        """Send a signal; SIGHUP makes OpenVPN start anew within its process."""
        os.kill(self._outside_pid, what)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End it and wait until it is gone."""
        if self._outer.poll() is None:
            with suppress(ProcessLookupError):
                self.send(how)
            self._outer.wait(DEADLINE_SECONDS)

    def said(self, what: str) -> bool:
        """Whether its log has this text."""
        return what in self.log.read_text(errors="replace")

    def wait_for(self, what: str) -> None:
        """Until its log has this text."""
        wait_until(
            lambda: self.said(what) or self._outer.poll() is not None,
            f"{what!r} in the log:\n{self.log.read_text(errors='replace')[-1500:]}",
        )
        assert self.said(what), self.log.read_text(errors="replace")


@dataclass
class Host:
    """A host, to be used as a context. directory: where its files go, keys and logs among them."""

    directory: Path
    _first: subprocess.Popen[bytes] = field(init=False)
    _first_pid: int = field(init=False)
    _started: list[Running] = field(default_factory=list)

    def __enter__(self) -> "Host":
        setup = (
            "ip link set lo up && ip addr add 192.0.2.1/24 dev lo && echo up && exec sleep infinity"
        )
        self._first = subprocess.Popen(
            ["unshare", *NAMESPACES, "--fork", "--kill-child", "--mount-proc", "sh", "-c", setup],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # it complains of the way in which it is ended
        )
        assert self._first.stdout is not None
        assert self._first.stdout.readline() == b"up\n"
        self._first_pid = _only_child(self._first.pid)
        make_keys(self.directory)
        return self

    def __exit__(self, *_: object) -> None:
        os.kill(self._first_pid, signal.SIGKILL)
        self._first.wait(DEADLINE_SECONDS)
        for running in self._started:
            running.stop(signal.SIGKILL)
        assert self._first.stdout is not None
        self._first.stdout.close()

    @property
    def root(self) -> Path:
        """The host's / as seen from here, with what is mounted there alone."""
        return Path(f"/proc/{self._first_pid}/root")

    def run(self, *words: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
        """Run a command there to its end. options: of subprocess.run."""
        return subprocess.run(
            self._command(words), check=False, capture_output=True, text=True, **options
        )

    def start(self, name: str, *words: str | Path) -> Running:
        """Start a command there; it ends with the host at the latest."""
        log = self.directory / f"{name}.log"
        with log.open("ab") as file:
            outer = subprocess.Popen(
                self._command(words), stdin=subprocess.DEVNULL, stdout=file, stderr=file
            )
        wait_until(lambda: _children(outer.pid) or outer.poll() is not None, f"{name} starts")
        outside_pid = _only_child(outer.pid)
        status = Path(f"/proc/{outside_pid}/status").read_text()
        numbers = next(line for line in status.splitlines() if line.startswith("NSpid:"))
        running = Running(
            int(numbers.split()[-1]), log, self.directory / f"{name}-status.log", outer, outside_pid
        )
        self._started.append(running)
        return running

    def server(
        self, name: str = "server", *lines: str, number: int = 0, environ: tuple[str, ...] = ()
    ) -> Running:
        """Start a server and wait until it is up. number: one for each that runs at a time.

        It has 10.8.<number>.1 and fd00:8:<number>::1 on tun<number>, port 1194 + <number> over UDP,
        and rewrites its status file, version 3, every second; further lines of its configuration
        may say otherwise. environ: NAME=value.
        """
        configuration = self.directory / f"{name}.conf"
        configuration.write_text(
            "\n".join(
                [
                    f"port {1194 + number}",
                    "proto udp",
                    f"dev tun{number}",
                    "topology subnet",
                    f"server 10.8.{number}.0 255.255.255.0",
                    f"server-ipv6 fd00:8:{number}::/64",
                    "ca ca.crt",
                    "cert server.crt",
                    "key server.key",
                    "dh none",
                    "keepalive 2 12",
                    "duplicate-cn",
                    "verb 3",
                    f"status {self.directory / f'{name}-status.log'} 1",
                    "status-version 3",
                    *lines,
                    "",
                ]
            )
        )
        running = self.start(name, "env", *environ, "openvpn", "--config", configuration.name)
        running.wait_for(UP)
        return running

    def client(self, name: str = "client", *, number: int = 0, up: bool = True) -> Running:
        """Start a client of server <number> and wait until it is connected (up=False: don't wait).

        It has no tunnel device: one that is never brought up makes OpenVPN wait for ever to write to it.
        """
        running = self.start(
            name,
            *("openvpn", "--client", "--dev", "null", "--nobind", "--remote", "127.0.0.1"),
            *(str(1194 + number), "--proto", "udp", "--ca", "ca.crt", "--cert", "client.crt"),
            *("--key", "client.key", "--ifconfig-noexec", "--route-nopull"),
            *("--explicit-exit-notify", "1", "--connect-retry", "1", "1"),
        )
        if up:
            running.wait_for(UP)
        return running

    def _command(self, words: tuple[str | Path, ...]) -> list[str]:
        enter = ["nsenter", "-t", str(self._first_pid), *NAMESPACES, f"--wd={self.directory}"]
        return [*enter, *map(str, words)]


def make_keys(directory: Path) -> None:
    """A throw-away authority, ca, and what it signed for server and client, into the directory."""
    _openssl(
        directory,
        *("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
        *("-subj", "/CN=lab", "-days", "2", "-keyout", "ca.key", "-out", "ca.crt"),
    )
    for name in ("server", "client"):
        _openssl(
            directory,
            *("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
            *("-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.csr"),
        )
        _openssl(
            directory,
            *("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.crt", "-CAkey", "ca.key"),
            *("-CAcreateserial", "-days", "2", "-out", f"{name}.crt"),
        )


def _openssl(directory: Path, *words: str) -> None:
    subprocess.run(["openssl", *words], check=True, cwd=directory, capture_output=True)


def _children(pid: int) -> list[int]:
    with suppress(FileNotFoundError, ProcessLookupError):
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


def _only_child(pid: int) -> int:
    children = _children(pid)
    assert len(children) == 1, f"process {pid} has children {children}"
    return children[0]
