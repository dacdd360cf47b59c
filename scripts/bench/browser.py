"""Pages in a real browser: from nothing to everything drawn."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = (
    "--headless --no-sandbox --disable-quic --no-first-run --disable-background-networking"
    " --disable-component-update --disable-sync"
)
DONE = '[data-testid="stApp"][data-test-script-state="notRunning"]'


@contextmanager
def fresh() -> Iterator[Page]:
    """A browser that was never anywhere."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS.split())
        try:
            yield browser.new_page()
        finally:
            browser.close()


def open_page(page: Page, url: str) -> tuple[float, float]:
    """Seconds until the first figure can be read, and until the page is complete."""
    began = time.perf_counter()
    page.goto(url)
    page.get_by_test_id("stMetricValue").first.wait_for(timeout=60_000)
    figures = time.perf_counter() - began
    page.locator(DONE).wait_for(state="attached", timeout=60_000)
    return figures, time.perf_counter() - began
