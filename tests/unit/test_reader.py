"""Only a file that stood still between two reads counts as read."""

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from collector import reader
from collector.reader import FileRead, read_stable
from ovpnmon.model import StatusError


class Pauses:
    """Stands in for sleep: does what it is told in each pause, and counts them."""

    def __init__(self, *actions: Callable[[], object]) -> None:
        self.actions = list(actions)
        self.seconds: list[float] = []

    def __call__(self, seconds: float) -> None:
        """One pause."""
        self.seconds.append(seconds)
        if self.actions:
            self.actions.pop(0)()


def written(path: Path, data: bytes) -> Callable[[], object]:
    """Rewriting in place, as OpenVPN does; the clock of file times may be coarser than that."""

    def write() -> None:
        before = path.stat().st_mtime_ns if path.exists() else 0
        path.write_bytes(data)
        os.utime(path, ns=(before + 1_000_000, before + 1_000_000))

    return write


def error(read: FileRead | StatusError) -> StatusError:
    """The error that came instead of a read."""
    assert isinstance(read, StatusError), read
    return read


def only(path: Path, pauses: Pauses | None = None, attempts: int = 5) -> FileRead | StatusError:
    """The read of one file."""
    return read_stable([path], 0.05, attempts, pauses or Pauses())[path]


def test_a_file_that_stands_still_is_read_after_one_pause(tmp_path: Path) -> None:
    """With its bytes and modification time."""
    path = tmp_path / "status.log"
    path.write_bytes(b"content")
    os.utime(path, (5, 1234.5))
    pauses = Pauses()
    assert only(path, pauses) == FileRead(b"content", 1234.5)
    assert pauses.seconds == [0.05]


def test_all_files_share_one_pause(tmp_path: Path) -> None:
    """A hundred servers take no longer than one; what is wrong with one touches no other."""
    good, missing = tmp_path / "good", tmp_path / "missing"
    good.write_bytes(b"x")
    pauses = Pauses()
    reads = read_stable([good, missing, good], 0.05, 5, pauses)
    assert list(reads) == [good, missing]
    assert isinstance(reads[good], FileRead)
    assert error(reads[missing]).code == "missing"
    assert len(pauses.seconds) == 1


def test_a_file_rewritten_in_the_pause_is_read_again(tmp_path: Path) -> None:
    """Until two reads agree; how often is told."""
    path = tmp_path / "status.log"
    path.write_bytes(b"one")
    pauses = Pauses(written(path, b"two"), written(path, b"three"))
    read = only(path, pauses)
    assert isinstance(read, FileRead)
    assert (read.data, read.retries, len(pauses.seconds)) == (b"three", 2, 3)


def test_the_same_bytes_written_anew_are_read_again(tmp_path: Path) -> None:
    """The modification time shows that somebody is writing."""
    path = tmp_path / "status.log"
    path.write_bytes(b"one")
    pauses = Pauses(written(path, b"one"))
    assert isinstance(only(path, pauses), FileRead)
    assert len(pauses.seconds) == 2


def test_a_file_that_never_stands_still_is_busy(tmp_path: Path) -> None:
    """No moving file is ever taken."""
    path = tmp_path / "status.log"
    path.write_bytes(b"x")
    pauses = Pauses(*(written(path, b"%d" % n) for n in range(9)))
    assert error(only(path, pauses, attempts=4)).code == "busy"
    assert len(pauses.seconds) == 4


def test_a_file_that_appears_in_the_pause_is_read(tmp_path: Path) -> None:
    """It is compared with itself first."""
    path = tmp_path / "status.log"
    pauses = Pauses(written(path, b"x"))
    assert isinstance(only(path, pauses), FileRead)
    assert len(pauses.seconds) == 2


def test_a_missing_file_says_what_to_check(tmp_path: Path) -> None:
    """Also where its directory is missing, or is a file."""
    (tmp_path / "file").touch()
    for path in (tmp_path / "no.log", tmp_path / "no" / "no.log", tmp_path / "file" / "no.log"):
        told = error(only(path))
        assert told.code == "missing"
        assert f"{path} does not exist" in told.message
        assert f"status {path}" in told.message


def test_a_file_that_may_not_be_read_says_how_to_mend_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """OpenVPN creates it for root alone. Tests may run as root, whom nothing is forbidden."""
    path = tmp_path / "status.log"

    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(reader.os, "open", refuse)
    told = error(only(path))
    assert told.code == "forbidden"
    assert f"chgrp {os.getegid()} {path}" in told.message
    assert "README, Permissions" in told.message


def test_mode_0600_of_another_is_forbidden(tmp_path: Path) -> None:
    """The real thing, also where the tests run as root."""
    path = tmp_path / "status.log"
    path.touch(mode=0o000)
    me = os.geteuid()
    try:
        if me == 0:
            os.seteuid(65534)
        told = only(path)
    finally:
        os.seteuid(me)
    assert error(told).code == "forbidden"


def test_a_directory_says_so(tmp_path: Path) -> None:
    """Docker makes one where a mounted file is missing."""
    told = error(only(tmp_path))
    assert told.code == "malformed"
    assert "is a directory" in told.message
    assert "Docker" in told.message


def test_what_is_no_file_does_not_hang_the_collector(tmp_path: Path) -> None:
    """Reading a FIFO that nobody writes to would last for ever, /dev/zero has no end."""
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "socket"))
        for path in (fifo, tmp_path / "socket", Path("/dev/zero")):
            assert error(only(path)).code == "malformed"


def test_a_file_too_large_to_be_one_is_not_read(tmp_path: Path) -> None:
    """256 MiB would be almost a million clients."""
    path = tmp_path / "huge"
    path.touch()
    os.truncate(path, reader.MAX_BYTES + 1)
    told = error(only(path))
    assert told.code == "malformed"
    assert "that is no status file" in told.message


def test_a_loop_of_links_is_told(tmp_path: Path) -> None:
    """As any other trouble of the operating system."""
    path = tmp_path / "loop"
    path.symlink_to(path)
    told = error(only(path))
    assert (told.code, "cannot be read" in told.message) == ("malformed", True)
