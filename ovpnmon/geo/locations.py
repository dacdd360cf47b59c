"""A Place as the registry and the API write it, and back."""

from collections.abc import Mapping
from typing import Any, get_args

from ovpnmon.geo.place import Place, Precision, Source

Location = Mapping[str, Any]
_PRECISIONS: dict[str, Precision] = {name: name for name in get_args(Precision)}
_SOURCES: dict[str, Source] = {name: name for name in get_args(Source)}
_LASTING: tuple[Source, ...] = ("database", "old panel")


def brief(place: Place) -> dict[str, Any] | None:
    """What the API tells of a place; None for one that is on no map."""
    if not place.is_placed:
        return None
    return {
        "latitude": place.latitude,
        "longitude": place.longitude,
        "city": place.city,
        "country": place.country,
        "country_code": place.country_code,
        "precision": place.precision,
        "source": place.source,
        "asn": place.asn,
        "organisation": place.organisation or None,
    }


def full(place: Place) -> dict[str, Any]:
    """What the registry keeps of a place; the degrees are null where it is on no map."""
    location = {
        "latitude": place.latitude,
        "longitude": place.longitude,
        "city": place.city,
        "country": place.country,
        "country_code": place.country_code,
        "precision": place.precision,
        "source": place.source,
        "build": place.build,
    }
    extra = {
        "database": place.database,
        "kind": place.kind,
        "asn": place.asn,
        "organisation": place.organisation,
    }
    return location | {key: value for key, value in extra.items() if value}


def renewed(before: Location | None, place: Place) -> Location:
    """The location after a lookup: a miss leaves a good one as it is, whichever database it is from."""
    missed = not place.is_placed and place.source == "none" and not place.kind
    known = place_of(before) if before is not None and missed else None
    if before is not None and known is not None and is_lasting(known):
        return before
    return full(place)


def is_lasting(place: Place) -> bool:
    """Whether the place stays good when nobody knows better: not one of settings, which may be gone."""
    return place.source in _LASTING


def place_of(location: Location) -> Place | None:
    """The place that a location tells; None where it tells no point. Never fails."""
    latitude, longitude = location.get("latitude"), location.get("longitude")
    if not (isinstance(latitude, int | float) and isinstance(longitude, int | float)):
        return None
    asn = location.get("asn")
    return Place(
        latitude,
        longitude,
        _text(location, "city"),
        _text(location, "country"),
        _text(location, "country_code"),
        # What the panel asked for was a city, and it said nothing of how exact it was.
        precision=_PRECISIONS.get(_text(location, "precision"), "city"),
        source=_SOURCES.get(_text(location, "source"), "old panel"),
        kind=_text(location, "kind"),
        database=_text(location, "database"),
        build=_text(location, "build"),
        asn=asn if isinstance(asn, int) else None,
        organisation=_text(location, "organisation"),
    )


def _text(location: Location, key: str) -> str:
    value = location.get(key)
    return value if isinstance(value, str) else ""
