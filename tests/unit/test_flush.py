"""Sealed batches get into every table exactly once, wherever the flusher is cut short."""

from pathlib import Path

import pytest
from deltalake import DeltaTable

from collector import flush
from collector.flush import Flusher, flush_table
from ovpnmon.store import reader, rows, tables
from ovpnmon.store import state as states
from ovpnmon.store.reader import Store
from tests.recording import Recording, eventually, make_settings


@pytest.fixture
def recording(tmp_path: Path) -> Recording:
    """A recording in an empty data directory."""
    return Recording(make_settings(tmp_path))


def handles(recording: Recording) -> dict[str, DeltaTable]:
    """Fresh handles on all tables."""
    return {t.name: tables.open_or_create(recording.settings, t) for t in tables.TABLES}


def flushed(recording: Recording) -> None:
    """Seal, acknowledge and flush, and take the results as the loop does at its next tick."""
    recording.seal()
    flusher = Flusher(recording.settings)
    flusher.start()
    flusher.submit(recording.save())
    flusher.stop()
    assert flusher.errors == 0, flusher.last_error
    recording.state = flusher.take_results(recording.state)
    recording.save()


def test_rows_of_a_sealed_batch_move_from_the_state_to_the_tables(recording: Recording) -> None:
    """After a flush the state has nothing pending and queries answer as before."""
    recording.tick({"ann": (1000, 50), "bob": (7, 0)}, close=["bob"])
    recording.save()
    recording.check()
    flushed(recording)
    assert [batch.batch for batch in recording.state.pending] == [2]
    assert recording.state.flushed == 1
    assert DeltaTable(recording.settings.history).to_pyarrow_table().num_rows == 1
    recording.check()


def test_the_open_batch_is_not_flushed(recording: Recording) -> None:
    """Rows of ticks after sealing wait for the next flush."""
    recording.tick({"ann": (1, 1)})
    recording.seal()
    recording.tick({"ann": (2, 2)})
    flushed(recording)
    assert len(recording.state.pending) == 1
    assert len(recording.state.pending[0].samples) == 1
    recording.check()


def test_a_batch_is_sealed_only_when_none_is_waiting_and_it_has_rows(recording: Recording) -> None:
    """An empty batch, or one behind a waiting one, stays open."""
    recording.seal()
    assert len(recording.state.pending) == 1
    recording.tick({"ann": (1, 1)})
    recording.seal()
    recording.tick({"ann": (1, 1)})
    before = recording.state
    recording.seal()
    assert recording.state is before


@pytest.mark.parametrize("landed", [0, 1, 2, 3, 4])
def test_a_flush_cut_short_between_tables_is_finished_without_doubling(
    recording: Recording, landed: int
) -> None:
    """Readers see one whole after any number of tables have got the batch, and so does the repeat."""
    recording.tick({"ann": (1000, 50), "bob": (7, 1)})
    flushed(recording)
    recording.tick({"ann": (5, 5), "bob": (1, 1)}, close=["ann"])
    recording.seal()
    state = recording.save()
    sealed = state.pending[:-1]
    opened = handles(recording)
    for table in tables.TABLES[:landed]:
        new = rows.of_batches(state, sealed)[table.name]
        flush_table(opened[table.name], table, new, sealed)
    recording.check()
    flushed(recording)
    recording.check()


def test_the_same_batch_offered_twice_lands_once(recording: Recording) -> None:
    """A state saved before the flush's results were taken is flushed again, with no effect."""
    recording.tick({"ann": (1000, 50)}, close=["ann"])
    recording.seal()
    state = recording.save()
    opened = handles(recording)
    flush.flush(opened, state, state.pending[:-1])
    version = opened["traffic"].version()
    flush.flush(handles(recording), state, state.pending[:-1])
    assert handles(recording)["traffic"].version() == version
    recording.check()


def test_a_session_closed_and_seen_again_before_the_flush_is_not_in_the_history(
    recording: Recording,
) -> None:
    """Within one batch its row is simply taken back."""
    recording.tick({"ann": (1, 2)}, close=["ann"])
    recording.tick({"ann": (3, 4)})
    flushed(recording)
    recording.check()


def test_a_session_seen_again_after_its_row_was_flushed_has_one_row_in_the_end(
    recording: Recording,
) -> None:
    """Its old row goes out of the table, at once for readers, and its last one comes in."""
    recording.tick({"ann": (1, 2), "bob": (9, 9)}, close=["ann", "bob"])
    flushed(recording)
    recording.tick({"ann": (10, 20)})
    recording.save()
    recording.check()
    flushed(recording)
    recording.check()
    recording.tick({"ann": (100, 200)}, close=["ann"])
    recording.save()
    recording.check()
    flushed(recording)
    recording.check()


def test_a_session_closed_in_one_batch_and_seen_again_in_the_next_is_folded_when_both_are_flushed(
    recording: Recording,
) -> None:
    """Two sealed batches in one flush, as after a disk that was full for a while."""
    recording.tick({"ann": (1, 2)}, close=["ann"])
    recording.seal()
    recording.tick({"ann": (3, 4)})
    recording.tick({"ann": (5, 6)}, close=["ann"])
    recording.state.open_batch += 1
    recording.state.pending.append(states.Batch(recording.state.open_batch))
    flushed(recording)
    recording.check()


def test_a_reader_with_an_older_state_never_uses_a_table_from_which_a_row_was_just_taken(
    recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the removal and the append the old state and the table are not of one whole."""
    recording.tick({"ann": (1, 2)}, close=["ann"])
    flushed(recording)
    older = recording.save()
    recording.tick({"ann": (3, 4)})
    recording.seal()
    recording.save()
    tables.remove_sessions(handles(recording)["session_history"], ["id-ann"], 2)
    recording.check()
    states.save(recording.settings.active_sessions, older)
    monkeypatch.setattr(reader, "BUILD_ATTEMPTS", 2)
    with pytest.raises(OSError, match="do not fit together"):
        Store(recording.settings).sql("SELECT * FROM session_history")


def test_trouble_with_the_disk_is_counted_and_retried(
    recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failed flush leaves everything pending and the next attempt, with fresh handles, does it all."""
    monkeypatch.setattr(flush, "RETRY_SECONDS", 0.01)
    real, failures = tables.append, [OSError(28, "No space left on device")]

    def append(*arguments: object) -> None:
        if failures:
            raise failures.pop()
        real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(tables, "append", append)
    recording.tick({"ann": (1, 2)}, close=["ann"])
    recording.seal()
    flusher = Flusher(recording.settings)
    flusher.start()
    flusher.submit(recording.save())
    eventually(lambda: flusher.take_results(recording.state).flushed == 1)
    flusher.stop()
    recording.state = flusher.take_results(recording.state)
    assert flusher.errors == 1
    assert "No space left" in flusher.last_error
    recording.save()
    recording.check()


def test_a_flusher_that_was_given_nothing_stops(recording: Recording) -> None:
    """As when the collector ends before its first tick."""
    flusher = Flusher(recording.settings)
    flusher.stop()
    flusher = Flusher(recording.settings)
    flusher.start()
    assert flusher.take_results(recording.state) is recording.state
    flusher.stop()
