"""Live rows at places of one's choice, without a database: an address is the name of its place."""

from collections.abc import Iterable
from typing import Any

import pandas as pd

from ovpnmon.geo.place import Place

KNOWN = {
    "berlin": Place(52.52, 13.4, "Berlin", "Germany", "DE", "city", "database"),
    "tokyo": Place(35.69, 139.69, "Tokyo", "Japan", "JP", "city", "database"),
    "frankfurt": Place(50.1, 8.7, "Frankfurt", "Germany", "DE", "city", "database"),
}


class Here:
    """Answers as queries.places.Places does. spotN is somewhere of its own; all else is unknown."""

    def of(self, addresses: Iterable[str]) -> dict[str, Place]:
        return {address: self._place(address) for address in addresses}

    def _place(self, address: str) -> Place:
        if address.startswith("spot"):
            number = int(address[4:])
            return Place(
                number % 90 - 30.0, number / 8 - 120.0, address, "X", "FR", "city", "places"
            )
        return KNOWN.get(address, Place(reason="not in the database"))


def live(*clients: tuple[str, str]) -> pd.DataFrame:
    """A row for each (name, address), the first ones busier; download is four times upload."""
    rows: list[dict[str, Any]] = [
        {
            "common_name": name,
            "real_ip": address,
            "server": "udp",
            "download_rate": 4e6 / (n + 1),
            "upload_rate": 1e6 / (n + 1),
        }
        for n, (name, address) in enumerate(clients)
    ]
    return pd.DataFrame(rows)
