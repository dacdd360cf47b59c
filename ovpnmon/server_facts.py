"""What is known of a server, its status file and the collector, as lines of label and plain text."""

import re
from collections.abc import Mapping
from datetime import tzinfo

from ovpnmon import formats
from ovpnmon.formats import UNKNOWN
from ovpnmon.model import ServerState
from ovpnmon.queries.live import ServerView
from ovpnmon.queries.places import About
from ovpnmon.queries.store_rows import pending_rows
from ovpnmon.store.details import Details
from ovpnmon.store.heartbeat import Heartbeat
from ovpnmon.store.host_report import HostEntry, HostReport
from ovpnmon.store.state import State

Facts = dict[str, str]
"""Label -> text: hostile in parts, so a place that reads Markdown needs formats.literal."""


def of_server(
    server: ServerState, view: ServerView, entry: HostEntry, report: HostReport, when: "When"
) -> Facts:
    """The OpenVPN process, as its host and its own file tell."""
    return {
        "Up": UNKNOWN
        if entry.started_at is None
        else formats.duration(when.now - entry.started_at),
        "Up since": _up_since(entry, when),
        "OpenVPN": _release(view.title, entry.version),
        "Process": _on(None if entry.pid is None else f"{entry.pid}", report.host),
        "Address in the VPN": _on(entry.local_ip, entry.interface),
        "Other addresses": ", ".join(_on(a, i) for i, a in _others(entry)) or UNKNOWN,
        "Public address": report.public_ip or UNKNOWN,
        "Ping": _ping(entry),
        "Clients": _clients(view),
        "Sessions so far": formats.count(server.total_sessions),
        "Traffic so far": (
            f"↓ {formats.volume(server.total_bytes_sent)}"
            f" ↑ {formats.volume(server.total_bytes_received)}"
        ),
        "Data channel offload": _offload(view.dco_enabled),
        "Host's report": _reported(report, when),
    }


def of_file(server: ServerState, details: Details, beat: Heartbeat, when: "When") -> Facts:
    """The status file. Counts are since the collector's start."""
    version = UNKNOWN if server.version is None else f"{server.version}"
    facts = {
        "Path": server.path,
        "Version": version,
        "Its own time": _own_time(server, when),
        "Rewritten": _interval(server),
        "Last new content read": when.both(server.seen_at),
        "Size": _size(details, when),
        "Its clock": _clock(details.ahead_seconds, details.zone_off_seconds),
        "Torn reads repeated": formats.count(details.retries),
        "Looks that gave nothing": _failures(beat.read_failures.get(server.name, {})),
        "Rows set aside": formats.count(len(server.rejected)),
    }
    return facts | {
        formats.plain(name): formats.plain(value) for name, value in details.global_stats
    }


def of_collector(beat: Heartbeat, state: State, when: "When") -> Facts:
    """How the collector fares. Counts are since its start."""
    flushes = formats.counted(beat.flush_errors, "flush", "flushes")
    failed = f"{formats.counted(beat.errors, 'tick')}, {flushes}"
    return {
        "Last tick": f"{when.ago(beat.tick_at)}, took {_seconds(beat.tick_seconds)}",
        "Began late by": _seconds(beat.lag_seconds),
        "Looks every": formats.duration(beat.interval_seconds),
        "Ticks": formats.count(beat.ticks),
        "Failed": failed,
        "Last error": formats.plain(beat.last_error) or "none",
        "Memory": formats.volume(beat.memory_bytes or None),
        "Running since": when.both(beat.started_at),
        "Process": f"{beat.pid}" if beat.pid else UNKNOWN,
        "Rows not in the tables yet": formats.count(pending_rows(state)),
        "Last flush": when.both(beat.flushed_at),
        "Last upkeep": when.both(beat.upkeep_at),
    }


def of_store(sizes: Mapping[str, int], rows: Mapping[str, int], free_bytes: int | None) -> Facts:
    """What is kept on disk. rows: of those tables that could be counted."""
    names = {
        "session_history": "Sessions",
        "traffic": "Traffic, 10 s",
        "traffic_5m": "Traffic, 5 min",
        "traffic_1h": "Traffic, 1 h",
        "active_sessions": "Live state",
    }
    facts = {}
    for part, name in names.items():
        counted = f" · {formats.counted(rows[part], 'row')}" if part in rows else ""
        facts[name] = f"{formats.volume(sizes.get(part))}{counted}"
    return facts | {"Left on the disk": formats.volume(free_bytes)}


def of_places(about: About) -> Facts:
    """Where places come from, how old that is, and what is wrong with it."""
    told = "none"
    if about.database:
        told = about.database
        if about.build:
            told += f" of {about.build}"
        if about.age_days is not None:
            told += f", {formats.counted(about.age_days, 'day')} old"
    facts = {"Location database": told}
    if about.problems:
        facts["What is wrong with places"] = "; ".join(about.problems)
    return facts


def as_text(sections: Mapping[str, Facts]) -> str:
    """Everything as plain text, to be pasted into a bug report."""
    width = max((len(label) for facts in sections.values() for label in facts), default=0)
    return "\n\n".join(
        "\n".join([title, *(f"  {label:<{width}}  {text}" for label, text in facts.items())])
        for title, facts in sections.items()
    )


class When:
    """Says moments in one zone, seen from one now."""

    def __init__(self, zone: tzinfo, now: float) -> None:
        self.zone = zone
        self.now = now

    def ago(self, at: float | None) -> str:
        """`4 s ago`, `2 h ahead`."""
        return formats.since(self.now - at) if at else UNKNOWN

    def both(self, at: float | None) -> str:
        """`Sun 22 Nov 2026, 17:34:10 · 4 s ago`."""
        return f"{formats.exact(at, self.zone)} · {self.ago(at)}" if at else UNKNOWN


def _release(title: str, version: str | None) -> str:
    """The file's own words, which are those of the running program; version 1 files have none."""
    if re.match(r"OpenVPN \d", title):
        return formats.plain(title)
    return version or UNKNOWN


def _up_since(entry: HostEntry, when: When) -> str:
    if entry.started_at is None:
        return f"{entry.uptime_text}, by its host's clock" if entry.uptime_text else UNKNOWN
    return formats.exact(entry.started_at, when.zone)


def _on(what: str | None, where: str | None) -> str:
    """An address on its interface, a process on its host."""
    if not what:
        return UNKNOWN
    return f"{what} on {where}" if where else what


def _others(entry: HostEntry) -> list[tuple[str, str]]:
    return [pair for pair in entry.local_addresses if pair[1].partition("/")[0] != entry.local_ip]


def _ping(entry: HostEntry) -> str:
    if entry.pingable is None:
        return UNKNOWN
    if not entry.pingable:
        return "no answer"
    return "answers" if entry.ping_ms is None else f"{entry.ping_ms:.2g} ms"


def _clients(view: ServerView) -> str:
    here = formats.count(view.clients)
    return f"{here} + {formats.count(view.connecting)} connecting" if view.connecting else here


def _offload(enabled: bool | None) -> str:
    return UNKNOWN if enabled is None else "on: byte counters may be too low" if enabled else "off"


def _reported(report: HostReport, when: When) -> str:
    return report.trouble or when.both(report.checked_at)


def _own_time(server: ServerState, when: When) -> str:
    if server.time is None:
        return UNKNOWN
    return " · ".join(part for part in (server.time_text, when.ago(server.time)) if part)


def _interval(server: ServerState) -> str:
    if server.interval_seconds is None:
        return UNKNOWN
    usual = f"every {formats.duration(server.interval_seconds)}"
    lately = ", ".join(str(seconds) for seconds in server.intervals)
    return f"{usual} (lately {lately} s)" if lately else usual


def _size(details: Details, when: When) -> str:
    if details.size_bytes is None:
        return UNKNOWN
    return f"{formats.volume(details.size_bytes)} · written {when.ago(details.modified_at)}"


def _clock(ahead: float | None, zone_off: int) -> str:
    """zone_off: what a wrong zone makes of it, which is not the clock's fault."""
    if ahead is None:
        return UNKNOWN
    off = ahead - zone_off
    if abs(off) < 2:
        return "as ours, but for the zone" if zone_off else "as ours"
    return f"{formats.duration(abs(off))} {'ahead of' if off > 0 else 'behind'} ours"


def _failures(codes: Mapping[str, int]) -> str:
    told = [f"{code.replace('_', ' ')} {formats.count(n)}×" for code, n in sorted(codes.items())]
    return ", ".join(told) or "0"


def _seconds(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"
