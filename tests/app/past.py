"""A world with a past, for the pages that look back: who was here, when, how long, how much."""

from dataclasses import replace

from ovpnmon.model import ClosedSession
from ovpnmon.store.state import State
from tests import worlds

HOUR, DAY = 3600, 86_400


def past(now: int) -> State:
    """Two online (anna on udp, boris on tcp) and forty ended sessions of anna, boris, carla and дима.

    Session n of the forty began n hours ago (carla's: 40 days before that) and lasted n minutes; it
    moved n MB down and n kB up, from 198.51.100.n, or 2001:db8::n for every tenth.
    """
    anna = worlds.session(1, "udp", "anna", now - 600, now)
    boris = worlds.session(2, "tcp", "boris", now - 1200, now)
    world = worlds.state(
        [worlds.server("udp", [anna], now), worlds.server("tcp", [boris], now)], now
    )
    world.pending[0].closed[:] = [_ended(n, now) for n in range(1, 41)]
    return world


def stale(now: int, name: str) -> State:
    """past(), but that a server's file has not been rewritten for five minutes."""
    world = past(now - 300)
    for server in world.servers.values():
        if server.name == name:
            server.status = "stale"
        else:
            server.time = server.seen_at = now
    return world


def _ended(n: int, now: int) -> ClosedSession:
    name = ("anna", "boris", "carla", "дима")[n % 4]
    began = now - n * HOUR - (40 * DAY if name == "carla" else 0)
    one = worlds.session(100 + n, "tcp" if name == "boris" else "udp", name, began, began + n * 60)
    one = replace(
        one,
        key=f"past/{n}",
        session_id=f"past-{n:02d}",
        real_ip=f"2001:db8::{n}" if n % 10 == 0 else f"198.51.100.{n}",
        bytes_sent=n * 10**6,
        bytes_received=n * 10**3,
    )
    return ClosedSession(one, began + n * 60, "disconnected")
