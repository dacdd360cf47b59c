"""What the Traffic page is asked for: range, servers, clients, what to tell apart. All of it in the URL.

Keys begin with t_: those of another page would stand in this one's way when pages are changed.
"""

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

import streamlit as st

from ovpnmon import formats, ranges
from ovpnmon.queries.traffic_plan import Wanted
from ovpnmon.queries.traffic_series import By
from ovpnmon.ui import controls
from ovpnmon.ui.zones import At

HOUR, DAY = 3600, 86_400
RANGES = {
    "15 min": 900,
    "1 h": HOUR,
    "6 h": 6 * HOUR,
    "24 h": DAY,
    "7 d": 7 * DAY,
    "30 d": 30 * DAY,
    "12 mo": 365 * DAY,
}
"""By the name that people read, which is also what stands in URLs."""
MONTH, CUSTOM, USUAL = "Month", "Custom", "24 h"
BY: dict[str, By] = {"Total": "total", "By client": "client", "By server": "server"}
MOST_OPTIONS = 2_000
"""Names offered to pick from; a typed name reaches all others."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What is asked for. since and until in unix seconds; live: it ends now, and goes on."""

    name: str
    since: float
    until: float
    live: bool
    wanted: Wanted
    by: By

    @property
    def refresh_seconds(self) -> float | None:
        """How often the picture changes enough to be drawn again."""
        seconds = self.until - self.since
        if not self.live or seconds > 7 * DAY:
            return None
        return 5 if seconds <= HOUR else 15 if seconds <= 6 * HOUR else 60

    def api_query(self, **more: str) -> str:
        """The same for the API."""
        pairs = [("from", formats.utc(self.since)), ("to", formats.utc(self.until))]
        pairs += [("client", name) for name in self.wanted.clients]
        pairs += [("server", name) for name in self.wanted.servers]
        return urlencode([*pairs, *more.items()])


def bar(names: list[str], servers: list[str], at: At) -> Choice:
    """Draw the filters and return what they say. names: everyone, the latest first."""
    name = st.segmented_control(
        "Range",
        [*RANGES, MONTH, CUSTOM],
        default=USUAL,
        required=True,
        key="t_span",
        bind="query-params",
        label_visibility="collapsed",
    )
    since, until, live = _span(name or USUAL, at)
    server = controls.server(servers, "t_server")
    clients = controls.clients(names[:MOST_OPTIONS], "t_client")
    by = st.segmented_control(
        "Show",
        [one for one in BY if one != "By server" or len(servers) > 1],
        default="Total",
        required=True,
        key="t_by",
        bind="query-params",
        label_visibility="collapsed",
    )
    wanted = Wanted(clients, (server,) if server else ())
    return Choice(name or USUAL, since, until, live, wanted, BY.get(by or "", "total"))


def _span(name: str, at: At) -> tuple[float, float, bool]:
    if name == MONTH:
        return ranges.preset("This month", at.zone, at.now).since or at.now, at.now, True
    if name != CUSTOM:
        return at.now - RANGES[name], at.now, True
    begin, end = (
        st.datetime_input(
            label,
            value=None,
            key=key,
            bind="query-params",
            format="YYYY-MM-DD",
            label_visibility="collapsed",
            help=f"{label}, in the zone of this page",
            width=205,
        )
        for label, key in (("From", "t_from"), ("To", "t_to"))
    )
    span = ranges.custom(begin, end, at.zone)
    until = at.now if span.until is None else min(span.until, at.now)
    since = until - timedelta(days=1).total_seconds() if span.since is None else span.since
    if since >= until:
        st.markdown(":red[The range ends before it begins: the day before its end is shown.]")
        since = until - DAY
    return since, until, False
