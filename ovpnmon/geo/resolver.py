"""Where an address is: the operator's places, then the kind of address, then the database."""

from dataclasses import replace

from ovpnmon.config import ServerLocation, Settings
from ovpnmon.geo import records
from ovpnmon.geo.addresses import Address, parse
from ovpnmon.geo.database import Database, Opened
from ovpnmon.geo.networks import Networks
from ovpnmon.geo.overrides import Overrides
from ovpnmon.geo.place import Place


class Resolver:
    """Answers from what lies on this machine, as it is now. Never fails. Shared by threads.

    mapped=False: slower, but no damage to a database can crash the process.
    """

    def __init__(self, settings: Settings, *, mapped: bool = True) -> None:
        self._database = Database(settings.geoip_db, mapped=mapped)
        self._overrides = Overrides(settings.places)
        self._server = settings.server_location
        self._networks = Networks(settings.geoip_db, mapped=mapped)

    def lookup(self, text: str) -> Place:
        """The place of an address as a status file has it, or why it has none."""
        address = parse(text)
        if address is None:
            return Place(reason="not an IP address")
        place = self._find(address)
        asn, organisation = (None, "") if address.kind else self._networks.find(address.meant)
        if asn is None and not organisation:
            return place
        return replace(place, asn=asn, organisation=organisation)

    def database(self) -> Opened:
        """The location database in use; its problem is why there is none."""
        return self._database.current()

    def in_use(self) -> list[Opened]:
        """Every database that answers come from, the location database first."""
        opened = self.database()
        return [*([] if opened.problem else [opened]), *self._networks.in_use()]

    def problems(self) -> list[str]:
        """What is wrong with the files, in words; empty when all is well."""
        found = list(self._overrides.current().problems)
        opened = self.database()
        if opened.problem:
            found.append(f"location database {self._database.path} {opened.problem}")
        elif "asn" in opened.id.lower():
            found.append(f"location database {self._database.path} holds networks, not places")
        return found + self._networks.problems()

    def version(self) -> tuple[object, ...]:
        """Changes when an address may have got another answer."""
        return (
            self.database().version,
            self._overrides.current().digest,
            self._server,
            tuple(opened.version for opened in self._networks.in_use()),
        )

    def _find(self, address: Address) -> Place:
        overrides = self._overrides.current()
        place = overrides.find(address.meant) or overrides.find(address.written)
        if place is not None:
            return replace(place, kind=address.kind) if address.kind else place
        if address.kind:
            return _special(address.kind, self._server)
        opened = self.database()
        record = opened.find(address.meant)
        if record is None:
            reason = "no location database" if opened.problem else "not in the location database"
            return Place(reason=reason)
        found = records.place(record, opened.id, opened.build)
        return found or Place(reason="not in the location database")


def _special(kind: str, server: ServerLocation | None) -> Place:
    if server is None:
        return Place(kind=kind, reason=kind)
    return Place(
        server.latitude,
        server.longitude,
        server.label,
        precision="server",
        source="server",
        kind=kind,
    )
