"""`python -m collector check FILE...`: what the collector makes of a file, for people who wonder why."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TextIO
from zoneinfo import ZoneInfo

from collector.names import distinct_names
from collector.parser import parse
from collector.reader import FileRead, read_stable
from ovpnmon.model import Client, Route, Snapshot, StatusError


def check(paths: Sequence[Path], settings_zone: ZoneInfo, out: TextIO) -> int:
    """Print one JSON object a line for each file, in the keys of the API. Exit status: 1 if any failed.

    `{"file", "version", "title", "time", "clients", "routes", "rejected"}`, or
    `{"file", "error": {"code", "message"}}`. settings_zone is that of version 1's times and of all
    local ones printed.
    """
    failed = False
    for path, read in read_stable(paths).items():
        try:
            told = _told(_snapshot(read, settings_zone), settings_zone)
        except StatusError as error:
            failed = True
            told = {"error": {"code": error.code, "message": error.message}}
        name = str(path).encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        out.write(_printable(json.dumps({"file": name} | told, ensure_ascii=not _is_utf8(out))))
        out.write("\n")
    return int(failed)


def _snapshot(read: FileRead | StatusError, zone: ZoneInfo) -> Snapshot:
    if isinstance(read, StatusError):
        raise read
    return parse(read.data, zone, read.modified_at)


def _told(snapshot: Snapshot, zone: ZoneInfo) -> dict[str, Any]:
    shown, _ = distinct_names(snapshot.clients, {})
    return {
        "version": snapshot.version,
        "title": snapshot.title,
        "time": _iso(snapshot.time, zone),
        "clients": [
            _client(row, shown.get(row.name_key, row.common_name), snapshot.time, zone)
            for row in snapshot.clients
        ],
        "routes": [
            _route(row, shown.get(row.name_key, row.common_name), zone) for row in snapshot.routes
        ],
        "rejected": [
            {"line": row.line, "text": row.text, "reason": row.reason} for row in snapshot.rejected
        ],
    }


def _client(row: Client, name: str, time: int, zone: ZoneInfo) -> dict[str, Any]:
    duration_seconds = max(0, time - row.connected_at)
    return {
        "common_name": name,
        "real_ip": row.real_ip,
        "port": row.real_port,
        "vpn_ip": row.vpn_ipv4 or row.vpn_ipv6,
        "vpn_ipv4": row.vpn_ipv4,
        "vpn_ipv6": row.vpn_ipv6,
        "bytes_received": row.bytes_received,
        "bytes_sent": row.bytes_sent,
        "connected_since": _local(row.connected_at, zone).strftime("%Y-%m-%d %H:%M:%S"),
        "time_online": str(timedelta(seconds=duration_seconds)),
        "username": row.username,
        "connected_at": _iso(row.connected_at, zone),
        "duration_seconds": duration_seconds,
        "cipher": row.cipher,
        "state": "connected" if row.routed else "connecting",
    }


def _route(row: Route, name: str, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "virtual_address": row.virtual_address,
        "common_name": name,
        "real_ip": row.real_ip,
        "port": row.real_port,
        "last_ref": _iso(row.last_ref_at, zone),
    }


def _iso(at: int, zone: ZoneInfo) -> str:
    return _local(at, zone).isoformat(timespec="seconds")


def _local(at: int, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(at, zone)


def _is_utf8(out: TextIO) -> bool:
    return (out.encoding or "utf-8").lower().replace("-", "") == "utf8"


def _printable(line: str) -> str:
    """Names are others' text: no control or direction character of theirs reaches a terminal."""
    if line.isprintable():
        return line
    return "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in line)
