"""Data that earlier versions wrote are taken over whole. tests/sample.py made the samples."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from collector.loop import Collector
from ovpnmon.api.login import passwords
from ovpnmon.store import backup_command
from tests import sample

SAMPLES = sorted((Path(__file__).parent / "fixtures" / "data").iterdir())


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
