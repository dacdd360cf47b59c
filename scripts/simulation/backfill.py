"""The past of a simulation, put into the real tables as a collector would have left them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

import numpy as np
import pyarrow as pa

from collector.identity import session_id
from ovpnmon.config import Settings
from ovpnmon.store import tables
from ovpnmon.store.rows import days, ip_hex, traffic_1h
from scripts.simulation.appetite import SLOT, Ints, pieces
from scripts.simulation.lives import DAY
from scripts.simulation.people import SERVERS, Device, Server
from scripts.simulation.servers import Connection, Plan, connections

BUCKET = 300
_OUTAGE_AGO, _OUTAGE_SECONDS = int(5.4 * DAY), 47 * 60
"""Once the collector was away: a gap in the charts, and sessions whose end nobody saw."""
_USUAL_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Seen:
    """A session as the collector would know it; end and reason are None while it goes on."""

    session_id: str
    server: Server
    device: Device
    connection: Connection
    until: int
    end: int | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Moved:
    """Traffic of many sessions in columns; row i belongs to session index[i], -1 being the server."""

    index: Ints
    began: Ints
    ended: Ints
    received: Ints
    sent: Ints


def fill(settings: Settings, plan: Plan, until: int, traffic_since: int) -> None:
    """Write all tables, which must not exist yet, from plan.origin up to until.

    Traffic in its finest steps goes back to traffic_since only. Marked as flushed by a collector whose
    live state is lost: the next one then counts open sessions on from what is in the tables.
    """
    seen = [one for server in SERVERS for one in _seen(plan, server, until)]
    fine, coarse = _moved(seen, traffic_since)
    buckets = _traffic_5m(seen, [coarse, *_observed(plan, until, plan.origin, BUCKET)])
    rows = {
        "session_history": _history(seen, coarse),
        "traffic": _traffic(seen, [fine, *_observed(plan, until, traffic_since, SLOT)]),
        "traffic_5m": buckets,
        "traffic_1h": traffic_1h(buckets),
    }
    for table in tables.TABLES:
        handle = tables.open_or_create(settings, table)
        tables.append(handle, rows[table.name], tables.FLUSHED, 1)
    tables.sync(settings)


def _outage(plan: Plan, until: int) -> range:
    began = until - _OUTAGE_AGO
    return range(began, began + _OUTAGE_SECONDS) if began > plan.origin + DAY else range(0)


def _seen(plan: Plan, server: Server, until: int) -> Iterator[Seen]:
    outage = _outage(plan, until)
    for one in takewhile(lambda one: one.visit.started_at < until, connections(plan, server)):
        visit = one.visit
        if visit.device is None or (visit.started_at in outage and visit.ended_at in outage):
            continue
        identity = session_id(server, f"{visit.started_at}#{one.client_id}")
        end: int | None = visit.ended_at
        reason: str | None = "server_restarted" if one.ended_by_restart else "disconnected"
        if visit.ended_at in outage:
            end, reason = outage.start, "gap"
        elif visit.ended_at > until:
            end = reason = None
        yield Seen(identity, server, visit.device, one, end or until, end, reason)


def _moved(seen: Sequence[Seen], traffic_since: int) -> tuple[Moved, Moved]:
    """Everybody's traffic in slots since traffic_since, and in buckets over all time."""
    fine: list[tuple[Ints, ...]] = []
    coarse: list[tuple[Ints, ...]] = []
    for n, one in enumerate(seen):
        columns = pieces(one.connection.visit, one.until)
        began = columns[0]
        first = int(np.searchsorted(began, traffic_since))
        fine.append((np.full(len(began) - first, n), *(column[first:] for column in columns)))
        edges = np.flatnonzero(np.diff(began // BUCKET, prepend=-1))
        sums = [np.add.reduceat(column, edges) for column in columns[2:]]
        lasts = np.append(edges[1:], len(began)) - 1
        coarse.append((np.full(len(edges), n), began[edges], columns[1][lasts], *sums))
    return _joined(fine), _joined(coarse)


def _observed(plan: Plan, until: int, since: int, step: int) -> Iterator[Moved]:
    """That each server was looked at, in steps, but for the outage."""
    outage = _outage(plan, until)
    began = np.arange(max(since, plan.origin) // step * step, until, step)
    began = began[(began < outage.start) | (began >= outage.stop)]
    nothing = np.zeros(len(began), np.int64)
    for n in range(len(SERVERS)):
        yield Moved(nothing - 1 - n, began, np.minimum(began + step, until), nothing, nothing)


def _joined(parts: Sequence[tuple[Ints, ...]]) -> Moved:
    return Moved(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def _history(seen: Sequence[Seen], moved: Moved) -> pa.Table:
    """Those that are over, with what they moved in all."""
    totals = np.zeros((2, len(seen)), np.int64)
    np.add.at(totals[0], moved.index, moved.received)
    np.add.at(totals[1], moved.index, moved.sent)
    is_over = [one.end is not None for one in seen]
    ended = [one for one in seen if one.end is not None]
    visits = [one.connection.visit for one in ended]
    addresses = [
        _address(one.server, *visit.places[-1]) for one, visit in zip(ended, visits, strict=True)
    ]
    began = np.array([visit.started_at for visit in visits], np.int64)
    end = np.array([one.until for one in ended], np.int64)
    is_gap = np.array([one.reason == "gap" for one in ended], bool)
    columns: dict[str, Any] = {
        "session_id": [one.session_id for one in ended],
        "server": [one.server for one in ended],
        "common_name": [one.device.name for one in ended],
        "username": [one.device.username or None for one in ended],
        "real_ip": [ip for ip, _ in addresses],
        "real_port": [port for _, port in addresses],
        "real_ip_hex": [ip_hex(ip) for ip, _ in addresses],
        "vpn_ipv4": [one.device.vpn_ipv4 for one in ended],
        "vpn_ipv6": [one.device.vpn_ipv6 or None for one in ended],
        "connected_at": _timestamps(began),
        "disconnected_at": _timestamps(end),
        "last_seen_at": _timestamps(np.where(is_gap, end, np.maximum(began, end - _USUAL_SECONDS))),
        "duration_seconds": end - began,
        "bytes_received": totals[0][is_over],
        "bytes_sent": totals[1][is_over],
        "close_reason": [one.reason for one in ended],
        "cipher": ["AES-256-GCM"] * len(ended),
        "imported": [False] * len(ended),
        "month": days(end, 7),
    }
    return pa.table(
        [columns[name] for name in tables.SESSION_HISTORY.names], schema=tables.SESSION_HISTORY
    )


def _traffic(seen: Sequence[Seen], parts: Sequence[Moved]) -> pa.Table:
    moved = _in_order(parts)
    columns = _names(seen, moved) | {
        "from_at": _timestamps(moved.began),
        "to_at": _timestamps(moved.ended),
        "bytes_received": moved.received,
        "bytes_sent": moved.sent,
        "date": days(moved.ended, 10),
    }
    return pa.table([columns[name] for name in tables.TRAFFIC.names], schema=tables.TRAFFIC)


def _traffic_5m(seen: Sequence[Seen], parts: Sequence[Moved]) -> pa.Table:
    moved = _in_order(parts)
    bucket = moved.began // BUCKET * BUCKET
    columns = _names(seen, moved) | {
        "bucket_at": _timestamps(bucket),
        "bytes_received": moved.received,
        "bytes_sent": moved.sent,
        "seconds": (moved.ended - moved.began).astype(np.float64),
        "date": days(bucket, 10),
    }
    return pa.table([columns[name] for name in tables.TRAFFIC_5M.names], schema=tables.TRAFFIC_5M)


def _names(seen: Sequence[Seen], moved: Moved) -> dict[str, Any]:
    """Who each row belongs to; the servers themselves stand at the end, with no session."""
    at = pa.array(moved.index % (len(seen) + len(SERVERS)))
    columns = {
        "server": [*(one.server for one in seen), *reversed(SERVERS)],
        "session_id": [*(one.session_id for one in seen), *("" for _ in SERVERS)],
        "common_name": [*(one.device.name for one in seen), *("" for _ in SERVERS)],
    }
    return {name: pa.array(texts, pa.string()).take(at) for name, texts in columns.items()}


def _in_order(parts: Sequence[Moved]) -> Moved:
    every = _joined([(one.index, one.began, one.ended, one.received, one.sent) for one in parts])
    order = np.lexsort((every.index, every.ended))
    return _joined(
        [
            tuple(
                column[order]
                for column in (every.index, every.began, every.ended, every.received, every.sent)
            )
        ]
    )


def _address(server: Server, _: int, ip: str, port: int) -> tuple[str, str]:
    """As it is read from the file: OpenVPN 2.6 shows no port with IPv6."""
    return ip, "" if server == "udp" and ":" in ip else str(port)


def _timestamps(at: Ints) -> pa.Array:
    return pa.array(at * 1_000_000).cast(tables.TIMESTAMP)
