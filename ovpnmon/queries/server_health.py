"""Is a server up? Decided from what its host reports and from how its status file fares, together.

A file that goes on being rewritten proves a server that runs. A host that sees no process proves one
that does not. Either alone may be missing; where they contradict each other, the newer one is right.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ovpnmon import formats
from ovpnmon.model import ServerState
from ovpnmon.queries.troubles import TITLES
from ovpnmon.store.host_report import HostEntry, HostReport
from ovpnmon.store.state import State

Verdict = Literal["CONNECTED", "DISCONNECTED", "Unknown"]
REPORT_SECONDS = 180
"""cron runs the host's script every minute: of a report older than this one has been missed twice."""
DUE_INTERVALS = 2
WORST_FIRST: tuple[Verdict, ...] = ("DISCONNECTED", "Unknown", "CONNECTED")


@dataclass(frozen=True, slots=True)
class Health:
    """The verdict, why, and of which moment the evidence is (unix time; None: there is none)."""

    status: Verdict
    reason: str
    at: float | None


def health(
    server: ServerState, entry: HostEntry, report: HostReport, now: float, collector: str | None
) -> Health:
    """One server's. entry: its part of the report.

    collector: why the collector is not trusted to be running, or None. Without it nobody looks at
    the status file, so that what is known of it proves nothing.
    """
    said = entry.status if now - report.received_at <= REPORT_SECONDS else "Unknown"
    is_rewritten = collector is None and server.status in {"up", "busy"}
    if said == "DISCONNECTED" and is_rewritten and _goes_on(server, report, now):
        text = f"{_rewritten(server, now)}, although its host says: {_said(entry)}"
        return Health("CONNECTED", text, server.time)
    if said == "DISCONNECTED":
        return Health(
            "DISCONNECTED", _joined(_said(entry), _file(server, collector, now)), report.checked_at
        )
    if is_rewritten:
        return Health("CONNECTED", _rewritten(server, now), server.time)
    if said == "CONNECTED" and collector is None and server.status == "stale":
        text = (
            f"{_said(entry)}, but {_file(server, collector, now)}: it may hang, or write elsewhere"
        )
        return Health("Unknown", text, server.time)
    if said == "CONNECTED":
        return Health(
            "CONNECTED", _joined(_said(entry), _file(server, collector, now)), report.checked_at
        )
    return Health(
        "Unknown", _joined(_file(server, collector, now), _silence(report, entry, now)), server.time
    )


def healths(
    state: State, report: HostReport, now: float, collector: str | None
) -> dict[str, Health]:
    """Every server's, by name, in the order of the settings."""
    alone = len(state.servers) == 1
    return {
        name: health(server, report.of(name, alone=alone), report, now, collector)
        for name, server in state.servers.items()
    }


def worst(found: Mapping[str, Health]) -> Health:
    """All of them in one: as bad as the worst. Unknown where there is none."""
    if not found:
        return Health("Unknown", "no server has been looked at yet", None)
    name, one = min(found.items(), key=lambda item: WORST_FIRST.index(item[1].status))
    return one if len(found) == 1 else Health(one.status, f"{name}: {one.reason}", one.at)


def _goes_on(server: ServerState, report: HostReport, now: float) -> bool:
    """Whether the file contradicts a host that saw no process: written since, or not yet due again.

    Both times are by the VPN host's clock.
    """
    if server.time is not None and server.time >= (report.checked_at or 0.0):
        return True
    return now - server.seen_at <= DUE_INTERVALS * (server.interval_seconds or 0.0)


def _rewritten(server: ServerState, now: float) -> str:
    if server.status == "busy" or not server.seen_at:
        return f"{server.path} is being rewritten"
    return f"{server.path} was rewritten {formats.age(now - server.seen_at)} ago"


def _file(server: ServerState, collector: str | None, now: float) -> str:
    """What is wrong with the file, or with who should be looking at it."""
    if collector:
        return f"{server.path} is not being read: {collector}"
    if server.status == "stale":
        return f"{server.path} has not been rewritten for {formats.duration(now - server.seen_at)}"
    if server.status == "waiting":
        return f"{server.path} has not been read yet"
    if server.status in {"up", "busy"}:
        return ""
    return TITLES[server.status][1].removesuffix(".")


def _said(entry: HostEntry) -> str:
    return entry.reason or (
        "OpenVPN runs" if entry.status == "CONNECTED" else "no OpenVPN process runs"
    )


def _silence(report: HostReport, entry: HostEntry, now: float) -> str:
    """Why the host is no help."""
    if report.trouble:
        return f"its host does not report: {report.trouble}"
    if now - report.received_at > REPORT_SECONDS:
        return f"its host last reported {formats.age(now - report.received_at)} ago"
    return f"its host cannot tell: {entry.reason or 'it does not report on this server'}"


def _joined(*parts: str) -> str:
    return "; ".join(part for part in parts if part)
