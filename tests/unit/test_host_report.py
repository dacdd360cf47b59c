"""The VPN host's report as it is read: the old panel's, ours, and what may lie in its place."""

import json
import os
from pathlib import Path

import pytest

from ovpnmon.store.host_report import HostEntry, load

OLD = {
    "status": "CONNECTED",
    "uptime": "2026-11-22 20:10:01",
    "local_ip": "10.8.0.1",
    "public_ip": "198.51.100.1",
    "pingable": "Yes",
}


def write(path: Path, report: object) -> Path:
    path.write_text(json.dumps(report))
    os.utime(path, (1000, 1000))
    return path


def test_the_old_panels_report_is_about_the_one_server(tmp_path: Path) -> None:
    """It has no names and no time of its own; the file's is when it was made."""
    report = load(write(tmp_path / "r.json", OLD))
    entry = report.of("openvpn", alone=True)
    assert (entry.status, entry.uptime_text, entry.local_ip, entry.pingable) == (
        "CONNECTED",
        "2026-11-22 20:10:01",
        "10.8.0.1",
        True,
    )
    assert (report.public_ip, report.checked_at, report.received_at) == ("198.51.100.1", 1000, 1000)
    assert entry.started_at is None


def test_a_report_without_names_tells_nothing_of_several_servers(tmp_path: Path) -> None:
    """Nobody knows which of them it means."""
    assert load(write(tmp_path / "r.json", OLD)).of("udp", alone=False) == HostEntry()


def test_servers_are_found_by_name(tmp_path: Path) -> None:
    """A server that the host does not name is not mistaken for another."""
    report = load(
        write(
            tmp_path / "r.json",
            OLD
            | {
                "checked_at": "1970-01-01T00:15:00+00:00",
                "servers": {
                    "udp": {"status": "DISCONNECTED", "reason": "gone"},
                    "tcp": {
                        "status": "CONNECTED",
                        "started_at": "1970-01-01T00:10:00+00:00",
                        "pid": 42,
                        "ping_ms": 0.05,
                        "local_addresses": [{"interface": "tun1", "address": "10.9.0.1/24"}],
                    },
                },
            },
        )
    )
    assert report.of("udp", alone=False).reason == "gone"
    tcp = report.of("tcp", alone=False)
    assert (tcp.started_at, tcp.pid, tcp.ping_ms) == (600, 42, 0.05)
    assert tcp.local_addresses == (("tun1", "10.9.0.1/24"),)
    assert report.of("other", alone=True) == HostEntry()
    assert (report.checked_at, report.received_at) == (900, 1000)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "holds no report"),
        (b"{}", "holds no report"),
        (b"[]", "holds no report"),
        (b'{"status": "CONN', "is not JSON"),
        (b"\xff\xfe", "is not JSON"),
    ],
)
def test_what_is_no_report_says_so(tmp_path: Path, content: bytes, words: str) -> None:
    """An empty file is what the old panel created at its first run."""
    path = tmp_path / "r.json"
    path.write_bytes(content)
    report = load(path)
    assert words in report.trouble
    assert report.checked_at is None


def test_a_missing_or_unreadable_report_says_so(tmp_path: Path) -> None:
    """Named with its path, so that one sees where the script should write."""
    assert load(tmp_path / "r.json").trouble == f"nothing has written {tmp_path / 'r.json'}"
    assert "cannot be read: Is a directory" in load(tmp_path).trouble


@pytest.mark.parametrize(
    "value", [None, 5, [], {}, "Unknown", "", True, "yesterday", "2026-11-22T10:00:00"]
)
def test_values_of_another_kind_count_as_not_told(tmp_path: Path, value: object) -> None:
    """Anyone may have edited the file: nothing in it breaks the reading of the rest."""
    keys = ("status", "uptime", "started_at", "version", "ping_ms", "local_addresses", "servers")
    odd = dict.fromkeys([*keys, "checked_at", "host", "interface"], value) | {
        "local_ip": "10.8.0.1"
    }
    report = load(write(tmp_path / "r.json", odd))
    assert report.whole.local_ip == "10.8.0.1"
    assert report.whole.status == "Unknown"
    assert report.whole.started_at is None
    assert report.checked_at == 1000
