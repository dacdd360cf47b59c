"""What goes into the registry of everyone's addresses, worked out of the state and the history."""

import hashlib
import logging
import math
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any

from collector.log import fields
from ovpnmon.config import Settings
from ovpnmon.geo import registry_file
from ovpnmon.geo.place import Place
from ovpnmon.geo.registry import Clients, Registry, Sighting, observed, resolved
from ovpnmon.geo.resolver import Resolver
from ovpnmon.geo.stamp import Stamp, stamp
from ovpnmon.model import Session
from ovpnmon.store import atomic
from ovpnmon.store.reader import Store
from ovpnmon.store.state import State, StateError

log = logging.getLogger("collector")
GRACE_SECONDS = 2.0
"""How long looking up goes on when the collector is to stop: enough for the few new addresses."""

# The addresses that a client used last, as many as the registry keeps; of its virtual addresses there
# the last one, as all of them could be as many as there are sessions.
_HISTORY = """
SELECT common_name, real_ip, vpn_ipv4, vpn_ipv6, first_us, last_us FROM (
  SELECT common_name, real_ip,
    last_value(vpn_ipv4 ORDER BY last_seen_at) AS vpn_ipv4,
    last_value(vpn_ipv6 ORDER BY last_seen_at) AS vpn_ipv6,
    cast(min(connected_at) AS bigint) AS first_us,
    cast(max(last_seen_at) AS bigint) AS last_us,
    row_number() OVER (PARTITION BY common_name ORDER BY max(last_seen_at) DESC) AS place
  FROM session_history GROUP BY common_name, real_ip
) WHERE place <= 50
"""


class Registrar:
    """Keeps the registry's file up to date, call by call. One per data directory, for one thread.

    The file is read once, and again when someone else has changed it. When stopping is set, work()
    ends soon: addresses that it has not come to get their locations after the next start.
    """

    def __init__(self, settings: Settings, stopping: threading.Event | None = None) -> None:
        self._stopping = stopping or threading.Event()
        self._path = settings.client_geo
        self._zone = settings.tz
        self._store = Store(settings)
        self._resolver = Resolver(settings, mapped=False)
        self._registry = Registry()
        self._stamp: Stamp = None
        self._addresses: dict[str, str] = {}

    def work(self, state: State, now: float) -> None:
        """Put what is new into the file; written only when something is.

        Raises OSError when the file cannot be read or written: it is as it was then, and the next
        call makes up for it.
        """
        before = self._current()
        seen = list(sightings(state, self._addresses))
        others = dict(before.others)
        imports = sorted(entry["sha256"] for entry in state.imports.values() if "sha256" in entry)
        if others.get("filled_from") != imports and (history := self._history()) is not None:
            seen += history
            others["filled_from"] = imports
        clients = observed(before.clients, (one for one in seen if one.ip))
        clients = self._resolved(clients, others)
        opened = self._resolver.database()
        if not opened.problem:
            others["database"] = {"id": opened.id, "build": opened.build}
        others.setdefault("database", None)
        if self._stamp is None or clients is not before.clients or others != before.others:
            self._save(Registry(clients, others), now)
        self._addresses = {s.session_id: s.real_ip for s in _open(state)}

    def _current(self) -> Registry:
        """The registry as the file has it. One that cannot be read is kept aside, and said so."""
        found = stamp(self._path)
        if found is not None and found == self._stamp:
            return self._registry
        self._stamp = None
        try:
            decoded = registry_file.decode(self._path.read_bytes(), self._zone)
        except FileNotFoundError:
            return Registry()
        if decoded.problem:
            aside = atomic.keep_aside(self._path, "damaged")
            log.error(
                "geolocation registry damaged: kept aside, a new one is made from what can be read"
                " of it and from the history%s",
                fields(file=self._path, aside=aside, reason=decoded.problem),
            )
            # Whatever is missing now may be in the history.
            others = {k: v for k, v in decoded.registry.others.items() if k != "filled_from"}
            return Registry(decoded.registry.clients, others)
        if decoded.old:
            aside = atomic.keep_aside(self._path, "old-panel")
            clients = len(decoded.registry.clients)
            log.info(
                "geolocation registry of the old panel taken over%s",
                fields(file=self._path, kept_as=aside, clients=clients),
            )
            return decoded.registry
        self._registry, self._stamp = decoded.registry, found
        return self._registry

    def _save(self, registry: Registry, now: float) -> None:
        registry_file.save(self._path, registry, now)
        self._registry, self._stamp = registry, stamp(self._path)

    def _history(self) -> list[Sighting] | None:
        """Everyone who ever was anywhere; None, and said so, when it cannot be read now."""
        try:
            rows = self._store.sql(_HISTORY).to_pylist()
        except (OSError, StateError) as error:
            log.warning(
                "history not in the geolocation registry yet, retried in a minute%s",
                fields(reason=error),
            )
            return None
        return [
            Sighting(
                row["common_name"],
                row["real_ip"],
                row["vpn_ipv4"],
                row["vpn_ipv6"],
                row["first_us"] // 1_000_000,
                row["last_us"] // 1_000_000,
                ip_since=row["first_us"] // 1_000_000,
            )
            for row in rows
        ]

    def _resolved(self, clients: Clients, others: dict[str, Any]) -> Clients:
        """With locations; others remembers by which databases and places all of them were found."""
        sources = self._digest()
        known: dict[str, Place] = {}
        until = math.inf
        left_out = False

        def lookup(ip: str) -> Place | None:
            nonlocal until, left_out
            if self._stopping.is_set():
                until = min(until, time.monotonic() + GRACE_SECONDS)
                if time.monotonic() > until:
                    left_out = True
                    return None
            if ip not in known:
                known[ip] = self._resolver.lookup(ip)
            return known[ip]

        everything = others.get("sources") != sources
        clients = resolved(clients, lookup, everything=everything)
        if not left_out:
            others["sources"] = sources
        return clients

    def _digest(self) -> str:
        return hashlib.sha256(repr(self._resolver.version()).encode()).hexdigest()


def sightings(state: State, addresses: Mapping[str, str]) -> Iterator[Sighting]:
    """Where every established session of the state is or was, also those closed lately.

    addresses: session_id -> where it was at the last call; one that has moved since is where it is
    now not from its beginning, but from about its last snapshot.
    """
    closed = [row.session for batch in state.pending for row in batch.closed]
    for server in state.servers.values():
        closed += [row.session for row in server.closed.values()]
    for session in (*closed, *_open(state)):
        moved = addresses.get(session.session_id, session.real_ip) != session.real_ip
        yield Sighting(
            session.common_name,
            session.real_ip,
            session.vpn_ipv4,
            session.vpn_ipv6,
            session.connected_at,
            session.last_seen_at,
            ip_since=session.last_seen_at if moved else None,
        )


def _open(state: State) -> Iterator[Session]:
    for server in state.servers.values():
        yield from (session for session in server.sessions.values() if session.established)
