"""What a start makes of each kind of damage: nothing acknowledged is lost, nothing comes twice."""

import logging
import shutil
from dataclasses import replace
from pathlib import Path

import orjson
import pytest
from deltalake import DeltaTable

from collector import flush
from collector.recovery import recover
from ovpnmon.config import Settings
from ovpnmon.store import state as states
from ovpnmon.store import tables
from ovpnmon.store.reader import Store
from tests.recording import Recording, make_settings


@pytest.fixture
def recording(tmp_path: Path) -> Recording:
    """One flushed batch, known to be on disk: ann goes on, bob has gone."""
    recording = Recording(make_settings(tmp_path))
    recording.tick({"ann": (1000, 50), "bob": (7, 1)}, close=["bob"])
    flush_now(recording)
    return recording


def flush_now(recording: Recording, *, take_results: bool = True) -> None:
    """Put everything pending into the tables; without taking results, die before the next tick."""
    recording.seal()
    state = recording.save()
    handles = {t.name: tables.open_or_create(recording.settings, t) for t in tables.TABLES}
    flush.flush(handles, state, state.pending[:-1])
    if take_results:
        recording.state = replace(
            state,
            flushed=state.pending[-2].batch,
            synced={name: handle.version() for name, handle in handles.items()},
            pending=state.pending[-1:],
        )
        recording.save()


def restart(recording: Recording) -> None:
    """Start over from what is on disk."""
    recording.state = recover(recording.settings)


def last_commit(settings: Settings, table: str) -> Path:
    """The newest commit of a table."""
    return max((settings.data / table / "_delta_log").glob("*.json"))


def data_of(settings: Settings, table: str) -> Path:
    """The data file that the newest commit of a table added."""
    for line in last_commit(settings, table).read_bytes().splitlines():
        if "add" in (action := orjson.loads(line)):
            return settings.data / table / action["add"]["path"]
    raise AssertionError("the newest commit added nothing")


def test_an_empty_directory_becomes_a_data_directory(tmp_path: Path) -> None:
    """The first start: empty tables, and a state that readers can use."""
    settings = make_settings(tmp_path)
    state = recover(settings)
    assert state == states.load(settings.active_sessions)
    assert (state.open_batch, state.flushed, state.seq) == (1, 0, 1)
    assert state.synced == {"session_history": 0, "traffic": 0, "traffic_5m": 0, "traffic_1h": 0}
    assert Store(settings).sql("SELECT * FROM session_history").num_rows == 0


def test_every_start_is_an_epoch_of_its_own(recording: Recording) -> None:
    """Readers then drop what they have open."""
    before = recording.state.epoch
    restart(recording)
    assert recording.state.epoch not in {"", before}
    recording.check()


def test_a_batch_flushed_before_its_result_was_saved_is_not_flushed_again(
    recording: Recording,
) -> None:
    """Killed between the flush and the next tick."""
    recording.tick({"ann": (5, 5)}, close=["ann"])
    flush_now(recording, take_results=False)
    restart(recording)
    recording.check()
    flush_now(recording)
    recording.check()


DAMAGES = {
    "torn commit": lambda s, t: last_commit(s, t).write_bytes(last_commit(s, t).read_bytes()[:-9]),
    "empty commit": lambda s, t: last_commit(s, t).write_bytes(b""),
    "commit of zeros": lambda s, t: last_commit(s, t).write_bytes(bytes(300)),
    "missing data": lambda s, t: data_of(s, t).unlink(),
    "short data": lambda s, t: data_of(s, t).write_bytes(data_of(s, t).read_bytes()[:-40]),
    "data of zeros": lambda s, t: data_of(s, t).write_bytes(bytes(data_of(s, t).stat().st_size)),
    "zeros in data": lambda s, t: data_of(s, t).write_bytes(
        bytes(200) + data_of(s, t).read_bytes()[200:]
    ),
}


@pytest.mark.parametrize("table", ["traffic", "session_history"])
@pytest.mark.parametrize("damage", DAMAGES)
def test_a_flush_that_the_power_loss_tore_is_undone_and_done_again(
    recording: Recording, damage: str, table: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Its rows are still pending, as the state did not know it to be on disk."""
    recording.tick({"ann": (5, 5), "cat": (1, 1)}, close=["cat"])
    flush_now(recording, take_results=False)
    DAMAGES[damage](recording.settings, table)
    with caplog.at_level(logging.ERROR):
        restart(recording)
    assert "damaged commits moved aside" in caplog.text
    assert list((recording.settings.data / table / "_quarantine").iterdir())
    recording.check()
    flush_now(recording)
    recording.check()


def test_a_missing_commit_takes_the_later_ones_with_it(recording: Recording) -> None:
    """A log with a gap could not be opened."""
    recording.tick({"ann": (5, 5)})
    flush_now(recording, take_results=False)
    missing = last_commit(recording.settings, "traffic")
    DeltaTable(recording.settings.traffic).optimize.compact()
    assert last_commit(recording.settings, "traffic") > missing
    missing.unlink()
    restart(recording)
    assert last_commit(recording.settings, "traffic") < missing
    recording.check()
    flush_now(recording)
    recording.check()


def test_a_repaired_table_does_not_mislead_a_reader_that_saw_what_was_undone(
    recording: Recording,
) -> None:
    """The version number of the commit that is undone goes to another, on which the next one builds."""
    recording.tick({"ann": (4, 4)})
    flush_now(recording)
    recording.tick({"ann": (5, 5)})
    flush_now(recording, take_results=False)
    store = Store(recording.settings)
    recording.check(store)
    last_commit(recording.settings, "traffic").write_bytes(b"")
    restart(recording)
    DeltaTable(recording.settings.traffic).optimize.compact()
    flush_now(recording)
    recording.check(store)


def test_a_checkpoint_newer_than_what_is_known_to_be_on_disk_is_not_trusted(
    recording: Recording,
) -> None:
    """It may be torn; the commits it sums up are there."""
    DeltaTable(recording.settings.traffic).create_checkpoint()
    (checkpoint,) = recording.settings.traffic.glob("_delta_log/*.checkpoint.parquet")
    checkpoint.write_bytes(checkpoint.read_bytes()[:100])
    recording.state.synced["traffic"] = 0
    recording.save()
    restart(recording)
    assert not checkpoint.exists()
    assert not (recording.settings.traffic / "_delta_log" / "_last_checkpoint").exists()
    recording.check()


@pytest.mark.parametrize("content", [b"", b"{", bytes(100), b"[]", b'{"schema": 1, "pending": 3}'])
def test_a_state_that_cannot_be_read_is_kept_aside_with_a_loud_warning(
    recording: Recording, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """The tables go on; nothing is overwritten."""
    path = recording.settings.active_sessions
    path.write_bytes(content)
    with caplog.at_level(logging.ERROR):
        restart(recording)
    assert "LIVE STATE DAMAGED" in caplog.text
    assert path.with_name("active_sessions.json.damaged-1").read_bytes() == content
    history = Store(recording.settings).sql("SELECT session_id FROM session_history").to_pylist()
    assert [row["session_id"] for row in history] == ["id-bob"]


def test_a_second_damaged_state_does_not_overwrite_the_first(recording: Recording) -> None:
    """Each keeps a name of its own."""
    path = recording.settings.active_sessions
    for content in (b"one", b"two"):
        path.write_bytes(content)
        restart(recording)
    kept = {p.name: p.read_bytes() for p in path.parent.glob("*.damaged-*")}
    assert kept == {
        "active_sessions.json.damaged-1": b"one",
        "active_sessions.json.damaged-2": b"two",
    }


def test_the_old_panels_live_state_is_no_damage(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It lies at the path of ours, keyed by name; it is kept for the take-over."""
    settings = make_settings(tmp_path)
    settings.active_sessions.write_bytes(b'{"ann": {}}')
    with caplog.at_level(logging.ERROR):
        recover(settings, lambda raw: isinstance(raw, dict) and "schema" not in raw)
    assert not caplog.records
    kept = settings.active_sessions.with_name("active_sessions.json.old-panel-1")
    assert kept.read_bytes() == b'{"ann": {}}'


def test_sessions_that_go_on_after_the_state_was_lost_are_counted_once(
    recording: Recording,
) -> None:
    """Seen anew, the first sample reaches back to the connection; the tables hold part of it already."""
    recording.tick({"ann": (500, 5)})
    flush_now(recording)
    recording.settings.active_sessions.unlink()
    restart(recording)
    assert recording.state.counted == {"id-ann": [1500, 55, recording.time]}
    recording.totals["id-ann"] = (0, 0)
    recording.tick({"ann": (1520, 60)})
    recording.save()
    recording.check()
    flush_now(recording)
    recording.tick({"ann": (1, 1)}, close=["ann"])
    flush_now(recording)
    recording.check()
    assert recording.state.counted == {}


def test_an_old_state_restored_closes_nobody_twice_and_counts_nothing_twice(
    recording: Recording, caplog: pytest.LogCaptureFixture
) -> None:
    """As from last night's copy: ann has gone since, dan has gone on, and the tables know it."""
    recording.tick({"ann": (1, 1), "dan": (100, 100)})
    copy = recording.save()
    recording.tick({"ann": (10, 10), "dan": (1000, 1000)}, close=["ann"])
    flush_now(recording)
    recording.tick({"dan": (7, 7)})
    flush_now(recording)
    states.save(recording.settings.active_sessions, copy)
    restart(recording)
    assert "older than the tables" in caplog.text
    assert recording.state.servers["openvpn"].sessions.keys() == {"dan"}
    recording.check_history()
    # Tracking goes on from the old counters: to it, all that dan moved since is news.
    recording.totals["id-dan"] = (100, 100)
    recording.tick({"dan": (1007 + 5, 1007 + 6)})
    recording.save()
    recording.check()
    flush_now(recording)
    recording.check()


def test_a_session_of_an_old_state_that_is_seen_again_goes_on_as_the_row_in_the_tables(
    recording: Recording,
) -> None:
    """Closed in the tables after the copy was made, and reopened after it was restored."""
    copy = recording.save()
    recording.tick({"ann": (10, 10)}, close=["ann"])
    flush_now(recording)
    states.save(recording.settings.active_sessions, copy)
    restart(recording)
    recording.tick({"ann": (5, 5)})
    recording.save()
    recording.check()
    flush_now(recording)
    recording.check()


def test_rows_of_an_old_state_that_landed_under_its_open_batch_are_not_flushed_again(
    recording: Recording,
) -> None:
    """Its open batch is the beginning of one that was flushed under the same number."""
    recording.tick({"ann": (1, 1), "eve": (3, 3)}, close=["eve"])
    copy = recording.save()
    recording.tick({"ann": (2, 2)})
    flush_now(recording)
    states.save(recording.settings.active_sessions, copy)
    restart(recording)
    recording.totals["id-ann"] = (1001, 51)
    recording.tick({"ann": (2 + 4, 2 + 4)})
    flush_now(recording)
    recording.check()


def test_tables_older_than_the_state_are_reported_and_used(
    recording: Recording, caplog: pytest.LogCaptureFixture
) -> None:
    """A table that was deleted is missing rows; everything else, and everything new, is there."""
    shutil.rmtree(recording.settings.traffic)
    with caplog.at_level(logging.ERROR):
        restart(recording)
    assert "TABLES OLDER THAN THE LIVE STATE" in caplog.text
    recording.check_history()
    recording.tick({"ann": (5, 5)})
    flush_now(recording)
    recording.check_history()
    assert Store(recording.settings).sql("SELECT * FROM traffic").num_rows == 2


def test_leftovers_of_a_kill_in_the_state_write_are_removed(recording: Recording) -> None:
    """Temporary files of the atomic write."""
    leftover = recording.settings.data / ".active_sessions.json.abcd.tmp"
    leftover.write_bytes(b"{")
    restart(recording)
    assert not leftover.exists()
    recording.check()
