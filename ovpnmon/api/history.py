"""/api/history: closed sessions, newest first, in the old panel's keys and ours."""

from collections.abc import Mapping
from datetime import tzinfo
from typing import Any
from urllib.parse import urlencode

from ovpnmon.api import times
from ovpnmon.api.errors import BadParameterError
from ovpnmon.queries import history
from ovpnmon.store.reader import Store

DEFAULT_LIMIT, MAX_LIMIT = 1000, 10_000
PARAMETERS = ("limit", "cursor")


def page(
    store: Store, query: Mapping[str, str], zone: tzinfo
) -> tuple[list[dict[str, Any]], str | None]:
    """One page, and the query string of the next one, if there is one."""
    for name in query:
        if name not in PARAMETERS and not name.startswith("_"):
            raise BadParameterError(
                name, query[name], f"one of {', '.join(PARAMETERS)} is accepted"
            )
    limit = _limit(query.get("limit", str(DEFAULT_LIMIT)))
    rows, following = history.newest(store, limit, _cursor(query.get("cursor", "")))
    link = None
    if following is not None:
        link = urlencode({**query, "limit": limit, "cursor": following.encode()})
    return [session(row, zone) for row in rows.to_pylist()], link


def session(row: Mapping[str, Any], zone: tzinfo) -> dict[str, Any]:
    """One session. rx and tx are MB of 2^20 bytes; bytes are exact."""
    connected, ended = row["connected_at"].timestamp(), row["disconnected_at"].timestamp()
    return {
        "timestamp": times.local(connected, zone),
        "name": row["common_name"],
        "ip": row["real_ip"],
        "port": row["real_port"],
        "session_id": row["session_id"],
        "rx": times.megabytes(row["bytes_received"]),
        "tx": times.megabytes(row["bytes_sent"]),
        "vpn_ip": row["vpn_ipv4"] or row["vpn_ipv6"] or "",
        "vpn_ipv4": row["vpn_ipv4"] or "",
        "vpn_ipv6": row["vpn_ipv6"] or "",
        "session_end": times.local(ended, zone),
        "duration": times.clock(row["duration_seconds"]),
        "server": row["server"],
        "username": row["username"],
        "connected_at": times.iso(connected, zone),
        "disconnected_at": times.iso(ended, zone),
        "last_seen_at": times.iso(row["last_seen_at"].timestamp(), zone),
        "duration_seconds": row["duration_seconds"],
        "bytes_received": row["bytes_received"],
        "bytes_sent": row["bytes_sent"],
        "close_reason": row["close_reason"],
        "cipher": row["cipher"],
        "imported": row["imported"],
    }


def _limit(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= MAX_LIMIT):
        raise BadParameterError("limit", text, f"a whole number from 1 to {MAX_LIMIT} is accepted")
    return int(text)


def _cursor(text: str) -> history.Cursor | None:
    if not text:
        return None
    try:
        return history.Cursor.decode(text)
    except history.CursorError as error:
        raise BadParameterError(
            "cursor", text, "the cursor of a Link header of this route is accepted"
        ) from error
