"""The routing tables of all servers: which addresses lead to whom."""

import ipaddress
import re
from collections.abc import Mapping

import pandas as pd

from ovpnmon.model import Route
from ovpnmon.store.details import Details

KINDS = {
    "address": "Its own",
    "network": "Network behind it",
    "learnt": "Learnt behind it",
    "MAC": "MAC (tap)",
}
"""What kind of address it is, and how a person would say what it is to the client."""
COLUMNS = (
    "server",
    "virtual_address",
    "kind",
    "common_name",
    "real_ip",
    "real_port",
    "last_ref_at",
)
_MAC = re.compile(r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}(?:@[0-9]+)?")


def kind(virtual_address: str) -> str:
    """One of KINDS. OpenVPN marks what it learnt behind a client by a C at the end."""
    if _MAC.fullmatch(virtual_address):
        return "MAC"
    if "/" in virtual_address:
        return "network"
    return "learnt" if virtual_address.endswith("C") else "address"


def table(details: Mapping[str, Details]) -> pd.DataFrame:
    """One row a route with COLUMNS, by server and address; last_ref_at is a UTC timestamp."""
    rows = [
        (server, route.virtual_address, kind(route.virtual_address), *_whom(route))
        for server, one in details.items()
        for route in sorted(one.routes, key=lambda route: _order(route.virtual_address))
    ]
    frame = pd.DataFrame.from_records(rows, columns=list(COLUMNS))
    frame["last_ref_at"] = pd.to_datetime(frame["last_ref_at"].astype("int64"), unit="s", utc=True)
    return frame


def matching(routes: pd.DataFrame, text: str, server: str, kind: str) -> pd.DataFrame:
    """The rows with this text somewhere in addresses or name, of a server and kind ("": any)."""
    found = pd.Series(True, index=routes.index)
    if text:
        wanted = text.casefold()
        searched = ("virtual_address", "common_name", "real_ip")
        found = pd.Series(False, index=routes.index)
        for column in searched:
            found |= routes[column].map(lambda value: wanted in value.casefold()).astype(bool)
    if server:
        found &= routes["server"] == server
    if kind:
        found &= routes["kind"] == kind
    return routes[found]


def _whom(route: Route) -> tuple[str, str, str, int]:
    return route.common_name, route.real_ip, route.real_port, route.last_ref_at


def _order(virtual_address: str) -> tuple[int, int, str]:
    """IPv4 by value, IPv6 by value, the rest by text."""
    try:
        network = ipaddress.ip_network(virtual_address.removesuffix("C"), strict=False)
    except ValueError:
        return 9, 0, virtual_address
    return network.version, int(network.network_address), virtual_address
