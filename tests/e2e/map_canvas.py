"""The map in a browser: what is drawn on its canvas, read from the pixels."""

import io
import math
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from PIL import Image
from playwright.sync_api import Locator, Page, expect
from playwright.sync_api import TimeoutError as NotYet

Color = tuple[int, int, int]
CIRCLE: Color = (59, 130, 246)
"""Colour of a circle; it lies over land or sea, and the theme, with some transparency."""
TOLERANCE = 45
FEWEST_PIXELS = 20


@dataclass(frozen=True)
class Spot:
    """The middle of a circle, in pixels of the window."""

    x: float
    y: float


def canvas(page: Page) -> Locator:
    """Where the map is drawn."""
    return page.locator("[data-testid=stDeckGlJsonChart] canvas").first


def circles(page: Page, color: Color = CIRCLE) -> list[Spot]:
    """The circles of a colour that can be seen, from west to east."""
    box = canvas(page).bounding_box()
    assert box is not None
    picture = Image.open(io.BytesIO(canvas(page).screenshot())).convert("RGB")
    pixels = np.asarray(picture, dtype=np.int64)
    found = np.argwhere(np.abs(pixels - color).max(axis=2) <= TOLERANCE)
    spots = [
        Spot(box["x"] + float(group[:, 1].mean()), box["y"] + float(group[:, 0].mean()))
        for group in _groups(found)
        if len(group) >= FEWEST_PIXELS
    ]
    return sorted(spots, key=lambda spot: spot.x)


def wait_for_circles(page: Page, count: int, color: Color = CIRCLE) -> list[Spot]:
    """The circles of a colour, once there are so many and they no longer move."""
    before: list[Spot] = []
    for _ in range(120):
        now = circles(page, color)
        if len(now) == count and len(before) == count and near(now, before):
            return now
        before = now
        page.wait_for_timeout(500)
    raise AssertionError(f"{len(before)} circles, not {count}")


def choose(page: Page, spot: Spot) -> None:
    """As a hand does: first the pointer rests there. A click in the moment of a refresh can be lost."""
    for _ in range(3):
        page.mouse.move(spot.x, spot.y, steps=3)
        expect(page.locator(".deck-tooltip")).to_be_visible()
        page.mouse.click(spot.x, spot.y, delay=60)
        with suppress(NotYet):
            page.locator(".st-key-map_chosen").wait_for(timeout=20_000)
            return


def near(some: list[Spot], others: list[Spot], pixels: float = 2) -> bool:
    """Whether these are at the same places."""
    return all(
        math.hypot(a.x - b.x, a.y - b.y) <= pixels for a, b in zip(some, others, strict=True)
    )


def mercator(latitude: float) -> float:
    """How far north a latitude is on the map, in degrees of longitude at the equator."""
    return math.degrees(math.asinh(math.tan(math.radians(latitude))))


def _groups(points: np.ndarray) -> list[np.ndarray]:
    """Points that touch each other, together."""
    left = {tuple(point) for point in points.tolist()}
    groups = []
    while left:
        queue = [left.pop()]
        group = []
        while queue:
            y, x = queue.pop()
            group.append((y, x))
            for dy in (-1, 0, 1):
                for dx in (-1, 0, 1):
                    if (y + dy, x + dx) in left:
                        left.remove((y + dy, x + dx))
                        queue.append((y + dy, x + dx))
        groups.append(np.array(group))
    return groups
