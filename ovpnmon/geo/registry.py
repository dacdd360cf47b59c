"""The registry, client_geolocation.json: everyone's addresses, since when and where they are.

    {"schema": 1, "updated_at": "2026-11-22T15:20:04Z",
     "database": {"id": "DBIP-City-Lite", "build": "2026-11-01"},
     "clients": {"alice": {"name": "alice", "first_seen": ..., "last_seen": ..., "ips": {
       "198.51.100.7": {"ip": ..., "first_seen": ..., "last_seen": ..., "vpn_ipv4": [], "vpn_ipv6": [],
         "location": {"latitude": 52.37, "longitude": 4.9, "city": ..., "country": ...,
                      "country_code": ..., "precision": ..., "source": ..., "build": ...}}}}}}

The Flask panel's file is the same without `schema`, with local times and fewer keys in `location`.
Everything here is pure and leaves its arguments as they are; keys that it does not know are kept.
Times are compared as texts: all of them are UTC in one format.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from ovpnmon.geo import locations
from ovpnmon.geo.place import Place

MOST_ADDRESSES = 50
"""Of one client; those seen longest ago are dropped."""
MOST_VPN_ADDRESSES = 10
"""Of one client at one address, of each kind."""

Entry = Mapping[str, Any]
Clients = Mapping[str, Entry]


@dataclass(frozen=True, slots=True)
class Registry:
    """The file's contents: its clients by name, and everything else that stands beside them."""

    clients: Clients = field(default_factory=dict)
    others: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sighting:
    """A client was there from first_at to last_at, and at this address since ip_since (unix seconds).

    ip_since None: of a session under way nobody may know, after a restart, since when it has been at
    this address; where the registry has a first_seen of the address, that one stands.
    """

    name: str
    ip: str
    vpn_ipv4: str | None
    vpn_ipv6: str | None
    first_at: int
    last_at: int
    ip_since: int | None


def text_of(at: float) -> str:
    """Unix seconds as the registry writes times."""
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%SZ}"


def observed(clients: Clients, sightings: Iterable[Sighting]) -> Clients:
    """The clients with what has been seen of them; the same object when nothing is new.

    Times only ever widen, so sightings may be repeated and come in any order.
    """
    by_name: dict[str, list[Sighting]] = {}
    for sighting in sorted(sightings, key=lambda one: one.first_at):
        by_name.setdefault(sighting.name, []).append(sighting)
    changed = {}
    for name, seen in by_name.items():
        before = clients.get(name, {})
        after = _client(name, before, seen)
        if after != before:
            changed[name] = after
    return {**clients, **changed} if changed else clients


def resolved(
    clients: Clients, lookup: Callable[[str], Place | None], *, everything: bool
) -> Clients:
    """The clients with a location at every address; the same object when nothing is new.

    lookup: None for an address that is to be left as it is. everything: also those that have a
    location are looked up again; one that is good outlives a miss.
    """
    changed = {}
    for name, client in clients.items():
        ips = {
            ip: {**entry, "location": location}
            for ip, entry in client["ips"].items()
            if everything or "location" not in entry
            if (place := lookup(ip)) is not None
            if (location := locations.renewed(entry.get("location"), place))
            != entry.get("location")
        }
        if ips:
            changed[name] = {**client, "ips": {**client["ips"], **ips}}
    return {**clients, **changed} if changed else clients


def _client(name: str, before: Entry, seen: list[Sighting]) -> Entry:
    ips = dict(before.get("ips", {}))
    for sighting in seen:
        ips[sighting.ip] = _address(sighting, ips.get(sighting.ip, {}))
    return {
        **before,
        "name": name,
        **_span(before, min(one.first_at for one in seen), max(one.last_at for one in seen)),
        "ips": _latest(ips),
    }


def _address(sighting: Sighting, before: Entry) -> Entry:
    since = sighting.ip_since
    if since is None and "first_seen" not in before:
        since = sighting.first_at
    return {
        **before,
        "ip": sighting.ip,
        **_span(before, since, sighting.last_at),
        "vpn_ipv4": _with(before.get("vpn_ipv4", []), sighting.vpn_ipv4),
        "vpn_ipv6": _with(before.get("vpn_ipv6", []), sighting.vpn_ipv6),
    }


def _span(before: Entry, first_at: int | None, last_at: int) -> Entry:
    """Both times, widened; without first_at, only the last one."""
    first = before["first_seen"] if first_at is None else text_of(first_at)
    last = text_of(last_at)
    return {
        "first_seen": min(before.get("first_seen", first), first),
        "last_seen": max(before.get("last_seen", last), last),
    }


def _with(known: list[str], address: str | None) -> list[str]:
    if address is None or address in known:
        return known
    return [*known, address][-MOST_VPN_ADDRESSES:]


def _latest(ips: dict[str, Entry]) -> dict[str, Entry]:
    if len(ips) <= MOST_ADDRESSES:
        return ips
    by_age = sorted(ips, key=lambda ip: (ips[ip]["last_seen"], ips[ip]["first_seen"], ip))
    dropped = set(by_age[:-MOST_ADDRESSES])
    return {ip: entry for ip, entry in ips.items() if ip not in dropped}
