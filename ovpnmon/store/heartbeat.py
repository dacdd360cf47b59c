"""The heartbeat: that the collector lives and how it fares, even while nothing can be acknowledged."""

from bisect import bisect_left
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

import orjson

from ovpnmon.store import schema
from ovpnmon.store.atomic import write_atomic

TICK_BOUNDS_SECONDS = (0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper ends, inclusive, of the ranges in which ticks are counted by duration; a last one is above."""


@dataclass(slots=True)
class Heartbeat:
    """Written at every tick. Times are unix seconds by the collector's clock; counts since its start.

    tick_at, seq: of the last tick that was acknowledged; tick_seconds: of the last one, failed or
    not. last_error: of any failed tick or flush, however long ago.
    """

    pid: int = 0
    started_at: float = 0.0
    tick_at: float = 0.0
    tick_seconds: float = 0.0
    interval_seconds: float = 0.0
    ticks: int = 0
    errors: int = 0
    flush_errors: int = 0
    last_error: str = ""
    seq: int = 0
    lag_seconds: float = 0.0
    """How late the last tick began."""
    memory_bytes: int = 0
    """Resident memory of the collector; 0 where the system does not tell."""
    flushed_at: float = 0.0
    """When rows last went into the tables; 0 before the first time."""
    upkeep_at: float = 0.0
    """When the tables were last compacted and cleaned."""
    tick_counts: list[int] = field(default_factory=lambda: [0] * (len(TICK_BOUNDS_SECONDS) + 1))
    """Ticks by duration, failed ones too: one number for each of TICK_BOUNDS_SECONDS, one above."""
    tick_total_seconds: float = 0.0
    """All ticks together."""
    read_failures: dict[str, dict[str, int]] = field(default_factory=dict)
    """Server -> status code (missing, busy...) -> ticks at which its file gave no snapshot so."""

    def count_tick(self, seconds: float) -> None:
        """Take in how long a tick lasted."""
        self.tick_seconds = seconds
        self.tick_total_seconds += seconds
        self.tick_counts[bisect_left(TICK_BOUNDS_SECONDS, seconds)] += 1

    def count_read_failure(self, server: str, code: str) -> None:
        """Take in that a server's file gave no snapshot."""
        of_server = self.read_failures.setdefault(server, {})
        of_server[code] = of_server.get(code, 0) + 1


def _is_counts(value: object) -> bool:
    return isinstance(value, list) and all(type(count) is int for count in value)


def _is_failures(value: object) -> bool:
    return isinstance(value, dict) and all(
        isinstance(codes, dict) and _is_counts(list(codes.values())) for codes in value.values()
    )


_ACCEPTED: Mapping[type, Callable[[object], bool]] = {
    int: lambda value: type(value) is int,
    float: lambda value: type(value) in {int, float},
    str: lambda value: isinstance(value, str),
    list: lambda value: _is_counts(value) and len(value) == len(TICK_BOUNDS_SECONDS) + 1,  # type: ignore[arg-type]  # len() of what was just seen to be a list
    dict: _is_failures,
}


def load(path: Path) -> Heartbeat:
    """The heartbeat at path. Raises OSError, or ValueError when it is no heartbeat."""
    raw = orjson.loads(path.read_bytes())
    if not isinstance(raw, dict):
        raise ValueError("not a JSON object")  # noqa: TRY004 - bad content, not a bad argument
    schema.HEARTBEAT.refuse_newer(raw, path)
    nought = Heartbeat()
    known = {each.name: type(getattr(nought, each.name)) for each in fields(Heartbeat)}
    for name, kind in known.items():
        if name in raw and not _ACCEPTED[kind](raw[name]):
            raise ValueError(f"{name} is {raw[name]!r}")
    return Heartbeat(**{name: raw[name] for name in known if name in raw})


def save(path: Path, beat: Heartbeat) -> None:
    """Replace the heartbeat; not fsynced, as it means nothing after a power loss. Raises OSError."""
    raw = {"schema": schema.HEARTBEAT.newest, **asdict(beat)}
    write_atomic(path, orjson.dumps(raw), durable=False)
