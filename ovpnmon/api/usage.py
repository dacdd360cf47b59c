"""/api/usage: bytes and time online per client and calendar month or day."""

import re
import time
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

import pandas as pd
from starlette.datastructures import QueryParams
from starlette.responses import Response

from ovpnmon import traffic_export
from ovpnmon.api import amounts, parameters, times
from ovpnmon.api.errors import BadParameterError, json
from ovpnmon.config import Settings
from ovpnmon.queries import local_days, usage
from ovpnmon.store.reader import Store

ACCEPTED = ("month", "from", "to", "by", "client", "server", "format")
MOST_DAYS = 400


def usage_of(settings: Settings, store: Store, query: QueryParams) -> Response:
    """Usage of a calendar month, with the one before; or of a range, by month or day."""
    parameters.only(query, ACCEPTED)
    zone = settings.tz
    if "month" in query or "from" not in query:
        frame, began, ended = _month(store, query, zone)
    else:
        frame, began, ended = _range(store, query, zone)
    if amounts.kind(query) == "csv":
        return amounts.csv(traffic_export.usage_frame(frame), "openvpn-usage", zone)
    figures = ["bytes_received", "bytes_sent", "seconds", "sessions"]
    frame = frame.rename(columns={"common_name": "client"})
    if "before" in frame:
        frame["bytes_before"] = frame.pop("before").astype("Int64").astype(object)
        frame["bytes_before"] = frame["bytes_before"].where(frame["bytes_before"].notna(), None)
    return json(
        {
            "from": times.iso(began, zone),
            "to": times.iso(ended, zone),
            "usage": [_plain(row) for row in frame.to_dict("records")],
            "totals": {name: int(frame[name].sum()) for name in figures},
        }
    )


def _month(store: Store, query: QueryParams, zone: ZoneInfo) -> tuple[pd.DataFrame, float, float]:
    for name in ("from", "to", "by"):
        if name in query:
            raise BadParameterError(name, query[name], "month, or from with to and by, is accepted")
    which = query.get("month") or f"{datetime.now(zone):%Y-%m}"
    if not re.fullmatch(r"(19[7-9]\d|[2-9]\d{3})-(0[1-9]|1[0-2])", which):
        raise BadParameterError("month", which, "a month is accepted, such as 2026-11")
    frame = usage.month(store, which, zone, amounts.wanted(query))
    frame.insert(0, "period", which)
    ends = local_days.month_start(local_days.month_after(which), zone)
    return frame, local_days.month_start(which, zone), ends


def _range(store: Store, query: QueryParams, zone: ZoneInfo) -> tuple[pd.DataFrame, float, float]:
    since = max(0.0, parameters.moment(query, "from", zone) or 0.0)
    until = parameters.moment(query, "to", zone)
    until = time.time() if until is None else until
    amounts.in_order(query, since, until)
    by: Literal["month", "day"] = "day" if query.get("by", "month") == "day" else "month"
    if query.get("by", "month") != by:
        raise BadParameterError("by", query["by"], "month or day is accepted")
    if by == "day" and until - since > MOST_DAYS * 86_400:
        raise BadParameterError("by", by, f"at most {MOST_DAYS} days are answered by day")
    return usage.usage(store, since, until, zone, amounts.wanted(query), by), since, until


def _plain(row: dict[Any, Any]) -> dict[str, Any]:
    return {
        str(name): value if value is None or isinstance(value, str) else int(value)
        for name, value in row.items()
    }
