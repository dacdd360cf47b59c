"""The Map page in a browser, with two servers and a location database: whose circle it is, who is alone
in one, pause, countries, and what has to be said of the database.
"""

import re
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from ovpnmon import map_layers, server_colors
from ovpnmon.model import Session
from ovpnmon.store.state import State
from tests import geo_files, processes, worlds
from tests.e2e import map_canvas
from tests.e2e.conftest import Site, Visits
from tests.e2e.map_canvas import Color

pytestmark = pytest.mark.browser

OLD_SECONDS = 200 * 86_400
REFRESHES_MS = 7_000
"""Long enough for a refresh of the map to have come and gone."""


def rgb(color: str) -> Color:
    red, green, blue = bytes.fromhex(color[1:])
    return red, green, blue


UDP, TCP = map(rgb, server_colors.COLORS[:2])
SEVERAL = rgb(server_colors.UNKNOWN)


@pytest.fixture(scope="module")
def _process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The app with a location database that is old."""
    data = tmp_path_factory.mktemp("map") / "data"
    geo_files.write_database(data / "geoip.mmdb", build=int(time.time()) - OLD_SECONDS)
    with processes.app(data, OPENVPN_STATUS_LOG="udp=/run/udp.log,tcp=/run/tcp.log") as running:
        yield Site(running.url, data)


def world(*more: tuple[str, str]) -> State:
    """Two clients of udp in Amsterdam, one of tcp in Mountain View, one on each in Dublin, one nowhere;
    and more (name, address) on udp.
    """
    now = int(time.time())
    udp = [
        ("anna", "145.0.0.1"),
        ("boris", "145.0.0.2"),
        ("dora", "2a00:1450::1"),
        ("eve", "93.0.0.1"),
        *more,
    ]
    tcp = [("carla", "8.8.8.8"), ("dora", "2a00:1450::1")]

    def sessions(server: str, of: list[tuple[str, str]], first: int) -> list[Session]:
        return [
            worlds.session(n, server, name, now - 600, now, real_ip=address)
            for n, (name, address) in enumerate(of, first)
        ]

    return worlds.state(
        [
            worlds.server("udp", sessions("udp", udp, 1), now),
            worlds.server("tcp", sessions("tcp", tcp, 50), now),
        ],
        now,
    )


@pytest.fixture
def open_map(site: Site, visit: Visits):
    """The map of world()."""

    def open_page(query: str = "", **options: object) -> Page:
        site.show(world())
        page = visit(width=1200, height=800, **options)
        page.goto(f"{site.url}/map{query}")
        expect(page.get_by_text("4 clients placed")).to_be_visible()
        return page

    return open_page


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_circles_have_the_colour_of_their_server(open_map, scheme: str) -> None:
    """Grey where the clients of a place are on several; the legend says so."""
    page = open_map(scheme=scheme)
    (amsterdam,) = map_canvas.wait_for_circles(page, 1, UDP)
    (mountain_view,) = map_canvas.wait_for_circles(page, 1, TCP)
    (dublin,) = map_canvas.wait_for_circles(page, 1, SEVERAL)
    assert mountain_view.x < dublin.x < amsterdam.x
    expect(page.get_by_text("several")).to_be_visible()


def test_a_click_on_a_client_that_is_alone_opens_it(open_map) -> None:
    """With a way on to its page."""
    page = open_map()
    (spot,) = map_canvas.wait_for_circles(page, 1, TCP)
    map_canvas.choose(page, spot)
    page.wait_for_url(re.compile("client=carla"))
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("carla")
    dialog.get_by_role("button", name="Everything about this client").click()
    page.wait_for_url(re.compile("/client.*name=carla"))


def test_the_map_can_be_held_still(site: Site, open_map) -> None:
    """Paused, what comes is not shown until it goes on."""
    page = open_map()
    expect(page.get_by_text("3 places")).to_be_visible()
    page.get_by_text("Pause").click()
    page.wait_for_timeout(1000)
    expect(page.locator("[data-test-script-state=notRunning]")).to_be_attached()
    site.show(world(("gina", "77.0.0.1")))
    page.wait_for_timeout(REFRESHES_MS)
    expect(page.get_by_text("3 places")).to_be_visible()
    page.get_by_text("Pause").click()
    expect(page.get_by_text("4 places")).to_be_visible()


def test_countries_are_shaded_and_answer_to_the_pointer(open_map) -> None:
    """As the second mode. The westernmost shade is Alaska's."""
    page = open_map("?m_show=Countries")
    opacity = map_layers.SHADES[2] / 255
    red, green, blue = (round(255 + (one - 255) * opacity) for one in map_layers.DOWNLOAD)
    for _ in range(60):
        if spots := map_canvas.circles(page, (red, green, blue)):
            break
        page.wait_for_timeout(1000)
    page.mouse.move(spots[0].x, spots[0].y, steps=4)
    expect(page.locator(".deck-tooltip")).to_contain_text("United States")


@pytest.mark.parametrize("path", ["", "map", "clients", "history", "client?name=anna"])
def test_the_database_is_credited_wherever_it_shows_and_its_age_told(
    site: Site, visit: Visits, path: str
) -> None:
    """As its licence asks; older than half a year, with what to do."""
    site.show(world())
    page = visit()
    page.goto(f"{site.url}/{path}")
    expect(page.get_by_role("link", name="IP Geolocation by DB-IP")).to_have_attribute(
        "href", re.compile("https://db-ip.com/?")
    )
    expect(page.get_by_text("200 days old")).to_contain_text("make geoip")
