"""What a power loss can do to a table, undone: commits that are not whole are moved aside.

The engine never syncs, so of what was written since the last sync any file may be torn, empty or
missing. Commits up to the version that the state calls synced are known to be on disk; later ones are
looked at before anything opens the table. Their rows are still pending in the state.
"""

import logging
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from collector.log import fields
from ovpnmon.store.atomic import sync_directory

log = logging.getLogger("collector")


def mend(table: Path, synced: int | None) -> int:
    """Move damaged commits of a table, and all that came after, into its _quarantine; how many.

    synced: the last version known to be on disk; -1: none; None: not known, because the state is
    lost. Then only the commits themselves are looked at, as later ones may have deleted data files.
    Raises OSError.
    """
    directory = table / "_delta_log"
    if not directory.is_dir():
        return 0
    commits = {int(p.stem): p for p in directory.glob("*.json") if re.fullmatch(r"\d{20}", p.stem)}
    known = min(commits, default=0) - 1 if synced is None else synced
    suspects = sorted(version for version in commits if version > known)
    damaged = [
        version
        for expected, version in enumerate(suspects, known + 1)
        if version != expected or not _is_whole(commits[version], None if synced is None else table)
    ]
    bad = [commits[v] for v in suspects if damaged and v >= damaged[0]]
    bad += _doubtful_checkpoints(directory, synced)
    # From the newest down: the log stays without a gap, wherever this is killed.
    for file in sorted(bad, reverse=True):
        _quarantine(table, file)
    if bad:
        sync_directory(directory)
        log.error(
            "damaged commits moved aside, their rows are still in the live state%s",
            fields(table=table, files=len(bad), into=table / "_quarantine"),
        )
    return len(bad)


def _is_whole(commit: Path, table: Path | None) -> bool:
    """Whether every line of a commit parses, and the files it adds (given the table) can be read."""
    try:
        actions = [orjson.loads(line) for line in commit.read_bytes().splitlines()]
        added = [action["add"] for action in actions if "add" in action]
        return bool(actions) and (
            table is None
            or all(_is_readable(table / unquote(add["path"]), add["size"]) for add in added)
        )
    except (OSError, ValueError, TypeError, KeyError):
        return False


def _is_readable(file: Path, size: int | None = None) -> bool:
    """Whether a Parquet file has its size and all of it decodes."""
    try:
        if size is not None and file.stat().st_size != size:
            return False
        with pq.ParquetFile(file) as parquet:
            for _ in parquet.iter_batches():
                pass
    except (OSError, ValueError, pa.ArrowException):
        return False
    return True


def _doubtful_checkpoints(directory: Path, synced: int | None) -> Iterator[Path]:
    """Checkpoints that may be torn, and the hint that names one of them or is torn itself."""
    checkpoints = {int(p.name.partition(".")[0]): p for p in directory.glob("*.checkpoint.parquet")}
    doubtful = {
        version
        for version, file in checkpoints.items()
        if (not _is_readable(file) if synced is None else version > synced)
    }
    yield from (checkpoints[version] for version in doubtful)
    hint = directory / "_last_checkpoint"
    if hint.exists():
        try:
            named = orjson.loads(hint.read_bytes())["version"]
        except (ValueError, TypeError, KeyError):
            named = None
        if named not in checkpoints.keys() - doubtful:
            yield hint


def _quarantine(table: Path, file: Path) -> None:
    aside = table / "_quarantine"
    aside.mkdir(exist_ok=True)
    n = 1
    while (target := aside / f"{file.name}.{n}").exists():
        n += 1
    file.rename(target)
