"""Tells that a file has changed, by what the file system knows of it."""

from pathlib import Path

Stamp = tuple[int, int, int] | None
"""Modification time in nanoseconds, size, inode; None when there is no such file to be seen."""


def stamp(path: Path) -> Stamp:
    """The file's present stamp."""
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size, stat.st_ino
