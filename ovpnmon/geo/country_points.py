"""A point and a name for every country, where the database tells no more than its code.

data/country-points.json comes from zone.tab of the IANA time zone database (public domain).
"""

from functools import cache
from importlib.resources import files
from typing import NamedTuple

import orjson


class CountryPoint(NamedTuple):
    """Degrees of the country's principal city, and the country's name in English."""

    latitude: float
    longitude: float
    name: str


def country_point(code: str) -> CountryPoint | None:
    """The point of an ISO 3166-1 code in capitals; None for a code that it does not know (XK, EU)."""
    return _points().get(code)


@cache
def _points() -> dict[str, CountryPoint]:
    raw = (files("ovpnmon.geo") / "data" / "country-points.json").read_bytes()
    return {code: CountryPoint(*point) for code, point in orjson.loads(raw).items()}
