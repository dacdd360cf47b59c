"""Backup and restore: one whole, made beside a working collector, put back without loss of either side."""

import io
import stat
import tarfile
import threading
from dataclasses import replace
from pathlib import Path

import orjson
import pytest
from deltalake import DeltaTable
from filelock import FileLock

from collector import flush, maintenance
from collector.flush import Flusher
from collector.recovery import recover
from ovpnmon.config import Settings
from ovpnmon.store import backup, restore
from ovpnmon.store import state as states
from ovpnmon.store.backup import BackupError
from ovpnmon.store.reader import Store
from ovpnmon.store.tables import TABLES
from tests.recording import Recording, eventually, make_settings, sums


@pytest.fixture
def recording(tmp_path: Path) -> Recording:
    """Rows in the tables, merged files and checkpoints, and rows still pending."""
    recording = Recording(make_settings(tmp_path, OPENVPN_MONITOR_TRAFFIC_DAYS="36500"))
    for n in range(6):
        recording.tick({"ann": (1000 + n, 50), f"guest{n}": (n, 1)}, close=[f"guest{n}"])
        if n in (1, 3):
            flush_now(recording, merge=n == 3)
    recording.save()
    return recording


def flush_now(recording: Recording, *, merge: bool) -> None:
    recording.seal()
    state = recording.save()
    handles = {t.name: DeltaTable(t.path(recording.settings)) for t in TABLES}
    flush.flush(handles, state, state.pending[:-1])
    if merge:
        list(maintenance.steps(recording.settings, handles, recording.time, thorough=True))
    done = state.pending[-2].batch
    recording.state = replace(state, flushed=done, pending=state.pending[-1:])
    recording.save()


def made(settings: Settings) -> bytes:
    target = io.BytesIO()
    backup.write(settings, target, 1.0)
    return target.getvalue()


def seq_of(data: bytes) -> int:
    """The tick that a backup is of."""
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        state = tar.extractfile("active_sessions.json")
        assert state is not None
        return int(orjson.loads(state.read())["seq"])


def elsewhere(directory: Path) -> Settings:
    directory.mkdir(exist_ok=True)
    return make_settings(directory, OPENVPN_MONITOR_TRAFFIC_DAYS="36500")


def put(settings: Settings, data: bytes, *, replace_existing: bool = False) -> list[Path]:
    return restore.read(settings, io.BytesIO(data), replace_existing=replace_existing)


def changed(data: bytes, **members: bytes | None) -> bytes:
    """The same backup with members replaced, or left out where None."""
    target = io.BytesIO()
    with (
        tarfile.open(fileobj=io.BytesIO(data)) as old,
        tarfile.open(mode="w|gz", fileobj=target) as new,
    ):
        contents = {m.name: old.extractfile(m).read() for m in old}  # type: ignore[union-attr]
        for name, content in (contents | members).items():
            if content is not None:
                info = tarfile.TarInfo(name)
                info.size = len(content)
                new.addfile(info, io.BytesIO(content))
    return target.getvalue()


def test_everything_is_found_again_in_another_place(recording: Recording, tmp_path: Path) -> None:
    """Sessions, sums at every level and what was pending; the original is as it was."""
    there = elsewhere(tmp_path / "there")
    assert put(there, made(recording.settings)) == []
    recording.check(Store(there))
    recording.check()


def test_a_collector_goes_on_from_a_restored_backup(recording: Recording, tmp_path: Path) -> None:
    """Sessions open then are the same ones afterwards, and nothing is counted twice."""
    there = elsewhere(tmp_path / "there")
    put(there, made(recording.settings))
    going_on = Recording(there)
    going_on.totals, going_on.closed = dict(recording.totals), dict(recording.closed)
    going_on.time = recording.time
    going_on.tick({"ann": (7, 7), "new": (1, 1)})
    flush_now(going_on, merge=True)
    going_on.check()
    assert "id-ann" not in going_on.closed


def test_only_the_files_that_the_pinned_versions_need_are_copied(recording: Recording) -> None:
    """Replaced ones stay on disk for an hour, for readers."""
    with tarfile.open(fileobj=io.BytesIO(made(recording.settings))) as tar:
        rows = [name for name in tar.getnames() if name.endswith(".parquet") and "_log" not in name]
    tables = [DeltaTable(table.path(recording.settings)) for table in TABLES]
    assert len(rows) == sum(len(table.file_uris()) for table in tables)
    assert len(rows) < len(list(recording.settings.data.rglob("part-*.parquet")))


def test_backups_made_beside_a_busy_collector_are_each_of_one_tick(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While rows move to the tables and files are merged: of every backup the sums agree to the byte
    with what had been acknowledged at its tick."""
    monkeypatch.setattr(flush, "FIRST_UPKEEP_SECONDS", 0.0)
    monkeypatch.setattr(flush, "UPKEEP_SECONDS", 0.0)
    recording = Recording(make_settings(tmp_path, OPENVPN_MONITOR_TRAFFIC_DAYS="36500"))
    recording.tick({"ann": (1, 1)})
    truth = {recording.save().seq: dict(recording.totals)}
    backups: dict[int, bytes] = {}
    enough = threading.Event()

    def backing_up() -> None:
        while not enough.is_set():
            data = made(recording.settings)
            backups[seq_of(data)] = data

    flusher = Flusher(recording.settings)
    flusher.start()
    # A daemon: a failure here must not keep the test from ending.
    thread = threading.Thread(target=backing_up, daemon=True)
    thread.start()

    def play() -> bool:
        n = len(truth)
        recording.state = flusher.take_results(recording.state)
        recording.tick({"ann": (n, 1), f"guest{n % 7}": (n, n)}, close=[f"guest{n % 7}"])
        if n % 2:
            recording.seal()
        saved = replace(recording.state, seq=recording.state.seq + 1)
        truth[saved.seq] = dict(recording.totals)  # before it is on disk, where a backup finds it
        flusher.submit(recording.save())
        return len(backups) >= 12

    eventually(play)
    enough.set()
    thread.join()
    flusher.stop()
    assert flusher.errors == 0, flusher.last_error
    for seq, data in backups.items():
        there = elsewhere(tmp_path / f"restored-{seq}")
        put(there, data)
        assert Store(there).state().seq == seq
        assert sums(Store(there), "traffic") == truth[seq]
        assert sums(Store(there), "traffic_5m") == truth[seq]
        assert sums(Store(there), "traffic_1h") == truth[seq]


def test_what_is_there_is_kept_aside_and_only_when_asked(
    recording: Recording, tmp_path: Path
) -> None:
    """A restore into the wrong directory must be undone by renaming."""
    data = made(recording.settings)
    there = elsewhere(tmp_path / "there")
    other = Recording(there)
    other.tick({"zoe": (5, 5)})
    other.save()
    with pytest.raises(BackupError, match="--replace"):
        put(there, data)
    other.check()
    aside = put(there, data, replace_existing=True)
    recording.check(Store(there))
    assert {path.name for path in aside} == {
        f"{name}.before-restore-1"
        for name in ("active_sessions.json", *(table.name for table in TABLES))
    }
    (state,) = [path for path in aside if path.name.startswith("active")]
    assert "id-zoe" in {
        s.session_id for s in states.load(state).servers["openvpn"].sessions.values()
    }


def test_a_table_that_an_older_backup_has_not_got_is_moved_aside_too(
    recording: Recording, tmp_path: Path
) -> None:
    """It would tell of other data than the rest; the next start makes it anew."""
    data = made(recording.settings)
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        hourly = {name: None for name in tar.getnames() if name.startswith("traffic_1h/")}
        manifest = orjson.loads(tar.extractfile("manifest.json").read())  # type: ignore[union-attr]
    del manifest["tables"]["traffic_1h"]
    older = changed(data, **{**hourly, "manifest.json": orjson.dumps(manifest)})
    there = elsewhere(tmp_path / "there")
    other = Recording(there)
    for _ in range(5):
        other.tick({"zoe": (5, 5)})
        flush_now(other, merge=False)
    put(there, older, replace_existing=True)
    recover(there)
    recording.check(Store(there))


def test_readers_of_the_replaced_store_notice(recording: Recording, tmp_path: Path) -> None:
    """The app may go on running: table versions that it knows get other contents."""
    data = made(recording.settings)
    store = Store(recording.settings)
    recording.tick({"ann": (5, 5), "late": (9, 9)})
    flush_now(recording, merge=False)
    assert "id-late" in sums(store, "traffic")
    epoch = store.state().epoch
    put(recording.settings, data, replace_existing=True)
    assert store.state().epoch != epoch  # which makes every reader open the tables afresh
    assert "id-late" not in sums(store, "traffic")


def test_while_a_collector_runs_nothing_is_restored(recording: Recording, tmp_path: Path) -> None:
    """It would write on."""
    there = elsewhere(tmp_path / "there")
    with FileLock(there.lock), pytest.raises(BackupError, match="a collector runs"):
        put(there, made(recording.settings))


def test_a_damaged_backup_changes_nothing(recording: Recording, tmp_path: Path) -> None:
    """Cut short, of another version, with a member missing, or with one that has no business there."""
    data = made(recording.settings)
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        parquet = next(name for name in tar.getnames() if "part-" in name)
    newer = orjson.dumps({"schema": 2, "made_at": 0, "tables": {}})
    there = elsewhere(tmp_path / "there")
    for bad, why in (
        (data[: len(data) // 2], "not a whole backup"),
        (b"", "not a whole backup"),
        (b"something else", "not a whole backup"),
        (changed(data, **{"manifest.json": newer}), "the backup was written by a newer version"),
        (changed(data, **{parquet: None}), "is missing"),
        (changed(data, **{"active_sessions.json": b"{"}), "not JSON"),
        (changed(data, **{"manifest.json": None}), "not a whole backup"),
        (changed(data, **{"../outside": b"x"}), "it holds '../outside'"),
        (changed(data, **{"traffic/../../outside": b"x"}), "it holds"),
        (changed(data, **{"/etc/outside": b"x"}), "it holds"),
    ):
        with pytest.raises(BackupError, match=why):
            put(there, bad)
        assert [p.name for p in there.data.iterdir()] == ["collector.lock"], why
    assert not (tmp_path / "there" / "outside").exists()


def test_a_link_in_a_backup_is_refused(recording: Recording, tmp_path: Path) -> None:
    """It would lead out of the directory."""
    target = io.BytesIO()
    with tarfile.open(mode="w", fileobj=target) as tar:
        info = tarfile.TarInfo("login.json")
        info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(info)
    with pytest.raises(BackupError, match=r"login\.json"):
        put(elsewhere(tmp_path / "there"), target.getvalue())


def test_the_password_comes_back_for_its_owner_only(recording: Recording, tmp_path: Path) -> None:
    """As it was kept."""
    recording.settings.stored_password.write_bytes(b"{}")
    there = elsewhere(tmp_path / "there")
    put(there, made(recording.settings))
    assert there.stored_password.read_bytes() == b"{}"
    assert stat.S_IMODE(there.stored_password.stat().st_mode) == 0o600


def test_an_empty_data_directory_is_told_not_backed_up(tmp_path: Path) -> None:
    """Somebody forgot the variable; an empty backup would be found out too late."""
    with pytest.raises(BackupError, match="OPENVPN_MONITOR_DATA"):
        made(make_settings(tmp_path))


def test_a_state_that_cannot_be_read_is_told(recording: Recording) -> None:
    """With its path."""
    recording.settings.active_sessions.write_bytes(b"{")
    with pytest.raises(BackupError, match=r"active_sessions\.json cannot be used: not JSON"):
        made(recording.settings)
