"""/api/clients: who is connected now, in the old panel's keys and ours."""

from datetime import tzinfo
from typing import Any

from ovpnmon.api import times
from ovpnmon.geo import locations
from ovpnmon.geo.place import Place
from ovpnmon.model import ServerState, Session
from ovpnmon.queries.live import duration_seconds, present
from ovpnmon.queries.places import Places
from ovpnmon.store.state import State


def clients(state: State, zone: tzinfo, places: Places) -> dict[str, Any]:
    """The whole answer. time_online runs to as_of: it stands still while the file does."""
    here = present(state)
    where = places.of({session.real_ip for _, session in here})
    newest = max((server.time for server in state.servers.values() if server.time), default=None)
    return {
        "clients": [client(server, one, zone, where[one.real_ip]) for server, one in here],
        "as_of": times.iso(newest, zone),
        "servers": [
            {
                "name": server.name,
                "status": server.status,
                "message": server.message,
                "as_of": times.iso(server.time, zone),
                "interval_seconds": server.interval_seconds,
            }
            for server in state.servers.values()
        ],
    }


def client(server: ServerState, session: Session, zone: tzinfo, place: Place) -> dict[str, Any]:
    """One client. Bytes and rates are the server's view, as in the old panel.

    location is null for whom is on no map.
    """
    duration = duration_seconds(server, session)
    return {
        "common_name": session.common_name,
        "real_ip": session.real_ip,
        "port": session.real_port,
        "vpn_ip": session.vpn_ipv4 or session.vpn_ipv6,
        "vpn_ipv4": session.vpn_ipv4,
        "vpn_ipv6": session.vpn_ipv6,
        "bytes_received": session.bytes_received,
        "bytes_sent": session.bytes_sent,
        "connected_since": times.local(session.connected_at, zone),
        "time_online": times.clock(duration),
        "session_id": session.session_id,
        "server": session.server,
        "username": session.username,
        "connected_at": times.iso(session.connected_at, zone),
        "duration_seconds": duration,
        "receive_rate": session.receive_rate,
        "send_rate": session.send_rate,
        "cipher": session.cipher,
        "state": session.state,
        "location": locations.brief(place),
    }
