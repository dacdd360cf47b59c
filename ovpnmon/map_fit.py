"""Which part of the world to look at, so that everything on the map is in sight."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

TILE_PIXELS = 512
"""The world's width at zoom 0 in deck.gl."""
MARGIN, EDGE = 0.78, 0.95
"""Shares of the map that points are to be in, and must be in."""
NEAREST, FARTHEST = 5.0, -0.6
"""Zooms: the borders are too coarse for a nearer look, and the world fits a phone at the other."""
MOST_LATITUDE = 80.0
PLACE_ZOOM, COUNTRY_ZOOM = 4.5, 3.5
"""How near a chosen place or country is looked at."""


@dataclass(frozen=True, slots=True)
class View:
    """Centre in degrees, and zoom."""

    latitude: float
    longitude: float
    zoom: float


WORLD = ((62.0, -130.0), (-40.0, 150.0))


def fit(points: Iterable[tuple[float, float]], size: tuple[int, int]) -> View:
    """The view of these (latitude, longitude), or of the world, on a map of so many pixels.

    The centre is where most points are, as far as all stay in sight.
    """
    shown = list(points) or list(WORLD)
    xs = [longitude / 360 for _, longitude in shown]
    ys = [_mercator(latitude) for latitude, _ in shown]
    width, height = (
        available * MARGIN / TILE_PIXELS / max(high - low, 1e-6)
        for available, (low, high) in zip(
            size, ((min(xs), max(xs)), (min(ys), max(ys))), strict=True
        )
    )
    zoom = min(NEAREST, max(FARTHEST, math.log2(min(width, height))))
    middle, spread = (min(xs) + max(xs)) / 2, max(xs) - min(xs)
    spare = max(0.0, size[0] * EDGE / TILE_PIXELS / 2**zoom - spread) / 2
    centre = min(middle + spare, max(middle - spare, median(xs)))
    return View(
        latitude=round(_latitude((min(ys) + max(ys)) / 2), 4),
        longitude=round(centre * 360, 4),
        zoom=round(zoom, 2),
    )


def _mercator(latitude: float) -> float:
    """Distance from the equator as a share of the map's height."""
    angle = math.radians(min(MOST_LATITUDE, max(-MOST_LATITUDE, latitude)))
    return math.asinh(math.tan(angle)) / (2 * math.pi)


def _latitude(share: float) -> float:
    return math.degrees(math.atan(math.sinh(share * 2 * math.pi)))
