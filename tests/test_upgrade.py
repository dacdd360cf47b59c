"""Data that earlier versions wrote are taken over whole. tests/sample.py made the samples."""

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable

from collector.loop import Collector
from collector.recovery import recover
from ovpnmon.__main__ import main
from ovpnmon.api.login import passwords
from ovpnmon.config import Settings
from ovpnmon.store import backup_command, events, schema, upgrade
from ovpnmon.store.reader import Store
from ovpnmon.store.schema import NewerDataError
from ovpnmon.store.tables import TABLES
from tests import processes, sample
from tests.recording import sums

SAMPLES = sorted((Path(__file__).parent / "fixtures" / "data").glob("*/"))


@pytest.fixture(params=SAMPLES, ids=lambda path: path.name)
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A copy of a sample."""
    place = tmp_path / "kept"
    shutil.copytree(request.param, place)
    return place


def expected(kept: Path) -> Any:
    """What the version that wrote the data said of them."""
    return json.loads((kept / "expected.json").read_text())


def test_a_start_changes_nothing_of_what_the_data_tell(kept: Path) -> None:
    """Sessions, bytes at every level, events, addresses; nothing passes for damaged."""
    settings = sample.settings_of(kept)
    collector = Collector(settings, sample.PlayedClocks(sample.copies()[-sample.LEFT]["t"]))
    collector.flusher.start()
    collector.close()
    assert sample.told(settings) == expected(kept)
    store = Store(settings)
    assert sums(store, "traffic_1h") == sums(store, "traffic")  # the first sample had no hours
    assert not list(settings.data.glob("*damaged*"))


def test_recording_goes_on_as_if_there_had_been_no_upgrade(kept: Path, tmp_path: Path) -> None:
    """With the rest of the status file's life, against a collector that has seen all of it."""
    upgraded, whole = sample.settings_of(kept), sample.settings_of(tmp_path)
    whole.data.mkdir()
    with sample.playing(upgraded, sample.copies()[-sample.LEFT :]) as collector:
        pass
    with sample.playing(whole, sample.copies()):
        pass
    assert (collector.beat.errors, collector.flusher.errors) == (0, 0)
    assert sample.told(upgraded) == sample.told(whole)


def test_a_backup_of_an_earlier_version_can_be_restored(kept: Path, tmp_path: Path) -> None:
    """Into an empty data directory; the next start brings it up to date."""
    settings = sample.settings_of(tmp_path)
    file = str(kept / "backup.tar.gz")
    assert backup_command.bring_back(settings, file, replace_existing=False) == 0
    collector = Collector(settings, sample.PlayedClocks(sample.copies()[-sample.LEFT]["t"]))
    collector.flusher.start()
    collector.close()
    assert sample.told(settings) == expected(kept)


def test_the_password_goes_on_opening_the_app(kept: Path) -> None:
    """Nobody is locked out by an upgrade."""
    hashed = passwords.load(sample.settings_of(kept).stored_password)
    assert hashed is not None
    assert passwords.verify(sample.PASSWORD, hashed)


def test_files_of_an_older_version_are_kept_beside_the_new_ones(tmp_path: Path) -> None:
    """As they were; a second start changes nothing more."""
    settings = started(SAMPLES[0], tmp_path)
    old = (SAMPLES[0] / "data" / "events.json").read_bytes()
    (kept,) = settings.data.glob("events.json.schema-*")
    assert (kept.name, kept.read_bytes()) == ("events.json.schema-0-1", old)
    assert schema.version(schema.read(settings.events)) == schema.EVENTS.newest
    for table in TABLES:
        told = DeltaTable(table.path(settings)).metadata().configuration
        assert told[schema.TABLE_PROPERTY] == str(schema.TABLE)
    recover(settings)
    assert list(settings.data.glob("events.json.schema-*")) == [kept]


def test_an_upgrade_that_was_killed_goes_on_at_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between keeping the old file and writing the new one."""
    shutil.copytree(SAMPLES[0] / "data", tmp_path / "data")
    settings = sample.settings_of(tmp_path)
    told = events.load(settings.events)

    def killed(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(upgrade, "write_atomic", killed)
        with pytest.raises(KeyboardInterrupt):
            recover(settings)
    recover(settings)
    assert events.load(settings.events) == told
    assert len(list(settings.data.glob("events.json.schema-*"))) == 1


def started(given: Path, place: Path) -> Settings:
    """A copy of a sample that this version has started on."""
    shutil.copytree(given / "data", place / "data")
    settings = sample.settings_of(place)
    recover(settings)
    return settings


def make_newer(settings: Settings, name: str) -> None:
    """What this file or table would be like after a later version had it."""
    path = settings.data / name
    if path.suffix == ".json":
        raw = json.loads(path.read_text()) if path.exists() else {}
        path.write_text(json.dumps({**raw, "schema": 99, "unheard of": []}))
        return
    newer = {schema.TABLE_PROPERTY: "99"}
    DeltaTable(path).alter.set_table_properties(newer, raise_if_not_exists=False)


def contents(directory: Path) -> dict[str, str]:
    """Every file below, by what is in it."""
    return {
        str(path.relative_to(directory)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in directory.rglob("*")
        if path.is_file()
    }


NAMES = [path.name for path in upgrade.kept_files(sample.settings_of(Path()))]
NAMES += [table.name for table in TABLES]


@pytest.mark.parametrize("name", NAMES)
def test_data_of_a_newer_version_stop_the_start_and_stay_as_they_are(
    tmp_path: Path, name: str
) -> None:
    """Each file and each table: not moved aside as damaged, not written over."""
    settings = started(SAMPLES[-1], tmp_path)
    make_newer(settings, name)
    before = contents(settings.data)
    with pytest.raises(NewerDataError, match=f"{name} was written by a newer version"):
        recover(settings)
    assert contents(settings.data) == before


@pytest.mark.parametrize(
    "command",
    [
        ["-m", "collector"],
        ["streamlit_app.py"],
        ["-m", "ovpnmon", "backup", "never.tar.gz"],
        ["-m", "ovpnmon", "settings"],
    ],
    ids=["collector", "app", "backup", "make run"],
)
def test_programs_refuse_data_of_a_newer_version_in_one_line(
    tmp_path: Path, command: list[str]
) -> None:
    """Which file, which version, what to do; a status that tells of it."""
    settings = started(SAMPLES[-1], tmp_path)
    make_newer(settings, "active_sessions.json")
    before = contents(settings.data)
    done = subprocess.run(
        [sys.executable, *command],
        cwd=processes.ROOT,
        env=processes.environment(OPENVPN_MONITOR_DATA=str(settings.data)),
        capture_output=True,
        text=True,
        timeout=processes.PATIENCE_SECONDS,
        check=False,
    )
    assert done.returncode in {1, 2}
    lines = [line for line in done.stderr.splitlines() if "logger started" not in line]
    assert len(lines) == 1
    assert "active_sessions.json was written by a newer version" in lines[0]
    assert "start the newer one again, or restore a backup" in lines[0]
    after = contents(settings.data)
    after.pop("collector.lock", None)
    assert after == before


def test_a_backup_takes_the_place_of_data_of_a_newer_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The way back to an older version; the newer data are kept aside."""
    settings = started(SAMPLES[-1], tmp_path)
    make_newer(settings, "active_sessions.json")
    monkeypatch.setenv("OPENVPN_MONITOR_DATA", str(settings.data))
    assert main(["restore", "--replace", str(SAMPLES[-1] / "backup.tar.gz")]) == 0
    recover(settings)
    assert sample.told(settings) == expected(SAMPLES[-1])
    assert list(settings.data.glob("active_sessions.json.before-restore-*"))


BY_NAME = {"servers", "sessions", "closed", "retired", "imports", "names", "clients", "ips"}
BY_NAME |= {"synced", "counted", "read_failures"}
"""Keys whose objects hold one entry a server, client or address."""


def keys(raw: Any, path: str = "") -> set[str]:
    """Every path of keys in parsed JSON; names are stars."""
    if isinstance(raw, list):
        return {path}.union(*(keys(one, f"{path}[]") for one in raw))
    if not isinstance(raw, dict):
        return {path}
    named = path.rpartition(".")[2] in BY_NAME
    inside = ((f"{path}.{'*' if named else key}", value) for key, value in raw.items())
    return {path}.union(*(keys(value, place) for place, value in inside))


def test_a_format_that_changes_gets_a_new_number(tmp_path: Path) -> None:
    """Else the version before would take the data for damaged. Where no release has the number yet,
    the newest sample is made anew instead: python -m tests.sample tests/fixtures/data/VERSION"""
    newest = SAMPLES[-1]
    sample.make(tmp_path / "made")
    for path, kept in upgrade.kept_files(sample.settings_of(Path())).items():
        old = schema.read(newest / path)
        if schema.version(old) == kept.newest:
            assert keys(schema.read(tmp_path / "made" / path)) == keys(old), path
    for table in TABLES:
        old_table = DeltaTable(newest / "data" / table.name)
        if old_table.metadata().configuration.get(schema.TABLE_PROPERTY) == str(schema.TABLE):
            made = DeltaTable(tmp_path / "made" / "data" / table.name)
            assert made.schema() == old_table.schema()
