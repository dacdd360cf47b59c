"""Query parameters: each is read here, and a bad one is answered with its name and what is accepted."""

import re
from dataclasses import replace
from datetime import datetime, tzinfo
from typing import Literal

from starlette.datastructures import QueryParams

from ovpnmon.api.errors import BadParameterError
from ovpnmon.queries.filters import Country, FilterError, Sessions, network_bounds
from ovpnmon.queries.place_rows import Addresses
from ovpnmon.store.state import State

SESSION_PARAMETERS = (
    "client",
    "server",
    "ip",
    "country",
    "from",
    "to",
    "min_bytes",
    "min_seconds",
    "q",
    "include",
    "format",
)


def sessions(
    query: QueryParams, zone: tzinfo, addresses: Addresses, also: tuple[str, ...] = ()
) -> Sessions:
    """The filter that the query string names. client and server may be given several times.

    addresses: what knows which of them are in a country.
    """
    only(query, (*SESSION_PARAMETERS, *also))
    since, until = moment(query, "from", zone), moment(query, "to", zone)
    if since is not None and until is not None and since >= until:
        raise BadParameterError("to", query["to"], "a time after from is accepted")
    network = query.get("ip", "")
    try:
        if network:
            network_bounds(network)
    except FilterError as error:
        raise BadParameterError("ip", network, str(error)) from error
    return Sessions(
        since=since,
        until=until,
        clients=tuple(query.getlist("client")),
        servers=tuple(query.getlist("server")),
        network=network,
        min_bytes=whole(query, "min_bytes", 0, (0, 2**60)),
        min_seconds=whole(query, "min_seconds", 0, (0, 2**40)),
        text=query.get("q", ""),
        state=_state(query.get("include", "")),
        country=_country(query.get("country", ""), addresses),
    )


def of_servers(state: State, query: QueryParams) -> State:
    """The state with those servers alone that `server` names, which may be given several times."""
    names = query.getlist("server")
    if not names:
        return state
    return replace(state, servers={n: s for n, s in state.servers.items() if n in names})


def only(query: QueryParams, accepted: tuple[str, ...]) -> None:
    """Refuse a parameter that would be ignored: its sender would take the answer for another one.

    Names that begin with `_` are let through: scripts add them against caches.
    """
    for name in query:
        if name not in accepted and not name.startswith("_"):
            raise BadParameterError(name, query[name], f"one of {', '.join(accepted)} is accepted")


def moment(query: QueryParams, name: str, zone: tzinfo) -> float | None:
    """A time as unix seconds: ISO 8601, in zone where it names none; a date is its first instant."""
    text = query.get(name, "").strip()
    if not text:
        return None
    try:
        # A plus sign in a query string that nobody escaped arrives as a space.
        at = datetime.fromisoformat(re.sub(r" (\d\d:?\d\d)$", r"+\1", text))
        return (at if at.tzinfo else at.replace(tzinfo=zone)).timestamp()
    except (ValueError, OverflowError) as error:
        raise BadParameterError(
            name, text, "a date or time is accepted, such as 2026-11-22 or 2026-11-22T15:20:00Z"
        ) from error


def whole(query: QueryParams, name: str, default: int, bounds: tuple[int, int]) -> int:
    """A whole number within bounds."""
    text = query.get(name, "")
    low, high = bounds
    if not text:
        return default
    if not (re.fullmatch(r"[0-9]{1,20}", text) and low <= int(text) <= high):
        raise BadParameterError(name, text, f"a whole number from {low} to {high} is accepted")
    return int(text)


def _country(code: str, addresses: Addresses) -> Country | None:
    if not code:
        return None
    if not re.fullmatch(r"[A-Za-z]{2}", code):
        raise BadParameterError("country", code, "a two-letter code is accepted, such as DE")
    return Country(code.upper(), addresses.condition(code))


def _state(include: str) -> Literal["any", "ended"]:
    if include not in {"", "open"}:
        raise BadParameterError("include", include, "open is accepted")
    return "any" if include else "ended"
