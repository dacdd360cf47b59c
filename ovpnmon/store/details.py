"""What the collector sees of each server beyond what it must remember: only ever shown.

A file of its own, rewritten without fsync whenever something in it changes, so that the live state,
which every tick waits for, stays small.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from ovpnmon.model import Route
from ovpnmon.store import schema
from ovpnmon.store.atomic import write_atomic


@dataclass(slots=True)
class Details:
    """One server's."""

    size_bytes: int | None = None
    """Of the file as it was last read; None where it could not be."""
    modified_at: float | None = None
    """Its mtime, unix time."""
    retries: int = 0
    """Further reads, since the collector's start, because two did not agree: caught while rewritten."""
    global_stats: list[tuple[str, str]] = field(default_factory=list)
    """The file's last lines, name and value as written."""
    routes: list[Route] = field(default_factory=list)
    """The routing table of the last good snapshot."""
    ahead_seconds: float | None = None
    """By how much TIME was ahead of our clock when it was last seen to change; behind: negative."""
    zone_off_seconds: int = 0
    """By how much a version 1 file's TIME, read in our zone, is ahead of when the file was written."""
    fitting_zones: list[str] = field(default_factory=list)
    """Where that is not 0: zones in which it would fit."""


def load(path: Path) -> dict[str, Details]:
    """By server. Empty before the first tick. Raises OSError, or ValueError when it is damaged."""
    try:
        raw = orjson.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    try:
        known = schema.DETAILS.current(raw, path)["servers"]
        return {name: _details(one) for name, one in known.items()}
    except (TypeError, AttributeError, KeyError) as error:
        raise ValueError(f"{path} is damaged: {error}") from error


def save(path: Path, details: dict[str, Details]) -> None:
    """Replace the file. Raises OSError."""
    raw = {"schema": schema.DETAILS.newest, "servers": details}
    write_atomic(path, orjson.dumps(raw), durable=False)


def _details(raw: dict[str, Any]) -> Details:
    raw["routes"] = [Route(**route) for route in raw["routes"]]
    raw["global_stats"] = [(name, value) for name, value in raw["global_stats"]]
    return Details(**raw)
