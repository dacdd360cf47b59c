"""Power loss: of what was written since the last sync, any file may be torn, empty or missing."""

import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from deltalake import DeltaTable

from collector import flush, maintenance
from collector.recovery import recover
from ovpnmon.store import tables
from ovpnmon.store.reader import Store
from tests.recording import START, Recording, make_settings

DAMAGES: list[Callable[[Path], object]] = [
    Path.unlink,
    lambda file: file.write_bytes(b""),
    lambda file: file.write_bytes(bytes(file.stat().st_size)),
    lambda file: file.write_bytes(file.read_bytes()[: file.stat().st_size // 2]),
    lambda file: file.write_bytes(file.read_bytes()[:100] + bytes(file.stat().st_size - 100)),
]


def open_all(recording: Recording) -> dict[str, DeltaTable]:
    """Handles on all tables."""
    return {t.name: tables.open_or_create(recording.settings, t) for t in tables.TABLES}


def flush_now(recording: Recording, handles: dict[str, DeltaTable], *, known: bool) -> None:
    """Put everything pending into the tables; known: synced, and the state on disk knows it."""
    recording.seal()
    state = recording.save()
    flush.flush(handles, state, state.pending[:-1])
    if known:
        recording.state = replace(
            state,
            flushed=state.pending[-2].batch,
            synced={name: handle.version() for name, handle in handles.items()},
            pending=state.pending[-1:],
        )
        recording.save()


def files(recording: Recording) -> dict[Path, int]:
    """All files of the tables and when they were written."""
    return {
        file: file.stat().st_mtime_ns
        for table in tables.TABLES
        for file in table.path(recording.settings).rglob("*")
        if file.is_file()
    }


@pytest.mark.parametrize("seed", range(15))
def test_nothing_acknowledged_is_lost_when_the_power_fails(tmp_path: Path, seed: int) -> None:
    """A flush and some upkeep were under way; a reader that has seen them stays right too."""
    dice = random.Random(seed)
    recording = Recording(make_settings(tmp_path))
    handles = open_all(recording)
    for n in range(3):
        recording.tick({"ann": (n, n), f"guest{n}": (n, n)}, close=[f"guest{n}"])
        flush_now(recording, handles, known=True)
    synced = files(recording)
    recording.tick({"ann": (5, 5), "bob": (6, 6)}, close=["ann"])
    if dice.random() < 0.5:
        recording.tick({"guest1": (7, 7)})
    flush_now(recording, handles, known=False)
    upkeep = maintenance.steps(recording.settings, handles, START, thorough=True)
    for _ in range(dice.randrange(6)):
        # Deleting begins only when the state on disk knows all this, which it does not.
        if "vacuum" in next(upkeep):
            pytest.fail("upkeep was expected to have more to do before it deletes")
    store = Store(recording.settings)
    recording.check(store)
    for file, written in files(recording).items():
        if synced.get(file) != written and dice.random() < 0.5:
            dice.choice(DAMAGES)(file)
    recording.state = recover(recording.settings)
    recording.check(store)
    recording.check()
    recording.tick({"bob": (8, 8)})
    flush_now(recording, open_all(recording), known=True)
    recording.check(store)
    list(maintenance.steps(recording.settings, open_all(recording), START, thorough=True))
    recording.check(store)
