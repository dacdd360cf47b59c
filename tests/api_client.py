"""A client of the JSON API as scripts have one, without a network in between."""

import asyncio
from typing import Any

import httpx
from starlette.applications import Starlette

from ovpnmon.api.app import build_routes
from ovpnmon.config import Settings
from ovpnmon.store.reader import Store


class Client:
    """Asks the routes of one data directory."""

    def __init__(self, settings: Settings) -> None:
        self._app = Starlette(routes=build_routes(settings, Store(settings)))

    def get(self, url: str, method: str = "GET", **headers: str) -> httpx.Response:
        """One request; errors of the app come as answers, as they would over a socket."""

        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(app=self._app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
                return await client.request(method, url, headers=headers)

        return asyncio.run(ask())

    def json(self, url: str) -> Any:
        """The body of a 200."""
        answer = self.get(url)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def refused(self, url: str, status: int, method: str = "GET") -> dict[str, str]:
        """The error of an answer that has this status and the one shape of all errors."""
        answer = self.get(url, method)
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/json"
        assert set(answer.json()) == {"error"}
        error: dict[str, str] = answer.json()["error"]
        assert set(error) == {"code", "message"}
        return error
