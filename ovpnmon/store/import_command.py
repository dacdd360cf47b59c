"""The command `python -m ovpnmon import DIR`: the Flask panel's files, put where a start takes them over.

Copies, with their times: by those it is known when the panel last looked. The old directory is only
read. Doing it twice changes nothing.
"""

import filecmp
import shutil
import sys
from pathlib import Path

import orjson

from ovpnmon.config import Settings
from ovpnmon.store import atomic
from ovpnmon.store.old_panel import is_old_active


def bring_in(settings: Settings, directory: Path) -> int:
    """Exit status: 0 all that was found is in place, 1 nothing was found or a file is in the way."""
    try:
        lines = [
            _copy(directory / "session_history.json", settings.old_history),
            _copy_places(directory / "client_geolocation.json", settings.client_geo),
            _copy_active(directory / "active_sessions.json", settings.active_sessions),
        ]
    except (OSError, ValueError) as error:
        sys.stderr.write(f"not imported: {error}\n")
        return 1
    found = [line for line in lines if line]
    if not found:
        sys.stderr.write(f"not imported: no files of the old panel in {directory}\n")
        return 1
    sys.stderr.write("".join(f"{line}\n" for line in found))
    sys.stderr.write(
        "They are taken over when the collector starts: start it, or start it again.\n"
    )
    return 0


def _copy(source: Path, target: Path) -> str:
    """What was done, or "" where there is no source. Raises ValueError when target is another file."""
    if not source.exists():
        return ""
    if target.exists():
        if filecmp.cmp(source, target, shallow=False):
            return f"{target} is there already"
        raise ValueError(
            f"{target} exists and is not {source}: move it away to import the other one"
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    scratch = target.with_name(f".{target.name}.import")
    try:
        shutil.copy2(source, scratch)
        scratch.rename(target)
    finally:
        scratch.unlink(missing_ok=True)
    atomic.hand_over(target)
    atomic.sync_filesystem(target.parent)
    return f"{source} -> {target}"


def _copy_places(source: Path, ours: Path) -> str:
    """The panel's registry, where we have none: ours fills itself from the history."""
    return "" if ours.exists() else _copy(source, ours)


def _copy_active(source: Path, ours: Path) -> str:
    """Beside our own live state, under the name that a start gives one of the old panel."""
    if not source.exists():
        return ""
    if not is_old_active(orjson.loads(source.read_bytes())):
        raise ValueError(f"{source} is not the old panel's")
    n = 1
    while (target := ours.with_name(f"{ours.name}.old-panel-{n}")).exists():
        if filecmp.cmp(source, target, shallow=False):
            break
        n += 1
    return _copy(source, target)
