"""Reads status files so that a snapshot is never of two generations.

OpenVPN rewrites its file in place, one write a line over the old bytes, and truncates last; a read in
the middle is new lines and then old ones, and still ends in END. So a file counts as read only when
two reads, a pause apart, agree in bytes and modification time.
"""

import os
import stat
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ovpnmon.model import StatusError

MAX_BYTES = 256 * 2**20
"""Almost a million clients and their routes; more is some other file."""


@dataclass(frozen=True, slots=True)
class FileRead:
    """The bytes of a status file, and its modification time in unix seconds by this host's clock."""

    data: bytes
    modified_at: float
    retries: int = field(default=0, compare=False)
    """How many reads it took beyond two."""


def read_stable(
    paths: Sequence[Path],
    pause_seconds: float = 0.05,
    attempts: int = 5,
    sleep: Callable[[float], None] = time.sleep,
) -> dict[Path, FileRead | StatusError]:
    """Each file as it stood still for pause_seconds: all are read, then after one pause all again.

    Those that differ are compared with a further read, up to attempts times; one that never stands
    still is StatusError busy. There is no falling back to a moving file. What is in the way of reading
    comes back as StatusError, too: missing, forbidden or malformed.
    """
    last = {path: _read(path) for path in paths}
    settled: dict[Path, FileRead | StatusError] = {}
    for attempt in range(attempts):
        sleep(pause_seconds)
        for path in [path for path in last if path not in settled]:
            again = _read(path)
            if isinstance(again, StatusError):
                settled[path] = again
            elif again == last[path]:
                settled[path] = replace(again, retries=attempt)
            last[path] = again
        if len(settled) == len(last):
            break
    return {path: settled.get(path) or _busy(path, attempts) for path in last}


def _read(path: Path) -> FileRead | StatusError:
    try:
        # Without O_NONBLOCK a FIFO that nobody writes to would block for ever.
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(fd, "rb", buffering=0) as file:
            status = os.fstat(fd)
            return _unreadable(path, status) or FileRead(file.readall(), status.st_mtime_ns / 1e9)
    except IsADirectoryError:
        return _failed(
            path,
            "is a directory, name the file itself (Docker makes a directory where a mounted file does"
            " not exist: mount the directory that holds it)",
        )
    except (FileNotFoundError, NotADirectoryError):
        return StatusError(
            "missing",
            f"{path} does not exist: check that OpenVPN is running with the line 'status {path}' in"
            " its configuration, and that the path is the one seen from here (in a container: where"
            " it is mounted). Deleted while OpenVPN runs, it comes back when OpenVPN gets SIGHUP",
        )
    except PermissionError:
        return StatusError(
            "forbidden",
            f"{path} may not be read: OpenVPN creates it for root only. Run 'chgrp {os.getegid()}"
            f" {path}' and 'chmod g+r {path}', and let that group enter its directory (chmod g+x);"
            " see README, Permissions",
        )
    except OSError as error:
        return _failed(path, f"cannot be read: {error.strerror}")


def _unreadable(path: Path, status: os.stat_result) -> StatusError | None:
    if not stat.S_ISREG(status.st_mode):
        return _failed(path, "is no regular file: name the file that OpenVPN's 'status' names")
    if status.st_size > MAX_BYTES:
        return _failed(
            path, f"has {status.st_size} bytes, more than {MAX_BYTES}: that is no status file"
        )
    return None


def _failed(path: Path, what: str) -> StatusError:
    return StatusError("malformed", f"{path} {what}")


def _busy(path: Path, attempts: int) -> StatusError:
    return StatusError(
        "busy",
        f"{path} changed between any two of {attempts + 1} reads. If it stays so: do two servers"
        " write into it? Is it rewritten all the time? ('status FILE 10' rewrites it every 10 s.)",
    )
