"""Coarse outlines of countries: small enough to be sent, so that pointing at a country finds it.

The fine ones, which are seen, are drawn by the browser from the static file that these are made of.
"""

import math
from functools import cache
from pathlib import Path
from typing import Any

import orjson

FILE = Path(__file__).parent / "ui" / "static" / "countries.geojson"
TOLERANCE_DEGREES = 0.6
LEAST_POINTS = 4
MOST_PARTS = 8

Ring = list[list[float]]


def outline(code: str) -> list[list[Ring]]:
    """Coordinates of a MultiPolygon, the largest parts alone; [] for a code that is not drawn."""
    return _outlines().get(code, [])


@cache
def _outlines() -> dict[str, list[list[Ring]]]:
    outer: dict[str, list[Ring]] = {}
    for feature in orjson.loads(FILE.read_bytes())["features"]:
        code = feature["properties"]["code"]
        if code:
            outer.setdefault(code, []).extend(_outer_rings(feature["geometry"]))
    return {code: _coarse(rings) for code, rings in outer.items()}


def _outer_rings(geometry: dict[str, Any]) -> list[Ring]:
    polygons = geometry["coordinates"]
    if geometry["type"] == "Polygon":
        polygons = [polygons]
    return [polygon[0] for polygon in polygons]


def _coarse(rings: list[Ring]) -> list[list[Ring]]:
    largest = sorted(rings, key=_extent, reverse=True)[:MOST_PARTS]
    simple = [_simplified(ring) for ring in largest]
    kept = [ring for ring in simple if len(ring) >= LEAST_POINTS]
    # A country smaller than the tolerance stays as it is.
    return [[ring] for ring in kept or largest[:1]]


def _extent(ring: Ring) -> float:
    longitudes, latitudes = [point[0] for point in ring], [point[1] for point in ring]
    return (max(longitudes) - min(longitudes)) * (max(latitudes) - min(latitudes))


def _simplified(ring: Ring) -> Ring:
    """Douglas and Peucker's, on a ring cut open at its first point and the one across."""
    middle = len(ring) // 2
    return [*_line(ring[: middle + 1])[:-1], *_line(ring[middle:])]


def _line(points: Ring) -> Ring:
    if len(points) < 3:
        return points
    (x1, y1), (x2, y2) = points[0], points[-1]
    length = math.hypot(x2 - x1, y2 - y1) or 1.0
    off = [abs((x2 - x1) * (y1 - y) - (x1 - x) * (y2 - y1)) / length for x, y in points]
    far = max(range(len(points)), key=off.__getitem__)
    if off[far] <= TOLERANCE_DEGREES:
        return [points[0], points[-1]]
    return [*_line(points[: far + 1])[:-1], *_line(points[far:])]
