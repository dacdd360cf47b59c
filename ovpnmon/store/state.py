"""The live state, active_sessions.json: what a tick is acknowledged by, and what the app reads first.

Open sessions with their counters, and the rows not yet in the tables. Readable JSON on purpose: an
operator may look into it.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from ovpnmon.model import ClosedSession, Rejected, ServerState, Session
from ovpnmon.store.atomic import write_atomic

SCHEMA = 1


class StateError(Exception):
    """The file is not a state that this version understands; the message says why."""


@dataclass(slots=True)
class SampleGroup:
    """Samples of one server over one span, as columns: a third smaller and faster than rows.

    number[i] names the session; 0 is the server itself, observed, so that "nobody was connected"
    and "nobody was looking" stay apart.
    """

    server: str
    from_at: int
    to_at: int
    number: list[int]
    bytes_received: list[int]
    bytes_sent: list[int]


@dataclass(slots=True)
class Batch:
    """Rows of some consecutive ticks, which go into the tables together.

    Only the last batch grows; earlier ones are sealed. reopened: session_ids whose row, if in the
    history already, is to be taken out, because the session goes on.
    """

    batch: int
    closed: list[ClosedSession] = field(default_factory=list)
    reopened: list[str] = field(default_factory=list)
    samples: list[SampleGroup] = field(default_factory=list)


@dataclass(slots=True)
class State:
    """Everything that a collector must remember.

    epoch changes at every start of a collector: readers drop table handles of another epoch.
    flushed: batches up to this one are in every table. synced: table version known to be on disk.
    imports: old files taken over, by path, with what identified them.
    """

    schema: int = SCHEMA
    epoch: str = ""
    seq: int = 0
    saved_at: float = 0.0
    next_number: int = 1
    open_batch: int = 1
    flushed: int = 0
    synced: dict[str, int] = field(default_factory=dict)
    pending: list[Batch] = field(default_factory=lambda: [Batch(1)])
    servers: dict[str, ServerState] = field(default_factory=dict)
    imports: dict[str, dict[str, Any]] = field(default_factory=dict)


def encode(state: State) -> bytes:
    """The state as compact JSON."""
    return orjson.dumps(state)


def decode(data: bytes) -> State:
    """The state that encode() wrote. Raises StateError on anything else."""
    try:
        raw = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise StateError(f"not JSON: {error}") from error
    if not isinstance(raw, dict) or "schema" not in raw:
        raise StateError("not a state of this program")
    if raw["schema"] != SCHEMA:
        raise StateError(f"schema {raw['schema']}, this version reads {SCHEMA}")
    try:
        return _state(raw)
    except (TypeError, KeyError, AttributeError) as error:
        raise StateError(f"damaged: {error}") from error


def load(path: Path) -> State:
    """The state at path. Raises FileNotFoundError, OSError or StateError."""
    return decode(path.read_bytes())


def save(path: Path, state: State) -> None:
    """Acknowledge: once this returns, nothing in state is lost by a crash or power loss."""
    write_atomic(path, encode(state))


def _state(raw: dict[str, Any]) -> State:
    raw["pending"] = [_batch(batch) for batch in raw["pending"]]
    raw["servers"] = {name: _server(server) for name, server in raw["servers"].items()}
    return State(**raw)


def _batch(raw: dict[str, Any]) -> Batch:
    raw["closed"] = [_closed(row) for row in raw["closed"]]
    raw["samples"] = [SampleGroup(**group) for group in raw["samples"]]
    return Batch(**raw)


def _server(raw: dict[str, Any]) -> ServerState:
    raw["rejected"] = [Rejected(**row) for row in raw["rejected"]]
    raw["sessions"] = {key: Session(**row) for key, row in raw["sessions"].items()}
    raw["closed"] = {key: _closed(row) for key, row in raw["closed"].items()}
    return ServerState(**raw)


def _closed(raw: dict[str, Any]) -> ClosedSession:
    raw["session"] = Session(**raw["session"])
    return ClosedSession(**raw)
