"""Replace a file so that a reader, a crash or a full disk finds the old one or the new one whole."""

import contextlib
import ctypes
import glob
import os
import tempfile
from pathlib import Path


def write_atomic(path: Path, data: bytes, *, durable: bool = True, mode: int = 0o640) -> None:
    """Put data at path: temporary file beside it, fsync, rename, fsync of the directory.

    durable=False leaves out both fsyncs, for files that may be lost with the power (heartbeat).
    Raises OSError, path untouched and the temporary file removed.
    """
    fd, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(fd, "wb") as file:
            file.write(data)
            file.flush()
            os.fchmod(file.fileno(), mode)
            if durable:
                os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    if durable:
        sync_directory(path.parent)


def sync_directory(path: Path) -> None:
    """Make renames inside path survive a power loss."""
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def sync_filesystem(path: Path) -> None:
    """Make everything written so far to the file system that holds path survive a power loss.

    For files written by a library that never fsyncs. Raises OSError (also for what could not be
    written earlier: a full or broken disk).
    """
    fd = os.open(path, os.O_RDONLY)
    try:
        syncfs = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)
        if syncfs is None:  # not Linux
            os.sync()
        elif syncfs(fd) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), str(path))
    finally:
        os.close(fd)


def hand_over(path: Path) -> None:
    """Give path, and all in it, to the owner of its directory, where root works for another user."""
    if os.geteuid() == 0:
        owner = path.parent.stat()
        for one in (path, *path.rglob("*")):
            os.chown(one, owner.st_uid, owner.st_gid, follow_symlinks=False)


def move_aside(path: Path, why: str = "damaged") -> Path:
    """Rename a file to the first free `NAME.WHY-N` and return where it went. Raises OSError."""
    n = 1
    while (aside := path.with_name(f"{path.name}.{why}-{n}")).exists():
        n += 1
    path.rename(aside)
    sync_directory(path.parent)
    return aside


def keep_aside(path: Path, why: str) -> Path:
    """Keep the file under the first free `NAME.WHY-N`, where it is kept also when path is replaced.

    It goes on being at path as well, where the file system can do that. Raises OSError.
    """
    n = 1
    while (aside := path.with_name(f"{path.name}.{why}-{n}")).exists():
        if aside.samefile(path):
            return aside
        n += 1
    with contextlib.suppress(OSError):
        os.link(path, aside)
        return aside
    return move_aside(path, why)


def remove_leftovers(path: Path) -> None:
    """Delete temporary files that a killed write_atomic(path) left behind; none may be running."""
    for leftover in path.parent.glob(f".{glob.escape(path.name)}.*.tmp"):
        leftover.unlink(missing_ok=True)
