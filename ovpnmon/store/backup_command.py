"""The commands `python -m ovpnmon backup FILE` and `restore FILE`; `-` is standard output or input."""

import os
import sys
import tempfile
import time
from pathlib import Path

from ovpnmon.config import Settings
from ovpnmon.store import backup, restore
from ovpnmon.store.backup import BackupError


def make(settings: Settings, file: str) -> int:
    """Exit status: 0 the backup is whole and, if in a file, on disk; 1 it is not, with the reason."""
    try:
        if file == "-":
            count = backup.write(settings, sys.stdout.buffer, time.time())
        else:
            count = _into(settings, Path(file))
    except (BackupError, OSError) as error:
        sys.stderr.write(f"no backup made: {error}\n")
        return 1
    sys.stderr.write(f"backed up: {count} files\n")
    return 0


def bring_back(settings: Settings, file: str, *, replace_existing: bool) -> int:
    """Exit status: 0 restored, 1 not, with the reason."""
    try:
        if file == "-":
            aside = restore.read(settings, sys.stdin.buffer, replace_existing=replace_existing)
        else:
            with Path(file).open("rb") as source:
                aside = restore.read(settings, source, replace_existing=replace_existing)
    except (BackupError, OSError) as error:
        sys.stderr.write(f"not restored: {error}\n")
        return 1
    for place in aside:
        sys.stderr.write(f"kept: {place}\n")
    sys.stderr.write("restored; start the collector and the app\n")
    return 0


def _into(settings: Settings, target: Path) -> int:
    """For its owner only: it holds names, addresses and the password's hash."""
    fd, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".tmp", dir=target.parent)
    try:
        with os.fdopen(fd, "wb") as file:
            count = backup.write(settings, file, time.time())
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return count
