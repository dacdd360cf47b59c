"""What /api/traffic and /api/usage share: whom, in which order, in which format."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pandas as pd
from starlette.datastructures import QueryParams
from starlette.responses import Response

from ovpnmon import export
from ovpnmon.api.errors import BadParameterError
from ovpnmon.queries.traffic_plan import Wanted


def wanted(query: QueryParams) -> Wanted:
    """client and server, each of which may be given several times."""
    return Wanted(tuple(query.getlist("client")), tuple(query.getlist("server")))


def in_order(query: QueryParams, since: float, until: float) -> None:
    """Refuse a range that ends before it begins."""
    if since >= until:
        name = "to" if "to" in query else "from"
        raise BadParameterError(name, query.get(name, ""), "a time to after from is accepted")


def kind(query: QueryParams) -> str:
    """The format: json or csv."""
    text = query.get("format", "json")
    if text not in {"json", "csv"}:
        raise BadParameterError("format", text, "one of json, csv is accepted")
    return text


def csv(frame: pd.DataFrame, name: str, zone: ZoneInfo) -> Response:
    """A file to take away."""
    headers = {
        "content-disposition": f'attachment; filename="{name}-{datetime.now(zone):%Y-%m-%d}.csv"',
        "cache-control": "no-store",
    }
    return Response(export.csv(frame), headers=headers, media_type="text/csv; charset=utf-8")
