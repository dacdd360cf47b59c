"""scripts/server_status.sh on a host where real OpenVPN servers and clients run, and things like them."""

import json
import subprocess
import time
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.live.conftest import Shell
from tests.openvpn_lab import Host, Running, wait_until

SCRIPT = Path(__file__).parents[2] / "scripts" / "server_status.sh"
AUTH_PLUGIN = Path("/usr/lib/openvpn/openvpn-plugin-auth-pam.so")

pytestmark = pytest.mark.openvpn


def report(host: Host, shell: Shell, *files: tuple[str, Path], **variables: str) -> Any:
    """What the script says on that host of the servers with these status files."""
    output = host.directory / "report.json"
    setting = ",".join(f"{name}={path}" for name, path in files)
    environment = {"PATH": shell.path, "OPENVPN_STATUS_LOG": setting} | variables
    done = host.run(*shell.words, SCRIPT, "--no-public-ip", output, env=environment)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    return json.loads(output.read_bytes())


def test_a_running_server_is_connected_with_all_that_the_host_knows_of_it(
    host: Host, shell: Shell
) -> None:
    """Process, version, start, tunnel, addresses of both families, an answer to ping."""
    before = time.time()
    server = host.server("vpn")
    after = time.time()
    found = report(host, shell, ("vpn", server.status), TZ="Asia/Tokyo")
    assert found["status"] == "CONNECTED"
    assert found["reason"] == f"process {server.pid} has {server.status} open"
    assert found["pid"] == server.pid
    assert f"OpenVPN {found['version']} " in subprocess.check_output(
        ["openvpn", "--version"], text=True
    )
    started = datetime.fromisoformat(found["started_at"])
    assert before - 1 <= started.timestamp() <= after + 1  # the kernel tells boot in whole seconds
    local = started.astimezone(ZoneInfo("Asia/Tokyo"))
    assert found["uptime"] == f"{local:%Y-%m-%d %H:%M:%S}"
    assert (found["interface"], found["local_ip"]) == ("tun0", "10.8.0.1")
    addresses = {(each["interface"], each["address"]) for each in found["local_addresses"]}
    assert addresses == {
        ("lo", "192.0.2.1/24"),
        ("tun0", "10.8.0.1/24"),
        ("tun0", "fd00:8::1/64"),
    }
    assert found["pingable"] == "Yes"
    assert 0 < found["ping_ms"] < 1000
    assert {
        key: found["servers"]["vpn"][key] for key in ("pid", "uptime", "local_ip", "status")
    } == {key: found[key] for key in ("pid", "uptime", "local_ip", "status")}


def test_a_server_that_was_stopped_is_disconnected(host: Host, shell: Shell) -> None:
    """Its status file stays behind with the last clients listed; the process is what counts."""
    server = host.server("vpn")
    wait_until(lambda: server.status.stat().st_size, "a status file")
    server.stop()
    found = report(host, shell, ("vpn", server.status))
    assert found["status"] == "DISCONNECTED"
    assert found["reason"] == "no OpenVPN server process runs on this host"
    assert [found[key] for key in ("pid", "uptime", "started_at", "local_ip", "pingable")] == [
        None
    ] * 5


def test_of_several_servers_each_name_gets_the_process_with_its_file(
    host: Host, shell: Shell
) -> None:
    """And the whole is as bad as the worst, with the reason."""
    udp, tcp = host.server("udp"), host.server("tcp", number=1)
    found = report(host, shell, ("tcp", tcp.status), ("udp", udp.status))
    assert {name: entry["pid"] for name, entry in found["servers"].items()} == {
        "tcp": tcp.pid,
        "udp": udp.pid,
    }
    assert [found["servers"][name]["local_ip"] for name in ("tcp", "udp")] == [
        "10.8.1.1",
        "10.8.0.1",
    ]
    assert found["status"] == "CONNECTED"
    tcp.stop()
    found = report(host, shell, ("udp", udp.status), ("tcp", tcp.status))
    assert found["servers"]["udp"]["status"] == "CONNECTED"
    assert found["servers"]["tcp"]["status"] == "DISCONNECTED"
    assert found["status"] == "DISCONNECTED"
    assert (
        found["reason"]
        == f"tcp: none of the OpenVPN server processes here (1) has {tcp.status} open"
    )
    assert found["pid"] == udp.pid


def test_a_client_is_no_server_even_where_it_writes_the_file(host: Host, shell: Shell) -> None:
    """An OpenVPN client on the host doesn't make the server pass as running."""
    status = host.directory / "client-status.log"
    client = host.start(
        "client",
        *("openvpn", "--client", "--dev", "tun5", "--nobind", "--remote", "127.0.0.1", "1194"),
        *("--ca", "ca.crt", "--cert", "client.crt", "--key", "client.key"),
        *("--status", str(status), "1"),
    )
    wait_until(status.exists, "the client's status file")
    assert report(host, shell, ("vpn", status))["status"] == "DISCONNECTED"
    server = host.server("vpn")
    found = report(host, shell, ("vpn", server.status))
    assert (found["status"], found["pid"]) == ("CONNECTED", server.pid)
    assert client.pid != server.pid


def impostors(host: Host) -> list[Running]:
    """Processes with the word in their name, their arguments or their program's name."""
    script = host.directory / "openvpn"
    script.write_text("#!/bin/sh\nsleep 1000\n")
    script.chmod(0o755)
    other = host.directory / "openvpn-exporter"
    other.write_bytes(Path("/usr/bin/sleep").read_bytes())
    other.chmod(0o755)
    return [
        host.start("named", script, "--config", "server.conf", "--server"),
        host.start("longer", other, "1000"),
        host.start("argument", "tail", "-f", "/dev/null", "--pid=1", "openvpn"),
    ]


def test_what_only_looks_like_openvpn_is_not_taken_for_it(host: Host, shell: Shell) -> None:
    """A script of that name, a program whose name begins so, a command with the word: none is a server."""
    impostors(host)
    assert report(host, shell, ("vpn", host.directory / "none.log"))["status"] == "DISCONNECTED"
    server = host.server("vpn")
    assert report(host, shell, ("vpn", server.status))["pid"] == server.pid


@pytest.mark.skipif(not AUTH_PLUGIN.exists(), reason="Debian's OpenVPN brings the plugin")
def test_a_plugins_helper_process_is_not_a_second_server(host: Host, shell: Shell) -> None:
    """The plugin forks a helper that is OpenVPN by name, program and arguments."""
    server = host.server("vpn", f"plugin {AUTH_PLUGIN} login")
    names = host.run("ps", "-C", "openvpn", "-o", "pid=").stdout.split()
    assert len(names) == 2
    found = report(host, shell, ("vpn", Path("/nowhere/else.log")))
    assert (found["status"], found["pid"]) == ("CONNECTED", server.pid)
    assert "is the only OpenVPN server of this host, but is not seen to have" in found["reason"]


def test_which_of_several_servers_is_meant_is_not_guessed(host: Host, shell: Shell) -> None:
    """One name, two servers, and neither has the file open: unknown, with what to do."""
    host.server("udp")
    host.server("tcp", number=1)
    found = report(host, shell, ("vpn", Path("/nowhere/else.log")))
    assert (found["status"], found["pid"]) == ("Unknown", None)
    assert "OPENVPN_STATUS_LOG naming each server's status file" in found["reason"]


def test_a_status_file_that_was_deleted_still_tells_its_server(host: Host, shell: Shell) -> None:
    """OpenVPN goes on writing into the deleted file; the process is no less running."""
    udp, tcp = host.server("udp"), host.server("tcp", number=1)
    wait_until(udp.status.exists, "a status file")
    udp.status.unlink()
    found = report(host, shell, ("udp", udp.status), ("tcp", tcp.status))
    assert found["servers"]["udp"]["pid"] == udp.pid


def test_a_daemon_with_a_configuration_of_relative_name_is_found(host: Host, shell: Shell) -> None:
    """Started as Debian's service does: daemon, own directory, a file of a relative name."""
    first = host.server("vpn")
    first.stop()
    done = host.run(
        "openvpn", "--daemon", "--cd", host.directory, "--config", "vpn.conf", "--writepid", "pid"
    )
    assert done.returncode == 0
    wait_until((host.directory / "pid").exists, "the daemon's pid")
    found = report(host, shell, ("vpn", first.status))
    assert (found["status"], found["pid"]) == (
        "CONNECTED",
        int((host.directory / "pid").read_text()),
    )


def test_a_server_in_a_network_of_its_own_is_asked_there(host: Host, shell: Shell) -> None:
    """In a container the tunnel and its address are in the container's network, not the host's."""
    server = host.server("vpn")
    server.stop()
    contained = host.start(
        "vpn", "unshare", "--net", "sh", "-c", "ip link set lo up; exec openvpn --config vpn.conf"
    )
    wait_until(
        lambda: "tun0" in host.run("nsenter", "-t", str(contained.pid), "-n", "ip", "link").stdout,
        "tun0",
    )
    found = report(host, shell, ("vpn", server.status))
    assert (found["interface"], found["local_ip"], found["pingable"]) == ("tun0", "10.8.0.1", "Yes")
    assert "tun0" not in host.run("ip", "link").stdout


def test_without_root_it_tells_what_it_can(host: Host, shell: Shell) -> None:
    """The one server is found by its name and configuration, its tunnel by the address configured."""

    def report_as_nobody() -> Any:
        nobody = [
            "/usr/bin/env",
            "-C",
            "/mnt",
            "/usr/bin/setpriv",
            "--reuid=65534",
            "--clear-groups",
        ]
        words = [*nobody, *shell.words, SCRIPT, "--no-public-ip"]
        environment = {"PATH": shell.path, "OPENVPN_STATUS_LOG": "/mnt/vpn-status.log"}
        done = host.run(*words, "/mnt/open/report.json", env=environment)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        return json.loads((host.directory / "open" / "report.json").read_bytes())

    host.run("mount", "--bind", host.directory, "/mnt")  # the way to it is closed to others
    host.directory.chmod(0o755)
    (host.directory / "open").mkdir()
    (host.directory / "open").chmod(0o777)
    host.server("vpn").stop()
    server = host.start("vpn", "openvpn", "--config", "/mnt/vpn.conf")
    wait_until(lambda: "10.8.0.1" in host.run("ip", "addr").stdout, "a tunnel")
    found = report_as_nobody()
    assert (found["status"], found["pid"]) == ("CONNECTED", server.pid)
    assert "is not seen to have" in found["reason"]
    assert (found["interface"], found["local_ip"], found["version"]) == ("tun0", "10.8.0.1", None)
    host.server("second", number=1)
    assert report_as_nobody()["status"] == "Unknown"


def test_a_program_of_anyones_is_not_run_to_learn_its_version(host: Host, shell: Shell) -> None:
    """cron runs this as root: a file that any user may have put there must not be."""
    copy = host.directory / "bin" / "openvpn"
    copy.parent.mkdir()
    copy.write_bytes(Path("/usr/sbin/openvpn").read_bytes())
    copy.chmod(0o755)
    host.server("vpn").stop()
    running = host.start("vpn", copy, "--config", "vpn.conf")
    wait_until((host.directory / "vpn-status.log").exists, "a status file")
    found = report(host, shell, ("vpn", host.directory / "vpn-status.log"))
    assert (found["status"], found["pid"], found["version"]) == ("CONNECTED", running.pid, None)


def test_a_full_disk_leaves_the_last_report_whole(host: Host, shell: Shell) -> None:
    """The run fails and says so; what was there stays, and nothing half-written is left beside it."""
    full = host.directory / "full"
    full.mkdir()
    setup = f"mount -t tmpfs -o size=16k none {full} && echo old >{full}/report.json"
    fill = f"cat /dev/zero >{full}/filler 2>/dev/null"
    look = f"cat {full}/report.json; ls -A {full}"
    words = " ".join([*shell.words, str(SCRIPT), "--no-public-ip", f"{full}/report.json"])
    done = host.run("sh", "-c", f"{setup}; {fill}; {words}; echo status $?; {look}")
    assert done.stdout.split() == ["status", "1", "old", "filler", "report.json"]
    assert f"cannot write {full}/report.json" in done.stderr
