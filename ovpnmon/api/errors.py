"""One shape for every failure: {"error": {"code", "message"}} with the right status."""

import logging
from collections.abc import Callable, Mapping
from typing import Any

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from ovpnmon.store.state import StateError

log = logging.getLogger(__name__)
CODES = {400: "bad_parameter", 401: "unauthorized", 404: "not_found", 405: "method_not_allowed"}


class BadParameterError(HTTPException):
    """A query parameter with a value that is not accepted."""

    def __init__(self, name: str, value: str, accepted: str) -> None:
        super().__init__(400, f"{name}={value[:100]!r}: {accepted}")


def json(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON answer that no cache keeps: everything here is about now."""
    return Response(
        orjson.dumps(body),
        status,
        {"cache-control": "no-store", **(headers or {})},
        "application/json",
    )


def error(status: int, code: str, message: str) -> Response:
    """The error shape."""
    return json({"error": {"code": code, "message": message}}, status)


def http_exception(request: Request, exc: Exception) -> Response:
    """Starlette's own 404 and 405, and what endpoints raise."""
    assert isinstance(exc, HTTPException)  # noqa: S101 - Starlette dispatches by type
    message = {
        404: f"no such path: {request.url.path}",
        405: f"{request.method} is not answered here; GET is",
    }.get(exc.status_code, exc.detail)
    answer = error(exc.status_code, CODES.get(exc.status_code, "error"), message)
    answer.headers.update(exc.headers or {})
    return answer


def unavailable(_request: Request, exc: Exception) -> Response:
    """The state cannot be read: say which file and why."""
    return error(503, "unavailable", f"the collector's data cannot be read: {exc}")


def internal(request: Request, exc: Exception) -> Response:
    """Anything else is our fault: details go to the log, not to the caller."""
    log.error("%s %s failed", request.method, request.url.path, exc_info=exc)
    return error(500, "internal", "internal error; the app's log has the details")


HANDLERS: dict[Any, Callable[[Request, Exception], Response]] = {
    HTTPException: http_exception,
    StateError: unavailable,
    OSError: unavailable,
    Exception: internal,
}
