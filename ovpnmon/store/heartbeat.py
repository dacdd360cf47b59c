"""The heartbeat: that the collector lives and how it fares, even while nothing can be acknowledged."""

from dataclasses import asdict, dataclass, fields
from pathlib import Path

import orjson

from ovpnmon.store.atomic import write_atomic


@dataclass(slots=True)
class Heartbeat:
    """Written at every tick. Times are unix seconds by the collector's clock; counts since its start.

    tick_at, tick_seconds, seq: of the last tick that was acknowledged. last_error: of any failed
    tick or flush, however long ago.
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


def load(path: Path) -> Heartbeat:
    """The heartbeat at path. Raises OSError, or ValueError when it is no heartbeat."""
    raw = orjson.loads(path.read_bytes())
    if not isinstance(raw, dict):
        raise ValueError("not a JSON object")  # noqa: TRY004 - bad content, not a bad argument
    known = {field.name: type(field.default) for field in fields(Heartbeat)}
    for name, kind in known.items():
        accepted = (int, float) if kind is float else kind
        if name in raw and not isinstance(raw[name], accepted):
            raise ValueError(f"{name} is {raw[name]!r}")
    return Heartbeat(**{name: raw[name] for name in known if name in raw})


def save(path: Path, beat: Heartbeat) -> None:
    """Replace the heartbeat; not fsynced, as it means nothing after a power loss. Raises OSError."""
    write_atomic(path, orjson.dumps(asdict(beat)), durable=False)
