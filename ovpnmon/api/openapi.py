"""/api/openapi.json: what the API answers, as an OpenAPI 3.1 document, written down field by field.

A type is written `kind` or `kind?` (may be null): text, local (time in the zone of the settings),
time (ISO 8601 with offset), whole, number, yes (true or false), or a schema of its own.
"""

from typing import Any

Schema = dict[str, Any]
Fields = dict[str, Any]
"""Key -> type."""

_KINDS: dict[str, Schema] = {
    "text": {"type": "string"},
    "local": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$"},
    "time": {"type": "string", "format": "date-time"},
    "whole": {"type": "integer"},
    "number": {"type": "number"},
    "yes": {"type": "boolean"},
}


NOTES = {
    "as_of": "TIME of the status file that this is from",
    "time_online": "H:MM:SS, with days as in 2 days, 1:02:03",
    "connected_since": "in the zone of OPENVPN_MONITOR_TZ, as all local times",
    "receive_rate": "bytes/s that the server received; of a client over the last two snapshots",
    "send_rate": "bytes/s that the server sent",
    "bytes_received": "by the server: the client's upload",
    "bytes_sent": "by the server: the client's download",
    "rx": "MB of 2^20 bytes, as bytes_received",
    "tx": "MB of 2^20 bytes, as bytes_sent",
    "total_rx": "MB of 2^20 bytes, of the sessions that are open",
    "total_tx": "the same, sent",
    "total_rx_gb": "GB of 2^30 bytes",
    "total_tx_gb": "GB of 2^30 bytes",
    "timestamp": "when it began",
    "session_end": "null while it goes on",
    "disconnected_at": "null while it goes on",
    "last_seen_at": "TIME of the last snapshot that had it",
    "close_reason": "disconnected, server_restarted, or gap: nobody saw the end",
    "imported": "of the old panel: bytes are rounded, and there is no traffic",
    "current_session": "only while online; of several, the newest",
    "country": "two letters",
    "status": "up, stale, busy, missing, forbidden, empty, malformed, client_mode, waiting; of a"
    " server as a whole CONNECTED, DISCONNECTED or Unknown",
    "file_status": "up, stale, busy, missing, forbidden, empty, malformed, client_mode, waiting",
    "reason": "of the verdict, in words",
    "interval_seconds": "how often the file is usually rewritten",
    "rejected": "rows that could not be read and were set aside",
    "connecting": "attempts without an address yet",
    "pingable": "whether the server's address in the VPN answers on its host",
    "checked_at": "when the host reported",
    "online": "clients, on average; null where nobody looked",
    "seconds": "online",
    "bytes_before": "the month before",
    "at": "where each step begins",
}
"""What a name does not say by itself; each means the same in every answer."""


def typed(kind: "str | Schema") -> Schema:
    """The JSON schema of a type in the shorthand above."""
    if not isinstance(kind, str):
        return kind
    schema = dict(_KINDS[kind.removesuffix("?")])
    return schema | {"type": [schema["type"], "null"]} if kind.endswith("?") else schema


def record(fields: Fields, optional: tuple[str, ...] = ()) -> Schema:
    """An object that has these keys and no others."""
    return {
        "type": "object",
        "properties": {name: _noted(name, typed(kind)) for name, kind in fields.items()},
        "required": [name for name in fields if name not in optional],
        "additionalProperties": False,
    }


def _noted(name: str, schema: Schema) -> Schema:
    return schema | {"description": NOTES[name]} if name in NOTES else schema


def listed(kind: "str | Schema") -> Schema:
    """An array of one type."""
    return {"type": "array", "items": typed(kind)}


def maybe(schema: Schema) -> Schema:
    """The schema, or null."""
    return {"anyOf": [schema, {"type": "null"}]}


VPN: Fields = {"vpn_ip": "text?", "vpn_ipv4": "text?", "vpn_ipv6": "text?"}
LOCATION = record(
    {
        "latitude": "number",
        "longitude": "number",
        "city": "text",
        "country": "text",
        "country_code": "text",
        "precision": "text",
        "source": "text",
        "asn": "whole?",
        "organisation": "text?",
    }
)
CLIENT = record(
    {"common_name": "text", "real_ip": "text", "port": "text"}
    | VPN
    | {"bytes_received": "whole", "bytes_sent": "whole"}
    | {"connected_since": "local", "time_online": "text", "session_id": "text", "server": "text"}
    | {"username": "text?", "connected_at": "time", "duration_seconds": "whole"}
    | {"receive_rate": "number?", "send_rate": "number?", "cipher": "text?"}
    | {"state": {"enum": ["connected", "connecting"]}, "location": maybe(LOCATION)}
)
SERVER_IN_SHORT = record(
    {
        "name": "text",
        "status": "text",
        "message": "text",
        "as_of": "time?",
        "interval_seconds": "number?",
    }
)
SESSION = record(
    {"timestamp": "local", "name": "text", "ip": "text", "port": "text", "session_id": "text"}
    | {"rx": "number?", "tx": "number?", "vpn_ip": "text", "vpn_ipv4": "text", "vpn_ipv6": "text"}
    | {"session_end": "local?", "duration": "text", "server": "text", "username": "text?"}
    | {"connected_at": "time", "disconnected_at": "time?", "last_seen_at": "time"}
    | {"duration_seconds": "whole", "bytes_received": "whole?", "bytes_sent": "whole?"}
    | {"close_reason": "text?", "cipher": "text?", "imported": "yes"}
)
CURRENT = record(
    {"ip": "text", "port": "text"}
    | VPN
    | {"connected_since": "local", "time_online": "text"}
    | {"bytes_received_gb": "number", "bytes_sent_gb": "number"}
)
TOTALS = record(
    {"name": "text", "is_online": "yes", "sessions": "whole", "total_duration_seconds": "whole"}
    | {"total_duration_human": "text", "total_rx_gb": "number", "total_tx_gb": "number"}
    | {"last_seen": "local", "first_seen": "time", "bytes_received": "whole"}
    | {"bytes_sent": "whole", "last_ip": "text", "country": "text?", "current_session": CURRENT},
    optional=("current_session",),
)
SERIES = record(
    {
        "client": typed("text?") | {"description": "null: all together, or with top the others"},
        "bytes_received": "whole",
        "bytes_sent": "whole",
        "receive_rate": listed("number?"),
        "send_rate": listed("number?"),
    }
)
REJECTED = record({"line": "whole", "text": "text", "reason": "text"})
ADDRESS = record({"interface": "text", "address": "text"})
SERVER = record(
    {"name": "text", "path": "text", "status": "text", "reason": "text", "status_at": "time?"}
    | {"uptime": "text?", "started_at": "time?", "pid": "whole?", "interface": "text?"}
    | {"local_ip": "text?", "local_addresses": listed(ADDRESS), "pingable": "yes?"}
    | {"ping_ms": "number?", "openvpn_version": "text?", "file_status": "text", "message": "text"}
    | {"file_status_since": "time?", "as_of": "time?", "age_seconds": "whole?"}
    | {"interval_seconds": "number?", "clients": "whole", "connecting": "whole"}
    | {"total_sessions": "whole", "total_bytes_received": "whole", "total_bytes_sent": "whole"}
    | {"status_version": "whole?", "title": "text", "dco_enabled": "yes?"}
    | {"rejected": listed(REJECTED)}
)
SERVER_STATUS = record(
    {"mode": "text", "status": "text", "uptime": "text", "local_ip": "text", "public_ip": "text"}
    | {"pingable": "yes", "clients": "whole", "total_rx": "number", "total_tx": "number"}
    | {"reason": "text", "status_at": "time?", "host": "text?", "checked_at": "time?"}
    | {"servers": listed(SERVER)}
)
FIGURES: Fields = {
    "bytes_received": "whole",
    "bytes_sent": "whole",
    "seconds": "whole",
    "sessions": "whole",
}
ERROR = record({"error": record({"code": "text", "message": "text"})})

FILTER = {
    "client": "a name, whole; may be given several times",
    "server": "a server's name; may be given several times",
    "from": "a date or an ISO 8601 time, in the zone of the settings where it names none",
    "to": "the same; up to, not including",
}
OF_SERVERS = {"server": FILTER["server"]}
HISTORY = FILTER | {
    "ip": "an address or a network (CIDR)",
    "country": "a two-letter code",
    "min_bytes": "both ways together",
    "min_seconds": "the shortest duration",
    "q": "text in names and addresses",
    "include": "open: sessions that go on, too",
    "limit": "1 to 10000, 1000 when not given",
    "cursor": "of the Link header; nothing else",
    "format": "csv, ndjson or parquet: everything that matches, as a stream",
}
TRAFFIC = FILTER | {
    "resolution": "auto, or seconds",
    "top": "so many clients apart from the others, at most 50",
    "format": "csv",
}
USAGE = FILTER | {
    "month": "YYYY-MM; this month when neither month nor from is given",
    "by": "month or day, of from to to",
    "format": "csv",
}


def document(version: str) -> Schema:
    """The whole document. Paths are relative to it, so that it is right behind any proxy."""
    clients = record(
        {"clients": listed(CLIENT), "as_of": "time?", "servers": listed(SERVER_IN_SHORT)}
    )
    traffic = record(
        {"from": "time", "to": "time", "resolution_seconds": "whole", "at": listed("time")}
        | {"online": listed("number?"), "series": listed(SERIES)}
    )
    row = record(
        {"period": "text", "client": "text"} | FIGURES | {"bytes_before": "whole?"},
        optional=("bytes_before",),
    )
    usage = record({"from": "time", "to": "time", "usage": listed(row), "totals": record(FIGURES)})
    return {
        "openapi": "3.1.0",
        "info": {"title": "OpenVPN Monitor", "version": version},
        "servers": [{"url": ".."}],
        "security": [{"basic": []}, {"token": []}],
        "paths": {
            "/api/clients": _get("Who is connected now", clients, OF_SERVERS),
            "/api/clients/summary": _get(
                "Everyone ever seen, with exact totals",
                record({"clients": listed(TOTALS)}),
                OF_SERVERS,
            ),
            "/api/history": _get(
                "Sessions, newest first, in pages", listed(SESSION), HISTORY, tuple(FILES)
            ),
            "/api/traffic": _get("Bytes over time, in equal steps", traffic, TRAFFIC, ("csv",)),
            "/api/usage": _get("Exact use per client and month or day", usage, USAGE, ("csv",)),
            "/api/server-status": _get(
                "Every server, by its status file and its host", SERVER_STATUS, OF_SERVERS
            ),
            "/api/openapi.json": _get("All this, for programs", {"type": "object"}),
        },
        "components": {
            "securitySchemes": {
                "basic": {"type": "http", "scheme": "basic"},
                "token": {"type": "http", "scheme": "bearer"},
            },
            "schemas": {"Error": ERROR},
        },
    }


FILES = {
    "csv": "text/csv",
    "ndjson": "application/x-ndjson",
    "parquet": "application/vnd.apache.parquet",
}
"""Media types by the parameter `format`."""


def _get(
    summary: str,
    answer: Schema,
    parameters: dict[str, str] | None = None,
    files: tuple[str, ...] = (),
) -> Schema:
    content: Schema = {"application/json": {"schema": answer}} | {FILES[one]: {} for one in files}
    failed = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    return {
        "get": {
            "summary": summary,
            "parameters": [
                {"name": name, "in": "query", "description": text, "schema": {"type": "string"}}
                for name, text in (parameters or {}).items()
            ],
            "responses": {
                "200": {
                    "description": summary,
                    "content": content,
                },
                "default": {"description": "What went wrong", "content": failed},
            },
        }
    }
