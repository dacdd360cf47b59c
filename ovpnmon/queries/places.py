"""Where addresses are, for pages and API, and what has to be said beside the answer."""

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from ovpnmon.config import Settings
from ovpnmon.geo import about, locations, registry_file
from ovpnmon.geo.about import Credit
from ovpnmon.geo.place import Place
from ovpnmon.geo.resolver import Resolver

MOST_REMEMBERED = 200_000
"""Addresses whose place is remembered; some 100 MB."""


@dataclass(frozen=True, slots=True)
class About:
    """What pages that show places have to say of them.

    credits: to be shown, with their links, by every such page. database: its own name, "" without
    one; build: its day (YYYY-MM-DD). warning: that it is old, with what to do, or "". problems: what
    is wrong with databases and places file, in words.
    """

    credits: tuple[Credit, ...]
    database: str
    build: str
    age_days: int | None
    warning: str
    problems: tuple[str, ...]


class _Answers:
    """What one version of the databases says, as far as it has been asked. Shared by threads."""

    def __init__(self, version: object, resolver: Resolver, settings: Settings) -> None:
        self.version = version
        self.known: dict[str, Place] = {}
        self._resolver = resolver
        self._settings = settings
        self._lock = threading.Lock()
        self._registry: dict[str, Place] | None = None

    def place(self, address: str) -> Place:
        place = self.known.get(address)
        if place is None:
            place = self._resolver.lookup(address)
            if place.source == "none" and not place.kind:
                place = self._remembered(address, place)
            self.known[address] = place
        return place

    def remembered_databases(self) -> set[str]:
        """The databases that said what was taken from the registry."""
        return {place.database for place in (self._registry or {}).values()}

    def _remembered(self, address: str, missed: Place) -> Place:
        with self._lock:
            if self._registry is None:
                self._registry = _good_locations(self._settings)
        known = self._registry.get(address)
        if known is None:
            return missed
        return replace(
            known,
            asn=missed.asn or known.asn,
            organisation=missed.organisation or known.organisation,
        )


class Places:
    """Answers from the databases as they are now; one per process, shared by threads.

    What no database knows any more comes from the registry, which never forgets a good location.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._resolver = Resolver(settings)
        self._lock = threading.Lock()
        self._answers = _Answers(None, self._resolver, settings)

    def of(self, addresses: Iterable[str]) -> dict[str, Place]:
        """The place of each address. Never fails; one that is on no map says why in its reason."""
        answers = self._current()
        return {address: answers.place(address) for address in addresses}

    def server(self, public_ip: str = "") -> Place | None:
        """Where the server stands: as configured, else where its own public address is."""
        configured = self._settings.server_location
        if configured is not None:
            return Place(
                configured.latitude,
                configured.longitude,
                configured.label,
                precision="place",
                source="server",
            )
        place = self.of([public_ip])[public_ip]
        return place if place.is_placed else None

    def about(self, now: float) -> About:
        """What has to be said at the time now (unix seconds)."""
        opened = self._resolver.database()
        remembered = self._current().remembered_databases()
        names = [one.id for one in self._resolver.in_use()] + sorted(remembered)
        wanted = [credit for name in names if (credit := about.credit(name)) is not None]
        return About(
            credits=tuple(dict.fromkeys(wanted)),
            database=opened.id,
            build=opened.build,
            age_days=about.age_days(opened.build, now),
            warning=about.age_warning(opened.id, opened.build, now),
            problems=tuple(self._resolver.problems()),
        )

    def _current(self) -> _Answers:
        version = self._resolver.version()
        with self._lock:
            old = self._answers
            if version != old.version or len(old.known) > MOST_REMEMBERED:
                self._answers = _Answers(version, self._resolver, self._settings)
            return self._answers


def _good_locations(settings: Settings) -> dict[str, Place]:
    """What the registry knows by address; nothing when it cannot be read, which the collector says."""
    try:
        decoded = registry_file.decode(settings.client_geo.read_bytes(), settings.tz)
    except OSError:
        return {}
    found = {}
    for client in decoded.registry.clients.values():
        for ip, entry in client["ips"].items():
            location: Mapping[str, object] = entry.get("location", {})
            place = locations.place_of(location)
            if place is not None and locations.is_lasting(place):
                found[ip] = place
    return found
