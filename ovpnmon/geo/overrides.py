"""Places that the operator knows better than any database: a CSV file of networks.

    cidr,latitude,longitude,label,country_code
    198.51.100.0/24,52.37,4.9,Head office,NL

The first line may be these headings; `#` begins a comment; country_code may be missing.
"""

import csv
import hashlib
import ipaddress
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ovpnmon.geo.addresses import IPAddress
from ovpnmon.geo.country_points import country_point
from ovpnmon.geo.place import Place
from ovpnmon.geo.stamp import Stamp, stamp


@dataclass(frozen=True, slots=True)
class Table:
    """The networks of one file. problems: lines that were set aside, or why there are none at all.

    networks: place by network address by (IP version, prefix length), the longest prefix first.
    """

    networks: Mapping[tuple[int, int], Mapping[int, Place]] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    digest: str = ""
    """Changes with the file's contents."""

    def find(self, address: IPAddress) -> Place | None:
        """The place of the smallest network that holds the address."""
        number, bits = int(address), address.max_prefixlen
        for (version, length), places in self.networks.items():
            if version == address.version:
                place = places.get(number >> (bits - length))
                if place is not None:
                    return place
        return None


class Overrides:
    """The operator's places, read again when the file has changed. Shared by threads."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._read: tuple[Stamp, Table] | None = None

    def current(self) -> Table:
        """The table of the file as it is now; an empty one with a problem when it cannot be read."""
        if self._path is None:
            return Table()
        now = stamp(self._path)
        with self._lock:
            if self._read is None or self._read[0] != now:
                self._read = (now, read(self._path))
            return self._read[1]


def read(path: Path) -> Table:
    """The table in a CSV file. Never fails: what is wrong is in its problems."""
    try:
        data = path.read_bytes()
    except OSError as error:
        return Table(problems=(f"places file {path} cannot be read: {error.strerror}",))
    try:
        lines = data.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        return Table(problems=(f"places file {path} is not UTF-8 text: save it as CSV (UTF-8)",))
    networks: dict[tuple[int, int], dict[int, Place]] = {}
    problems: list[str] = []
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#") or line.lower().startswith("cidr,"):
            continue
        try:
            network, place = _row(next(csv.reader([line])))
        except (ValueError, csv.Error) as error:
            problems.append(f"places file {path}, line {number} is left out: {error}")
            continue
        key = (network.version, network.prefixlen)
        shift = network.max_prefixlen - network.prefixlen
        networks.setdefault(key, {})[int(network.network_address) >> shift] = place
    by_length = dict(sorted(networks.items(), key=lambda item: -item[0][1]))
    return Table(by_length, tuple(problems), hashlib.sha256(data).hexdigest())


def _row(fields: list[str]) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, Place]:
    """Raises ValueError with what is wrong."""
    if len(fields) not in (4, 5):
        raise ValueError(f"cidr,latitude,longitude,label,country_code are wanted, not {fields}")
    cidr, latitude, longitude, label, code = [*(part.strip() for part in fields), ""][:5]
    network = ipaddress.ip_network(cidr, strict=False)
    degrees = float(latitude), float(longitude)
    if not (abs(degrees[0]) <= 90 and abs(degrees[1]) <= 180):  # also false for nan
        raise ValueError(f"{latitude},{longitude} is no place on earth")
    code = code.upper()
    if code and not (len(code) == 2 and code.isascii() and code.isalpha()):
        raise ValueError(f"country code {code!r}: two letters such as NL")
    point = country_point(code)
    country = point.name if point else code
    return network, Place(*degrees, label, country, code, precision="place", source="places")
