"""What a database says of an address, whatever layout it has, as a Place.

Nested (MaxMind, DB-IP's own files): country.iso_code, city.names.en, location.latitude.
Flat (repackaged ones): country_code, city, latitude, beside each other.
"""

from collections.abc import Mapping
from typing import Any

from ovpnmon.geo.country_points import country_point
from ovpnmon.geo.place import Place, Precision

Record = Mapping[str, Any]
_DECIMALS = 4
"""Eleven metres: finer than any database, and coordinates that are equal stay equal."""


def place(record: Record, database: str, build: str) -> Place | None:
    """The place in a record; None when it names neither country nor coordinates.

    Without coordinates it is the country's own point. Wrongly typed parts are as if not there.
    """
    code = _code(record)
    point = country_point(code)
    country = _name(record.get("country")) or (point.name if point else code)
    city = _name(record.get("city"))
    degrees = _degrees(record.get("location")) or _degrees(record)
    precision: Precision = "country"
    if degrees is None:
        if not code:
            return None
        degrees = (point.latitude, point.longitude) if point else None
    elif city:
        precision = "city"
    elif record.get("subdivisions") or record.get("state1"):
        precision = "region"
    return Place(
        latitude=degrees[0] if degrees else None,
        longitude=degrees[1] if degrees else None,
        city=city,
        country=country,
        country_code=code,
        precision=precision if degrees else "none",
        source="database",
        reason="" if degrees else f"no point is known for the country {code}",
        database=database,
        build=build,
    )


def network(record: Record) -> tuple[int | None, str]:
    """Number and organisation of the autonomous system in a record of an ASN database."""
    number = record.get("autonomous_system_number")
    name = record.get("autonomous_system_organization")
    return (
        number if isinstance(number, int) else None,
        name if isinstance(name, str) else "",
    )


def _code(record: Record) -> str:
    country = record.get("country")
    nested = country.get("iso_code") if isinstance(country, Mapping) else country
    for value in (record.get("country_code"), nested):
        if isinstance(value, str) and len(value) == 2:
            return value.upper()
    return ""


def _name(value: object) -> str:
    """English, or any language where there is no English; of a flat layout, longer than a code."""
    if isinstance(value, str):
        return value if len(value) > 2 else ""
    names = value.get("names") if isinstance(value, Mapping) else None
    if not isinstance(names, Mapping):
        return ""
    name = names.get("en") or next(iter(names.values()), "")
    return name if isinstance(name, str) else ""


def _degrees(value: object) -> tuple[float, float] | None:
    if not isinstance(value, Mapping):
        return None
    try:
        latitude, longitude = float(value["latitude"]), float(value["longitude"])
    except (KeyError, TypeError, ValueError):
        return None
    if not (abs(latitude) <= 90 and abs(longitude) <= 180):  # also false for nan
        return None
    return round(latitude, _DECIMALS), round(longitude, _DECIMALS)
