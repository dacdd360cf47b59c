"""Scripts written for the Flask panel go on working: its recorded answers, key by key.

Left aside: times that run on, the faults that its README names, and the rows of sessions still open,
which the old history wrote beside those that had ended.
"""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from collector.loop import Collector
from collector.stopping import Stop
from ovpnmon.config import Settings
from tests.api_client import Client

RECORDED = Path(__file__).parent.parent / "fixtures" / "old-panel"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Client:
    """Our program, started on the old panel's files and its server's status file."""
    home = tmp_path_factory.mktemp("taken-over")
    shutil.copytree(RECORDED / "state", home / "data")
    shutil.copy(RECORDED / "status.log", home)
    settings = Settings.from_env(
        {
            "OPENVPN_STATUS_LOG": str(home / "status.log"),
            "OPENVPN_MONITOR_DATA": str(home / "data"),
            "OPENVPN_MONITOR_TZ": "Europe/Moscow",
        }
    )
    once = Stop()
    once.ask()
    Collector(settings).run(once)
    return Client(settings)


def recorded(name: str) -> Any:
    return json.loads((RECORDED / f"api-{name}.json").read_text())


def test_clients(client: Client) -> None:
    """Every key of every client, and who is there."""
    ours = {row["common_name"]: row for row in client.json("/api/clients")["clients"]}
    theirs = {row["common_name"]: row for row in recorded("clients")["clients"]}
    assert ours.keys() == theirs.keys() == {"alice", "boris"}
    for name, row in theirs.items():
        row.pop("time_online")  # runs on; ours stands at the file's own time
        assert {key: ours[name][key] for key in row} == row
    assert ours["alice"]["time_online"] == "0:00:01"
    assert ours["boris"]["time_online"] == "0:00:05"


def test_history(client: Client) -> None:
    """Every closed session with every key, under its old session_id, newest first."""
    ours = client.json("/api/history")
    closed = [row for row in recorded("history") if row["rx"] is not None]
    assert [row["session_id"] for row in ours] == [row["session_id"] for row in reversed(closed)]
    by_id = {row["session_id"]: row for row in ours}
    for row in closed:
        assert {key: by_id[row["session_id"]][key] for key in row} == row


def test_server_status(client: Client) -> None:
    """All keys with the values that file and host script gave."""
    theirs = recorded("server-status")
    ours = client.json("/api/server-status")
    assert {key: ours[key] for key in theirs} == theirs


def test_summary(client: Client) -> None:
    """Names, who is online, sessions and the shape of the current one; totals are exact here."""
    ours = {row["name"]: row for row in client.json("/api/clients/summary")["clients"]}
    theirs = {row["name"]: row for row in recorded("clients-summary")["clients"]}
    assert ours.keys() == theirs.keys()
    for name, row in theirs.items():
        assert row.keys() <= ours[name].keys()
        for key in ("is_online", "sessions"):
            assert ours[name][key] == row[key]
        if "current_session" in row:
            row["current_session"].pop("time_online")
            kept = {key: ours[name]["current_session"][key] for key in row["current_session"]}
            assert kept == row["current_session"]
        else:
            assert "current_session" not in ours[name]
            assert ours[name]["last_seen"] == row["last_seen"]
            assert ours[name]["total_duration_human"] == row["total_duration_human"]
        # The old one rounded each session to 0.01 MB and forgot those below 5 kB.
        assert ours[name]["total_rx_gb"] == pytest.approx(row["total_rx_gb"], abs=0.001)
        assert ours[name]["total_tx_gb"] == pytest.approx(row["total_tx_gb"], abs=0.001)


def test_the_sessions_still_open_are_not_in_the_history_too(client: Client) -> None:
    """What the old panel had open and our tracker found is one session, with include=open as well."""
    everything = client.json("/api/history?include=open")
    assert sorted(row["name"] for row in everything) == ["alice", "alice", "boris", "Кирилл"]
    assert sum(row["session_end"] is None for row in everything) == 2
