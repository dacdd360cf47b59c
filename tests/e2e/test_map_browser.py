"""The Map page in a browser with WebGL: drawn, pointed at, clicked, zoomed and refreshed."""

import re
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, WebSocket, expect

from ovpnmon.store.state import State
from tests import processes, worlds
from tests.e2e import live_page as live
from tests.e2e import map_canvas
from tests.e2e.conftest import Site, Visits

pytestmark = pytest.mark.browser

PLACES = """cidr,latitude,longitude,label,country_code
203.0.113.0/28,52.52,13.4,Berlin,DE
203.0.113.16/28,35.69,139.69,Tokyo,JP
203.0.113.32/28,-33.92,18.42,Cape Town,ZA
203.0.113.48/28,-23.55,-46.63,São Paulo,BR
"""
SAO_PAULO, BERLIN, CAPE_TOWN, TOKYO = range(4)
"""From west to east."""
AT = {
    SAO_PAULO: (-23.55, -46.63),
    BERLIN: (52.52, 13.4),
    CAPE_TOWN: (-33.92, 18.42),
    TOKYO: (35.69, 139.69),
}
REFRESH_BYTES = 100_000
PHONE = "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36"


@pytest.fixture(scope="module")
def _process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    data = tmp_path_factory.mktemp("map") / "data"
    data.mkdir()
    places = data / "places.csv"
    places.write_text(PLACES)
    with processes.app(data, OPENVPN_MONITOR_PLACES=str(places)) as running:
        yield Site(running.url, data)


def world(*numbers: int, busy: int = 0) -> State:
    """A client on each of these addresses of 203.0.113.0/24, client 1 called `anna`."""
    now = int(time.time())
    here = [
        worlds.session(
            number,
            "udp",
            "anna" if number == 1 else f"client-{number}",
            now - 600,
            now,
            receive_rate=1e6 if number == busy else 1e4,
            send_rate=1e6 if number == busy else 1e4,
        )
        for number in numbers
    ]
    return worlds.state([worlds.server("udp", here, now)], now)


@pytest.fixture
def map_page(site: Site, visit: Visits):
    """The page with a client each in Berlin, Tokyo, Cape Town and São Paulo."""

    def open_page(query: str = "", **options: object) -> Page:
        site.show(world(1, 16, 32, 48))
        page = visit(**options)
        page.goto(f"{site.url}/map{query}")
        expect(page.get_by_text("4 places")).to_be_visible()
        return page

    return open_page


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_circles_are_where_the_places_are(map_page, scheme: str) -> None:
    """Of a Mercator map two give the scale; the others must then be where their coordinates say."""
    page = map_page(scheme=scheme)
    seen = map_canvas.wait_for_circles(page, 4)
    west, east = seen[SAO_PAULO], seen[TOKYO]
    scale = (east.x - west.x) / (AT[TOKYO][1] - AT[SAO_PAULO][1])
    for place in (BERLIN, CAPE_TOWN, TOKYO):
        latitude, longitude = AT[place]
        x = west.x + scale * (longitude - AT[SAO_PAULO][1])
        north = map_canvas.mercator(latitude) - map_canvas.mercator(AT[SAO_PAULO][0])
        assert abs(seen[place].x - x) < 3
        assert abs(seen[place].y - (west.y - scale * north)) < 3


def test_pointing_at_a_circle_says_what_is_there(map_page) -> None:
    page = map_page()
    spot = map_canvas.wait_for_circles(page, 4)[TOKYO]
    page.mouse.move(spot.x, spot.y, steps=4)
    card = page.locator(".deck-tooltip")
    expect(card).to_contain_text("Tokyo")
    expect(card).to_contain_text("client-16")


def test_a_click_lists_who_is_there_and_leads_on_to_the_client(site: Site, map_page) -> None:
    """From a circle to the place, from there to the client's page; the URL says which place."""
    page = map_page()
    site.show(world(1, 2, 16, 32, 48, busy=1))
    expect(page.get_by_text("5 clients placed")).to_be_visible()
    map_canvas.choose(page, map_canvas.wait_for_circles(page, 4)[BERLIN])
    there = page.locator(".st-key-map_chosen")
    expect(there).to_contain_text("Berlin")
    expect(there).to_contain_text("2 clients")
    page.wait_for_url(re.compile("m_chosen=52.5200"))
    table = there.locator("canvas").first
    box = table.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 30, box["y"] + 34 + 15)
    page.wait_for_url(re.compile("/client.*anna"))


def test_a_refresh_keeps_zoom_and_choice_and_sends_little(site: Site, map_page) -> None:
    """What the viewer looks at stays put while a fifth client comes; the borders come once."""
    page = map_page()
    frames: list[bytes | str] = []

    def listen(socket: WebSocket) -> None:
        socket.on("framereceived", lambda frame: frames.append(frame))  # noqa: PLW0108 - it is given attributes, which a builtin method cannot have

    page.on("websocket", listen)
    site.show(world(1, 16, 17, 32, 48))
    page.reload()
    seen = map_canvas.wait_for_circles(page, 4)
    map_canvas.choose(page, seen[TOKYO])
    expect(page.locator(".st-key-map_chosen")).to_contain_text("2 clients")
    page.mouse.move(seen[SAO_PAULO].x, seen[BERLIN].y)  # the ocean: a circle there would change
    page.mouse.wheel(0, -120)
    page.wait_for_timeout(1000)
    zoomed = map_canvas.wait_for_circles(page, 3)
    assert zoomed[BERLIN].x - zoomed[SAO_PAULO].x > 1.1 * (seen[BERLIN].x - seen[SAO_PAULO].x)
    borders: list[str] = []
    page.on("request", lambda request: "countries" in request.url and borders.append(request.url))
    frames.clear()
    site.show(world(1, 16, 17, 18, 32, 48))
    expect(page.locator(".st-key-map_chosen")).to_contain_text("3 clients")
    page.wait_for_timeout(1000)
    assert map_canvas.near(map_canvas.wait_for_circles(page, 3), zoomed)
    assert borders == []
    assert 0 < sum(map(len, frames)) < REFRESH_BYTES


def test_a_phone_shows_it_whole(map_page) -> None:
    """Nothing is wider than the window, and all four circles are on the map."""
    page = map_page(width=390, height=900, agent=PHONE)
    map_canvas.wait_for_circles(page, 4)
    assert live.overflow(page) <= 0


def test_a_row_of_the_table_flies_the_map_there(map_page) -> None:
    """Zoomed in on Tokyo, the other three are out of sight."""
    page = map_page()
    map_canvas.wait_for_circles(page, 4)
    names = live.names(page)
    expect(names).to_have_count(4)
    rows = names.all_text_contents()
    row = next(number for number, name in enumerate(rows) if "Tokyo" in name)
    table = page.locator("[data-testid=stDataFrame] canvas").first
    table.scroll_into_view_if_needed()
    box = table.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 40, box["y"] + 34 + 30 * (row + 0.5))
    expect(page.locator(".st-key-map_chosen")).to_contain_text("Tokyo")
    canvas = map_canvas.canvas(page).bounding_box()
    assert canvas is not None
    (spot,) = map_canvas.wait_for_circles(page, 1)
    assert abs(spot.x - (canvas["x"] + canvas["width"] / 2)) < 5
    assert abs(spot.y - (canvas["y"] + canvas["height"] / 2)) < 5
