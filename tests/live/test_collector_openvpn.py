"""The collector beside a real server with real clients: its history is what OpenVPN's own hooks say."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from ovpnmon.config import Settings
from ovpnmon.store.reader import Store
from tests.openvpn_lab import Host, Running, wait_until
from tests.processes import ROOT, environment

pytestmark = pytest.mark.openvpn

HOOK = """
import json, os, sys
e = os.environ
row = {"event": sys.argv[2], "name": e["common_name"], "ip": e["trusted_ip"], "port": e["trusted_port"],
       "vpn": e.get("ifconfig_pool_remote_ip"), "since": int(e["time_unix"]),
       "received": int(e.get("bytes_received", 0)), "sent": int(e.get("bytes_sent", 0)),
       "seconds": int(e.get("time_duration", 0))}
with open(sys.argv[1], "a") as file:
    file.write(json.dumps(row) + "\\n")
"""
NAMES = ("anna, O'Brien", "Борис")


class Place:
    """A host with a server whose hooks write down what happens, and a collector that reads its file."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self.truth = host.directory / "truth.jsonl"
        self.hook = host.directory / "hook.py"
        self.hook.write_text(HOOK)
        self.status = host.directory / "server-status.log"
        self.environ = {
            "OPENVPN_STATUS_LOG": str(self.status),
            "OPENVPN_MONITOR_DATA": str(host.directory / "data"),
            "OPENVPN_MONITOR_INTERVAL": "0.3",
        }
        self.settings = Settings.from_env(self.environ)
        self.collector: subprocess.Popen[bytes] | None = None

    def server(self) -> Running:
        """The server, whose clients say by a user name who they are."""
        command = f"{sys.executable} -S -E {self.hook} {self.truth}"
        return self.host.server(
            "server",
            "script-security 3",
            f'client-connect "{command} connect"',
            f'client-disconnect "{command} disconnect"',
            'auth-user-pass-verify "/bin/true" via-env',
            "username-as-common-name",
        )

    def client(self, number: int) -> Running:
        """A client named NAMES[number]; connected when this returns."""
        login = self.host.directory / f"login-{number}"
        login.write_text(f"{NAMES[number]}\nsecret\n")
        running = self.host.start(
            f"client-{number}",
            *("openvpn", "--client", "--dev", "tun", "--nobind", "--remote", "127.0.0.1", "1194"),
            *("--proto", "udp", "--ca", "ca.crt", "--cert", "client.crt", "--key", "client.key"),
            *("--ifconfig-noexec", "--route-nopull", "--explicit-exit-notify", "1"),
            *("--connect-retry", "1", "1", "--auth-user-pass", login.name, "--auth-nocache"),
        )
        running.wait_for("Initialization Sequence Completed")
        return running

    def collect(self) -> None:
        """Start the collector."""
        log = (self.host.directory / "collector.log").open("ab")
        with log:
            self.collector = subprocess.Popen(
                [sys.executable, "-m", "collector"],
                cwd=ROOT,
                env=environment(**self.environ),
                stderr=log,
            )

    def end_collector(self, how: signal.Signals) -> int:
        """Stop or kill it; returns its exit status."""
        assert self.collector is not None
        self.collector.send_signal(how)
        return self.collector.wait(60)

    def history(self) -> list[dict[str, Any]]:
        """What the collector has found to be over."""
        query = "SELECT * FROM session_history ORDER BY connected_at, common_name"
        rows: list[dict[str, Any]] = Store(self.settings).sql(query).to_pylist()
        return rows

    def online(self) -> list[str]:
        """Whom the collector sees connected."""
        return sorted(
            session.common_name
            for server in Store(self.settings).state().servers.values()
            for session in server.sessions.values()
            if session.state == "connected"
        )

    def told(self, event: str) -> list[dict[str, Any]]:
        """What the hooks wrote down, by event."""
        lines = self.truth.read_text().splitlines() if self.truth.exists() else []
        return [row for row in map(json.loads, lines) if row["event"] == event]


@pytest.fixture
def place(host: Host) -> Iterator[Place]:
    """Everything of it is gone when the test is."""
    made = Place(host)
    (host.directory / "data").mkdir()
    yield made
    if made.collector is not None and made.collector.poll() is None:
        made.collector.kill()
        made.collector.wait(60)


def test_every_end_that_openvpn_logged_is_found_once(place: Place) -> None:
    """Names with commas and in Cyrillic, a goodbye, a restart of the server, a kill of the collector."""
    server = place.server()
    place.collect()
    anna = place.client(0)
    place.client(1)
    wait_until(lambda: place.online() == sorted(NAMES), "both are seen online")

    anna.stop()
    wait_until(lambda: len(place.told("disconnect")) == 1, "the server notices the goodbye")
    wait_until(lambda: len(place.history()) == 1, "the goodbye is in the history")
    assert place.online() == [NAMES[1]]

    assert place.end_collector(signal.SIGKILL) == -signal.SIGKILL
    server.stop()
    place.server()
    wait_until(lambda: len(place.told("connect")) == 3, "the second client comes back")
    place.collect()
    wait_until(lambda: len(place.history()) == 2, "the session before the restart is over")
    wait_until(lambda: place.online() == [NAMES[1]], "the one after it is open")
    assert place.end_collector(signal.SIGTERM) == 0

    truth = sorted(place.told("disconnect"), key=lambda row: (row["since"], row["name"]))
    found = sorted(place.history(), key=lambda row: (row["connected_at"], row["common_name"]))
    assert len(truth) == len(found) == 2
    for told, row in zip(truth, found, strict=True):
        assert row["common_name"] == told["name"]
        assert row["connected_at"].timestamp() == told["since"]
        assert (row["real_ip"], row["real_port"]) == (told["ip"], told["port"])
        assert row["vpn_ipv4"] == told["vpn"]
        assert 0 < row["bytes_received"] <= told["received"]
        assert 0 < row["bytes_sent"] <= told["sent"]
    # The first was watched to its end: exit lingering of up to 5 s, an interval of 1 s, a busy machine.
    assert abs(found[0]["duration_seconds"] - truth[0]["seconds"]) <= 10
