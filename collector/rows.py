"""The rows of the two lists into clients and routes, and what the one tells of the other."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter

from collector import names
from collector.addresses import address_family, ipv4_address, ipv6_address, real_address
from collector.layout import Columns, Layout, Reader, Rows
from collector.numbers import whole, wholes
from collector.structure import Table
from ovpnmon.model import Client, Route

UNDEFINED = "UNDEF"
"""What OpenVPN writes for a name it does not know (yet)."""

CLIENT_COLUMNS = (
    "Common Name",
    "Real Address",
    "Virtual Address",
    "Virtual IPv6 Address",
    "Bytes Received",
    "Bytes Sent",
    "Connected Since",
    "Connected Since (time_t)",
    "Username",
    "Client ID",
    "Data Channel Cipher",
)
ROUTE_COLUMNS = (
    "Common Name",
    "Real Address",
    "Virtual Address",
    "Last Ref",
    "Last Ref (time_t)",
)
VIRTUAL_COLUMNS = {"Virtual Address", "Virtual IPv6 Address"}
CLIENT_NEEDS = ("Common Name", "Real Address", "Bytes Received", "Bytes Sent", "Connected Since")
ROUTE_NEEDS = ("Common Name", "Real Address", "Virtual Address", "Last Ref")
ORPHAN = "route to a client that is not listed"

Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Reading:
    """How the rows of this file are read."""

    clock: Callable[[str, str], int]
    """Unix time of a time's text and, where the file has it, unix time. Raises ValueError."""
    stamped: bool
    """There are unix times in the file."""
    utf8: bool
    """All of the file is UTF-8."""
    clean: bool
    """There are no control characters in it."""


def read_clients(table: Table, reading: Reading) -> Rows[Client]:
    """The client list. Raises StatusError where columns are missing."""
    needs = (*CLIENT_NEEDS, "Connected Since (time_t)") if reading.stamped else CLIENT_NEEDS
    layout = Layout(table, CLIENT_COLUMNS, needs, clean=reading.clean)
    return layout.read(_client_reader(reading))


def read_routes(table: Table, reading: Reading, listed: Iterable[Key] | None) -> Rows[Route]:
    """The routing table. Raises StatusError where columns are missing.

    listed: all clients, None where that is not known. OpenVPN writes no route to any other: where
    there is one it was caught while it wrote, and client rows may be missing.
    """
    needs = (*ROUTE_NEEDS, "Last Ref (time_t)") if reading.stamped else ROUTE_NEEDS
    layout = Layout(table, ROUTE_COLUMNS, needs, clean=reading.clean)
    return layout.read(_route_reader(reading, None if listed is None else set(listed)))


key: Callable[[Client | Route], Key] = attrgetter("name_key", "real_ip", "real_port")
"""What a route names its client by."""


def add_routes(clients: list[Client], routes: list[Route], columns: Sequence[str]) -> None:
    """Add to clients what only the routing table tells: version 1 has no virtual addresses in the
    client list, 2.3 none of IPv6, and in tap mode a MAC learnt may be all that a client has.

    Of two clients with one name and real address (2.4 to 2.6 write no port after IPv6) a route may
    mean either: then both count as routed, unless the list has the addresses of one of them, whose
    routes they are.
    """
    told = VIRTUAL_COLUMNS.issubset(columns)
    if told and all(client.routed for client in clients):
        return
    addresses = defaultdict(list)
    for route in routes:
        addresses[key(route)].append(route.virtual_address)
    addressed = {key(client) for client in clients if client.routed}
    twins = Counter(map(key, clients))
    for client in clients:
        of_client = addresses.get(key(client))
        if of_client is None or (client.routed and told):
            continue
        if twins[key(client)] == 1:
            client.vpn_ipv4 = client.vpn_ipv4 or _only(of_client, 4)
            client.vpn_ipv6 = client.vpn_ipv6 or _only(of_client, 6)
            client.routed = True
        elif key(client) not in addressed:
            client.routed = True


def _only(addresses: list[str], family: int) -> str | None:
    """The address of that family among what is routed to a client, where there is one alone."""
    found = [address for address in addresses if address_family(address) == family]
    return found[0] if len(found) == 1 else None


def _client_reader(reading: Reading) -> Reader[Client]:
    def read(columns: Columns) -> list[Client]:
        name, address, ipv4, ipv6, received, sent, since, unix, user, client_id, cipher = columns
        if "" in name:
            raise ValueError("no Common Name")
        name_key = name
        if not reading.utf8:
            name_key = [*map(names.name_key, name)]
            name, user, cipher = ([*map(names.shown, column)] for column in (name, user, cipher))
        ip, port = zip(*map(real_address, address), strict=True)
        vpn_ipv4, vpn_ipv6 = [*map(ipv4_address, ipv4)], [*map(ipv6_address, ipv6)]
        return [
            *map(
                Client,
                name,
                name_key,
                [text if text and text != UNDEFINED else None for text in user],
                ip,
                port,
                vpn_ipv4,
                vpn_ipv6,
                wholes(received),
                wholes(sent),
                map(reading.clock, since, unix),
                since,
                _client_ids(client_id),
                [text or None for text in cipher],
                [bool(four or six) for four, six in zip(vpn_ipv4, vpn_ipv6, strict=True)],
            )
        ]

    return read


def _client_ids(column: list[str]) -> Sequence[int | None]:
    """None where it is empty: OpenVPN built without its management interface."""
    return wholes(column) if all(column) else [whole(text) if text else None for text in column]


def _route_reader(reading: Reading, listed: set[Key] | None) -> Reader[Route]:
    def read(columns: Columns) -> list[Route]:
        name, address, virtual, referred, unix = columns
        for text in virtual:
            address_family(text)
        name_key = name
        if not reading.utf8:
            name_key, name = [*map(names.name_key, name)], [*map(names.shown, name)]
        ip, port = zip(*map(real_address, address), strict=True)
        if listed is not None and not listed.issuperset(zip(name_key, ip, port, strict=True)):
            raise ValueError(ORPHAN)
        return [*map(Route, virtual, name, name_key, ip, port, map(reading.clock, referred, unix))]

    return read
