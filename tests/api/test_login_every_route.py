"""The login on the real app: no route of ours or of Streamlit's answers without it."""

import asyncio
import base64
import hashlib
import json
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import websockets

from tests import processes
from tests.logins import PASSWORD

ENUMERATE = """
import json, streamlit_app
def walk(routes, prefix=""):
    for route in routes:
        path = prefix + getattr(route, "path", "")
        yield path, sorted(getattr(route, "methods", None) or []), type(route).__name__
        yield from walk(getattr(route, "routes", None) or [], path)
print(json.dumps(list(walk(streamlit_app.app._build_starlette_app().routes))))
"""
OTHERS = [
    "/",
    "/live",
    "/no/such/page",
    "/index.html",
    "/static/x.js",
    "/favicon.png",
    "/app/static/",
    "//",
    "/.",
    "/%2e%2e/",
    "/api",
    "/api/",
    "/metrics",
    "/healthz/",
    "/healthz;x",
    "/healthz/../api/clients",
    "/healthz%2f..%2fapi%2fclients",
    "/..;/healthz",
    "/_stcore/healthz",
]
METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND"]


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[processes.Running]:
    """The app with a password, as an operator starts it."""
    data = tmp_path_factory.mktemp("login") / "data"
    with processes.app(data, OPENVPN_MONITOR_PASSWORD=PASSWORD) as running:
        yield running


@pytest.fixture(scope="module")
def routes(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, list[str], str]]:
    """path, methods and kind of every route that the app is built of."""
    data = tmp_path_factory.mktemp("routes")
    done = subprocess.run(
        [sys.executable, "-c", ENUMERATE],
        cwd=processes.ROOT,
        env=processes.environment(OPENVPN_MONITOR_DATA=str(data)),
        capture_output=True,
        check=True,
        timeout=processes.PATIENCE_SECONDS,
    )
    found = json.loads(done.stdout.splitlines()[-1])
    return [(path, methods, kind) for path, methods, kind in found]


def filled(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "x", path) or "/"


def test_no_route_answers_without_credentials(
    app: processes.Running, routes: list[tuple[str, list[str], str]]
) -> None:
    """Nor a path that is no route, by any method; only /healthz does."""
    paths = {filled(path) for path, _, kind in routes if kind != "WebSocketRoute"}
    assert {"/api/clients", "/_stcore/health", "/media/x", "/app/static/x"} <= paths
    answered = set()
    with httpx.Client(base_url=app.url) as client:
        for path in sorted(paths | set(OTHERS)):
            for method in METHODS:
                answer = client.request(
                    method, httpx.URL(app.url).copy_with(raw_path=path.encode())
                )
                if answer.status_code != 401:
                    answered.add(path)
                elif method != "HEAD":
                    assert "log in" in answer.text
    assert answered == {"/healthz"}


def test_with_credentials_every_route_is_reached(
    app: processes.Running, routes: list[tuple[str, list[str], str]]
) -> None:
    """Or the test before would prove nothing."""
    with httpx.Client(base_url=app.url, auth=("admin", PASSWORD)) as client:
        for path, methods, _ in routes:
            for method in methods:
                status = client.request(method, filled(path)).status_code
                # Streamlit itself answers 403 to what its settings switch off.
                assert status != 401, (method, path)


@pytest.mark.parametrize("path", ["/_stcore/stream", "/", "/healthz", "/x"])
def test_no_websocket_opens_without_credentials(app: processes.Running, path: str) -> None:
    """The pages' data come over it."""

    async def status() -> int:
        try:
            async with websockets.connect(f"ws://127.0.0.1:{app.port}{path}"):
                return 101
        except websockets.InvalidStatus as refused:
            return refused.response.status_code

    assert asyncio.run(status()) == 403


def test_a_websocket_opens_with_credentials_from_the_same_origin_only(
    app: processes.Running,
) -> None:
    """A stranger's page could open one with the visitor's login."""
    headers = {"Authorization": httpx.BasicAuth("admin", PASSWORD)._auth_header}

    async def status(origin: str) -> int:
        try:
            async with websockets.connect(
                f"ws://127.0.0.1:{app.port}/_stcore/stream",
                additional_headers=headers,
                origin=websockets.Origin(origin),
            ):
                return 101
        except websockets.InvalidStatus as refused:
            return refused.response.status_code

    assert asyncio.run(status(app.url)) == 101
    assert asyncio.run(status("http://localhost:3000")) == 403
    assert asyncio.run(status("https://evil.example")) == 403


def test_a_forwarded_address_does_not_replace_the_sockets_own(
    tmp_path: Path,
) -> None:
    """The server would believe X-Forwarded-For from this machine; it is told not to."""
    proxy = {"OPENVPN_MONITOR_AUTH": "proxy", "OPENVPN_MONITOR_PROXIES": "10.0.0.1"}
    with processes.app(tmp_path / "data", **proxy) as app:
        lie = {"X-Forwarded-For": "10.0.0.1", "X-Forwarded-User": "mallory"}
        assert httpx.get(f"{app.url}/", headers=lie).status_code == 403


def test_without_a_password_a_rebound_name_and_a_proxy_are_refused(tmp_path: Path) -> None:
    """On the real server: this machine is let in, a stranger's name for it is not."""
    with processes.app(tmp_path / "data") as app:
        assert httpx.get(f"{app.url}/api/clients").status_code == 200
        for headers in ({"Host": "evil.example"}, {"X-Forwarded-For": "203.0.113.9"}):
            answer = httpx.get(f"{app.url}/api/clients", headers=headers)
            assert answer.status_code == 403
            assert "OPENVPN_MONITOR_PASSWORD" in answer.json()["error"]["message"]
        with socket.create_connection(("127.0.0.1", app.port)) as old:
            old.sendall(b"GET /api/clients HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")
            assert b" 403 " in old.makefile("rb").readline()


def test_what_cannot_be_used_stops_the_start_with_one_line(tmp_path: Path) -> None:
    """And no traceback."""
    done = subprocess.run(
        [sys.executable, "streamlit_app.py"],
        cwd=processes.ROOT,
        env=processes.environment(
            OPENVPN_MONITOR_DATA=str(tmp_path), OPENVPN_MONITOR_PASSWORD="short"
        ),
        capture_output=True,
        timeout=processes.PATIENCE_SECONDS,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.decode().splitlines() == [
        "OPENVPN_MONITOR_PASSWORD: a password of at least 8 characters is accepted"
    ]


def test_a_first_start_for_others_shows_its_password_once(tmp_path: Path) -> None:
    """In the log of the real process; the second start asks for the same one and shows none."""
    data = tmp_path / "data"
    everywhere = {"OPENVPN_MONITOR_ADDRESS": "0.0.0.0"}
    with processes.app(data, **everywhere) as app:
        (shown,) = re.findall(r"user admin, password (\S+)", app.log.read_text())
        assert httpx.get(f"{app.url}/", auth=("admin", shown)).status_code == 200
    with processes.app(data, **everywhere) as app:
        assert "password" not in app.log.read_text()
        assert httpx.get(f"{app.url}/").status_code == 401
        assert httpx.get(f"{app.url}/", auth=("admin", shown)).status_code == 200


def test_streamlits_page_holds_just_the_script_that_the_policy_names(
    app: processes.Running,
) -> None:
    """An upgrade that changes it would break every page; this says what to change."""
    answer = httpx.get(f"{app.url}/", auth=("admin", PASSWORD))
    scripts = re.findall(r"<script(?![^>]*\bsrc=)[^>]*>(.*?)</script>", answer.text, re.DOTALL)
    digests = [base64.b64encode(hashlib.sha256(one.encode()).digest()).decode() for one in scripts]
    named = re.findall(r"'sha256-([^']+)'", answer.headers["content-security-policy"])
    assert digests == named
