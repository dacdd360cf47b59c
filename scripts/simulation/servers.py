"""What two OpenVPN servers would know at a moment: who is connected under which Client ID."""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, count

from scripts.simulation.lives import DAY, HOUR, Visit, strangers, visits
from scripts.simulation.people import Server, cast

_FIRST_RESTART = {"udp": 12 * DAY + 3 * HOUR + 2405, "tcp": 8 * DAY + 4 * HOUR + 1203}
_RESTART_EVERY = {"udp": 17 * DAY, "tcp": 9 * DAY}


@dataclass(frozen=True, slots=True)
class Plan:
    """All that a simulation follows from. origin: unix time at which its world begins, empty."""

    origin: int
    seed: int
    clients: int


@dataclass(frozen=True, slots=True)
class Connection:
    """A visit as its server numbers it: Client IDs count from 0 in every run of the server."""

    visit: Visit
    client_id: int
    ended_by_restart: bool


def connections(plan: Plan, server: Server) -> Iterator[Connection]:
    """Everything that ever connects to a server, in the order of its beginning; endless."""
    lives = [
        visits(device, plan.origin, plan.seed, restarts(plan, server))
        for device in cast(plan.clients, plan.seed)
        if device.server == server
    ]
    knocks = strangers(plan.origin, plan.seed, server)
    upcoming = restarts(plan, server)
    restart, client_id = next(upcoming), 0
    for visit in heapq.merge(*lives, knocks, key=lambda visit: (visit.started_at, visit.seed)):
        while visit.started_at >= restart:
            restart, client_id = next(upcoming), 0
        if visit.device is None and visit.ended_at >= restart:
            continue
        yield Connection(visit, client_id, visit.ended_at == restart)
        client_id += 1


def restarts(plan: Plan, server: Server) -> Iterator[int]:
    """When a server is restarted; endless."""
    first = plan.origin + _FIRST_RESTART[server]
    return (first + n * _RESTART_EVERY[server] for n in count())


class Present:
    """Who is connected, at times that only move forward."""

    def __init__(self, plan: Plan, server: Server) -> None:
        self._coming = connections(plan, server)
        self._next = next(self._coming)
        self._here: list[Connection] = []

    def at(self, now: int) -> list[Connection]:
        """Those connected at now, in the order in which they came."""
        arrived = list(self._arrivals(now))
        self._here = [one for one in chain(self._here, arrived) if one.visit.ended_at > now]
        return self._here

    def _arrivals(self, now: int) -> Iterator[Connection]:
        while self._next.visit.started_at <= now:
            yield self._next
            self._next = next(self._coming)
