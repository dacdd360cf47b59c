"""Every filter of the pages that look back, set by hand: the result, the URL, and the same after a reload."""

import re
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.app.past import past
from tests.e2e import live_page as live
from tests.e2e.conftest import Site, Visits

pytestmark = pytest.mark.browser
Set = Callable[[Page], None]


def typed(key: str, text: str) -> Set:
    """Typed into the control of that key, and Enter; what comes up is picked by that."""

    def act(page: Page) -> None:
        field = page.locator(f".st-key-{key} input").first
        field.click()
        field.fill(text)
        # A list to pick from narrows as one types.
        page.wait_for_timeout(300)
        field.press("Enter")

    return act


def under_more(act: Set) -> Set:
    """One of those that are wanted more rarely."""

    def both(page: Page) -> None:
        page.get_by_role("button", name="More").click()
        act(page)
        page.keyboard.press("Escape")

    return both


def pressed(key: str, label: str) -> Set:
    """A button among several."""
    return lambda page: page.locator(f".st-key-{key}").get_by_role("radio", name=label).click()


HISTORY: dict[str, tuple[Set, str, str]] = {
    "range": (typed("h_range", "Last 7 days"), "32", ""),
    "client": (typed("h_client", "carla"), "10", "h_client=carla"),
    "server": (typed("h_server", "tcp"), "11", "h_server=tcp"),
    "search": (typed("h_q", "ДИМА"), "10", "h_q=%D0%94"),
    "address": (under_more(typed("h_ip", "198.51.100.0/29")), "7", "h_ip=198.51.100.0"),
    "duration": (under_more(typed("h_minutes", "31")), "10", "h_minutes=31"),
    "traffic": (under_more(typed("h_megabytes", "1000000")), "0", "h_megabytes=1000000"),
    "state": (under_more(pressed("h_state", "Open")), "2", "h_state=Open"),
}
"""What is done, how many sessions are left of 42, what the URL then says (nothing where usual)."""


@pytest.mark.parametrize("name", HISTORY)
def test_a_filter_of_the_history(site: Site, visit: Visits, name: str) -> None:
    """Set, seen, carried, kept."""
    act, left, carried = HISTORY[name]
    site.show(past(int(time.time())))
    page = visit()
    page.goto(f"{site.url}/history?h_range=All")
    expect(live.card(page, "Sessions")).to_have_text("42")
    act(page)
    _expect_sessions(page, left)
    if carried:
        page.wait_for_url(re.compile(re.escape(carried)))
    else:
        page.wait_for_url(lambda url: "h_range" not in url)
    page.reload()
    _expect_sessions(page, left)


CLIENTS: dict[str, tuple[Set, list[str], str]] = {
    "search": (typed("c_q", "AN"), ["anna"], "c_q=AN"),
    "seen": (typed("c_seen", "Not for 30 days"), ["carla"], "c_seen=Not"),
    "server": (typed("c_server", "tcp"), ["boris"], "c_server=tcp"),
}


@pytest.mark.parametrize("name", CLIENTS)
def test_a_filter_of_the_clients(site: Site, visit: Visits, name: str) -> None:
    """Set, seen, carried, kept."""
    act, left, carried = CLIENTS[name]
    site.show(past(int(time.time())))
    page = visit()
    page.goto(f"{site.url}/clients")
    expect(live.names(page)).to_have_count(4)
    act(page)
    expect(live.names(page)).to_have_text(left)
    page.wait_for_url(re.compile(re.escape(carried)))
    page.reload()
    expect(live.names(page)).to_have_text(left)


def test_the_range_and_the_hours_of_a_client(site: Site, visit: Visits) -> None:
    """Both are in the URL, and stay."""
    site.show(past(int(time.time())))
    page = visit()
    page.goto(f"{site.url}/client?name=carla")
    expect(page.get_by_text("No session in this range.")).to_be_visible()
    pressed("p_range", "1 year")(page)
    pressed("p_by", "Hour")(page)
    expect(page.get_by_text("The last 3 days")).to_be_visible()
    page.wait_for_url(re.compile("p_range=1.year"))
    page.reload()
    expect(page.get_by_text("The last 3 days")).to_be_visible()
    expect(page.get_by_text("No session in this range.")).to_have_count(0)


def _expect_sessions(page: Page, left: str) -> None:
    if left == "0":
        expect(page.get_by_text("No session matches")).to_be_visible()
    else:
        expect(live.card(page, "Sessions")).to_have_text(left)
