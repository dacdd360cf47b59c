"""What a start does about data of another version: refuse newer ones, bring older ones up to date."""

import logging
from collections.abc import Mapping
from pathlib import Path

import orjson
from deltalake import DeltaTable

from ovpnmon.config import Settings
from ovpnmon.log import fields
from ovpnmon.store import schema, tables
from ovpnmon.store.atomic import keep_aside, write_atomic
from ovpnmon.store.schema import Format

log = logging.getLogger(__name__)


def kept_files(settings: Settings) -> Mapping[Path, Format]:
    """Every JSON file of the data directory that is kept over restarts."""
    return {
        settings.active_sessions: schema.STATE,
        settings.client_geo: schema.REGISTRY,
        settings.stored_password: schema.LOGIN,
        settings.heartbeat: schema.HEARTBEAT,
        settings.details: schema.DETAILS,
        settings.events: schema.EVENTS,
    }


def refuse_newer(settings: Settings) -> None:
    """Raise NewerDataError when anything was written by a newer version. Nothing is written.

    What cannot be read is left to those who need it.
    """
    for path, kept in kept_files(settings).items():
        kept.refuse_newer(schema.read(path), path)
    for table in tables.TABLES:
        path = table.path(settings)
        try:
            handle = DeltaTable(path)
        except Exception:  # noqa: BLE001, S112 - the engine raises what it likes
            continue
        tables.refuse_newer(handle, path)


def upgrade_files(settings: Settings) -> None:
    """Rewrite files of older versions; the old ones are kept as `NAME.schema-VERSION-N`.

    Only under the data directory's lock. May be killed anywhere and repeated. Raises OSError.
    """
    for path, kept in kept_files(settings).items():
        raw = schema.read(path)
        if raw is None or schema.version(raw) not in kept.steps:
            continue
        try:
            new = kept.current(raw, path)
        except (TypeError, KeyError, AttributeError):
            continue  # damaged: whoever reads it says so
        mode = path.stat().st_mode & 0o777
        aside = keep_aside(path, f"schema-{schema.version(raw)}")
        write_atomic(path, orjson.dumps(new), mode=mode)
        log.info("brought up to date%s", fields(file=path, schema=kept.newest, kept=aside))
