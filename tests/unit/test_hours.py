"""Data of a version without hourly sums get them at the start, once, to the byte."""

import shutil
from pathlib import Path

import pytest

from collector import flush, hours
from collector.recovery import recover
from ovpnmon.store import reader, tables
from ovpnmon.store.reader import Store, StoreError
from ovpnmon.store.tables import FIVE_MINUTES, HOURS
from tests.recording import Recording, make_settings


@pytest.fixture
def recording(tmp_path: Path) -> Recording:
    """Two days, flushed, and a tick that waits: ann goes on, bob has gone."""
    recording = Recording(make_settings(tmp_path))
    for _ in range(5):
        recording.tick({"ann": (100_003, 50), "bob": (7, 1)}, seconds=35_000)
    recording.tick({}, close=["bob"])
    flush_now(recording)
    recording.tick({"ann": (1, 1)})
    recording.save()
    return recording


def flush_now(recording: Recording, without: tuple[tables.Table, ...] = ()) -> None:
    """Put everything pending into the tables, as a version does that does not know some of them."""
    recording.seal()
    state = recording.save()
    sealed = state.pending[:-1]
    for table in tables.TABLES:
        if table not in without:
            handle = tables.open_or_create(recording.settings, table)
            new = flush.rows.of_batches(state, sealed)[table.name]
            flush.flush_table(handle, table, new, sealed)
    recording.state.flushed, recording.state.pending = sealed[-1].batch, state.pending[-1:]
    recording.save()


def restart(recording: Recording) -> None:
    recording.state = recover(recording.settings)


def hourly_agree(recording: Recording) -> None:
    """Hour by hour, session by session, both rollups have the same bytes and seconds."""
    store = Store(recording.settings)
    query = (
        "SELECT session_id, date_trunc('hour', bucket_at) AS hour, sum(bytes_received) AS received,"
        " sum(bytes_sent) AS sent, sum(seconds) AS seconds FROM {} GROUP BY 1, 2 ORDER BY 1, 2"
    )
    assert store.sql(query.format("traffic_1h")) == store.sql(query.format("traffic_5m"))


def test_a_missing_table_is_made_and_kept_from_then_on(recording: Recording) -> None:
    """The upgrade; what was pending at that moment comes into it once."""
    shutil.rmtree(HOURS.path(recording.settings))
    restart(recording)
    recording.check()
    hourly_agree(recording)
    flush_now(recording)
    recording.check()
    restart(recording)
    recording.tick({"ann": (5, 5)})
    flush_now(recording)
    recording.check()
    hourly_agree(recording)


def test_until_then_readers_say_what_is_missing(
    recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The app may be upgraded first, and making the table may take a while."""
    monkeypatch.setattr(reader, "BUILD_ATTEMPTS", 1)
    shutil.rmtree(HOURS.path(recording.settings))
    store = Store(recording.settings)
    with pytest.raises(StoreError, match=r"traffic_1h is missing; the collector makes it"):
        store.sql("SELECT * FROM traffic")
    restart(recording)
    recording.check(store)


def test_whoever_was_killed_while_making_it_begins_again(
    recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of the first attempt is counted, and nothing of it is left."""
    shutil.rmtree(HOURS.path(recording.settings))
    calls = []

    def killed(*arguments: object) -> None:
        calls.append(arguments)
        if len(calls) == 2:
            raise KeyboardInterrupt
        tables.append(*arguments)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(hours, "append", killed)
        with pytest.raises(KeyboardInterrupt):
            restart(recording)
    assert not HOURS.path(recording.settings).exists()
    restart(recording)
    recording.check()
    assert not list(recording.settings.data.glob(".traffic_1h*"))


def test_what_an_older_version_left_out_is_made_up_for(recording: Recording) -> None:
    """It ran on the same data for a while, and did not know this table."""
    flush_now(recording, without=(HOURS,))
    recording.tick({"ann": (9, 9), "eve": (1, 2)}, close=["eve"])
    flush_now(recording, without=(HOURS,))
    restart(recording)
    recording.check()
    hourly_agree(recording)


def test_rows_that_still_wait_are_not_made_up_for(recording: Recording) -> None:
    """Killed between two tables of a flush: the repeat brings them, and nothing is made anew."""
    recording.seal()
    state = recording.save()
    sealed = state.pending[:-1]
    new = flush.rows.of_batches(state, sealed)
    five = tables.open_or_create(recording.settings, FIVE_MINUTES)
    flush.flush_table(five, FIVE_MINUTES, new["traffic_5m"], sealed)
    before = tables.open_or_create(recording.settings, HOURS).metadata().id
    restart(recording)
    assert tables.open_or_create(recording.settings, HOURS).metadata().id == before
    recording.check()


def test_a_lost_state_leaves_no_hour_without_its_bytes(recording: Recording) -> None:
    """What was pending is lost with it, but not what one of the two tables has got."""
    flush_now(recording, without=(HOURS,))
    recording.settings.active_sessions.unlink()
    restart(recording)
    hourly_agree(recording)
