"""The live state, active_sessions.json: what a tick is acknowledged by, and what the app reads first.

Open sessions with their counters, and the rows not yet in the tables. Readable JSON on purpose: an
operator may look into it.
"""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

import orjson

from ovpnmon.model import ClosedSession, Rejected, Sample, ServerState, Session
from ovpnmon.store import schema
from ovpnmon.store.atomic import write_atomic
from ovpnmon.store.waiting import Batch, SampleGroup, thinned


class StateError(Exception):
    """The file is not a state that this version understands; the message says why."""


@dataclass(slots=True)
class State:
    """Everything that a collector must remember.

    epoch changes at every start of a collector: readers drop table handles of another epoch.
    flushed: batches up to this one are in every table. synced: table version known to be on disk.
    imports: old files taken over, by path, with what identified them.
    counted: after this state was lost or an older one restored, what the traffic tables already hold
    of sessions that may go on: session_id -> [received, sent, until]. Taken off their next sample.
    retired: servers lately taken out of the settings: put back, their sessions go on as the same rows.
    """

    schema: int = schema.STATE.newest
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
    counted: dict[str, list[int]] = field(default_factory=dict)
    retired: dict[str, ServerState] = field(default_factory=dict)


class NewRows(Protocol):
    """What tracking found out at one snapshot of one server."""

    server: ServerState
    closed: list[ClosedSession]
    reopened: list[str]
    samples: list[Sample]
    next_number: int


def extend(state: State, new: NewRows) -> State:
    """A state whose open batch also holds these rows; new.server itself is not put in.

    A session that is reopened takes its row out of the open batch, so that within a batch the
    reopened come before the closed, whatever the ticks were.
    """
    last = state.pending[-1]
    back = set(new.reopened)
    samples, counted = _uncounted(state.counted, new) if state.counted else (new.samples, {})
    batch = Batch(
        last.batch,
        [row for row in last.closed if row.session.session_id not in back] + new.closed,
        last.reopened + new.reopened,
        last.samples + _groups(new.server.name, samples),
    )
    return replace(
        state,
        pending=[*state.pending[:-1], batch],
        next_number=new.next_number,
        counted=counted,
    )


def seal(state: State) -> State:
    """A state whose open batch is a new, empty one: the rows so far never change again.

    Not while a sealed batch still waits for the tables: then the open one is thinned, so that the
    state stays small however long they cannot be written. The same state where nothing is to do.
    """
    last = state.pending[-1]
    if len(state.pending) > 1:
        thin = thinned(last)
        return state if thin == last else replace(state, pending=[*state.pending[:-1], thin])
    if not (last.closed or last.reopened or last.samples):
        return state
    number = state.open_batch + 1
    return replace(state, open_batch=number, pending=[*state.pending, Batch(number)])


def encode(state: State) -> bytes:
    """The state as compact JSON."""
    return orjson.dumps(state)


def decode(data: bytes) -> State:
    """The state that encode() wrote. Raises NewerDataError, or StateError on anything else."""
    try:
        raw = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise StateError(f"not JSON: {error}") from error
    if not isinstance(raw, dict) or "schema" not in raw:
        raise StateError("not a state of this program")
    try:
        return _state(schema.STATE.current(raw, "the live state"))
    except (TypeError, KeyError, AttributeError) as error:
        raise StateError(f"damaged: {error}") from error


def load(path: Path) -> State:
    """The state at path. Raises FileNotFoundError, NewerDataError, OSError or StateError."""
    return decode(path.read_bytes())


def save(path: Path, state: State) -> None:
    """Acknowledge: once this returns, nothing in state is lost by a crash or power loss."""
    write_atomic(path, encode(state))


def _groups(server: str, samples: list[Sample]) -> list[SampleGroup]:
    groups: dict[tuple[int, int], SampleGroup] = {}
    for sample in samples:
        span = (sample.from_at, sample.to_at)
        group = groups.get(span)
        if group is None:
            group = groups[span] = SampleGroup(server, *span, [], [], [])
        group.number.append(sample.number)
        group.bytes_received.append(sample.bytes_received)
        group.bytes_sent.append(sample.bytes_sent)
    return list(groups.values())


def _uncounted(
    counted: dict[str, list[int]], new: NewRows
) -> tuple[list[Sample], dict[str, list[int]]]:
    """The samples without what the tables hold already, and what is left to be taken off."""
    sessions = [*new.server.sessions.values(), *(row.session for row in new.closed)]
    ids = {s.number: s.session_id for s in sessions if s.session_id in counted}
    left = dict(counted)
    samples = []
    for sample in new.samples:
        known = left.pop(ids.get(sample.number, ""), None)
        if known is not None:
            received, sent, until = known
            sample = Sample(  # noqa: PLW2901 - the same sample, corrected
                sample.number,
                min(max(sample.from_at, until), sample.to_at),
                sample.to_at,
                max(0, sample.bytes_received - received),
                max(0, sample.bytes_sent - sent),
            )
        samples.append(sample)
    return samples, left


def _state(raw: dict[str, Any]) -> State:
    raw["pending"] = [_batch(batch) for batch in raw["pending"]]
    for part in ("servers", "retired"):
        raw[part] = {name: _server(server) for name, server in raw.get(part, {}).items()}
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
