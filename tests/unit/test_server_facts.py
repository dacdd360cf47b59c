"""The lines of the Server page: what is known, what is not, and nothing that must stay secret."""

import re
from dataclasses import replace
from datetime import UTC
from pathlib import Path

import pytest

from ovpnmon import server_facts
from ovpnmon.config import Settings
from ovpnmon.model import Rejected, ServerState
from ovpnmon.queries.live import servers
from ovpnmon.server_facts import Facts, When
from ovpnmon.settings_facts import settings_facts, version_facts
from ovpnmon.store.details import Details
from ovpnmon.store.heartbeat import Heartbeat
from ovpnmon.store.host_report import HostEntry, HostReport
from ovpnmon.store.state import State
from tests import worlds

NOW = 1_800_000_000
WHEN = When(UTC, NOW)
README = Path(__file__).parents[2] / "README.md"


def of_server(
    server: ServerState, entry: HostEntry | None = None, report: HostReport | None = None
) -> Facts:
    view = servers(State(servers={server.name: server}), NOW)[0]
    return server_facts.of_server(
        server, view, entry or HostEntry(), report or HostReport("nothing has written x"), WHEN
    )


def test_a_server_whose_host_does_not_report() -> None:
    """What its file tells; all else is a dash, and the reason is there."""
    facts = of_server(replace(worlds.server("udp", [], NOW), total_sessions=1234))
    assert facts["OpenVPN"] == "OpenVPN 2.6.12 x86_64-pc-linux-gnu"
    assert facts["Sessions so far"] == "1\u202f234"
    assert facts["Host's report"] == "nothing has written x"
    for label in ("Up", "Up since", "Process", "Address in the VPN", "Public address", "Ping"):
        assert facts[label] == "–"
    assert facts["Data channel offload"] == "–"


def test_a_server_whose_host_reports() -> None:
    """Since when, which process, its addresses, whether it answers."""
    entry = HostEntry(
        started_at=NOW - 90_000,
        pid=42,
        interface="tun0",
        local_ip="10.8.0.1",
        local_addresses=(("eth0", "192.0.2.1/24"), ("tun0", "10.8.0.1/24"), ("tun0", "fd00::1/64")),
        pingable=True,
        ping_ms=0.05,
    )
    report = HostReport(checked_at=NOW - 30, host="gate", public_ip="198.51.100.1")
    facts = of_server(replace(worlds.server("udp", [], NOW), dco_enabled=True), entry, report)
    assert facts["Up since"] == "Thu 14 Jan 2027, 07:00:00"
    assert facts["Up"] == "1 d 1 h"
    assert facts["Process"] == "42 on gate"
    assert facts["Address in the VPN"] == "10.8.0.1 on tun0"
    assert facts["Other addresses"] == "192.0.2.1/24 on eth0, fd00::1/64 on tun0"
    assert facts["Public address"] == "198.51.100.1"
    assert facts["Ping"] == "0.05 ms"
    assert facts["Data channel offload"] == "on: byte counters may be too low"
    assert facts["Host's report"] == "Fri 15 Jan 2027, 07:59:30 · 30 s ago"


@pytest.mark.parametrize(
    ("entry", "ping"),
    [
        (HostEntry(pingable=False), "no answer"),
        (HostEntry(pingable=True), "answers"),
        (HostEntry(), "–"),
    ],
)
def test_ping(entry: HostEntry, ping: str) -> None:
    """The old panel's script told only yes or no."""
    assert of_server(worlds.server("udp", [], NOW), entry)["Ping"] == ping


def test_the_old_panels_uptime_is_in_a_zone_that_nobody_knows() -> None:
    """So it is shown as it was written."""
    facts = of_server(worlds.server("udp", [], NOW), HostEntry(uptime_text="2026-11-22 20:10:01"))
    assert facts["Up since"] == "2026-11-22 20:10:01, by its host's clock"


def test_a_status_file() -> None:
    """How it is rewritten, how big, how often it gave nothing; its own last lines."""
    server = replace(
        worlds.server("udp", [], NOW),
        time_text="2027-01-15 08:00:00",
        intervals=[10, 10, 11],
        rejected=[Rejected(1, "x", "y")],
    )
    details = Details(
        size_bytes=12_345,
        modified_at=NOW - 4,
        retries=3,
        global_stats=[("Max bcast/mcast queue length", "7"), ("evil\x1b[31m", "<b>")],
        ahead_seconds=-3725,
    )
    beat = Heartbeat(read_failures={"udp": {"missing": 2, "client_mode": 1}, "tcp": {"busy": 9}})
    facts = server_facts.of_file(server, details, beat, WHEN)
    assert facts["Rewritten"] == "every 10 s (lately 10, 10, 11 s)"
    assert facts["Size"] == "12.3 kB · written 4 s ago"
    assert facts["Torn reads repeated"] == "3"
    assert facts["Looks that gave nothing"] == "client mode 1×, missing 2×"
    assert facts["Rows set aside"] == "1"
    assert facts["Its clock"] == "1 h 02 min behind ours"
    assert facts["Max bcast/mcast queue length"] == "7"
    assert facts["evil[31m"] == "<b>"


def test_a_status_file_that_was_never_read() -> None:
    """Dashes, not noughts."""
    server = ServerState("udp", "/run/udp.log")
    facts = server_facts.of_file(server, Details(), Heartbeat(), WHEN)
    for label in (
        "Version",
        "Its own time",
        "Rewritten",
        "Last new content read",
        "Size",
        "Its clock",
    ):
        assert facts[label] == "–"


def test_a_version_1_file_does_not_tell_which_openvpn_wrote_it() -> None:
    """Its first line is no release; the host's word is taken, where there is one."""
    server = replace(worlds.server("udp", [], NOW), title="OpenVPN CLIENT LIST", version=1)
    assert of_server(server)["OpenVPN"] == "–"
    assert of_server(server, HostEntry(version="2.4.12"))["OpenVPN"] == "2.4.12"


def test_a_wrong_zone_is_not_told_as_a_wrong_clock() -> None:
    """Seven hours of it are the zone's."""
    server = worlds.server("udp", [], NOW)
    for ahead, said in ((25_199.5, "as ours, but for the zone"), (25_500.0, "5 min ahead of ours")):
        details = Details(ahead_seconds=ahead, zone_off_seconds=25_200)
        assert server_facts.of_file(server, details, Heartbeat(), WHEN)["Its clock"] == said


def test_the_collector() -> None:
    """Ticks, failures, what waits, when it last flushed."""
    beat = Heartbeat(
        pid=7,
        started_at=NOW - 3600,
        tick_at=NOW - 4,
        tick_seconds=0.061,
        interval_seconds=10,
        ticks=360,
        errors=1,
        last_error="OSError: No space left",
        lag_seconds=1.25,
        memory_bytes=123_000_000,
    )
    facts = server_facts.of_collector(beat, worlds.normal(NOW, clients=2, minutes=1), WHEN)
    assert facts["Last tick"] == "4 s ago, took 61 ms"
    assert facts["Began late by"] == "1.2 s"
    assert facts["Failed"] == "1 tick, 0 flushes"
    assert facts["Last error"] == "OSError: No space left"
    assert facts["Memory"] == "123 MB"
    assert facts["Last flush"] == "–"
    assert facts["Rows not in the tables yet"] == "26"


def test_the_store() -> None:
    """Sizes, rows where they are known, what is left."""
    facts = server_facts.of_store(
        {"traffic": 10_000, "active_sessions": 500}, {"traffic": 1}, 10**10
    )
    assert facts["Traffic, 10 s"] == "10.0 kB · 1 row"
    assert facts["Sessions"] == "–"
    assert facts["Left on the disk"] == "10.0 GB"


def test_all_of_it_as_text() -> None:
    """One line a fact, so that it can be pasted anywhere."""
    assert server_facts.as_text({"udp": {"A": "1", "Longer": "2"}, "x": {}}) == (
        "udp\n  A       1\n  Longer  2\n\nx"
    )


def test_every_setting_is_there_and_no_secret() -> None:
    """What README names; passwords and tokens only as set or not."""
    environ = {
        "OPENVPN_MONITOR_PASSWORD": "open-sesame-1",
        "OPENVPN_MONITOR_API_TOKEN": "token-token-token-token",
        "OPENVPN_MONITOR_METRICS_CLIENTS": "on",
    }
    facts = settings_facts(Settings.from_env(environ))
    named = set(re.findall(r"^\| `(OPENVPN_\w+)`", README.read_text(), re.MULTILINE))
    assert facts.keys() == named
    assert facts["OPENVPN_MONITOR_PASSWORD"] == facts["OPENVPN_MONITOR_API_TOKEN"] == "set"
    assert not [value for value in facts.values() if "sesame" in value or "token" in value]
    assert facts["OPENVPN_STATUS_LOG"] == "openvpn=/var/log/openvpn/status.log"
    assert settings_facts(Settings.from_env({}))["OPENVPN_MONITOR_PASSWORD"] == "none"


def test_versions_are_those_installed() -> None:
    """Of the program and what it depends on."""
    facts = version_facts()
    assert facts["streamlit"].count(".") == 2
    assert "not installed" not in facts.values()
