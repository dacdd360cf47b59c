"""Looking back, as a person does it: from a live client to its page, its history, and a file of that."""

import csv
import io
import time
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect

from tests import worlds
from tests.app.past import past
from tests.app.test_looking_back_edges import NAMES, ended
from tests.e2e import live_page as live
from tests.e2e.conftest import Site, Visits

pytestmark = pytest.mark.browser


@pytest.fixture
def remembered(site: Site, visit: Visits):
    """The site with a past, opened at a path."""
    site.show(past(int(time.time())))

    def go(path: str = "", **options: object) -> Page:
        page = visit(**options)
        if path:
            page.goto(f"{site.url}/{path}")
        return page

    return go


def figure(page: Page, label: str):
    return live.card(page, label)


def test_from_a_live_client_to_the_file_of_its_sessions(site: Site, remembered) -> None:
    """Live, the client, its history, the export: the same sessions all the way."""
    page = live.drawn(remembered(sort="Client"))
    live.click_name(page, 0)
    page.get_by_role("button", name="Everything about this client").click()
    expect(page.get_by_role("heading", name="anna")).to_be_visible()
    expect(figure(page, "Sessions")).to_have_text("11")
    expect(page.get_by_text("Open sessions")).to_be_visible()
    assert "name=anna" in page.url

    page.get_by_role("button", name="In the history").click()
    expect(figure(page, "Clients")).to_have_text("1")
    expect(figure(page, "Sessions")).to_have_text("11")
    expect(live.names(page)).to_have_count(11)

    page.get_by_role("button", name="Export").click()
    link = page.get_by_role("link", name="CSV").get_attribute("href")
    assert link is not None
    answer = page.context.request.get(f"{site.url}/{link.removeprefix(site.url).lstrip('/')}")
    rows = list(csv.DictReader(io.StringIO(answer.body().decode("utf-8-sig"))))
    assert {row["common_name"] for row in rows} == {"anna"}
    assert sorted(row["session_id"] for row in rows) == sorted(
        ["s000001", *(f"past-{n:02d}" for n in range(4, 41, 4))]
    )


def test_a_filter_is_in_the_url_and_a_reload_keeps_it(remembered) -> None:
    """What is pasted to a colleague shows the same."""
    page = remembered("history?h_range=All")
    expect(figure(page, "Sessions")).to_have_text("42")
    page.get_by_placeholder("Name or address").fill("дима")
    expect(figure(page, "Sessions")).to_have_text("10")
    page.wait_for_url("**h_q=*")
    page.reload()
    expect(page.get_by_placeholder("Name or address")).to_have_value("дима")
    expect(figure(page, "Sessions")).to_have_text("10")
    expect(page.get_by_role("button", name="Search: “дима”")).to_be_visible()


def test_a_filter_of_one_page_is_not_carried_to_another(remembered) -> None:
    """Who searched the live list is not looking for that in the history."""
    page = live.drawn(remembered(q="boris"))
    expect(live.names(page)).to_have_count(2)
    page.get_by_role("link", name="History").first.click()
    expect(figure(page, "Clients")).to_have_text("3")
    expect(page.get_by_placeholder("Name or address")).to_have_value("")


@pytest.mark.parametrize(
    ("path", "scheme"),
    [("history?h_range=All", "dark"), ("clients", "light"), ("client?name=anna", "dark")],
)
def test_on_a_phone_nothing_is_wider_than_the_screen(remembered, path: str, scheme: str) -> None:
    """Figures two a row, filters below each other; a first visit by link has the whole frame."""
    page = remembered(path, width=390, height=844, scheme=scheme)
    expect(page.get_by_test_id("stMetricValue").first).to_be_visible()
    live.names(page).first.wait_for(state="attached")
    assert live.overflow(page) == 0


@pytest.mark.parametrize("path", ["history?h_range=All", "clients", "client", "history"])
def test_names_do_nothing(site: Site, visit: Visits, path: str) -> None:
    """HTML, Markdown, scripts and formulas in names: nothing runs, nothing is fetched."""
    site.show(ended(*NAMES, now=int(time.time())))
    page = visit()
    for name in worlds.HOSTILE[:3] if path == "client" else [NAMES[-3]]:
        query = {"client": {"name": name}, "history": {"h_client": name}}.get(path)
        page.goto(f"{site.url}/{path}{f'?{urlencode(query)}' if query else ''}")
        expect(page.get_by_test_id("stMetricValue").first).to_be_visible()
        live.names(page).first.wait_for(state="attached")
        assert page.evaluate("window.pwned") is None
        assert (
            page.locator(
                "img[src='x'], img[src*=evil], a[href^='http://evil'], a[href^=mailto]"
            ).count()
            == 0
        )
