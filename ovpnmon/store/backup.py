"""A backup: one tar file with all that was recorded up to one acknowledged tick.

Made while the collector runs, without stopping it: the live state is read, the tables are pinned at
versions that are of one whole with it, and just the files of these versions are copied.

manifest.json          {schema, made_at, tables: {name: version}}
active_sessions.json   the live state
session_history/ ...   one directory a table: files of its log up to the version, and of its rows
login.json ...         what else lies in the data directory and is no cache
"""

import gzip
import io
import re
import tarfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import unquote

import orjson
import pyarrow as pa
from deltalake import DeltaTable

from ovpnmon.config import Settings
from ovpnmon.store import schema
from ovpnmon.store import state as states
from ovpnmon.store.state import State
from ovpnmon.store.tables import TABLES
from ovpnmon.store.view import agrees

MANIFEST = "manifest.json"
STATE = "active_sessions.json"
EXTRAS = {
    "login.json": schema.LOGIN,
    "client_geolocation.json": schema.REGISTRY,
    "events.json": schema.EVENTS,
}
ATTEMPTS = 40


class BackupError(Exception):
    """The backup could not be made or used; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Pinned:
    """The state's bytes, and for each table its version, its log (name -> bytes) and its row files."""

    state: bytes
    versions: Mapping[str, int]
    logs: Mapping[str, Mapping[str, bytes]]
    files: Mapping[str, list[str]]


def extras(settings: Settings) -> dict[str, Path]:
    """Files beside state and tables that a backup holds, by their names in it."""
    paths = (settings.stored_password, settings.client_geo, settings.events)
    return dict(zip(EXTRAS, paths, strict=True))


def write(settings: Settings, target: IO[bytes], now: float) -> int:
    """Write a backup to target as a gzipped tar stream and return how many files it has.

    Raises BackupError: nothing was recorded yet, or files went away while they were copied (they
    stay an hour after they were replaced); what is in target then is worthless. OSError for the rest.
    """
    pinned = pin(settings)
    manifest = orjson.dumps(
        {"schema": schema.BACKUP.newest, "made_at": now, "tables": pinned.versions}
    )
    count = 0
    with (
        gzip.GzipFile(fileobj=target, mode="wb", compresslevel=1) as packed,
        tarfile.open(mode="w|", fileobj=packed) as tar,
    ):
        for name, data in _small_files(settings, manifest, pinned):
            info = tarfile.TarInfo(name)
            info.size, info.mtime, info.mode = len(data), int(now), 0o600
            tar.addfile(info, io.BytesIO(data))
            count += 1
        for table in TABLES:
            for file in pinned.files[table.name]:
                try:
                    tar.add(table.path(settings) / file, f"{table.name}/{file}", recursive=False)
                except FileNotFoundError as error:
                    raise BackupError(
                        f"{error.filename} was replaced meanwhile: try again"
                    ) from None
                count += 1
    return count


def pin(settings: Settings) -> Pinned:
    """State and tables of one whole. Raises BackupError or OSError."""
    for _ in range(ATTEMPTS):
        try:
            data = settings.active_sessions.read_bytes()
            state = states.decode(data)
        except FileNotFoundError:
            raise BackupError(
                f"nothing to back up: {settings.active_sessions} does not exist; is"
                " OPENVPN_MONITOR_DATA the collector's?"
            ) from None
        except states.StateError as error:
            raise BackupError(f"{settings.active_sessions} cannot be used: {error}") from error
        found = _tables(settings, state)
        # A collector that has started meanwhile may have given version numbers to other commits.
        if found and states.load(settings.active_sessions).epoch == state.epoch:
            versions, logs, files = found
            return Pinned(data, versions, logs, files)
        time.sleep(0.05)
    raise BackupError(
        "state and tables do not fit together: start the collector once, then try again"
    )


def _tables(
    settings: Settings, state: State
) -> tuple[dict[str, int], dict[str, dict[str, bytes]], dict[str, list[str]]] | None:
    try:
        handles = {table.name: DeltaTable(table.path(settings)) for table in TABLES}
        if not agrees(state, handles):
            return None
        versions = {name: handle.version() for name, handle in handles.items()}
        logs = {
            table.name: _log(table.path(settings) / "_delta_log", versions[table.name])
            for table in TABLES
        }
        files = {
            name: [unquote(path) for path in pa.table(handle.get_add_actions())["path"].to_pylist()]
            for name, handle in handles.items()
        }
    except Exception:  # noqa: BLE001 - the engine raises what it likes; the log was being cleaned
        return None
    return versions, logs, files


def _log(directory: Path, version: int) -> dict[str, bytes]:
    """The commits and checkpoints up to a version. Raises OSError when one goes away meanwhile."""
    kept = {}
    for path in sorted(directory.iterdir()):
        match = re.match(r"(\d{20})\.(json|checkpoint.*parquet)$", path.name)
        if match and int(match[1]) <= version:
            kept[path.name] = path.read_bytes()
    return kept


def _small_files(
    settings: Settings, manifest: bytes, pinned: Pinned
) -> Iterator[tuple[str, bytes]]:
    yield MANIFEST, manifest
    yield STATE, pinned.state
    for name, path in extras(settings).items():
        if path.is_file():
            yield name, path.read_bytes()
    for table, log in pinned.logs.items():
        for name, data in log.items():
            yield f"{table}/_delta_log/{name}", data
