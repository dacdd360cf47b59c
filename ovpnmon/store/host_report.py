"""What scripts/server_status.sh, or the old panel's script of that name, wrote on the VPN host."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import orjson

from ovpnmon.store import schema
from ovpnmon.store.schema import NewerDataError

Found = Literal["CONNECTED", "DISCONNECTED", "Unknown"]
_FOUND: Mapping[str | None, Found] = {
    "CONNECTED": "CONNECTED",
    "DISCONNECTED": "DISCONNECTED",
}


@dataclass(frozen=True, slots=True)
class HostEntry:
    """One server as its host sees it. What the host did not tell is None."""

    status: Found = "Unknown"
    reason: str = ""
    uptime_text: str | None = None
    """When it was started, in the host's local time, as the old panel's script wrote it."""
    started_at: float | None = None
    pid: int | None = None
    version: str | None = None
    status_file: str | None = None
    interface: str | None = None
    local_ip: str | None = None
    local_addresses: tuple[tuple[str, str], ...] = ()
    """(interface, address/bits), of the whole network that the server lives in."""
    pingable: bool | None = None
    ping_ms: float | None = None


@dataclass(frozen=True, slots=True)
class HostReport:
    """The whole report.

    trouble: why there is none, or "". received_at: when the file was written by the clock of this
    file system; checked_at: by the VPN host's, None before the first report.
    """

    trouble: str = ""
    received_at: float = 0.0
    checked_at: float | None = None
    host: str | None = None
    public_ip: str | None = None
    whole: HostEntry = field(default_factory=HostEntry)
    """The top of the file: the one server of an old report, or the first of several."""
    servers: Mapping[str, HostEntry] = field(default_factory=dict)

    def of(self, server: str, *, alone: bool) -> HostEntry:
        """The entry of this server. A report without names is about the one there is (alone), if so."""
        if not self.servers and alone:
            return self.whole
        return self.servers.get(server, HostEntry())


def load(path: Path) -> HostReport:
    """The report at path. Never raises: without one, trouble says what is wrong with it."""
    try:
        data = path.read_bytes()
        received_at = path.stat().st_mtime
        raw = orjson.loads(data) if data.strip() else {}
    except FileNotFoundError:
        return HostReport(f"nothing has written {path}")
    except OSError as error:
        return HostReport(f"{path} cannot be read: {error.strerror}")
    except orjson.JSONDecodeError as error:
        return HostReport(f"{path} is not JSON: {error}")
    if not isinstance(raw, dict) or not raw:
        return HostReport(f"{path} holds no report")
    try:
        schema.HOST_REPORT.refuse_newer(raw, path)
    except NewerDataError:
        return HostReport(
            f"{path} was written by a newer scripts/server_status.sh than this version's"
        )
    servers = raw.get("servers")
    return HostReport(
        received_at=received_at,
        checked_at=_moment(raw.get("checked_at")) or received_at,
        host=_text(raw.get("host")),
        public_ip=_text(raw.get("public_ip")),
        whole=_entry(raw),
        servers={
            name: _entry(entry)
            for name, entry in (servers.items() if isinstance(servers, dict) else ())
            if isinstance(entry, dict)
        },
    )


def _entry(raw: dict[str, Any]) -> HostEntry:
    return HostEntry(
        status=_FOUND.get(_text(raw.get("status")), "Unknown"),
        reason=_text(raw.get("reason")) or "",
        uptime_text=_text(raw.get("uptime")),
        started_at=_moment(raw.get("started_at")),
        pid=raw["pid"] if type(raw.get("pid")) is int else None,
        version=_text(raw.get("version")),
        status_file=_text(raw.get("status_file")),
        interface=_text(raw.get("interface")),
        local_ip=_text(raw.get("local_ip")),
        local_addresses=_addresses(raw.get("local_addresses")),
        pingable=_flag(raw.get("pingable")),
        ping_ms=_number(raw.get("ping_ms")),
    )


def _text(value: object) -> str | None:
    """The old script wrote Unknown, or nothing, for what it could not find out."""
    return value if isinstance(value, str) and value not in {"", "Unknown"} else None


def _flag(value: object) -> bool | None:
    if isinstance(value, bool):
        return value
    return {"yes": True, "true": True, "no": False, "false": False}.get(str(value).lower())


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value)


def _moment(value: object) -> float | None:
    """Unix time of an ISO 8601 text with offset; without one it could be any moment."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return moment.timestamp() if moment is not None and moment.tzinfo is not None else None


def _addresses(value: object) -> tuple[tuple[str, str], ...]:
    pairs = [
        (_text(one.get("interface")), _text(one.get("address")))
        for one in (value if isinstance(value, list) else ())
        if isinstance(one, dict)
    ]
    return tuple((interface, address) for interface, address in pairs if interface and address)
