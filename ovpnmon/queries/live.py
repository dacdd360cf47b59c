"""Who is connected now, and how each server is: asked of the live state alone, no table involved."""

import shlex
from dataclasses import dataclass

import pandas as pd

from ovpnmon.model import Rejected, ServerState, Session, Status
from ovpnmon.store.state import State

COLUMNS = (
    "session_id",
    "server",
    "state",
    "common_name",
    "username",
    "real_ip",
    "real_port",
    "vpn_ipv4",
    "vpn_ipv6",
    "cipher",
    "connected_at",
    "duration_seconds",
    "receive_rate",
    "send_rate",
    "bytes_received",
    "bytes_sent",
)


@dataclass(frozen=True, slots=True)
class ServerView:
    """One server as a person wants to know it.

    remedy_command: what to type at the VPN host against its trouble, or "".
    age_seconds: how old the file's own TIME is, negative where its clock or zone is ahead of ours;
    None before the first good snapshot.
    """

    name: str
    path: str
    status: Status
    message: str
    remedy_command: str
    status_since: int
    time: int | None
    age_seconds: float | None
    interval_seconds: float | None
    clients: int
    connecting: int
    version: int | None
    title: str
    dco_enabled: bool | None
    rejected: list[Rejected]


def present(state: State) -> list[tuple[ServerState, Session]]:
    """The sessions of each server's last good snapshot; those missing from it are not online."""
    return [
        (server, session)
        for server in state.servers.values()
        for session in server.sessions.values()
        if session.missing_since is None
    ]


def duration_seconds(server: ServerState, session: Session) -> int:
    """Time online up to the server's last TIME: it stands still while the file does."""
    return max(0, (server.time or session.last_seen_at) - session.connected_at)


def live_clients(state: State) -> pd.DataFrame:
    """One row a client of the last good snapshots, with COLUMNS.

    connected_at is a UTC timestamp; rates are bytes per second, NaN before two snapshots are known.
    """
    rows = [
        (
            s.session_id,
            s.server,
            s.state,
            s.common_name,
            s.username,
            s.real_ip,
            s.real_port,
            s.vpn_ipv4,
            s.vpn_ipv6,
            s.cipher,
            s.connected_at,
            duration_seconds(server, s),
            s.receive_rate,
            s.send_rate,
            s.bytes_received,
            s.bytes_sent,
        )
        for server, s in present(state)
    ]
    frame = pd.DataFrame.from_records(rows, columns=list(COLUMNS))
    frame["connected_at"] = pd.to_datetime(
        frame["connected_at"].astype("int64"), unit="s", utc=True
    )
    for column in ("duration_seconds", "bytes_received", "bytes_sent"):
        frame[column] = frame[column].astype("int64")
    for column in ("receive_rate", "send_rate"):
        frame[column] = frame[column].astype("float64")
    return frame


def servers(state: State, now: float) -> list[ServerView]:
    """Every server in the order of the settings, with what to do about its trouble."""
    return [_server(server, now) for server in state.servers.values()]


def _server(server: ServerState, now: float) -> ServerView:
    here = [s for s in server.sessions.values() if s.missing_since is None]
    return ServerView(
        name=server.name,
        path=server.path,
        status=server.status,
        message=server.message,
        remedy_command=_remedy_command(server.status, server.path),
        status_since=server.status_since,
        time=server.time,
        age_seconds=None if server.time is None else now - server.time,
        interval_seconds=server.interval_seconds,
        clients=sum(s.established for s in here),
        connecting=sum(not s.established for s in here),
        version=server.version,
        title=server.title,
        dco_enabled=server.dco_enabled,
        rejected=server.rejected,
    )


def _remedy_command(status: Status, path: str) -> str:
    quoted = shlex.quote(path)
    directory = shlex.quote(path.rpartition("/")[0] or ".")
    return {
        "forbidden": f"sudo chgrp ovpnmon {quoted} && sudo chmod g+r {quoted}",
        "missing": f"ls -l {directory} && grep -rn '^ *status ' /etc/openvpn",
        "empty": "sudo pkill -HUP -x openvpn",
        "stale": "systemctl status 'openvpn*'",
        "client_mode": "grep -rnE '^ *(server|client|status) ' /etc/openvpn",
        "malformed": f"python -m collector check {quoted}",
    }.get(status, "")
