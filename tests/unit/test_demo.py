"""The demo's past and its present are one story, told through the real tables and the real tracker."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from collector import tracking
from collector.parser import parse
from collector.recovery import recover
from ovpnmon.config import Settings
from ovpnmon.model import ServerState
from ovpnmon.store import state as states
from ovpnmon.store.reader import Store
from scripts import demo
from scripts.simulation import backfill
from scripts.simulation.lives import DAY, HOUR
from scripts.simulation.people import SERVERS
from scripts.simulation.servers import Plan
from tests.recording import eventually, make_settings

PAST = 9
NOW = 1_796_220_000
"""Wednesday, 2 December 2026, 14:00 UTC."""
PLAN = Plan(NOW // DAY * DAY - PAST * DAY, seed=3, clients=30)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A directory with a past of some days and nothing else. Not to be changed."""
    settings = make_settings(tmp_path_factory.mktemp("demo"))
    backfill.fill(settings, PLAN, NOW, NOW - 6 * HOUR)
    return settings


def ask(settings: Settings, query: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = Store(settings).sql(query).to_pylist()
    return found


SUMS = (
    "(SELECT session_id, sum(bytes_received) AS received, sum(bytes_sent) AS sent,"
    " sum(seconds) AS seconds FROM traffic_5m WHERE session_id <> '' GROUP BY session_id)"
)


def test_every_session_of_the_past_has_its_traffic(filled: Settings) -> None:
    """Bytes and durations of the history are the sums of the traffic table, to the byte."""
    rows = ask(
        filled,
        "SELECT h.*, t.received, t.sent, t.seconds FROM session_history h"
        f" JOIN {SUMS} t ON t.session_id = h.session_id",
    )
    assert len(rows) > 200
    assert len(rows) == ask(filled, "SELECT count(*) AS n FROM session_history")[0]["n"]
    for row in rows:
        assert (row["bytes_received"], row["bytes_sent"]) == (row["received"], row["sent"])
        assert row["duration_seconds"] == row["seconds"]
        assert row["connected_at"] <= row["last_seen_at"] <= row["disconnected_at"]
        assert row["disconnected_at"].timestamp() <= NOW


def test_fine_and_coarse_traffic_agree(filled: Settings) -> None:
    """Over the last whole hour, session by session."""
    since, until = NOW - HOUR, NOW
    fine, coarse = (
        ask(
            filled,
            "SELECT session_id, sum(bytes_received) AS received, sum(bytes_sent) AS sent"
            f" FROM {table} WHERE {column} >= to_timestamp_seconds({since})"
            f" AND {column} < to_timestamp_seconds({until}) GROUP BY 1 ORDER BY 1",
        )
        for table, column in (("traffic", "from_at"), ("traffic_5m", "bucket_at"))
    )
    assert fine == coarse
    assert len(fine) > 8


def test_the_past_shows_a_restart_and_an_outage(filled: Settings) -> None:
    """So that each way to end is there to be seen, and a gap in the charts."""
    reasons = {row["close_reason"] for row in ask(filled, "SELECT * FROM session_history")}
    assert {"disconnected", "server_restarted"} <= reasons
    observed = ask(
        filled,
        "SELECT server, sum(seconds) AS seconds FROM traffic_5m WHERE session_id = '' GROUP BY 1",
    )
    whole = NOW - PLAN.origin
    assert {row["server"] for row in observed} == set(SERVERS)
    for row in observed:
        assert 2400 <= whole - row["seconds"] <= 3600


def test_the_live_part_goes_on_where_the_past_ends(filled: Settings, tmp_path: Path) -> None:
    """Sessions open at the end keep their identity, and not a byte is counted twice or lost."""
    settings = replace(filled, active_sessions=tmp_path / "active_sessions.json")
    state = recover(settings)
    writers = {server: demo.Writer(PLAN, server, tmp_path / f"{server}.log") for server in SERVERS}
    for now in range(NOW, NOW + 120, 5):
        for server, writer in writers.items():
            writer.write(now)
            snapshot = parse((tmp_path / f"{server}.log").read_bytes(), settings.tz, now)
            known = state.servers.get(server) or ServerState(server, "")
            changes = tracking.advance(known, snapshot, state.next_number, now)
            state = states.extend(state, changes)
            state = replace(state, servers={**state.servers, server: changes.server})
    states.save(settings.active_sessions, state)
    live = ask(
        settings,
        "SELECT o.session_id, o.connected_at, o.bytes_received, o.bytes_sent, t.received, t.sent"
        f" FROM open_sessions o LEFT JOIN {SUMS} t ON t.session_id = o.session_id"
        " WHERE o.established",
    )
    known = {row["session_id"] for row in ask(filled, f"SELECT session_id FROM {SUMS}")}
    older = {row["session_id"] for row in live if row["connected_at"].timestamp() < NOW}
    assert len(older) > 8
    assert older <= known
    for row in live:
        assert (row["bytes_received"], row["bytes_sent"]) == (row["received"], row["sent"]), row
    both = "SELECT * FROM open_sessions o JOIN session_history h ON h.session_id = o.session_id"
    assert ask(settings, both) == []


def test_a_directory_with_something_else_in_it_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Simulated sessions never get among real ones."""
    (tmp_path / "active_sessions.json").write_text("{}")
    assert demo.main(["--data", str(tmp_path), "--prepare"]) == 1
    assert str(tmp_path) in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["active_sessions.json"]


def test_preparing_twice_fills_once(tmp_path: Path) -> None:
    """A second start goes on with the world of the first, whatever it is told now."""
    data = tmp_path / "new"
    arguments = ["--data", str(data), "--prepare", "--clients", "5", "--days", "1"]
    assert demo.main(arguments) == 0
    settings = Settings.from_env({"OPENVPN_MONITOR_DATA": str(data)})
    before = ask(settings, "SELECT count(*) AS n FROM traffic")
    noted = (data / "demo.json").read_bytes()
    assert demo.main([*arguments, "--seed", "7"]) == 0
    assert ask(settings, "SELECT count(*) AS n FROM traffic") == before
    assert (data / "demo.json").read_bytes() == noted
    assert all((data / "openvpn" / f"{server}.log").stat().st_size > 500 for server in SERVERS)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[tuple[Path, "subprocess.Popen[bytes]"]]:
    """The real program at work, and its directory."""
    data = tmp_path / "demo"
    command = [sys.executable, demo.__file__, "--data", str(data), "--clients", "5", "--days", "1"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env={**os.environ, "TZ": "UTC"})
    yield data, process
    process.kill()
    process.wait()


def test_the_program_keeps_both_files_fresh_until_it_is_told_to_stop(
    running: tuple[Path, "subprocess.Popen[bytes]"],
) -> None:
    """On SIGTERM it ends at once and well, and the files stay as they are."""
    data, process = running
    paths = [data / "openvpn" / f"{server}.log" for server in SERVERS]
    eventually((data / "demo.json").exists)
    began = time.time()
    inodes = [path.stat().st_ino for path in paths]
    eventually(lambda: all(path.stat().st_mtime > began for path in paths))
    assert [path.stat().st_ino for path in paths] == inodes
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=60) == 0
    assert all(path.read_bytes().endswith(b"END\n") for path in paths)
