"""A status file's bytes into a snapshot of who is connected: versions 1, 2 and 3, OpenVPN 2.3 to 2.7.

Whatever the bytes are, the answer is a Snapshot or a StatusError.
"""

from collections.abc import Callable
from functools import partial
from zoneinfo import ZoneInfo

from collector import names, times
from collector.rows import ORPHAN, Reading, add_routes, key, read_clients, read_routes
from collector.structure import SHOWN_CHARACTERS, Document, malformed, take_apart
from ovpnmon.model import Rejected, Snapshot, StatusError

FEW_REJECTED = 1000
CONTROLS = bytes([*range(9), *range(11, 32), 127])
"""What OpenVPN writes as `_`, but for the tab, which version 3 has between fields."""


def parse(data: bytes, zone: ZoneInfo, modified_at: float) -> Snapshot:
    """Everything a status file tells.

    zone is that of version 1's times, which carry none; modified_at, the file's mtime (unix time),
    settles which of the two it was in the hour that comes twice. A row that cannot be read is set
    aside; a file without its complete structure raises StatusError: empty, client_mode or malformed.
    """
    if not data:
        raise StatusError(
            "empty",
            "the file has 0 bytes, as it has for a moment when OpenVPN starts. If it stays so, OpenVPN"
            " has stopped writing it without a word, as it does for good after a line of 512 bytes or"
            " more (a very long user name) or a full disk. The VPN itself works; restart OpenVPN or"
            " send it SIGHUP",
        )
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n")
    try:
        text, utf8 = data.decode(), True
    except UnicodeDecodeError:
        text, utf8 = data.decode("utf-8", "surrogateescape"), False
    document = take_apart(text)
    time, clock = _clock(document, zone, modified_at)
    clean = len(data.translate(None, CONTROLS)) == len(data)
    if document.version < 3:
        clean = clean and b"\t" not in data
    reading = Reading(clock, stamped=document.version > 1, utf8=utf8, clean=clean)
    clients = read_clients(document.clients, reading)
    listed = None if clients.rejected else map(key, clients.read)
    routes = read_routes(document.routes, reading, listed)
    add_routes(clients.read, routes.read, document.clients.columns)
    orphans = [row for row in routes.rejected if row.reason == ORPHAN]
    rejected_clients = clients.rejected + orphans
    stats = [(names.shown(name), names.shown(value)) for name, value in document.stats]
    rejected = [*document.unknown, *clients.rejected, *routes.rejected]
    if len(rejected) > max(FEW_REJECTED, len(clients.read) + len(routes.read)):
        raise _unreadable(rejected)
    return Snapshot(
        version=document.version,
        title=names.shown(document.title[:SHOWN_CHARACTERS]),
        time=time,
        time_text=document.time[0],
        clients=tuple(clients.read),
        routes=tuple(routes.read),
        rejected=tuple(sorted(rejected, key=lambda row: row.line)),
        rejected_clients=tuple(sorted(rejected_clients, key=lambda row: row.line)),
        dco_enabled={"0": False, "1": True}.get(dict(stats).get("dco_enabled", "")),
        global_stats=tuple(stats),
    )


def _clock(
    document: Document, zone: ZoneInfo, modified_at: float
) -> tuple[int, Callable[[str, str], int]]:
    """The file's TIME, and how the times in its rows are read."""
    try:
        if document.version == 1:
            (text,) = document.time
            time = min(times.moments(text, zone), key=lambda at: abs(at - modified_at))
            return time, _in_zone(zone, time)
        text, unix = document.time
        usually_apart = times.apart(text, unix)
    except ValueError as error:
        raise malformed(f"has no TIME that can be read: {str(error)[:200]}") from None
    return int(unix), partial(times.stamped, usually_apart)


def _in_zone(zone: ZoneInfo, time: int) -> Callable[[str, str], int]:
    """Of two moments that a text may mean, the later one that is not after the file's TIME."""

    def clock(text: str, _: str) -> int:
        first, *second = times.moments(text, zone)
        return second[0] if second and second[0] <= time else first

    return clock


def _unreadable(rejected: list[Rejected]) -> StatusError:
    first = min(rejected, key=lambda row: row.line)
    return malformed(
        f"has more rows that cannot be read than others, {len(rejected)}; the first is line"
        f" {first.line}: {first.reason}"
    )
