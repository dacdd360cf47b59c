"""Settings: the only reader of the environment, so that every bad value is met at the start."""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import pytz

from ovpnmon.environment import SettingsError, bad, get
from ovpnmon.login_settings import LoginSettings

__all__ = ["DEFAULT_STATUS_LOG", "ServerLocation", "Settings", "SettingsError", "StatusFile"]

DEFAULT_STATUS_LOG = "/var/log/openvpn/status.log"


@dataclass(frozen=True, slots=True)
class StatusFile:
    """One OpenVPN server and where it writes its status."""

    name: str
    path: Path


@dataclass(frozen=True, slots=True)
class ServerLocation:
    """Where the VPN server stands, in degrees, and what to call the place."""

    latitude: float
    longitude: float
    label: str


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings, checked. Paths are as given: relative ones mean the working directory."""

    status_files: tuple[StatusFile, ...]
    tz: ZoneInfo
    data: Path
    active_sessions: Path
    history: Path
    """The table of finished sessions, a directory."""
    old_history: Path
    """Where a session_history.json of the Flask panel would be, to be taken over."""
    server_status: Path
    client_geo: Path
    """The registry of everyone's addresses and where they are."""
    geoip_db: Path
    """The location database, an .mmdb file; there need not be one."""
    places: Path | None
    """A CSV file of networks whose place is known better."""
    server_location: ServerLocation | None
    interval_seconds: float
    address: str
    port: int
    retention_days: int
    traffic_days: int
    login: LoginSettings
    metrics_clients: bool
    """Whether /metrics tells of every client by name."""
    demo: bool
    """Data come from the simulator: every page says so."""

    @property
    def traffic(self) -> Path:
        """The table of traffic between snapshots."""
        return self.data / "traffic"

    @property
    def traffic_5m(self) -> Path:
        """The table of traffic in 5-minute buckets."""
        return self.data / "traffic_5m"

    @property
    def heartbeat(self) -> Path:
        """What the collector writes at every tick, acknowledged or not."""
        return self.data / "heartbeat.json"

    @property
    def details(self) -> Path:
        """What the collector sees of each server beyond what it must remember."""
        return self.data / "details.json"

    @property
    def events(self) -> Path:
        """What happened to servers and clocks."""
        return self.data / "events.json"

    @property
    def lock(self) -> Path:
        """Held by the one collector of this data directory."""
        return self.data / "collector.lock"

    @property
    def stored_password(self) -> Path:
        """The hash of the password that was generated or set by command."""
        return self.data / "login.json"

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> "Settings":
        """Settings from environment variables; unset or empty ones take their defaults.

        Raises SettingsError on the first value that cannot be used.
        """
        data = Path(get(environ, "OPENVPN_MONITOR_DATA", "data"))
        history = Path(get(environ, "OPENVPN_HISTORY_LOG", str(data / "session_history")))
        old_style = history.suffix.lower() == ".json"
        return cls(
            status_files=_status_files(get(environ, "OPENVPN_STATUS_LOG", DEFAULT_STATUS_LOG)),
            tz=_zone(get(environ, "OPENVPN_MONITOR_TZ", "Europe/Bucharest")),
            data=data,
            active_sessions=Path(
                get(environ, "OPENVPN_ACTIVE_SESSIONS", str(data / "active_sessions.json"))
            ),
            history=history.with_suffix("") if old_style else history,
            old_history=history if old_style else data / "session_history.json",
            server_status=Path(
                get(environ, "OPENVPN_SERVER_STATUS", str(data / "server_status.json"))
            ),
            client_geo=Path(
                get(environ, "OPENVPN_CLIENT_GEO_DB", str(data / "client_geolocation.json"))
            ),
            geoip_db=Path(get(environ, "OPENVPN_MONITOR_GEOIP_DB", str(data / "geoip.mmdb"))),
            places=_optional_path(get(environ, "OPENVPN_MONITOR_PLACES", "")),
            server_location=_location(get(environ, "OPENVPN_MONITOR_SERVER_LOCATION", "")),
            interval_seconds=_number(environ, "OPENVPN_MONITOR_INTERVAL", 10, (0.1, 3600)),
            address=get(environ, "OPENVPN_MONITOR_ADDRESS", "127.0.0.1"),
            port=_whole(environ, "OPENVPN_MONITOR_PORT", 8501, (1, 65535)),
            retention_days=_whole(environ, "OPENVPN_MONITOR_RETENTION_DAYS", 730, (1, 36500)),
            traffic_days=_whole(environ, "OPENVPN_MONITOR_TRAFFIC_DAYS", 30, (1, 36500)),
            login=LoginSettings.from_env(environ),
            metrics_clients=_switch(environ, "OPENVPN_MONITOR_METRICS_CLIENTS"),
            demo=_switch(environ, "OPENVPN_MONITOR_DEMO"),
        )


def _number(
    environ: Mapping[str, str], name: str, default: float, bounds: tuple[float, float]
) -> float:
    text = get(environ, name, str(default))
    low, high = bounds
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not low <= value <= high:  # also false for nan
        raise bad(name, text, f"a number from {low:g} to {high:g} is accepted")
    return value


def _whole(environ: Mapping[str, str], name: str, default: int, bounds: tuple[int, int]) -> int:
    text = get(environ, name, str(default))
    low, high = bounds
    if not (re.fullmatch(r"[0-9]{1,9}", text) and low <= int(text) <= high):
        raise bad(name, text, f"a whole number from {low} to {high} is accepted")
    return int(text)


def _optional_path(text: str) -> Path | None:
    return Path(text) if text else None


def _location(text: str) -> ServerLocation | None:
    if not text:
        return None
    latitude, longitude, label = [*(part.strip() for part in text.split(",", 2)), "", ""][:3]
    try:
        degrees = float(latitude), float(longitude)
    except ValueError:
        degrees = (float("nan"), float("nan"))
    # Also false for nan.
    if not (abs(degrees[0]) <= 90 and abs(degrees[1]) <= 180):
        accepted = "latitude,longitude,label in degrees is accepted, such as 52.37,4.9,Amsterdam"
        raise bad("OPENVPN_MONITOR_SERVER_LOCATION", text, accepted)
    return ServerLocation(*degrees, label or "VPN server")


def _switch(environ: Mapping[str, str], name: str) -> bool:
    text = get(environ, name, "off")
    if text not in {"on", "off"}:
        raise bad(name, text, "on or off is accepted")
    return text == "on"


def _zone(text: str) -> ZoneInfo:
    if text in pytz.all_timezones_set:
        return ZoneInfo(text)
    folded = {name.lower(): name for name in pytz.all_timezones}
    cities = {name.rsplit("/", 1)[-1].lower(): name for name in pytz.common_timezones}
    wanted = text.lower().replace(" ", "_")
    near = [folded[n] for n in difflib.get_close_matches(wanted, folded, n=3, cutoff=0.6)]
    near += [
        cities[n]
        for n in difflib.get_close_matches(wanted.rsplit("/", 1)[-1], cities, n=2, cutoff=0.75)
        if cities[n] not in near
    ]
    hint = f"; nearest: {', '.join(near)}" if near else ""
    raise bad("OPENVPN_MONITOR_TZ", text, f"an IANA zone such as Europe/Berlin is accepted{hint}")


def _status_files(text: str) -> tuple[StatusFile, ...]:
    """One path, whose server is named openvpn, or name=path separated by commas.

    A lone value counts as a path where its part before `=` holds a slash: /a=b is a file.
    """
    name = "OPENVPN_STATUS_LOG"
    accepted = "a path, or name=path separated by commas, is accepted"
    if not re.match(r"[^/=]*=", text):
        return (StatusFile("openvpn", Path(text)),)
    files: dict[str, StatusFile] = {}
    for part in text.split(","):
        server, equals, path = part.strip().partition("=")
        server, path = server.strip(), path.strip()
        if not (equals and server and path):
            raise bad(name, text, f"{accepted}; {part.strip()!r} is not name=path")
        if not re.fullmatch(r"[\w.@:-]{1,64}", server):
            raise bad(name, text, f"server name {server!r}: letters, digits and . _ - @ : only")
        if server in files:
            raise bad(name, text, f"server {server!r} is named twice")
        files[server] = StatusFile(server, Path(path))
    return tuple(files.values())
