"""Requests to an ASGI app from any address: a client library would not let a test choose both ends."""

import asyncio
import base64
import json
from dataclasses import dataclass, field
from typing import Any

LOOPBACK = ("127.0.0.1", 8501)
LOCAL_PEER = ("127.0.0.1", 50001)
HERE = ("192.0.2.1", 8501)
STRANGER = ("203.0.113.9", 50001)


@dataclass
class Answer:
    """What came back. A refused websocket has status 403, an accepted one 101."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def basic(user: str, password: str) -> str:
    """The value of an Authorization header."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def scope(
    path: str = "/",
    *,
    kind: str = "http",
    method: str = "GET",
    host: str | None = "localhost:8501",
    here: tuple[str, int] | None = LOOPBACK,
    peer: tuple[str, int] | None = LOCAL_PEER,
    http_version: str = "1.1",
    headers: dict[str, str] | list[tuple[str, str]] | None = None,
) -> dict[str, Any]:
    """The scope that a server would make of a request."""
    pairs = list(headers.items()) if isinstance(headers, dict) else headers or []
    if host is not None:
        pairs = [("host", host), *pairs]
    made = {
        "type": kind,
        "asgi": {"version": "3.0"},
        "http_version": http_version,
        "scheme": "ws" if kind == "websocket" else "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in pairs],
        "server": here,
        "client": peer,
        "state": {},
        "extensions": {},
    }
    return made | ({"subprotocols": []} if kind == "websocket" else {"method": method})


async def call(app: Any, **request: Any) -> Answer:
    """One request to the app, or one websocket handshake that is left as soon as it is answered."""
    answer = Answer()
    made = scope(**request)
    came = iter(
        [{"type": "http.request", "body": b"", "more_body": False}]
        if made["type"] == "http"
        else [{"type": "websocket.connect"}, {"type": "websocket.disconnect", "code": 1000}]
    )

    async def receive() -> dict[str, Any]:
        return next(came, {"type": "http.disconnect"})

    async def send(message: dict[str, Any]) -> None:
        match message["type"]:
            case "http.response.start":
                answer.status = message["status"]
                answer.headers = {n.decode(): v.decode("latin-1") for n, v in message["headers"]}
            case "http.response.body":
                answer.body += message.get("body", b"")
            case "websocket.accept":
                answer.status = 101
            case "websocket.close":
                answer.status = answer.status or 403

    await app(made, receive, send)
    return answer


def ask(app: Any, path: str = "/", **request: Any) -> Answer:
    """call(), for tests that are not asynchronous."""
    return asyncio.run(call(app, path=path, **request))
