"""The Traffic page in a browser: what pointing at it says, and a zoom that stays while time goes on."""

import re
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page

from tests import worlds
from tests.e2e.conftest import PATIENCE_MS, Site, Visits

pytestmark = pytest.mark.browser

BERLIN = ZoneInfo("Europe/Berlin")
"""The browser's zone."""
PLOT_LEFT, PLOT_MIDDLE, PLOT_RIGHT = 90, 650, 1280
"""Within the picture, in pixels."""
ABOVE, STRIP = 100, -30
"""The rates, and the strip to zoom by: pixels from the picture's top, and from its bottom."""


@pytest.fixture(params=["Total"])
def page(request: pytest.FixtureRequest, site: Site, visit: Visits) -> Page:
    """The last quarter of an hour of sixty clients."""
    opened = visit()
    opened.goto(f"{site.url}/traffic?{urlencode({'t_span': '15 min', 't_by': request.param})}")
    until(opened, lambda: bool(told(opened, PLOT_MIDDLE)))
    return opened


def point(page: Page, x: float, y: float) -> tuple[float, float]:
    """Where that point of the picture is in the window."""
    box = page.locator(".st-key-zoom .vega-embed").bounding_box()
    assert box is not None
    return box["x"] + x, box["y"] + (y if y >= 0 else box["height"] + y)


def told(page: Page, x: float) -> dict[str, str]:
    """What the picture says when one points at it there; {} while it says nothing."""
    if not page.locator(".st-key-zoom .vega-embed").count():
        return {}
    at = point(page, x, ABOVE)
    page.mouse.move(at[0] - 5, at[1])
    page.mouse.move(*at, steps=4)
    page.wait_for_timeout(300)
    tip = page.locator("#vg-tooltip-element.visible")
    rows = tip.locator("tr").all_inner_texts() if tip.count() else []
    return dict(re.split(r"\t\s*", row.strip(), maxsplit=1) for row in rows)  # type: ignore[misc]


def moment(tip: dict[str, str]) -> datetime:
    """The time that it names."""
    return datetime.strptime(tip["From"], "%a %d %b %Y, %H:%M:%S").replace(tzinfo=BERLIN)


def span(page: Page) -> tuple[datetime, datetime]:
    """Of the picture's left and right."""
    return moment(told(page, PLOT_LEFT)), moment(told(page, PLOT_RIGHT))


def drag(page: Page, begin: float, end: float) -> None:
    """Along the strip."""
    page.mouse.move(*point(page, begin, STRIP))
    page.mouse.down()
    page.mouse.move(*point(page, end, STRIP), steps=8)
    page.mouse.up()


def until(page: Page, condition: Callable[[], bool]) -> None:
    """Ask again until it is so."""
    deadline = time.monotonic() + PATIENCE_MS / 1000
    while not condition():
        assert time.monotonic() < deadline, "it never came"
        page.wait_for_timeout(200)


def test_pointing_names_the_exact_time_and_values(page: Page) -> None:
    """Of the nearest step."""
    tip = told(page, PLOT_MIDDLE)
    assert list(tip) == ["From", "Download", "Upload", "Online"]
    assert moment(tip).second % 10 == 0
    assert re.fullmatch(r"\d+(\.\d+)? [kM]bit/s", tip["Download"])
    assert tip["Online"] == "60"
    left, right = span(page)
    assert timedelta(minutes=13) < right - left < timedelta(minutes=15)


@pytest.mark.parametrize("page", ["Total", "By client"], indirect=True)
def test_a_zoom_stays_while_the_picture_goes_on_and_ends_with_a_double_click(
    page: Page, site: Site
) -> None:
    """Newer data come in under it, twice; the stretch that is looked at remains the same, also when
    others are the greatest by then."""
    whole = span(page)
    drag(page, 500, 800)
    until(page, lambda: span(page)[0] > whole[0] + timedelta(minutes=3))
    zoomed = span(page)
    assert timedelta(minutes=2) < zoomed[1] - zoomed[0] < timedelta(minutes=5)
    for clients in (40, 30):
        site.show(worlds.normal(int(time.time()), clients=clients))
        until(page, lambda: told(page, PLOT_MIDDLE).get("Online") == str(clients))  # noqa: B023 - called here
        assert span(page) == zoomed
    page.mouse.dblclick(*point(page, 650, STRIP))
    until(page, lambda: span(page)[0] < zoomed[0] - timedelta(minutes=2))
    assert span(page)[1] > zoomed[1] + timedelta(minutes=2)
