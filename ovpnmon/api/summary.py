"""/api/clients/summary: everyone's totals, in the old panel's keys and ours."""

from datetime import tzinfo
from typing import Any

import pandas as pd

from ovpnmon.api import times
from ovpnmon.geo.place import Place
from ovpnmon.model import ServerState, Session
from ovpnmon.queries.live import duration_seconds, present
from ovpnmon.queries.places import Places
from ovpnmon.store.state import State

GIGABYTE = 2**30
"""What the old panel called GB."""


def summary(everyone: pd.DataFrame, state: State, zone: tzinfo, places: Places) -> dict[str, Any]:
    """The whole answer, by name. everyone: as queries.clients.Clients.all() gives it.

    Totals are exact sums over closed and open sessions. current_session is there only for who is
    online; of several, it is the one that began last.
    """
    current: dict[str, tuple[ServerState, Session]] = {}
    for server, session in sorted(present(state), key=lambda pair: pair[1].connected_at):
        if session.established:
            current[session.common_name] = (server, session)
    rows = everyone.sort_values("common_name").to_dict("records")
    where = places.of({row["last_ip"] for row in rows})
    return {
        "clients": [
            _client(row, current.get(row["common_name"]), zone, where[row["last_ip"]])
            for row in rows
        ]
    }


def _client(
    row: dict[Any, Any], current: tuple[ServerState, Session] | None, zone: tzinfo, place: Place
) -> dict[str, Any]:
    answer = {
        "name": row["common_name"],
        "is_online": current is not None,
        "sessions": row["sessions"],
        "total_duration_seconds": row["seconds"],
        "total_duration_human": times.clock(row["seconds"]),
        "total_rx_gb": _gigabytes(row["bytes_received"]),
        "total_tx_gb": _gigabytes(row["bytes_sent"]),
        "last_seen": times.local(row["last_seen"].timestamp(), zone),
        "first_seen": times.iso(row["first_seen"].timestamp(), zone),
        "bytes_received": row["bytes_received"],
        "bytes_sent": row["bytes_sent"],
        "last_ip": row["last_ip"],
        "country": place.country or None,
    }
    if current is not None:
        answer["current_session"] = _current_session(*current, zone)
    return answer


def _current_session(server: ServerState, session: Session, zone: tzinfo) -> dict[str, Any]:
    return {
        "ip": session.real_ip,
        "port": session.real_port,
        "vpn_ip": session.vpn_ipv4 or session.vpn_ipv6,
        "vpn_ipv4": session.vpn_ipv4,
        "vpn_ipv6": session.vpn_ipv6,
        "connected_since": times.local(session.connected_at, zone),
        "time_online": times.clock(duration_seconds(server, session)),
        "bytes_received_gb": _gigabytes(session.bytes_received),
        "bytes_sent_gb": _gigabytes(session.bytes_sent),
    }


def _gigabytes(amount: int) -> float:
    return round(amount / GIGABYTE, 3)
