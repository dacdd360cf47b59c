"""Each trouble as a real OpenVPN makes it, and what the monitor says of it and advises."""

import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from collector.loop import Clocks, Collector
from collector.reader import read_stable
from ovpnmon.config import Settings
from ovpnmon.model import ServerState, StatusError
from ovpnmon.queries.live import servers
from ovpnmon.queries.server_health import Health, healths
from ovpnmon.queries.troubles import troubles
from ovpnmon.store import details, host_report
from ovpnmon.store.details import Details
from tests.openvpn_lab import Host, wait_until

SCRIPT = Path(__file__).parents[2] / "scripts" / "server_status.sh"

pytestmark = pytest.mark.openvpn


class SkippingClocks(Clocks):
    """The machine's own clocks, which skip what a test need not wait for."""

    skipped = 0.0

    def wall(self) -> float:
        return Clocks.wall() + self.skipped

    def monotonic(self) -> float:
        return Clocks.monotonic() + self.skipped


class Monitor:
    """A collector that looks when told to."""

    def __init__(self, data: Path, file: Path, zone: str) -> None:
        data.mkdir()
        self.settings = Settings.from_env(
            {
                "OPENVPN_STATUS_LOG": f"vpn={file}",
                "OPENVPN_MONITOR_DATA": str(data),
                "OPENVPN_MONITOR_TZ": zone,
            }
        )
        self.clocks = SkippingClocks()
        self.collector = Collector(self.settings, self.clocks)

    def look(self) -> ServerState:
        self.collector.guarded_tick()
        return self.collector.state.servers["vpn"]

    def wait(self, status: str) -> ServerState:
        """Look until the server's file is in this state."""
        wait_until(lambda: self.look().status == status, f"status {status}")
        return self.collector.state.servers["vpn"]

    def told(self) -> str:
        """What the pages say is wrong: title, text and what to type."""
        views = servers(self.collector.state, self.clocks.wall())
        return "\n".join(f"{one.title} {one.text} {one.command}" for one in troubles(views, None))

    @property
    def details(self) -> Details:
        return details.load(self.settings.details)["vpn"]

    def health(self) -> Health:
        report = host_report.load(self.settings.server_status)
        return healths(self.collector.state, report, self.clocks.wall(), None)["vpn"]


Watch = Callable[..., Monitor]


@pytest.fixture
def host() -> Iterator[Host]:
    """A host whose files others may look at, unlike those in the tests' own directory."""
    directory = Path(tempfile.mkdtemp(prefix="openvpn-lab-"))
    directory.chmod(0o755)
    try:
        with Host(directory) as made:
            yield made
    finally:
        shutil.rmtree(directory)


@pytest.fixture
def watch(tmp_path: Path) -> Iterator[Watch]:
    """Starts a monitor of a status file; its threads end with the test."""
    made: list[Monitor] = []

    def start(file: Path, zone: str = "UTC") -> Monitor:
        made.append(Monitor(tmp_path / f"data-{len(made)}", file, zone))
        return made[-1]

    yield start
    for monitor in made:
        monitor.collector.close()


def test_a_server_with_a_client_is_followed(host: Host, watch: Watch) -> None:
    """Nothing is wrong: its client is listed with routes, and leaves."""
    server = host.server("vpn")
    monitor = watch(server.status)
    client = host.client()
    wait_until(lambda: len(monitor.look().sessions) == 1, "a session")
    (session,) = monitor.collector.state.servers["vpn"].sessions.values()
    assert (session.common_name, session.real_ip, session.state) == (
        "client",
        "127.0.0.1",
        "connected",
    )
    assert {route.virtual_address for route in monitor.details.routes} == {
        "10.8.0.2",
        "fd00:8::1000",
    }
    assert ("dco_enabled", "0") in monitor.details.global_stats
    assert monitor.told() == ""
    client.stop()
    wait_until(lambda: not monitor.look().sessions, "nobody")


def test_missing_until_it_is_told_to_write_again(host: Host, watch: Watch) -> None:
    """Deleted while OpenVPN runs, the file stays away until SIGHUP, as the message says."""
    server = host.server("vpn")
    monitor = watch(server.status)
    monitor.wait("up")
    server.status.unlink()
    message = monitor.wait("missing").message
    assert str(server.status) in message
    assert "SIGHUP" in message
    server.send(signal.SIGHUP)
    monitor.wait("up")


def test_forbidden_to_everyone_but_root(host: Host) -> None:
    """OpenVPN creates the file readable by root only; a group may be let in, and stays let in."""
    server = host.server("vpn")
    wait_until(server.status.exists, "a status file")
    assert server.status.stat().st_mode & 0o777 == 0o600
    os.seteuid(65534)
    try:
        refused = read_stable([server.status])[server.status]
        assert isinstance(refused, StatusError)
        assert refused.code == "forbidden"
        assert "OpenVPN creates it for root only" in refused.message
        assert "group" in refused.message
    finally:
        os.seteuid(0)
    os.chown(server.status, 0, 65534)
    server.status.chmod(0o640)
    server.stop()
    host.server("vpn")
    os.setegid(65534)
    os.seteuid(65534)
    try:
        assert not isinstance(read_stable([server.status])[server.status], StatusError)
    finally:
        os.seteuid(0)
        os.setegid(0)


def test_empty_because_one_write_failed(host: Host, watch: Watch) -> None:
    """A full disk silences OpenVPN for good, though it goes on serving; SIGHUP cures it, as advised."""
    full = host.directory / "full"
    full.mkdir()
    host.run("mount", "-t", "tmpfs", "-o", "size=64k", "none", full)
    host.run("sh", "-c", f"cat /dev/zero >{full}/filler")
    server = host.server("vpn", f"status {full}/status.log 1")
    seen = host.root / str(full).lstrip("/") / "status.log"

    def rewritten() -> None:
        before = seen.stat().st_mtime
        wait_until(lambda: seen.stat().st_mtime > before + 1, "further rewrites")

    monitor = watch(seen)
    rewritten()
    monitor.wait("empty")
    told = monitor.told()
    assert "restart OpenVPN or send it SIGHUP" in told
    assert "sudo pkill -HUP -x openvpn" in told
    host.client()
    host.run("rm", full / "filler")
    rewritten()
    assert monitor.look().status == "empty"
    server.send(signal.SIGHUP)
    monitor.wait("up")


def test_empty_because_it_is_never_written(host: Host, watch: Watch) -> None:
    """`status FILE 0`: told apart, once the file has lain there untouched for some minutes."""
    server = host.server("vpn", f"status {host.directory}/never.log 0")
    file = host.directory / "never.log"
    wait_until(file.exists, "a status file")
    monitor = watch(file)
    assert monitor.look().status == "empty"
    monitor.clocks.skipped = 200
    assert "with 'status FILE 0' OpenVPN creates it and never writes it" in monitor.look().message
    assert "'status FILE 10'" in monitor.told()
    assert server.said("Initialization Sequence Completed")


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_stale_after_the_server_is_gone(host: Host, watch: Watch, how: signal.Signals) -> None:
    """The last clients stay listed in the file for ever: they are not ended, and not called online."""
    server = host.server("vpn")
    monitor = watch(server.status)
    host.client()
    wait_until(lambda: monitor.look().sessions, "a session")
    server.stop(how)
    monitor.look()
    monitor.clocks.skipped = 40
    monitor.wait("stale")
    assert len(monitor.collector.state.servers["vpn"].sessions) == 1
    assert "has not changed for" in monitor.told()
    assert "The table has the 1 client that it showed then." in monitor.told()
    host.server("vpn")
    monitor.wait("up")


def test_a_client_is_not_a_server(host: Host, watch: Watch) -> None:
    """A client's status file has statistics and no clients: the message says whose file is wanted."""
    server = host.server("vpn")
    status = host.directory / "client-status.log"
    host.start(
        "client",
        *("openvpn", "--client", "--dev", "tun", "--nobind", "--remote", "127.0.0.1", "1194"),
        *("--ca", "ca.crt", "--cert", "client.crt", "--key", "client.key", "--ifconfig-noexec"),
        *("--route-nopull", "--status", str(status), "1"),
    )
    monitor = watch(status)
    message = monitor.wait("client_mode").message
    assert "client" in message
    assert server.status.exists()


def test_a_v1_file_of_a_server_in_another_zone(host: Host, watch: Watch) -> None:
    """Told from the file and its mtime, with a zone that fits; with that zone all is well."""
    server = host.server("vpn", "status-version 1", environ=("TZ=Asia/Tokyo",))
    monitor = watch(server.status, zone="Europe/Berlin")
    monitor.wait("up")
    assert monitor.details.zone_off_seconds in {7 * 3600, 8 * 3600}
    assert "Asia/Tokyo" in monitor.details.fitting_zones
    fixed = watch(server.status, zone="Asia/Tokyo")
    fixed.wait("up")
    assert (fixed.details.zone_off_seconds, fixed.details.fitting_zones) == (0, [])


def test_verdict_from_the_hosts_script_and_the_file_together(host: Host, watch: Watch) -> None:
    """Up, killed and seen to be by the host, silent: what the Server page says of each."""
    server = host.server("vpn")
    monitor = watch(server.status)

    def report() -> None:
        environ = {"PATH": "/usr/bin:/bin", "OPENVPN_STATUS_LOG": f"vpn={server.status}"}
        words = ["sh", SCRIPT, "--no-public-ip", monitor.settings.server_status]
        assert host.run(*words, env=environ).returncode == 0

    report()
    wait_until(lambda: monitor.look().interval_seconds, "a second rewriting")
    assert monitor.health().status == "CONNECTED"
    server.stop(signal.SIGKILL)
    report()
    monitor.clocks.skipped = 40
    monitor.wait("stale")
    found = monitor.health()
    assert found.status == "DISCONNECTED"
    assert found.reason.startswith("no OpenVPN server process runs on this host; ")
    monitor.clocks.skipped = 400
    monitor.look()
    assert monitor.health().status == "Unknown"
    assert "its host last reported" in monitor.health().reason
