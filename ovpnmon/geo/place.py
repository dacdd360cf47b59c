"""Where an address is, how exactly that is known, and from whom."""

from dataclasses import dataclass
from typing import Literal

Precision = Literal["place", "server", "city", "region", "country", "none"]
"""`place`: given by the operator; `server`: stands where the server does; `none`: not placed."""

Source = Literal["places", "server", "database", "old panel", "none"]


@dataclass(frozen=True, slots=True)
class Place:
    """Degrees, None where it cannot be put on a map; 0 is a degree like any other.

    city: also the operator's label. kind: what makes the address non-public, or "". reason: why it
    is not placed, or "". database, build: which database said so, and of which day (YYYY-MM-DD).
    asn, organisation: whose network it is, where an ASN database is at hand.
    """

    latitude: float | None = None
    longitude: float | None = None
    city: str = ""
    country: str = ""
    country_code: str = ""
    precision: Precision = "none"
    source: Source = "none"
    kind: str = ""
    reason: str = ""
    database: str = ""
    build: str = ""
    asn: int | None = None
    organisation: str = ""

    @property
    def is_placed(self) -> bool:
        """Whether it has a point on the map."""
        return self.latitude is not None and self.longitude is not None

    @property
    def label(self) -> str:
        """City and country, as far as they are known; the kind of a non-public address; else ""."""
        if self.kind and self.source != "places":
            return self.kind
        return ", ".join(part for part in (self.city, self.country) if part)
