"""Files are replaced whole or not at all."""

import os
from pathlib import Path

import pytest

from ovpnmon.store import atomic


def test_a_file_is_replaced(tmp_path: Path) -> None:
    """With nothing left beside it, readable by its group but not by everybody."""
    path = tmp_path / "file.json"
    atomic.write_atomic(path, b"one")
    atomic.write_atomic(path, b"two")
    assert path.read_bytes() == b"two"
    assert [p.name for p in tmp_path.iterdir()] == ["file.json"]
    assert path.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("failing", ["fsync", "fchmod"])
def test_a_write_that_fails_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    """A full disk tells so at the latest when synced; no temporary file stays to fill it further."""
    path = tmp_path / "file.json"
    atomic.write_atomic(path, b"one")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, failing, full)
    with pytest.raises(OSError, match="No space left"):
        atomic.write_atomic(path, b"two")
    assert path.read_bytes() == b"one"
    assert [p.name for p in tmp_path.iterdir()] == ["file.json"]


def test_data_reach_the_disk_before_the_name_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a power loss the name must never stand for a file that is not whole."""
    order = []
    real_fsync, real_replace = os.fsync, Path.replace

    def fsync(fd: int) -> None:
        order.append("directory" if os.path.isdir(f"/proc/self/fd/{fd}") else "data")  # noqa: PTH112 - fd
        real_fsync(fd)

    def rename(self: Path, target: Path) -> Path:
        order.append("rename")
        return real_replace(self, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(Path, "replace", rename)
    atomic.write_atomic(tmp_path / "file", b"x")
    assert order == ["data", "rename", "directory"]
    order.clear()
    atomic.write_atomic(tmp_path / "file", b"x", durable=False)
    assert order == ["rename"]


def test_a_damaged_file_goes_to_the_first_free_name(tmp_path: Path) -> None:
    """An earlier one is never overwritten."""
    path = tmp_path / "file.json"
    for content in ("one", "two"):
        path.write_text(content)
        atomic.move_aside(path)
    assert (tmp_path / "file.json.damaged-1").read_text() == "one"
    assert (tmp_path / "file.json.damaged-2").read_text() == "two"
    assert not path.exists()


def test_leftovers_of_one_file_are_removed_and_no_others(tmp_path: Path) -> None:
    """Temporary files of a killed writer; a name with pattern characters is taken as it is."""
    path = tmp_path / "state[1].json"
    mine, other = tmp_path / ".state[1].json.x.tmp", tmp_path / ".state1.json.x.tmp"
    for file in (path, mine, other):
        file.write_bytes(b"")
    atomic.remove_leftovers(path)
    assert path.exists()
    assert other.exists()
    assert not mine.exists()


def test_the_file_system_can_be_synced(tmp_path: Path) -> None:
    """By any path in it; one that is not there is an error, as its rows could not be vouched for."""
    atomic.sync_filesystem(tmp_path)
    with pytest.raises(FileNotFoundError):
        atomic.sync_filesystem(tmp_path / "missing")
