"""The gate: an ASGI middleware in front of everything that the app serves, websockets too."""

from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ovpnmon.api.errors import error
from ovpnmon.api.login.incoming import Incoming
from ovpnmon.api.login.login import Login, Verdict

OPEN_PATH = "/healthz"
"""For load balancers and container engines; it tells no names."""

CODES = {401: "unauthorized", 403: "forbidden", 429: "too_many_failures"}
HEADERS = {
    # Scripts only from here, but for the one in Streamlit's page, named by its hash. Styles come
    # inline, fonts and pictures also from the page's own memory.
    "content-security-policy": "; ".join(
        [
            "default-src 'self'",
            "script-src 'self' 'sha256-THxz9J9+wf7rhwR2YkXJoSZ13UCmYyC+3lNDv2+8ugA='",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self' data: blob:",
            "worker-src 'self' blob:",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        ]
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


class Gate:
    """Lets in whom the login lets in, and puts the security headers on every answer."""

    def __init__(self, app: ASGIApp, login: Login) -> None:
        self._app = app
        self._login = login

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        verdict = Verdict()
        if not (scope["type"] == "http" and scope["path"] == OPEN_PATH):
            verdict = await self._login.judge(Incoming.of(scope))
        send = _with_headers(send, "" if _is_api(scope["path"]) else verdict.cookie)
        if not verdict.status:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})  # before accept: HTTP 403
        else:
            await _refusal(scope["path"], verdict)(scope, receive, send)


def _with_headers(send: Send, cookie: str) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers[name] = value
            if cookie:
                headers.append("set-cookie", cookie)
        await send(message)

    return sending


def _is_api(path: str) -> bool:
    return path == "/api" or path.startswith("/api/")


def _refusal(path: str, verdict: Verdict) -> Response:
    if _is_api(path):
        answer = error(verdict.status, CODES[verdict.status], verdict.message)
    else:
        answer = PlainTextResponse(f"OpenVPN Monitor: {verdict.message}\n", verdict.status)
        answer.headers["cache-control"] = "no-store"
    if verdict.status == 401:
        answer.headers["www-authenticate"] = 'Basic realm="OpenVPN Monitor", charset="UTF-8"'
    if verdict.wait_seconds:
        answer.headers["retry-after"] = str(verdict.wait_seconds)
    return answer
