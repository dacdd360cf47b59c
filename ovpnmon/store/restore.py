"""Put a backup back: into an empty data directory, or in the place of what is there, which is kept."""

import re
import shutil
import tarfile
import tempfile
import uuid
import zlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import IO

import orjson
from deltalake import DeltaTable
from filelock import FileLock, Timeout

from ovpnmon.config import Settings
from ovpnmon.store import atomic, schema, tables
from ovpnmon.store import state as states
from ovpnmon.store.backup import EXTRAS, MANIFEST, STATE, BackupError, extras
from ovpnmon.store.schema import NewerDataError
from ovpnmon.store.tables import TABLES

KEPT = "before-restore"


def read(settings: Settings, source: IO[bytes], *, replace_existing: bool) -> list[Path]:
    """Restore from a backup's stream; the places that were moved aside to NAME.before-restore-N.

    Nothing is touched before the whole backup has been unpacked and looked at. Raises BackupError,
    also while a collector runs on the data directory, or OSError.
    """
    settings.data.mkdir(parents=True, exist_ok=True)
    try:
        with (
            FileLock(settings.lock, timeout=0),
            tempfile.TemporaryDirectory(prefix=".restore-", dir=settings.data) as scratch,
        ):
            unpacked = Path(scratch)
            _unpack(source, unpacked)
            _check(unpacked)
            return _put(settings, unpacked, replace_existing=replace_existing)
    except Timeout:
        raise BackupError(
            f"a collector runs on {settings.data}: stop it first, and start it afterwards"
        ) from None


def _unpack(source: IO[bytes], into: Path) -> None:
    try:
        with tarfile.open(mode="r|*", fileobj=source) as tar:
            for member in tar:
                data = tar.extractfile(member) if member.isfile() else None
                if data is None or not _belongs(member.name):
                    raise BackupError(f"not a backup of this program: it holds {member.name!r}")
                target = into / member.name
                target.parent.mkdir(parents=True, exist_ok=True)
                with target.open("wb") as file:
                    shutil.copyfileobj(data, file)
                target.chmod(member.mode & 0o640)
    except (tarfile.TarError, EOFError, zlib.error) as error:
        raise BackupError(f"not a whole backup: {error}") from error


def _belongs(name: str) -> bool:
    parts = name.split("/")
    if len(parts) == 1:
        return name in (MANIFEST, STATE, *EXTRAS)
    return parts[0] in {table.name for table in TABLES} and not {"", ".", ".."} & set(parts)


def _check(unpacked: Path) -> None:
    """Whether all of it is there and can be read."""
    try:
        manifest = orjson.loads((unpacked / MANIFEST).read_bytes())
        schema.BACKUP.refuse_newer(manifest, "the backup")
        for name, kept in EXTRAS.items():
            kept.refuse_newer(schema.read(unpacked / name), name)
        state = states.load(unpacked / STATE)
        for name, version in manifest["tables"].items():
            table = DeltaTable(unpacked / name)
            tables.refuse_newer(table, name)
            _check_table(table, version)
    except NewerDataError as error:
        raise BackupError(str(error)) from error
    except (OSError, KeyError, TypeError, ValueError, states.StateError) as error:
        raise BackupError(f"not a whole backup: {error}") from error
    # To readers it must be another store than the one they know: the tables' versions go back. And to
    # the next start a sound one: it would miss the files of commits that later ones have replaced.
    state = replace(state, epoch=uuid.uuid4().hex, synced=manifest["tables"])
    states.save(unpacked / STATE, state)


def _check_table(table: DeltaTable, version: int) -> None:
    if table.version() != version:
        raise ValueError(f"a table has version {table.version()}, not {version}")
    for uri in table.file_uris():
        path = Path(re.sub("^file://", "", uri))
        if not path.is_file():
            raise ValueError(f"{path.name} is missing")


def _put(settings: Settings, unpacked: Path, *, replace_existing: bool) -> list[Path]:
    places = _places(settings)
    taken = [place for place in places.values() if place.exists()]
    if taken and not replace_existing:
        raise BackupError(
            f"{taken[0]} exists: with --replace what is there is moved aside to NAME.{KEPT}-N"
        )
    # A table that an older version's backup has not got would tell of other data than the rest.
    replaced = {STATE, *(table.name for table in TABLES)}
    aside = [
        atomic.move_aside(place, KEPT)
        for name, place in places.items()
        if place.exists() and (name in replaced or (unpacked / name).exists())
    ]
    for name, place in places.items():  # the live state last: it vouches for the rest
        if (unpacked / name).exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(unpacked / name, place)
            atomic.hand_over(place)
    for device_path in {p.parent.stat().st_dev: p.parent for p in places.values()}.values():
        atomic.sync_filesystem(device_path)
    return aside


def _places(settings: Settings) -> Mapping[str, Path]:
    """Where each part of a backup belongs."""
    places = {table.name: table.path(settings) for table in TABLES} | extras(settings)
    return places | {STATE: settings.active_sessions}
