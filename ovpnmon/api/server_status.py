"""/api/server-status: the old panel's keys, from the status files and the host's own report."""

from datetime import tzinfo
from pathlib import Path
from typing import Any

import orjson

from ovpnmon.api import times
from ovpnmon.queries.live import ServerView, present, servers
from ovpnmon.store.state import State


def host_report(path: Path) -> dict[str, Any]:
    """What scripts/server_status.sh wrote on the VPN host; empty when it wrote nothing readable."""
    try:
        report = orjson.loads(path.read_bytes())
    except (OSError, orjson.JSONDecodeError):
        return {}
    return report if isinstance(report, dict) else {}


def server_status(state: State, report: dict[str, Any], zone: tzinfo, now: float) -> dict[str, Any]:
    """The whole answer. status stays Unknown until the host reports; freshness is in `servers`."""
    sessions = [session for _, session in present(state)]
    return {
        "mode": "server",
        "status": report.get("status") or "Unknown",
        "uptime": report.get("uptime") or "Unknown",
        "local_ip": report.get("local_ip") or "Unknown",
        "public_ip": report.get("public_ip") or "Unknown",
        "pingable": _flag(report.get("pingable")),
        "clients": sum(session.established for session in sessions),
        "total_rx": times.megabytes(sum(session.bytes_received for session in sessions)),
        "total_tx": times.megabytes(sum(session.bytes_sent for session in sessions)),
        "servers": [_server(view, zone) for view in servers(state, now)],
    }


def _flag(value: object) -> bool:
    """The script wrote Yes or No; the old panel answered true or false."""
    return value is True or str(value).lower() in {"yes", "true"}


def _server(view: ServerView, zone: tzinfo) -> dict[str, Any]:
    return {
        "name": view.name,
        "path": view.path,
        "status": view.status,
        "message": view.message,
        "status_since": times.iso(view.status_since, zone),
        "as_of": times.iso(view.time, zone),
        "age_seconds": None if view.age_seconds is None else round(view.age_seconds),
        "interval_seconds": view.interval_seconds,
        "clients": view.clients,
        "connecting": view.connecting,
        "status_version": view.version,
        "title": view.title,
        "dco_enabled": view.dco_enabled,
        "rejected": [
            {"line": row.line, "text": row.text, "reason": row.reason} for row in view.rejected
        ],
    }
