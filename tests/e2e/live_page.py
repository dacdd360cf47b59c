"""The Live page in a browser: where its parts are. Tables are drawn on a canvas, which holds the
same cells once more for screen readers; that is what is read here.
"""

from playwright.sync_api import Locator, Page, expect

ROWS = "[data-testid=stDataFrame] canvas table tbody tr"
HEADS = "[data-testid=stDataFrame] canvas table thead th"
HEADER_HEIGHT, ROW_HEIGHT = 34, 32


def names(page: Page) -> Locator:
    """The first column, the totals row included."""
    return page.locator(f"{ROWS} td:nth-child(1)")


def heads(page: Page) -> Locator:
    """The column headers."""
    return page.locator(HEADS)


def drawn(page: Page) -> Page:
    """The page once its table is there."""
    names(page).first.wait_for(state="attached")
    return page


def search(page: Page) -> Locator:
    """The search field."""
    return page.get_by_placeholder("Name or address")


def card(page: Page, label: str) -> Locator:
    """The figure of that name."""
    return page.get_by_test_id("stMetric").filter(has_text=label).get_by_test_id("stMetricValue")


def click_name_header(page: Page) -> None:
    """The leftmost header."""
    _click(page, HEADER_HEIGHT / 2)


def click_name_header_impatiently(page: Page, times: int) -> None:
    """Many times in a row, without a look at what comes of it."""
    point = _point(page, HEADER_HEIGHT / 2)
    for _ in range(times):
        page.mouse.click(*point)
        page.wait_for_timeout(80)


def click_name(page: Page, row: int) -> None:
    """The client in that row, counted from 0."""
    _click(page, HEADER_HEIGHT + ROW_HEIGHT * (row + 0.5))


def overflow(page: Page) -> int:
    """By how many pixels the page is wider than the window."""
    width: int = page.evaluate(
        "Math.max(...[...document.querySelectorAll('html, .stMain')].map(e => e.scrollWidth))"
    )
    return width - page.evaluate("window.innerWidth")


def expect_names(page: Page, wanted: list[str]) -> None:
    """These clients, in this order, and the totals row."""
    expect(names(page)).to_have_text([*wanted, f"Total of {len(wanted)}"])


def _click(page: Page, below_top: float) -> None:
    page.mouse.click(*_point(page, below_top))


def _point(page: Page, below_top: float) -> tuple[float, float]:
    """A point in the first column of the table, in the window."""
    canvas = page.locator("[data-testid=stDataFrame] canvas").first
    expect(canvas).to_be_visible()
    box = canvas.bounding_box()
    assert box is not None
    return box["x"] + 40, box["y"] + below_top
