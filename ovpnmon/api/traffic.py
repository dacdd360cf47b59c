"""/api/traffic: bytes over time as series."""

import time

import pandas as pd
from starlette.datastructures import QueryParams
from starlette.responses import Response

from ovpnmon import traffic_export
from ovpnmon.api import amounts, parameters, times
from ovpnmon.api.errors import BadParameterError, json
from ovpnmon.config import Settings
from ovpnmon.queries import traffic_plan, traffic_series
from ovpnmon.queries.traffic_plan import Plan
from ovpnmon.store.reader import Store

ACCEPTED = ("from", "to", "client", "server", "resolution", "top", "format")
USUAL_RANGE_SECONDS = 86_400
MOST_TOP = 50
MOST_POINTS = 10_000


def traffic(settings: Settings, store: Store, query: QueryParams) -> Response:
    """Series of equal steps; null where nobody looked. Raises BadParameterError."""
    parameters.only(query, ACCEPTED)
    zone, now = settings.tz, time.time()
    until = parameters.moment(query, "to", zone)
    until = now if until is None else until
    since = parameters.moment(query, "from", zone)
    since = until - USUAL_RANGE_SECONDS if since is None else since
    amounts.in_order(query, since, until)
    wanted = amounts.wanted(query)
    plan = _plan(settings, store, query, since, until)
    top = parameters.whole(query, "top", 0, (0, MOST_TOP))
    names: list[str] = []
    if top:
        names = list(traffic_series.talkers(store, plan, wanted)["common_name"].head(top))
    found = traffic_series.series(store, plan, wanted, "client" if names else "total", names)
    if amounts.kind(query) == "csv":
        return amounts.csv(traffic_export.traffic_frame(found, zone), "openvpn-traffic", zone)
    return json(
        {
            "from": times.iso(plan.since, zone),
            "to": times.iso(plan.until, zone),
            "resolution_seconds": plan.step_seconds,
            "at": [times.iso(at, zone) for at in plan.edges[:-1]],
            "online": _numbers(found.rates()["online"], 2),
            "series": [
                {
                    "client": key,
                    "bytes_received": round(found.received[n].sum()),
                    "bytes_sent": round(found.sent[n].sum()),
                    "receive_rate": _numbers(pd.Series(found.rates_of("received")[n]), 1),
                    "send_rate": _numbers(pd.Series(found.rates_of("sent")[n]), 1),
                }
                for n, key in enumerate(found.keys)
            ],
        }
    )


def _plan(settings: Settings, store: Store, query: QueryParams, since: float, until: float) -> Plan:
    kept_since = time.time() - settings.traffic_days * 86_400
    text = query.get("resolution", "auto")
    if text == "auto":
        per_second = traffic_plan.samples_per_second(store.state())
        return traffic_plan.automatic(since, until, settings.tz, kept_since, per_second)
    steps = [str(step) for step in traffic_plan.STEPS]
    if text not in steps:
        raise BadParameterError(
            "resolution", text, f"auto or one of {', '.join(steps)} (seconds) is accepted"
        )
    step = int(text)
    if (until - since) / step > MOST_POINTS:
        raise BadParameterError(
            "resolution",
            text,
            f"at most {MOST_POINTS} points are answered; ask for a shorter range",
        )
    if step < traffic_plan.BUCKET_STEPS[0] and since < kept_since:
        raise BadParameterError(
            "resolution",
            text,
            f"samples are kept for {settings.traffic_days} days; 300 or more is accepted before",
        )
    return traffic_plan.stepped(since, until, step, settings.tz)


def _numbers(values: "pd.Series[float]", digits: int) -> list[float | None]:
    return [None if value != value else round(value, digits) for value in values]  # noqa: PLR0124 - NaN
