"""How much room everything takes on disk, and how much is left."""

import os
import shutil
from pathlib import Path

from ovpnmon.config import Settings
from ovpnmon.store.tables import TABLES


def store_bytes(settings: Settings) -> dict[str, int]:
    """Bytes on disk of each table, replaced files that are not removed yet included, and of the state."""
    sizes = {table.name: _directory_bytes(table.path(settings)) for table in TABLES}
    return sizes | {"active_sessions": _file_bytes(settings.active_sessions)}


def disk_free_bytes(settings: Settings) -> int | None:
    """What may still be written below the data directory; None where the system does not tell."""
    try:
        return shutil.disk_usage(settings.data).free
    except OSError:
        return None


def _directory_bytes(path: Path) -> int:
    return sum(
        _file_bytes(Path(directory, name))
        for directory, _, names in os.walk(path)
        for name in names
    )


def _file_bytes(path: Path) -> int:
    """0 for one that is gone: files come and go while they are counted."""
    try:
        return path.stat().st_size
    except OSError:
        return 0
