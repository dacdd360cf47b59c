"""The routes beside the pages: GET only, JSON, on the app's own port."""

import time
from datetime import datetime

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from ovpnmon.api import (
    clients,
    health,
    history,
    metrics,
    openapi,
    reference,
    server_status,
    summary,
    traffic,
    usage,
)
from ovpnmon.api.errors import HANDLERS, http_exception, json
from ovpnmon.api.parameters import of_servers
from ovpnmon.api.scrape import Scraper
from ovpnmon.config import Settings
from ovpnmon.queries.clients import shared
from ovpnmon.queries.place_rows import Addresses
from ovpnmon.queries.places import Places
from ovpnmon.store import host_report
from ovpnmon.store.reader import Store
from ovpnmon.store.state import State


class Api:
    """The endpoints. They are plain functions: Starlette runs them in threads, beside the pages."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self.settings = settings
        self.store = store
        self.everyone = shared(store)
        self.places = Places(settings)
        self.addresses = Addresses(store, self.places)
        self.scraper = Scraper(settings, store)
        self._clients: tuple[State | None, Response] = (None, Response())
        self._summary: tuple[State | None, object, Response] = (None, None, Response())

    def clients(self, request: Request) -> Response:
        """Made once a tick, however many ask: the store hands out one state object until it changes."""
        state = self.store.state()
        if "server" in request.query_params:
            some = of_servers(state, request.query_params)
            return json(clients.clients(some, self.settings.tz, self.places))
        made_of, answer = self._clients
        if made_of is not state:
            answer = json(clients.clients(state, self.settings.tz, self.places))
            self._clients = (state, answer)
        return answer

    def history(self, request: Request) -> Response:
        """Sessions in pages, the next one in the Link header; with `format`, all of them as a file."""
        query, zone = request.query_params, self.settings.tz
        if query.get("format", "json") != "json":
            return history.file(
                self.store, self.addresses, query, zone, f"{datetime.now(zone):%Y-%m-%d}"
            )
        rows, following = history.page(self.store, self.addresses, query, zone)
        return json(rows, headers=_next(request, following) if following else None)

    def summary(self, request: Request) -> Response:
        """Everyone ever seen, with totals. Kept until the next tick; a minute, as places may change."""
        servers = request.query_params.getlist("server")
        key = (servers, int(time.time() // 60))
        made_of, made_for, answer = self._summary
        if made_of is not self.store.state() or made_for != key:
            state, everyone = self.store.at_once(
                lambda whole: (whole.state, self.everyone.of(whole, servers))
            )
            told = of_servers(state, request.query_params)
            answer = json(summary.summary(everyone, told, self.settings.tz, self.places))
            self._summary = (state, key, answer)
        return answer

    def traffic(self, request: Request) -> Response:
        """Bytes over time."""
        return traffic.traffic(self.settings, self.store, request.query_params)

    def usage(self, request: Request) -> Response:
        """Who moved how much in a month, or by month or day of a range."""
        return usage.usage_of(self.settings, self.store, request.query_params)

    def server_status(self, request: Request) -> Response:
        """Servers as their files and the host tell."""
        report = host_report.load(self.settings.server_status)
        now = time.time()
        collector = health.trouble(self.settings.heartbeat, now)
        return json(
            server_status.server_status(
                self.store.state(),
                report,
                self.settings.tz,
                now,
                collector,
                request.query_params.getlist("server"),
            )
        )

    def metrics(self, request: Request) -> Response:
        """For Prometheus, in the format that it says it accepts."""
        page, content_type = metrics.exposition(
            self.scraper.figures(time.time()), request.headers.get("accept", "")
        )
        return Response(page, headers={"content-type": content_type, "cache-control": "no-store"})

    def openapi(self, _request: Request) -> Response:
        """What all these answer, for programs that make clients of it."""
        return json(openapi.document("1"))

    def docs(self, _request: Request) -> Response:
        """The same for people."""
        return HTMLResponse(reference.page(openapi.document("1")))

    def healthz(self, _request: Request) -> Response:
        """200 while app and collector are alive; needs no login, so it tells no names, paths or errors."""
        reason = health.trouble(self.settings.heartbeat, time.time(), public=True)
        if reason is None:
            return json({"status": "ok"})
        return json({"error": {"code": "unhealthy", "message": reason}}, 503)


def _next(request: Request, query: str) -> dict[str, str]:
    """The next page, whole for a caller who asks us directly.

    A proxy may serve us under a prefix that we don't know: there it is relative to what was asked.
    """
    proxied = any(name in request.headers for name in ("forwarded", "via", "x-forwarded-for"))
    url = f"?{query}" if proxied else str(request.url.replace(query=query))
    return {"link": f'<{url}>; rel="next"'}


def _no_such_path(request: Request) -> Response:
    return http_exception(request, HTTPException(404))


def build_routes(settings: Settings, store: Store) -> list[BaseRoute]:
    """Everything under /api, /metrics and /healthz. A bare /api is a JSON 404, not the app's page."""
    api = Api(settings, store)
    inner = Starlette(
        routes=[
            Route("/clients", api.clients, methods=["GET"]),
            Route("/clients/summary", api.summary, methods=["GET"]),
            Route("/history", api.history, methods=["GET"]),
            Route("/traffic", api.traffic, methods=["GET"]),
            Route("/usage", api.usage, methods=["GET"]),
            Route("/server-status", api.server_status, methods=["GET"]),
            Route("/openapi.json", api.openapi, methods=["GET"]),
            Route("/docs", api.docs, methods=["GET"]),
        ],
        exception_handlers=HANDLERS,
    )
    return [
        Route("/healthz", api.healthz, methods=["GET"]),
        Route("/metrics", api.metrics, methods=["GET"]),
        Route("/api", _no_such_path),
        Mount("/api", inner),
    ]
