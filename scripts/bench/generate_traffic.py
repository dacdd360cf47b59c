"""Fills the real tables with invented traffic: clients that come and go, as a collector would have left it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from collector import maintenance
from collector.recovery import recover
from ovpnmon.config import Settings
from ovpnmon.store import rows, tables
from ovpnmon.store import state as states
from ovpnmon.store.tables import FIVE_MINUTES, HISTORY, HOURS, SAMPLES
from ovpnmon.store.waiting import SampleGroup

DAY, BUCKET, TICK = 86_400, 300, 10
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Size:
    """How much: clients, each online for such a share of every day; days of samples and of rollups."""

    clients: int
    online: float
    sample_days: int
    days: int


@dataclass(frozen=True, slots=True)
class Day:
    """A session a client, the first of them being the server itself, observed; and their samples.

    session: which one a sample is of; ended: when it ended, a TICK after it began.
    """

    ids: pa.Array
    names: pa.Array
    began: Ints
    until: Ints
    session: Ints
    ended: Ints
    received: Ints
    sent: Ints


def traffic(settings: Settings, size: Size, now: float, seed: int = 1) -> None:
    """Days up to now, the oldest first, in tidy tables, with a live state that goes with them."""
    state = recover(settings)
    handles = {table.name: tables.open_or_create(settings, table) for table in tables.TABLES}
    rng = np.random.default_rng(seed)
    for number in range(size.days - 1, -1, -1):
        day = invented(size, int(now) // DAY * DAY - number * DAY, int(now), rng)
        buckets = traffic_5m(day)
        parts = {
            HISTORY.name: history(day),
            FIVE_MINUTES.name: buckets,
            HOURS.name: rows.traffic_1h(buckets),
        }
        if number < size.sample_days:
            parts[SAMPLES.name] = samples(day)
        for name, part in parts.items():
            tables.append(handles[name], part, "bench", size.days - number)
    for _ in maintenance.steps(settings, handles, now, thorough=False):
        pass
    tables.sync(settings)
    synced = {name: handle.version() for name, handle in handles.items()}
    states.save(settings.active_sessions, replace(state, synced=synced))


def invented(size: Size, begin: int, now: int, rng: np.random.Generator) -> Day:
    """One day from begin, or as much of it as is over."""
    count = size.clients
    lengths = np.clip(rng.lognormal(0, 0.6, count) * size.online / 1.2, 0.005, 1) * DAY
    began = begin + (rng.random(count) * (DAY - lengths)).astype(np.int64) // TICK * TICK
    began = np.append(begin, began)
    until = np.append(begin + DAY, began[1:] + lengths.astype(np.int64) // TICK * TICK)
    until = np.maximum(began, np.minimum(until, now // TICK * TICK))
    ticks = (until - began) // TICK
    session = np.repeat(np.arange(count + 1), ticks)
    nth = np.arange(len(session)) - np.repeat(np.cumsum(ticks) - ticks, ticks)
    usual = np.append(0, rng.lognormal(9, 2, count))
    moved = rng.standard_exponential((2, len(session))) * usual[session]
    return Day(
        pa.array(["", *(rng.bytes(16).hex() for _ in range(count))]),
        pa.array(["", *(f"client-{n:05d}" for n in range(count))]),
        began,
        until,
        session,
        began[session] + TICK * (nth + 1),
        moved[0].astype(np.int64),
        (5 * moved[1]).astype(np.int64),
    )


def samples(day: Day) -> pa.Table:
    """In the order of their ends, as they come."""
    order = np.argsort(day.ended, kind="stable")
    ended = day.ended[order]
    return _table(
        SAMPLES,
        _who(day, day.session[order])
        | {
            "from_at": _times(ended - TICK),
            "to_at": _times(ended),
            "bytes_received": day.received[order],
            "bytes_sent": day.sent[order],
            "date": rows.days(ended, 10),
        },
    )


def traffic_5m(day: Day) -> pa.Table:
    """The same in buckets, in the order of names."""
    bucket = (day.ended - TICK) // BUCKET * BUCKET
    changes = (np.diff(bucket, prepend=-1) != 0) | (np.diff(day.session, prepend=-1) != 0)
    first = np.flatnonzero(changes)
    lengths = np.diff(np.append(first, len(bucket)))
    return _table(
        FIVE_MINUTES,
        _who(day, day.session[first])
        | {
            "bucket_at": _times(bucket[first]),
            "bytes_received": np.add.reduceat(day.received, first),
            "bytes_sent": np.add.reduceat(day.sent, first),
            "seconds": lengths * float(TICK),
            "date": rows.days(bucket[first], 10),
        },
    )


def history(day: Day) -> pa.Table:
    """The sessions of a day that is over, or of what is over of it."""
    count = len(day.began)
    received, sent = (
        np.bincount(day.session, amount, count).astype(np.int64)
        for amount in (day.received, day.sent)
    )
    places = np.flatnonzero(day.until > day.began)[1:]  # without the server
    fixed = {"username": None, "vpn_ipv6": None, "close_reason": "disconnected", "imported": False}
    address = [f"198.18.{n // 250 % 250}.{n % 250 + 1}" for n in places.tolist()]
    columns: dict[str, Any] = {name: [value] * len(places) for name, value in fixed.items()}
    columns |= _who(day, places) | {
        "real_ip": address,
        "real_port": ["1194"] * len(places),
        "real_ip_hex": [rows.ip_hex(one) for one in address],
        "vpn_ipv4": address,
        "connected_at": _times(day.began[places]),
        "disconnected_at": _times(day.until[places]),
        "last_seen_at": _times(day.until[places]),
        "duration_seconds": (day.until - day.began)[places],
        "bytes_received": received[places],
        "bytes_sent": sent[places],
        "cipher": ["AES-256-GCM"] * len(places),
        "month": rows.days(day.until[places], 7),
    }
    return _table(HISTORY, columns)


def _who(day: Day, session: Ints) -> dict[str, Any]:
    return {
        "server": pa.array(["openvpn"]).take(pa.array(np.zeros(len(session), np.int64))),
        "session_id": day.ids.take(pa.array(session)),
        "common_name": day.names.take(pa.array(session)),
    }


def _times(at: Ints) -> pa.Array:
    return pa.array(at * 1_000_000).cast(tables.TIMESTAMP)


def _table(table: tables.Table, columns: dict[str, Any]) -> pa.Table:
    return pa.table([pa.array(columns[f.name], f.type) for f in table.schema], schema=table.schema)


def groups(day: Day) -> list[SampleGroup]:
    """The same as the live state holds it: a group for every tick."""
    order = np.argsort(day.ended, kind="stable")
    ends, first = np.unique(day.ended[order], return_index=True)
    ticks = np.split(order, first[1:])
    return [
        SampleGroup(
            "openvpn",
            end - TICK,
            end,
            day.session[rows_of_tick].tolist(),
            day.received[rows_of_tick].tolist(),
            day.sent[rows_of_tick].tolist(),
        )
        for end, rows_of_tick in zip(ends.tolist(), ticks, strict=True)
    ]


def flushes(day: Day, minutes: int) -> Iterator[dict[str, pa.Table]]:
    """The end of a day as the collector appends it: what each minute brings to the traffic tables."""
    last = int(day.ended.max())
    for minute in range(minutes, 0, -1):
        since = last - minute * 60
        within = (day.ended > since) & (day.ended <= since + 60)
        part = replace(
            day,
            session=day.session[within],
            ended=day.ended[within],
            received=day.received[within],
            sent=day.sent[within],
        )
        buckets = traffic_5m(part)
        yield {
            SAMPLES.name: samples(part),
            FIVE_MINUTES.name: buckets,
            HOURS.name: rows.traffic_1h(buckets),
        }
