"""Fills the real tables with invented sessions: 2,000 names, skewed, over 2 years."""

import uuid
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from collector import maintenance
from ovpnmon.config import Settings
from ovpnmon.store import tables

NAMES = 2_000
DAYS = 730
FILES_A_MONTH = 2
Ints = npt.NDArray[np.int64]


def sessions(settings: Settings, count: int, now: float, seed: int = 1, addresses: int = 0) -> None:
    """count closed sessions that ended in the DAYS before now, oldest month first, in two files a month.

    addresses: how many there are of 11.0.0.0/8, in turn; 0: twenty of each name, which are no public ones.
    """
    rng = np.random.default_rng(seed)
    ended = np.sort(rng.integers(int(now) - DAYS * 86_400, int(now), count))
    months = np.array([_month(at) for at in _month_starts(ended)])
    handles = {table.name: tables.open_or_create(settings, table) for table in tables.TABLES}
    handle = handles["session_history"]
    marked = tables.marked(handle, "bench")
    starts = np.searchsorted(ended, _month_starts(ended))
    for first, last, month in zip(starts, [*starts[1:], count], months, strict=True):
        chunk = max(1, -(-(last - first) // FILES_A_MONTH))
        for begin in range(first, last, chunk):
            end = min(begin + chunk, last)
            marked += 1
            rows = _rows(ended[begin:end], str(month), rng)
            if addresses:
                rows = _from(rows, np.arange(begin, end) % addresses)
            tables.append(handle, rows, "bench", marked)
    tables.sync(settings)


def tidy(settings: Settings, now: float) -> None:
    """One round of the collector's upkeep: one file a month, arranged as it arranges them."""
    handles = {table.name: tables.open_or_create(settings, table) for table in tables.TABLES}
    for _ in maintenance.steps(settings, handles, now, thorough=False):
        pass


def _month(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m")


def _month_starts(ended: Ints) -> list[int]:
    """The first instant of every month from that of the first end to that of the last."""
    at = datetime.fromtimestamp(int(ended[0]), UTC).replace(day=1, hour=0, minute=0, second=0)
    starts = []
    while at.timestamp() <= ended[-1]:
        starts.append(int(at.timestamp()))
        at = at.replace(year=at.year + at.month // 12, month=at.month % 12 + 1)
    return starts


def _rows(ended: Ints, month: str, rng: np.random.Generator) -> pa.Table:
    size = len(ended)
    who = np.minimum(rng.zipf(1.3, size) - 1, 10**6) % NAMES
    seconds = np.minimum(rng.lognormal(7.5, 1.5, size), 20 * 86_400).astype(np.int64) + 1
    host = rng.integers(0, 20, size)
    address = (who * 20 + host) % (254 * 254)
    ips = [f"198.{18 + a // 64516}.{a // 254 % 254}.{a % 254 + 1}" for a in address.tolist()]
    micros = pa.array(ended * 1_000_000).cast(tables.TIMESTAMP)
    started = pa.array((ended - seconds) * 1_000_000).cast(tables.TIMESTAMP)
    columns = {
        "session_id": [str(uuid.UUID(bytes=rng.bytes(16))) for _ in range(size)],
        "server": np.where(who % 3 == 0, "tcp", "udp"),
        "common_name": [f"user{number:04d}" for number in who.tolist()],
        "username": pa.nulls(size, pa.string()),
        "real_ip": ips,
        "real_port": [str(port) for port in rng.integers(1024, 65535, size).tolist()],
        "real_ip_hex": [
            f"{0xFFFF << 32 | int.from_bytes(bytes(map(int, ip.split('.')))):032x}" for ip in ips
        ],
        "vpn_ipv4": [f"10.8.{n // 250}.{n % 250 + 2}" for n in who.tolist()],
        "vpn_ipv6": pa.nulls(size, pa.string()),
        "connected_at": started,
        "disconnected_at": micros,
        "last_seen_at": micros,
        "duration_seconds": seconds,
        "bytes_received": rng.lognormal(14, 2.5, size).astype(np.int64),
        "bytes_sent": rng.lognormal(16, 2.5, size).astype(np.int64),
        "close_reason": np.where(rng.random(size) < 0.97, "disconnected", "gap"),
        "cipher": np.full(size, "AES-256-GCM"),
        "imported": np.zeros(size, bool),
        "month": np.full(size, month),
    }
    return pa.table(
        [pa.array(columns[field.name], field.type) for field in tables.SESSION_HISTORY],
        schema=tables.SESSION_HISTORY,
    )


def _from(rows: pa.Table, numbers: Ints) -> pa.Table:
    """The rows with other addresses."""
    real = {
        "real_ip": [f"11.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}" for n in numbers.tolist()],
        "real_ip_hex": [f"{0xFFFF << 32 | 11 << 24 | n:032x}" for n in numbers.tolist()],
    }
    for name, values in real.items():
        rows = rows.set_column(rows.schema.get_field_index(name), name, pa.array(values))
    return rows
