"""Behind a real nginx, with TLS and below /vpn/: pages, websocket, API, exports, as docs/ says."""

import asyncio
import ssl
import subprocess
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import websockets
from playwright.sync_api import ConsoleMessage, Page, Response, sync_playwright

from ovpnmon.ui.navigation import PAGES
from tests import browsers, processes, programs, worlds
from tests.logins import PASSWORD

pytestmark = [pytest.mark.nginx, pytest.mark.browser]

CONFIG = """
daemon off; worker_processes 1; pid {work}/nginx.pid; error_log {work}/error.log;
events {{ worker_connections 256; }}
http {{
  access_log off;
  client_body_temp_path {work}/body; proxy_temp_path {work}/proxy; fastcgi_temp_path {work}/fastcgi;
  uwsgi_temp_path {work}/uwsgi; scgi_temp_path {work}/scgi;
  server {{
    listen 127.0.0.1:{tls} ssl;
    ssl_certificate {work}/cert.pem; ssl_certificate_key {work}/key.pem;
    {locations}
  }}
}}
"""


def documented_locations(port: int) -> str:
    """The block that docs/reverse-proxy.md tells administrators to write, for this app's port."""
    text = (processes.ROOT / "docs" / "reverse-proxy.md").read_text()
    block = text.partition("```nginx\n")[2].partition("```")[0]
    assert "127.0.0.1:8501" in block
    return block.replace("127.0.0.1:8501", f"127.0.0.1:{port}")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """https://localhost:.../vpn, with some sixty clients behind it."""
    work = tmp_path_factory.mktemp("nginx")
    now = int(time.time())
    worlds.save(work / "data", worlds.normal(now), now)
    subprocess.run(
        "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost"
        " -addext subjectAltName=DNS:localhost -keyout key.pem -out cert.pem",
        shell=True,
        cwd=work,
        check=True,
        capture_output=True,
    )
    tls = processes.free_port()
    with processes.app(work / "data", OPENVPN_MONITOR_PASSWORD=PASSWORD) as app:
        config = work / "nginx.conf"
        config.write_text(
            CONFIG.format(work=work, tls=tls, locations=documented_locations(app.port))
        )
        with (work / "nginx.log").open("wb") as output:
            nginx = subprocess.Popen(
                [programs.find("nginx") or "nginx", "-c", config], stdout=output, stderr=output
            )
        try:
            processes.wait_until_it_listens(nginx, tls, work / "nginx.log")
            yield f"https://localhost:{tls}/vpn"
        finally:
            nginx.terminate()
            nginx.wait(processes.PATIENCE_SECONDS)


@pytest.fixture
def client(site: str) -> Iterator[httpx.Client]:
    """A script that knows the password."""
    with httpx.Client(base_url=site, auth=("admin", PASSWORD), verify=False) as made:
        yield made


@pytest.fixture
def page(site: str) -> Iterator[Page]:
    """A browser whose user knows the password; what it complains about fails the test."""
    complaints: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browsers.CHROMIUM, args=browsers.QUIET)
        context = browser.new_context(
            http_credentials={"username": "admin", "password": PASSWORD}, ignore_https_errors=True
        )
        opened = context.new_page()
        opened.on("console", lambda message: _complaint(message, complaints))
        opened.on("response", lambda response: _answer(response, complaints))
        opened.on("request", lambda request: _only_below(site, request.url, complaints))
        opened.on("websocket", lambda socket: _only_below(site, socket.url, complaints))
        yield opened
        browser.close()
    assert complaints == []


def _complaint(message: ConsoleMessage, complaints: list[str]) -> None:
    if message.type == "error" and "Failed to load resource" not in message.text:
        complaints.append(message.text)  # such as: violates the Content Security Policy


def _answer(response: Response, complaints: list[str]) -> None:
    # Below a deep link Streamlit tries where its server is: /vpn/traffic/_stcore/health is a 404.
    if response.status >= 400 and "/_stcore/" not in response.url:
        complaints.append(f"{response.status} for {response.url}")


def _only_below(site: str, url: str, complaints: list[str]) -> None:
    if url.startswith(("data:", "blob:", f"{site}/", site.replace("https", "wss"))):
        return
    complaints.append(f"asked for {url}")


def test_the_live_page_works_below_a_prefix_over_tls(page: Page, site: str) -> None:
    """Assets, fonts, websocket and all stay below /vpn/; the policy blocks nothing it needs."""
    page.goto(f"{site}/")
    page.get_by_text("anna.schmidt").first.wait_for(state="attached", timeout=60_000)


@pytest.mark.parametrize("name", list(PAGES)[1:])
def test_deep_links_open_below_a_prefix(page: Page, site: str, name: str) -> None:
    """Somebody sent one to a colleague. Every page, so that each is seen under the policy."""
    page.goto(f"{site}/{name}")
    page.get_by_role("link", name=PAGES[name][0]).first.wait_for(timeout=60_000)
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for(timeout=60_000)
    assert page.get_by_text("does not seem to exist").count() == 0


def test_the_prefix_alone_leads_to_the_page(client: httpx.Client, site: str) -> None:
    """Without its last slash."""
    answer = client.get(site)
    assert answer.status_code in (301, 302, 308)
    assert answer.headers["location"].endswith("/vpn/")


def test_nothing_answers_without_the_password(site: str) -> None:
    """The proxy asks nobody, the app does; only /healthz needs no login."""
    for path, status in (("/", 401), ("/api/clients", 401), ("/_stcore/health", 401)):
        assert httpx.get(site + path, verify=False).status_code == status
    assert httpx.get(f"{site}/healthz", verify=False).status_code in (200, 503)


def test_pages_of_history_are_linked_so_that_they_can_be_followed(client: httpx.Client) -> None:
    """The app knows neither host nor prefix: the link is relative to what was asked."""
    first = client.get("/api/history", params={"limit": 1, "include": "open"})
    following = first.url.join(first.links["next"]["url"])
    second = client.get(following)
    assert second.status_code == 200
    assert second.json()[0]["session_id"] != first.json()[0]["session_id"]
    assert following.path == "/vpn/api/history"


def test_the_websocket_is_for_pages_of_this_site_only(site: str) -> None:
    """The origin that the browser names is compared with the Host that the proxy passes on."""
    trusting = ssl.create_default_context()
    trusting.check_hostname = False
    trusting.verify_mode = ssl.CERT_NONE

    async def status(origin: str) -> int:
        options: dict[str, Any] = {
            "ssl": trusting,
            "origin": origin,
            "additional_headers": {
                "Authorization": httpx.BasicAuth("admin", PASSWORD)._auth_header
            },
        }
        try:
            async with websockets.connect(
                f"{site.replace('https', 'wss')}/_stcore/stream", **options
            ):
                return 101
        except websockets.InvalidStatus as refused:
            return refused.response.status_code

    assert asyncio.run(status(site.removesuffix("/vpn"))) == 101
    assert asyncio.run(status("https://localhost")) == 403
    assert asyncio.run(status("https://evil.example")) == 403
