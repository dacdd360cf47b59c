"""The Live page as a person meets it: in Chromium, served by the real process."""

import csv
import io
import re
import time
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from ovpnmon import formats
from tests import worlds
from tests.e2e import live_page as live
from tests.e2e.conftest import Site, Visits

pytestmark = pytest.mark.browser

COSTAS = sorted(name for name in worlds.names(60) if name.endswith(".costa"))


def now() -> int:
    """The server's clock is ours."""
    return int(time.time())


def test_the_page_draws(visit: Visits):
    """Badges, figures with their histories, the strip, the table with its totals; one host asked."""
    page = live.drawn(visit())
    expect(page.get_by_text(re.compile(r"udp up · \d+ s ago"))).to_be_visible()
    expect(live.card(page, "Online")).to_have_text("60")
    expect(page.get_by_test_id("stMetricChart")).to_have_count(5)
    expect(live.names(page)).to_have_count(26)
    expect(live.names(page).last).to_have_text("Total of 60")
    expect(page.get_by_text("Berlin, UTC+1")).to_be_visible()


def test_a_first_visit_by_link_has_everything(visit: Visits):
    """Frame and selection are there however one comes in."""
    page = live.drawn(visit(q="costa", sort="Client", reverse="true"))
    expect(page.get_by_text(re.compile(r"udp up"))).to_be_visible()
    expect(live.search(page)).to_have_value("costa")
    live.expect_names(page, COSTAS[::-1])


def test_the_strip_names_exact_times_and_values(site: Site, visit: Visits):
    """Pointing at a minute tells its second and its values; in a gap, that there are none."""
    world = worlds.normal(now())
    site.show(worlds.state(list(world.servers.values()), now(), gap=(900, 460)))
    page = live.drawn(visit())
    tooltip = page.locator("#vg-tooltip-element")
    chart = page.get_by_test_id("stVegaLiteChart").locator("canvas, svg").first
    chart.wait_for()
    box = chart.bounding_box()
    assert box is not None
    chart.hover(position={"x": box["width"] * 0.8, "y": 60})
    expect(tooltip).to_contain_text(re.compile(r"\d\d:\d\d:\d0.*Mbit/s", re.DOTALL))
    chart.hover(position={"x": box["width"] * 0.25, "y": 60})
    expect(tooltip).to_contain_text("no data")


def test_search_as_you_type(visit: Visits):
    """Every key narrows the table; the link keeps what is searched."""
    page = live.drawn(visit())
    live.search(page).press_sequentially("costa", delay=50)
    expect(live.names(page)).to_have_count(len(COSTAS) + 1)
    expect(page).to_have_url(re.compile(r"\?q=costa"))
    expect(live.search(page)).to_be_focused()


def test_a_header_sorts_all_rows_and_back(visit: Visits):
    """The first page has the first of all; a second click turns the order round."""
    page = live.drawn(visit())
    everybody = sorted(worlds.names(60))
    live.click_name_header(page)
    expect(live.heads(page).first).to_have_text("Client ↑")
    expect(live.names(page)).to_have_text([*everybody[:25], "Total of 60"])
    live.click_name_header(page)
    expect(live.heads(page).first).to_have_text("Client ↓")
    expect(live.names(page)).to_have_text([*everybody[:-26:-1], "Total of 60"])
    expect(page).to_have_url(re.compile(r"sort=Client&reverse=true"))


def test_impatient_clicks_on_a_header_break_nothing(visit: Visits):
    """Clicks on a table that is just being replaced count or do not, and the page goes on."""
    page = live.drawn(visit())
    live.click_name_header_impatiently(page, 5)
    live.search(page).fill("costa")
    expect(live.names(page)).to_have_count(len(COSTAS) + 1)


def test_a_refresh_keeps_search_order_page_and_place(site: Site, visit: Visits):
    """New data come in place: what was typed, sorted, turned and scrolled stays."""
    page = live.drawn(visit(height=900, q="a", sort="Client", page="2"))
    wanted = sorted(name for name in worlds.names(60) if "a" in name)
    expect(live.names(page).first).to_have_text(wanted[25])
    main = page.get_by_test_id("stMain")
    main.evaluate("element => element.scrollTo(0, 400)")
    live.search(page).focus()
    site.show(_with_a_newcomer())
    expect(live.card(page, "Online")).to_have_text("61")
    expect(live.search(page)).to_have_value("a")
    expect(live.search(page)).to_be_focused()
    expect(live.names(page).first).to_have_text(wanted[25])
    assert main.evaluate("element => element.scrollTop") == 400


def test_pages(visit: Visits):
    """Turning a page shows the next rows of all, and the link says which."""
    page = live.drawn(visit(sort="Client"))
    page.get_by_test_id("stPagination").get_by_role("button", name="3").click()
    expect(live.names(page).first).to_have_text(sorted(worlds.names(60))[50])
    expect(page).to_have_url(re.compile(r"page=3"))


def test_a_name_opens_that_client_and_stays_open(site: Site, visit: Visits):
    """The dialog survives refreshes, is in the link, and closing it takes it out again."""
    page = live.drawn(visit(q="costa", sort="Client"))
    live.expect_names(page, COSTAS)
    live.click_name(page, 2)
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(COSTAS[2])
    expect(dialog).to_contain_text("1 session now")
    expect(page).to_have_url(re.compile(r"client=carla.costa"))
    site.show(_with_a_newcomer())
    expect(live.card(page, "Online")).to_have_text("61")
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(page).not_to_have_url(re.compile(r"client="))
    expect(live.search(page)).to_have_value("costa")


def test_pause_holds_still_while_the_badges_tick(site: Site, visit: Visits):
    """No new figures while paused; the data's age goes on, and so does the page afterwards."""
    page = live.drawn(visit())
    page.get_by_text("Pause").click()
    expect(page.get_by_role("switch", name="Pause")).to_be_checked()
    world = _with_a_newcomer()
    world.servers["udp"] = replace(world.servers["udp"], time=now() - 3700)
    site.show(world)
    expect(page.get_by_text("udp up · 1 h ago")).to_be_visible()
    expect(live.card(page, "Online")).to_have_text("60")
    page.get_by_text("Pause").click()
    expect(live.card(page, "Online")).to_have_text("61")


def test_the_theme_follows_the_browser_and_can_be_chosen(visit: Visits):
    """Dark where the browser is dark; light by choice, also after a reload."""
    page = live.drawn(visit(scheme="dark"))
    assert _background(page) == "rgb(15, 18, 23)"
    page.get_by_test_id("stMainMenu").get_by_role("button").click()
    page.get_by_role("menuitemradio", name="Light").click()
    expect(page.get_by_test_id("stApp")).to_have_css("background-color", "rgb(255, 255, 255)")
    page.reload()
    live.drawn(page)
    expect(page.get_by_test_id("stApp")).to_have_css("background-color", "rgb(255, 255, 255)")


@pytest.mark.parametrize("query", [{}, {"client": "anna.schmidt"}, {"q": "nobody"}])
def test_a_phone_shows_it_without_scrolling_sideways(visit: Visits, query: dict[str, str]):
    """At 390 px the page is as wide as the window, two cards beside each other."""
    page = visit(width=390, **query)
    expect(live.card(page, "Upload")).to_be_visible()
    assert live.overflow(page) == 0
    cards = page.get_by_test_id("stMetric")
    # Both at one moment: the badges above them may just be coming.
    tops = cards.evaluate_all("all => all.slice(0, 2).map(e => e.getBoundingClientRect().y)")
    assert tops[0] == tops[1]


def test_troubles_fit_a_phone(site: Site, visit: Visits):
    """Rows with long paths and commands wrap."""
    world = worlds.normal(now())
    world.servers["udp"] = replace(
        world.servers["udp"],
        path="/var/log/a-directory-with-a-rather-long-name/another-one-below-it/status.log",
        status="forbidden",
        message="Permission denied.",
    )
    site.show(world)
    page = visit(width=390)
    expect(page.get_by_text("sudo chgrp")).to_be_visible()
    assert live.overflow(page) == 0


def test_hostile_names_do_nothing(site: Site, visit: Visits):
    """Whatever a client is called is text: no script, no request, no menu, no icon."""
    sessions = [
        worlds.session(n, "udp", name, now() - 1000, now(), username=name)
        for n, name in enumerate(worlds.HOSTILE, 1)
    ]
    site.show(worlds.state([worlds.server("udp", sessions, now())], now()))
    page = live.drawn(visit(sort="Client"))
    expect(live.names(page)).to_have_count(len(worlds.HOSTILE) + 1)
    shown = [name.replace(formats.WORD_JOINER, "") for name in live.names(page).all_text_contents()]
    assert sorted(shown[:-1]) == sorted(map(formats.plain, worlds.HOSTILE))
    live.click_name(page, 0)
    expect(page.get_by_role("dialog")).to_contain_text("1 session now")
    assert page.evaluate("window.pwned") is None


@pytest.mark.parametrize("name", worlds.HOSTILE[:6] + worlds.HOSTILE[8:9])
def test_a_hostile_name_in_a_link_does_nothing(site: Site, visit: Visits, name: str):
    """A crafted link opens a dialog with that text for a title, and nothing in it acts."""
    page = visit(client=name)
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Not connected now")
    assert dialog.locator("a, img, script, svg[data-icon]").count() == 0
    assert page.evaluate("window.pwned") is None


def test_csv_has_exactly_the_rows_that_match(site: Site, visit: Visits, tmp_path: Path):
    """All pages of what is searched, in its order, formulas defused."""
    world = worlds.normal(now())
    evil = worlds.session(900, "udp", "=costa()", now() - 100, now())
    world.servers["udp"].sessions[evil.key] = evil
    site.show(world)
    page = live.drawn(visit(q="costa", sort="Client"))
    expect(live.names(page)).to_have_count(len(COSTAS) + 2)
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV").click()
    path = tmp_path / "clients.csv"
    download.value.save_as(path)
    rows = list(csv.DictReader(io.StringIO(path.read_text("utf-8-sig"))))
    assert [row["common_name"] for row in rows] == ["'=costa()", *COSTAS]


def test_five_thousand_clients(site: Site, visit: Visits):
    """Searched, sorted and paged like sixty."""
    site.show(worlds.normal(now(), clients=5000, minutes=1))
    page = live.drawn(visit(sort="Client"))
    everybody = sorted(worlds.names(5000))
    expect(live.card(page, "Online")).to_have_text("5\u202f000")
    expect(live.names(page).first).to_have_text(everybody[0])
    page.get_by_test_id("stPagination").get_by_role("button", name="200").click()
    expect(live.names(page).first).to_have_text(everybody[4975])
    live.search(page).fill("203.0.132.250")
    expect(live.names(page)).to_have_count(2)


def test_no_data_yet(site: Site, visit: Visits):
    """An empty data directory says so, and fills by itself when the collector has seen something."""
    (site.data / "active_sessions.json").unlink()
    page = visit()
    expect(page.get_by_text("No data yet", exact=True)).to_be_visible()
    site.show(worlds.normal(now()))
    expect(live.card(page, "Online")).to_have_text("60")
    live.drawn(page)


def _with_a_newcomer():
    """The ordinary sixty, and one whose name sorts last."""
    world = worlds.normal(now())
    last = worlds.session(700, "udp", "zzz", now() - 10, now())
    world.servers["udp"].sessions[last.key] = last
    return world


def _background(page: Page) -> str:
    colour: str = page.get_by_test_id("stApp").evaluate(
        "element => getComputedStyle(element).backgroundColor"
    )
    return colour
