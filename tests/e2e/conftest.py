"""A real browser on a real server process, which may ask nobody else for anything."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from ovpnmon.store.state import State
from tests import browsers, processes, worlds

PATIENCE_MS = 60_000
PROBES = ("/_stcore/health", "/_stcore/host-config")
"""On a first visit to a page's own path, the frontend asks below that path where the app's root is."""
WASM_REFUSED = "WebAssembly.instantiate(): Compiling or instantiating WebAssembly module violates"
"""The map's library tries, and does without: our policy allows no code but our own files."""
AHEAD_SECONDS = 3600
"""How far the heartbeat is in the future, so that no test is so slow that the collector seems dead."""


@dataclass
class Site:
    """The running app and its data directory."""

    url: str
    data: Path

    def show(self, world: State | None) -> None:
        """From now on, this is what the collector has seen."""
        worlds.save(self.data, world, time.time() + AHEAD_SECONDS)


@dataclass
class Visit:
    """A browser window; what the page should not have done is in complaints."""

    page: Page
    complaints: list[str] = field(default_factory=list)


Visits = Callable[..., Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium that draws maps on the processor, shared by the tests of a module.

    Not by all: as long as it runs, no other test of this process can have an event loop of its own.
    """
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=browsers.CHROMIUM, args=[*browsers.QUIET, *browsers.WEBGL]
        )
        yield started
        started.close()


@pytest.fixture(scope="module")
def _process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    data = tmp_path_factory.mktemp("e2e") / "data"
    data.mkdir()
    with processes.app(data, OPENVPN_STATUS_LOG="udp=/run/udp.log,tcp=/run/tcp.log") as running:
        yield Site(running.url, data)


@pytest.fixture
def site(_process: Site) -> Site:
    """The app on sixty ordinary clients, until the test shows something else."""
    _process.show(worlds.normal(int(time.time())))
    return _process


@pytest.fixture
def visit(browser: Browser, site: Site) -> Iterator[Visits]:
    """Open pages of the site; at the end, none may have asked another host or logged an error."""
    visits: list[Visit] = []

    def open_page(
        *,
        width: int = 1440,
        height: int = 1700,
        scheme: str = "light",
        agent: str | None = None,
        **query: str,
    ) -> Page:
        context = browser.new_context(
            user_agent=agent,
            viewport={"width": width, "height": height},
            color_scheme=scheme,  # type: ignore[arg-type]  # a Literal there
            timezone_id="Europe/Berlin",
            accept_downloads=True,
        )
        opened = Visit(context.new_page())
        visits.append(opened)
        _watch(opened, site.url)
        opened.page.set_default_timeout(PATIENCE_MS)
        opened.page.goto(f"{site.url}/?{urlencode(query)}")
        return opened.page

    yield open_page
    for opened in visits:
        opened.page.context.close()
    assert [complaint for opened in visits for complaint in opened.complaints] == []


def _watch(visit: Visit, url: str) -> None:
    own = (f"{url}/", url.replace("http://", "ws://"), "data:", f"blob:{url}")

    def asked(address: str) -> None:
        if not address.startswith(own):
            visit.complaints.append(f"asked for {address}")

    visit.page.on("request", lambda request: asked(request.url))
    visit.page.on("websocket", lambda socket: asked(socket.url))
    visit.page.on(
        "pageerror",
        lambda error: (
            None if WASM_REFUSED in str(error) else visit.complaints.append(f"error {error}")
        ),
    )
    visit.page.on("dialog", lambda dialog: visit.complaints.append(f"dialog {dialog.message}"))
    visit.page.on(
        "console",
        lambda message: (
            visit.complaints.append(f"console {message.text}")
            if message.type == "error" and not message.location["url"].endswith(PROBES)
            else None
        ),
    )
