"""Upkeep makes files fewer and takes old rows out; no answer changes otherwise."""

import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable

from collector import flush, maintenance
from collector.flush import Flusher
from ovpnmon.store import rows, tables
from ovpnmon.store.reader import Store
from ovpnmon.store.tables import FIVE_MINUTES, HISTORY, HOURS, TABLES
from tests.recording import START, Recording, eventually, make_settings


@pytest.fixture
def recording(tmp_path: Path) -> Recording:
    """Some flushed minutes of one client that stays and others that come and go."""
    recording = Recording(make_settings(tmp_path))
    for n in range(5):
        recording.tick({"ann": (1000 + n, 50), f"guest{n}": (n, 1)}, close=[f"guest{n}"])
        flush_now(recording)
    return recording


def handles(recording: Recording) -> dict[str, DeltaTable]:
    """Fresh handles on all tables."""
    return {t.name: tables.open_or_create(recording.settings, t) for t in TABLES}


def flush_now(recording: Recording) -> None:
    """Put everything pending into the tables."""
    recording.seal()
    state = recording.save()
    flush.flush(handles(recording), state, state.pending[:-1])
    recording.state.flushed = state.pending[-2].batch
    recording.state.pending = recording.state.pending[-1:]
    recording.save()


def files(recording: Recording, table: tables.Table) -> int:
    """How many files a query of the table reads."""
    return len(DeltaTable(table.path(recording.settings)).file_uris())


def run(recording: Recording, *, now: float = START, thorough: bool = True) -> list[str]:
    """All of the steps."""
    return list(maintenance.steps(recording.settings, handles(recording), now, thorough=thorough))


def test_each_partition_becomes_one_file_and_every_sum_stays(recording: Recording) -> None:
    """Five flushes made five files a table."""
    assert [files(recording, table) for table in TABLES] == [5, 5, 5, 5]
    run(recording)
    assert [files(recording, table) for table in TABLES] == [1, 1, 1, 1]
    recording.check()


def test_merging_a_day_leaves_one_row_a_session_and_bucket(recording: Recording) -> None:
    """Partial sums of several flushes come together, with the seconds measured."""
    run(recording)
    found = DeltaTable(recording.settings.traffic_5m).to_pyarrow_table().to_pylist()
    (ann,) = [row for row in found if row["session_id"] == "id-ann"]
    assert (ann["bytes_received"], ann["bytes_sent"], ann["seconds"]) == (5010, 250, 50)
    assert len(found) == 7


def test_a_day_of_many_rows_is_merged_in_pieces(
    recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pieces of the day, so that memory stays bounded, are together what one piece would be."""
    for hour in range(8):
        recording.tick({"ann": (7 + hour, 3)}, seconds=3600)
        flush_now(recording)
    monkeypatch.setattr(maintenance, "_PIECE_ROWS", 10)
    run(recording)
    assert files(recording, FIVE_MINUTES) == 1
    recording.check()


def test_each_clients_sessions_lie_together_in_pieces_of_the_month(
    recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of one client, and of some days, little is read; and no session is lost on the way."""
    for day in range(12):
        today = [f"{name}{day:02d}" for name in ("zoe", "bob")]
        recording.tick(dict.fromkeys(today, (1, 1)), close=today, seconds=86_400)
        flush_now(recording)
    monkeypatch.setattr(maintenance, "_SORTED_ROWS", 10)
    run(recording)
    recording.check()
    found = DeltaTable(recording.settings.history).to_pyarrow_table().to_pylist()
    names = [row["common_name"] for row in found]
    assert len(names) == 29
    falls = [n for n in range(1, len(names)) if names[n] < names[n - 1]]
    assert len(falls) == 1, "29 sessions are three pieces of ten days; the first of them is empty"
    ended = [row["disconnected_at"] for row in found]
    one, other = sorted([ended[: falls[0]], ended[falls[0] :]], key=min)
    assert max(one) < min(other)


def periods(recording: Recording) -> set[str]:
    """The partitions of the hourly table."""
    handle = DeltaTable(HOURS.path(recording.settings))
    return set(maintenance.partitions(handle, HOURS))


def test_hours_of_a_month_that_is_over_come_into_one_file(recording: Recording) -> None:
    """Days until then; and what comes in late for a day of it goes there too."""
    for _ in range(3):
        recording.tick({"ann": (70, 7)}, seconds=86400)
        flush_now(recording)
    run(recording)
    assert periods(recording) == {"2025-06-15", "2025-06-16", "2025-06-17", "2025-06-18"}
    in_july = START + 17 * 86400
    run(recording, now=in_july)
    assert periods(recording) == {"2025-06"}
    assert files(recording, HOURS) == 1
    recording.check()
    recording.tick({"ann": (1, 1)})
    flush_now(recording)
    assert periods(recording) == {"2025-06", "2025-06-18"}
    recording.check()
    run(recording, now=in_july)
    assert (periods(recording), files(recording, HOURS)) == ({"2025-06"}, 1)
    recording.check()


def test_hours_older_than_retention_go_by_day_out_of_a_month_in_one_file(
    recording: Recording,
) -> None:
    """Sums of the days kept stay to the byte."""
    recording.tick({"ann": (7, 7)}, seconds=4 * 86400)
    flush_now(recording)
    run(recording, now=START + 60 * 86400)
    handle = handles(recording)["traffic_1h"]
    assert maintenance.retire(handle, HOURS, "2025-06-17")
    query = "SELECT date_trunc('day', bucket_at) AS day, sum(bytes_sent) AS sent FROM {} GROUP BY 1"
    store = Store(recording.settings)
    fine, kept = (
        {
            row["day"].strftime("%m-%d"): row["sent"]
            for row in store.sql(query.format(table)).to_pylist()
        }
        for table in ("traffic_5m", "traffic_1h")
    )
    assert kept == {day: sent for day, sent in fine.items() if day >= "06-17"}
    assert len(kept) == 3


def test_upkeep_of_tidy_tables_changes_nothing(recording: Recording) -> None:
    """What is to be done is counted from the tables; no commit is made for nothing."""
    run(recording)
    before = {name: handle.version() for name, handle in handles(recording).items()}
    steps = run(recording, thorough=False)
    assert [step.rpartition(" ")[2] for step in steps] == ["vacuum", "log"] * 4
    after = {name: handle.version() for name, handle in handles(recording).items()}
    assert after == before


def test_replaced_files_stay_for_readers_and_go_later(
    recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Within KEEP_HOURS a query begun before still finds its files."""

    def on_disk() -> int:
        return len(list(recording.settings.traffic.rglob("*.parquet"))) - len(
            list(recording.settings.traffic.rglob("*.checkpoint.parquet"))
        )

    run(recording)
    assert on_disk() == 6
    monkeypatch.setattr(maintenance, "KEEP_HOURS", 0)
    run(recording)
    assert on_disk() == 1
    recording.check()


def test_files_left_by_a_kill_are_swept(
    recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files that no version knows, half-written temporary ones, and directories that became empty."""
    monkeypatch.setattr(maintenance, "KEEP_HOURS", 0)
    (partition,) = recording.settings.traffic.glob("date=*")
    orphan = partition / "part-orphan.parquet"
    orphan.write_bytes(b"half")
    temporary = recording.settings.traffic / "_delta_log" / "00000000000000000099.json#1"
    temporary.write_bytes(b"{")
    empty = recording.settings.traffic / "date=2020-01-01"
    empty.mkdir()
    run(recording)
    assert not orphan.exists()
    assert not temporary.exists()
    assert not empty.exists()
    recording.check()


def test_history_older_than_retention_goes_by_day(recording: Recording) -> None:
    """The day that is just old enough goes, the next stays, in the middle of a month."""
    recording.tick({"late": (5, 5)}, close=["late"], seconds=2 * 86400)
    flush_now(recording)
    oldest = datetime.fromtimestamp(START + 86400, UTC).strftime("%Y-%m-%d")
    handle = handles(recording)["session_history"]
    assert maintenance.retire(handle, HISTORY, oldest)
    found = Store(recording.settings).sql("SELECT session_id FROM session_history").to_pylist()
    assert [row["session_id"] for row in found] == ["id-late"]
    assert not maintenance.retire(handle, HISTORY, oldest)


def test_retention_takes_each_table_at_its_own_age_and_no_open_session(
    recording: Recording,
) -> None:
    """Traffic after traffic_days, history and 5-minute sums after retention_days, open ones never."""
    store = Store(recording.settings)
    after = {days: START + days * 86400 + 86400 for days in (30, 730)}
    run(recording, now=after[30])
    counts = {t.name: store.sql(f"SELECT 1 AS one FROM {t.name}").num_rows for t in TABLES}
    assert counts == {"session_history": 5, "traffic": 0, "traffic_5m": 7, "traffic_1h": 7}
    run(recording, now=after[730])
    recording.save()
    counts = {t.name: store.sql(f"SELECT 1 AS one FROM {t.name}").num_rows for t in TABLES}
    assert counts == {"session_history": 0, "traffic": 0, "traffic_5m": 0, "traffic_1h": 0}
    assert store.sql("SELECT session_id FROM open_sessions").num_rows == 1


def test_a_checkpoint_spares_readers_a_long_log(recording: Recording) -> None:
    """Opening a table then reads the checkpoint and what came after it."""
    run(recording)
    hint = recording.settings.traffic / "_delta_log" / "_last_checkpoint"
    assert hint.exists()


def test_the_flusher_deletes_only_once_the_state_on_disk_knows_all_commits(
    recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A start that checks newer commits than the state knows must find all of their files."""
    monkeypatch.setattr(flush, "FIRST_UPKEEP_SECONDS", 0.0)
    monkeypatch.setattr(maintenance, "KEEP_HOURS", 0)
    vacuumed: list[str] = []
    real = maintenance.vacuum

    def vacuum(handle: DeltaTable, *, thorough: bool) -> None:
        known = recording.state.synced
        assert all(known[name] == h.version() for name, h in handles(recording).items())
        vacuumed.append(handle.table_uri)
        real(handle, thorough=thorough)

    monkeypatch.setattr(maintenance, "vacuum", vacuum)
    flusher = Flusher(replace(recording.settings, traffic_days=36500))
    flusher.start()

    def tick() -> bool:
        recording.state = flusher.take_results(recording.state)
        flusher.submit(recording.save())
        return flusher.upkeep_at > 0

    began = time.time()
    eventually(tick)
    flusher.stop()
    assert flusher.errors == 0, flusher.last_error
    assert len(vacuumed) == 4
    assert flusher.upkeep_at >= began
    recording.check()


def test_a_table_with_more_columns_than_this_program_knows_is_kept_in_shape(
    recording: Recording,
) -> None:
    """Rows narrower than the table, from an older program, are accepted."""
    handle = handles(recording)["traffic"]
    wider = rows.of_batches(recording.state, [])["traffic"].append_column(
        pa.field("more", pa.string()), pa.array([], pa.string())
    )
    tables.append(handle, wider, "test", 1)
    recording.tick({"ann": (1, 1)})
    flush_now(recording)
    run(recording)
    recording.check()
