"""Logins for tests: hashes that cost nothing to check, a clock that tests move."""

import base64
import hashlib
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from ovpnmon.api.login.attempts import Attempts
from ovpnmon.api.login.gate import Gate
from ovpnmon.api.login.login import Login, StoredPassword
from ovpnmon.login_settings import LoginSettings

PASSWORD = "correct horse"
TOKEN = "0123456789abcdef"


class Clock:
    """Seconds that pass only when a test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def cheap_hash(text: str) -> str:
    """A real scrypt hash with the smallest parameters."""
    salt = b"0123456789abcdef"
    digest = hashlib.scrypt(text.encode(), salt=salt, n=2, r=1, p=1, dklen=32)
    return "$".join(
        ["scrypt", "1", "1", "1", *(base64.b64encode(part).decode() for part in (salt, digest))]
    )


def login(
    password: str | None = PASSWORD,
    *,
    token: str | None = None,
    clock: Clock | None = None,
    stored: Path = Path("/nowhere/login.json"),
    room: int = 100,
    **environ: str,
) -> Login:
    """A login with this password, token and environment."""
    return Login(
        LoginSettings.from_env(environ),
        StoredPassword(stored),
        own=cheap_hash(password) if password else None,
        token=token,
        attempts=Attempts(clock or Clock(), room),
    )


async def _seen(request: Request) -> PlainTextResponse:
    return PlainTextResponse(f"behind the gate: {request.url.path}")


async def _socket(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.close()


def gated(judge: Login) -> Any:
    """A small app with a page, an API, a websocket and /healthz behind the gate."""
    every = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"]
    return Starlette(
        routes=[
            WebSocketRoute("/_stcore/stream", _socket),
            Route("/{path:path}", _seen, methods=every),
        ],
        middleware=[Middleware(Gate, login=judge)],
    )
