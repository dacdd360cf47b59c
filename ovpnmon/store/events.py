"""What happened to servers and clocks, newest last: the last thousand of it. Clients come and go
elsewhere, in the session history.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import orjson

from ovpnmon.store import schema
from ovpnmon.store.atomic import write_atomic

KEPT = 1000
Kind = Literal["file", "restart", "clock"]


@dataclass(frozen=True, slots=True)
class Event:
    """at: unix time. server: "" where it is about the host that the collector runs on."""

    at: float
    server: str
    kind: Kind
    text: str


def load(path: Path) -> list[Event]:
    """Empty before the first event. Raises OSError, or ValueError when the file is damaged."""
    try:
        raw = schema.EVENTS.current(orjson.loads(path.read_bytes()), path)
        return [Event(**event) for event in raw["events"]]
    except FileNotFoundError:
        return []
    except (TypeError, KeyError) as error:
        raise ValueError(f"{path} is damaged: {error}") from error


def save(path: Path, events: list[Event]) -> None:
    """Replace the file by the last KEPT of these. Raises OSError."""
    raw = {"schema": schema.EVENTS.newest, "events": events[-KEPT:]}
    write_atomic(path, orjson.dumps(raw))
