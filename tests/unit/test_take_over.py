"""Who comes from the Flask panel keeps the history: taken over once, nothing twice, old files untouched."""

import json
import logging
import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from collector import take_over, tracking
from collector.flush import Flusher
from collector.parser import parse
from collector.recovery import recover
from ovpnmon.config import Settings
from ovpnmon.model import ClosedSession, Rejected, ServerState
from ovpnmon.store import old_panel, tables
from ovpnmon.store import state as states
from ovpnmon.store.reader import Store
from ovpnmon.store.state import State
from tests.recording import News, make_session, make_settings

FILES = Path(__file__).parents[1] / "fixtures" / "old-panel"
ALICE = "67b1c55d-494d-4d60-bef1-6e7cd9bf556c"
ALICE_AGAIN = "7c05e044-f8ba-4e3b-9711-21d5059029ef"
BORIS = "d2025c2f-e682-4987-b36b-a290d20d5291"
KIRILL = "d687bc17-d6f7-46df-ac92-df17bc9fbee5"
EVERYBODY = {ALICE, ALICE_AGAIN, BORIS, KIRILL}
ALICE_SINCE, ALICE_AGAIN_SINCE = 1_795_367_401, 1_795_367_405
"""2026-11-22 20:10:01 and :05 in Moscow."""
WRITTEN_AT = ALICE_SINCE + 600


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A data directory that holds the panel's files, and nothing of ours."""
    shutil.copytree(FILES / "state", tmp_path / "data")
    os.utime(tmp_path / "data" / "active_sessions.json", (WRITTEN_AT, WRITTEN_AT))
    return make_settings(tmp_path, OPENVPN_MONITOR_TZ="Europe/Moscow", OPENVPN_STATUS_LOG="u=u.log")


def start(settings: Settings) -> State:
    """What a collector does before its first tick."""
    return take_over.take_over(settings, recover(settings, old_panel.is_old_active))


def history(settings: Settings) -> dict[str, dict[str, Any]]:
    """The rows that readers see, by session_id; none is there twice."""
    rows = Store(settings).sql("SELECT * FROM session_history").to_pylist()
    found = {row["session_id"]: row for row in rows}
    assert len(found) == len(rows)
    return found


def entries(settings: Settings) -> list[dict[str, Any]]:
    read: list[dict[str, Any]] = json.loads(settings.old_history.read_bytes())
    return read


def put(settings: Settings, *new: dict[str, Any]) -> None:
    """Make the old history hold these entries."""
    settings.old_history.write_text(json.dumps(new))


def tick(settings: Settings, state: State, status: bytes, **changes: object) -> State:
    """A new good snapshot, as the loop takes it in and acknowledges it."""
    snapshot = replace(parse(status, settings.tz, 0), **changes)  # type: ignore[arg-type]
    known = state.servers.get("u") or ServerState("u", "u.log")
    found = tracking.advance(known, snapshot, state.next_number, 0)
    state = take_over.resolve(states.extend(state, found), found.server)
    state = replace(state, seq=state.seq + 1, servers={"u": found.server})
    states.save(settings.active_sessions, state)
    return state


def flushed(settings: Settings, state: State) -> State:
    """With everything pending in the tables."""
    state = states.seal(state)
    states.save(settings.active_sessions, state)
    flusher = Flusher(settings)
    flusher.start()
    flusher.submit(state)
    flusher.stop()
    state = flusher.take_results(state)
    states.save(settings.active_sessions, state)
    return state


def logged(caplog: pytest.LogCaptureFixture, level: int) -> Iterator[str]:
    return (record.getMessage() for record in caplog.records if record.levelno == level)


def test_the_panels_files_in_the_data_directory_are_found_with_no_variable_set(
    settings: Settings,
) -> None:
    """Whoever starts us on the old directory finds every session, as the first server's."""
    start(settings)
    found = history(settings)
    assert set(found) == EVERYBODY
    assert {row["server"] for row in found.values()} == {"u"}
    assert all(row["imported"] for row in found.values())
    assert found[ALICE]["close_reason"] == "disconnected"
    assert found[KIRILL]["common_name"] == "Кирилл"


def test_sessions_still_open_in_the_panel_end_when_it_last_wrote(settings: Settings) -> None:
    """With the bytes and the address that its live state had."""
    start(settings)
    boris = history(settings)[BORIS]
    assert boris["close_reason"] == "gap"
    assert (boris["bytes_received"], boris["bytes_sent"]) == (5_000_999, 70_000_001)
    assert boris["disconnected_at"].timestamp() == WRITTEN_AT
    assert boris["duration_seconds"] == 600


def test_the_old_files_are_kept_byte_for_byte(settings: Settings) -> None:
    """The live state, which lies at the path of ours, beside it."""
    start(settings)
    kept = settings.data / "active_sessions.json.old-panel-1"
    assert kept.read_bytes() == (FILES / "state" / "active_sessions.json").read_bytes()
    assert kept.stat().st_mtime == WRITTEN_AT
    assert settings.old_history == settings.data / "session_history.json"
    for name in ("session_history.json", "server_status.json", "client_geolocation.json"):
        assert (settings.data / name).read_bytes() == (FILES / "state" / name).read_bytes()


def test_a_history_named_by_the_old_variable_is_found_too(tmp_path: Path) -> None:
    """OPENVPN_HISTORY_LOG with .json: the table lies beside it, without the suffix."""
    old = tmp_path / "elsewhere" / "sessions.json"
    old.parent.mkdir()
    shutil.copy(FILES / "state" / "session_history.json", old)
    settings = make_settings(tmp_path, OPENVPN_HISTORY_LOG=str(old))
    start(settings)
    assert set(history(settings)) == EVERYBODY
    assert (tmp_path / "elsewhere" / "sessions" / "_delta_log").is_dir()


def test_without_old_files_nothing_happens(tmp_path: Path) -> None:
    """The ordinary start."""
    settings = make_settings(tmp_path)
    state = recover(settings, old_panel.is_old_active)
    assert take_over.take_over(settings, state) is state
    assert history(settings) == {}


def test_a_second_start_adds_nothing(settings: Settings) -> None:
    """The same files are not even looked into."""
    imports = start(settings).imports
    state = recover(settings, old_panel.is_old_active)
    assert take_over.take_over(settings, state) is state
    assert state.imports == imports
    assert set(history(settings)) == EVERYBODY


def test_killed_between_table_and_state_the_next_start_adds_nothing_twice(
    settings: Settings,
) -> None:
    """The rows are in the table, and no state knows of it yet."""
    before = recover(settings, old_panel.is_old_active)
    take_over.take_over(settings, before)
    states.save(settings.active_sessions, before)
    state = start(settings)
    assert set(history(settings)) == EVERYBODY
    assert {one[0] for one in waiting(state, settings)} == {ALICE_AGAIN, BORIS}


def test_killed_before_the_table_was_written_the_next_start_does_it_all(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk is the same: the collector goes on without the old history, and says so."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(tables, "append", full)
        assert start(settings).imports == {}
        assert history(settings) == {}
    start(settings)
    assert set(history(settings)) == EVERYBODY


def waiting(state: State, settings: Settings) -> list[list[Any]]:
    """The imported sessions of which a snapshot has yet to show whether they go on."""
    found: list[list[Any]] = state.imports[str(settings.old_history)]["waiting"]
    return found


def test_a_changed_file_adds_only_what_is_new(settings: Settings) -> None:
    """The panel ran on somewhere else, or a part was put back."""
    start(settings)
    more = [
        {**one, "session_id": "later", "name": "dora"}
        for one in entries(settings)
        if one["session_id"] == ALICE
    ]
    put(settings, *entries(settings), *more)
    start(settings)
    assert set(history(settings)) == EVERYBODY | {"later"}


def test_a_file_that_was_only_touched_is_the_same_file(settings: Settings) -> None:
    """Its contents say so; a copy back from a backup changes times."""
    start(settings)
    os.utime(settings.old_history, (1, 1))
    state = recover(settings, old_panel.is_old_active)
    assert take_over.take_over(settings, state) is state


def test_when_the_table_is_lost_the_old_file_is_taken_over_again(settings: Settings) -> None:
    """What the state remembers is worth nothing without the rows."""
    start(settings)
    shutil.rmtree(settings.history)
    start(settings)
    assert set(history(settings)) == EVERYBODY


def test_what_we_recorded_ourselves_is_not_taken_over(settings: Settings) -> None:
    """Both ran beside each other: one row in the table, one still pending, one session open."""
    state = recover(settings, old_panel.is_old_active)
    kirill = make_session("Кирилл", connected_at=ALICE_SINCE)
    boris = make_session("boris", connected_at=ALICE_SINCE + 1)
    again = make_session("alice", connected_at=ALICE_AGAIN_SINCE)
    server = ServerState("u", "u.log")
    in_table = [ClosedSession(kirill, kirill.connected_at + 4, "disconnected")]
    state = flushed(settings, states.extend(state, News(server, in_table, next_number=9)))
    pending = [ClosedSession(boris, boris.connected_at + 4, "disconnected")]
    state = states.extend(state, News(server, pending, next_number=9))
    state = replace(state, servers={"u": replace(server, sessions={again.key: again})})
    state = take_over.take_over(settings, state)
    assert set(history(settings)) == {ALICE, "id-Кирилл", "id-boris"}
    assert waiting(state, settings) == []


def test_at_the_first_good_snapshot_sessions_that_go_on_are_the_trackers(
    settings: Settings,
) -> None:
    """At no moment is one of them there twice or missing, before the flush or after."""
    state = tick(settings, start(settings), (FILES / "status.log").read_bytes())

    def check() -> None:
        assert set(history(settings)) == {ALICE, KIRILL}
        live = Store(settings).sql("SELECT common_name FROM open_sessions ORDER BY 1")
        assert live["common_name"].to_pylist() == ["alice", "boris"]

    check()
    state = flushed(settings, state)
    check()
    assert state.pending[0].reopened == []
    assert waiting(state, settings) == []


def test_sessions_that_are_gone_at_the_first_good_snapshot_stay_as_imported(
    settings: Settings,
) -> None:
    """Only boris is there still; a later connection of alice's is another session."""
    status = (FILES / "status.log").read_bytes()
    status = status.replace(b"20,2026-11-22 20:10:05", b"20,2026-11-22 20:10:44")
    state = flushed(settings, tick(settings, start(settings), status))
    assert set(history(settings)) == {ALICE, KIRILL, ALICE_AGAIN}
    assert waiting(state, settings) == []


def test_a_snapshot_with_rows_set_aside_does_not_decide(settings: Settings) -> None:
    """The row that could not be read may be just theirs; those that are listed are settled."""
    status = (FILES / "status.log").read_bytes()
    boris = b"boris,2001:db8::19,5000999,70000001,2026-11-22 20:10:01\n"
    aside = (Rejected(5, "boris", "torn"),)
    state = tick(
        settings,
        start(settings),
        status.replace(boris, b""),
        rejected=aside,
        rejected_clients=aside,
    )
    assert set(history(settings)) == {ALICE, KIRILL, BORIS}
    state = tick(settings, state, status.replace(b"20:10:06", b"20:10:16"))
    assert set(history(settings)) == {ALICE, KIRILL}
    assert waiting(state, settings) == []


def test_another_servers_snapshot_decides_nothing(settings: Settings) -> None:
    """The panel knew one status file: the first of the settings."""
    state = start(settings)
    assert take_over.resolve(state, ServerState("tcp", "t.log")) is state


def test_the_panels_sessions_of_unknown_end_and_bytes_say_so(settings: Settings) -> None:
    """Not in its live state: ended where it began, bytes not known."""
    (settings.active_sessions).write_text("{}")
    start(settings)
    boris = history(settings)[BORIS]
    assert (boris["bytes_received"], boris["bytes_sent"]) == (None, None)
    assert (boris["duration_seconds"], boris["close_reason"]) == (0, "gap")
    assert boris["last_seen_at"].timestamp() == ALICE_SINCE


def test_an_unreadable_live_state_does_not_cost_the_history(settings: Settings) -> None:
    """It is moved aside as damaged; the history alone is taken over."""
    settings.active_sessions.write_text('{"boris": {"connected_at"')
    start(settings)
    assert set(history(settings)) == EVERYBODY


@pytest.mark.parametrize("damage", ["truncated", "object", "empty", "binary"])
def test_a_damaged_history_is_left_alone_and_said_so(
    settings: Settings, caplog: pytest.LogCaptureFixture, damage: str
) -> None:
    """The collector starts all the same; once the file is mended, the next start takes it over."""
    whole = settings.old_history.read_bytes()
    bad = {"truncated": whole[:-40], "object": b"{}", "empty": b"", "binary": bytes(range(256))}
    settings.old_history.write_bytes(bad[damage])
    state = start(settings)
    assert state.imports == {}
    assert any("not taken over" in line for line in logged(caplog, logging.ERROR))
    assert settings.old_history.read_bytes() == bad[damage]
    assert history(settings) == {}
    settings.old_history.write_bytes(whole)
    start(settings)
    assert set(history(settings)) == EVERYBODY


def test_an_empty_history_is_taken_over_as_such(tmp_path: Path) -> None:
    """What the panel itself creates at its first start."""
    settings = make_settings(tmp_path)
    (settings.data / "session_history.json").write_text("[]")
    (settings.data / "active_sessions.json").write_text("{}")
    state = start(settings)
    assert history(settings) == {}
    assert take_over.take_over(settings, state) is state


def test_entries_that_cannot_be_read_are_counted_in_the_log(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    """With the reason of the first; the name in it cannot forge a line."""
    caplog.set_level(logging.INFO)
    bad = {**entries(settings)[3], "session_id": "bad", "timestamp": "x\nERROR forged"}
    put(settings, *entries(settings), bad, bad)
    start(settings)
    (line,) = (one for one in logged(caplog, logging.INFO) if "old panel taken over" in one)
    assert "sessions=4" in line
    assert "skipped=2" in line
    assert "timestamp is no time" in line
    assert "\n" not in line


def test_only_so_many_sessions_wait_for_a_snapshot(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are written at every tick until then; the newest are the likeliest to go on."""
    monkeypatch.setattr(take_over, "MOST_WAITING", 1)
    state = start(settings)
    assert [one[0] for one in waiting(state, settings)] == [ALICE_AGAIN]
    assert set(history(settings)) == EVERYBODY


def test_times_are_read_in_the_zone_of_the_settings(tmp_path: Path) -> None:
    """The panel wrote local times of the same variable."""
    shutil.copytree(FILES / "state", tmp_path / "data")
    settings = make_settings(tmp_path, OPENVPN_MONITOR_TZ="Asia/Tokyo")
    assert settings.tz == ZoneInfo("Asia/Tokyo")
    start(settings)
    assert history(settings)[ALICE]["connected_at"].timestamp() == ALICE_SINCE - 6 * 3600
