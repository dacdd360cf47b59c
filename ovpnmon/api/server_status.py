"""/api/server-status: the old panel's keys, from the status files and the host's own report."""

import re
from collections.abc import Sequence
from datetime import tzinfo
from typing import Any

from ovpnmon.api import times
from ovpnmon.model import ServerState
from ovpnmon.queries.live import ServerView, present, servers
from ovpnmon.queries.server_health import Health, healths, worst
from ovpnmon.store.host_report import HostEntry, HostReport
from ovpnmon.store.state import State


def server_status(
    state: State,
    report: HostReport,
    zone: tzinfo,
    now: float,
    collector: str | None,
    only: Sequence[str] = (),
) -> dict[str, Any]:
    """The whole answer. collector: why the collector is not trusted to be running, or None.

    With several servers the status is the worst one's, uptime and addresses are the first one's.
    only: names of the servers that are asked for; none: all.
    """
    alone = len(state.servers) == 1
    found = healths(state, report, now, collector)
    if only:
        found = {name: one for name, one in found.items() if name in only}
    sessions = [session for server, session in present(state) if server.name in found]
    overall = worst(found)
    first = report.of(next(iter(found), ""), alone=alone) if only else report.whole
    return {
        "mode": "server",
        "status": overall.status,
        "uptime": _uptime(first, zone) or "Unknown",
        "local_ip": first.local_ip or "Unknown",
        "public_ip": report.public_ip or "Unknown",
        "pingable": first.pingable is True,
        "clients": sum(session.established for session in sessions),
        "total_rx": times.megabytes(sum(session.bytes_received for session in sessions)),
        "total_tx": times.megabytes(sum(session.bytes_sent for session in sessions)),
        "reason": overall.reason,
        "status_at": times.iso(overall.at, zone),
        "host": report.host,
        "checked_at": times.iso(report.checked_at, zone),
        "servers": [
            _host_part(report.of(view.name, alone=alone), found[view.name], zone)
            | _file_part(view, state.servers[view.name], zone)
            for view in servers(state, now)
            if view.name in found
        ],
    }


def _uptime(entry: HostEntry, zone: tzinfo) -> str | None:
    """Since when, as the old panel called it; its own script knew only the host's local time."""
    return entry.uptime_text if entry.started_at is None else times.local(entry.started_at, zone)


def _host_part(entry: HostEntry, found: Health, zone: tzinfo) -> dict[str, Any]:
    return {
        "status": found.status,
        "reason": found.reason,
        "status_at": times.iso(found.at, zone),
        "uptime": _uptime(entry, zone),
        "started_at": times.iso(entry.started_at, zone),
        "pid": entry.pid,
        "interface": entry.interface,
        "local_ip": entry.local_ip,
        "local_addresses": [
            {"interface": interface, "address": address}
            for interface, address in entry.local_addresses
        ],
        "pingable": entry.pingable,
        "ping_ms": entry.ping_ms,
        "openvpn_version": entry.version,
    }


def _file_part(view: ServerView, server: ServerState, zone: tzinfo) -> dict[str, Any]:
    release = re.match(r"OpenVPN (\d\S*)", view.title)  # version 1 files are entitled otherwise
    part = {
        "name": view.name,
        "path": view.path,
        "file_status": view.status,
        "message": view.message,
        "file_status_since": times.iso(view.status_since, zone),
        "as_of": times.iso(view.time, zone),
        "age_seconds": None if view.age_seconds is None else round(view.age_seconds),
        "interval_seconds": view.interval_seconds,
        "clients": view.clients,
        "connecting": view.connecting,
        "total_sessions": server.total_sessions,
        "total_bytes_received": server.total_bytes_received,
        "total_bytes_sent": server.total_bytes_sent,
        "status_version": view.version,
        "title": view.title,
        "dco_enabled": view.dco_enabled,
        "rejected": [
            {"line": row.line, "text": row.text, "reason": row.reason} for row in view.rejected
        ],
    }
    return part | ({"openvpn_version": release[1]} if release else {})
