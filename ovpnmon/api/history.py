"""/api/history: sessions, newest first, in the old panel's keys and ours; in pages or as a file."""

from collections.abc import Callable, Iterator, Mapping
from datetime import tzinfo
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pyarrow as pa
from starlette.datastructures import QueryParams
from starlette.responses import Response, StreamingResponse

from ovpnmon import streams
from ovpnmon.api import parameters, times
from ovpnmon.api.errors import BadParameterError
from ovpnmon.queries import history
from ovpnmon.queries.place_rows import Addresses
from ovpnmon.store.reader import Store

DEFAULT_LIMIT, MAX_LIMIT = 1000, 10_000


def page(
    store: Store, addresses: Addresses, query: QueryParams, zone: tzinfo
) -> tuple[list[dict[str, Any]], str | None]:
    """One page, and the query string of the next one, if there is one. Raises BadParameterError."""
    wanted = parameters.sessions(query, zone, addresses, also=("limit", "cursor"))
    limit = parameters.whole(query, "limit", DEFAULT_LIMIT, (1, MAX_LIMIT))
    rows, following = history.newest(store, wanted, limit, _cursor(query.get("cursor", "")))
    link = None
    if following is not None:
        kept = [(key, value) for key, value in query.multi_items() if key != "cursor"]
        link = urlencode([*kept, ("cursor", following.encode())])
    return [session(row, zone) for row in rows.to_pylist()], link


def file(
    store: Store, addresses: Addresses, query: QueryParams, zone: ZoneInfo, today: str
) -> Response:
    """Everything that matches, streamed as the file that `format` names. Raises BadParameterError."""
    wanted = parameters.sessions(query, zone, addresses, also=("limit", "cursor"))
    for name in ("limit", "cursor"):
        if name in query:
            raise BadParameterError(
                name, query[name], "not with format: a file holds all that matches"
            )
    makers: dict[str, tuple[str, Callable[[Iterator[pa.RecordBatch]], Iterator[bytes]]]] = {
        "csv": ("text/csv; charset=utf-8", lambda rows: streams.csv(rows, zone.key)),
        "ndjson": (
            "application/x-ndjson",
            lambda rows: streams.ndjson(rows, lambda row: session(row, zone)),
        ),
        "parquet": ("application/vnd.apache.parquet", streams.parquet),
    }
    kind = query["format"]
    if kind not in makers:
        raise BadParameterError("format", kind, f"one of json, {', '.join(makers)} is accepted")
    media_type, make = makers[kind]
    return StreamingResponse(
        make(history.export(store, wanted)),
        media_type=media_type,
        headers={
            "content-disposition": f'attachment; filename="openvpn-sessions-{today}.{kind}"',
            "cache-control": "no-store",
        },
    )


def session(row: Mapping[str, Any], zone: tzinfo) -> dict[str, Any]:
    """One session. rx and tx are MB of 2^20 bytes; bytes are exact. An open one has no end yet."""
    connected = row["connected_at"].timestamp()
    ended = row["disconnected_at"] and row["disconnected_at"].timestamp()
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
        "session_end": None if ended is None else times.local(ended, zone),
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


def _cursor(text: str) -> history.Cursor | None:
    if not text:
        return None
    try:
        return history.Cursor.decode(text)
    except history.CursorError as error:
        raise BadParameterError(
            "cursor", text, "the cursor of a Link header of this route is accepted"
        ) from error
