"""The Server page as an administrator uses it: by deep link, live, searched, as text, on a phone."""

import re
import time
from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect

from ovpnmon.model import Route
from ovpnmon.store import details
from ovpnmon.store.details import Details
from tests import worlds
from tests.e2e import live_page as live
from tests.e2e.conftest import Site, Visits

pytestmark = pytest.mark.browser


@pytest.fixture
def server_page(site: Site, visit: Visits):
    """The page on the usual two servers, of which one has thirty routes."""
    names = [f"client{n}" for n in range(2, 32)]
    routes = [
        Route(f"10.8.0.{n}", name, name, "203.0.113.9", "1194", int(time.time()))
        for n, name in enumerate(names, 2)
    ]
    details.save(site.data / "details.json", {"udp": Details(routes=routes)})

    def open_page(query: str = "", **options: object) -> Page:
        page = visit(**options)
        page.goto(f"{site.url}/server{query}")
        expect(page.get_by_text("Settings in force")).to_be_visible()
        return page

    return open_page


def test_it_follows_the_servers_by_itself(site: Site, server_page) -> None:
    """What changes at a tick is on the page without a reload."""
    page = server_page()
    badges = page.locator(".stMarkdownBadge").filter(has_text=re.compile("CONNECTED|Unknown"))
    expect(badges).to_have_text([re.compile("CONNECTED")] * 2)
    now = int(time.time())
    world = worlds.normal(now)
    world.servers["tcp"] = replace(
        world.servers["tcp"], status="missing", message="/run/tcp.log does not exist"
    )
    site.show(world)
    expect(badges).to_have_text([re.compile("CONNECTED"), re.compile("Unknown")])
    expect(page.get_by_text("/run/tcp.log does not exist").first).to_be_visible()


def test_a_search_is_in_the_url_and_comes_back_with_it(server_page) -> None:
    """Typed, it filters; sent to a colleague, the address shows the same rows."""
    page = server_page()
    expect(page.get_by_text("30 of 30 routes")).to_be_visible()
    page.get_by_placeholder("Address or name", exact=True).fill("client17")
    expect(page.get_by_text("1 of 30 routes")).to_be_visible()
    page.wait_for_url(re.compile("s_q=client17"))
    again = server_page("?s_q=client17")
    expect(again.get_by_text("1 of 30 routes")).to_be_visible()


def test_the_page_can_be_taken_away_as_text(server_page) -> None:
    """With everything that a bug report needs."""
    page = server_page()
    page.get_by_role("button", name="Page as text").click()
    text = page.get_by_test_id("stCode").last
    for part in ("Server udp", "Collector", "OPENVPN_MONITOR_TZ", "streamlit"):
        expect(text).to_contain_text(part)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_phone(server_page, scheme: str) -> None:
    """No part is wider than the window."""
    page = server_page(width=390, scheme=scheme)
    expect(page.get_by_text("30 of 30 routes")).to_be_visible()
    assert live.overflow(page) <= 0
