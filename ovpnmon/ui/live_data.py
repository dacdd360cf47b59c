"""What the Live page asks, each question once for all browsers until there is a newer state."""

import math
from collections.abc import Sequence
from dataclasses import replace

import pandas as pd
import pyarrow as pa

from ovpnmon import charts, runtime
from ovpnmon.queries import live, live_view, traffic, troubles
from ovpnmon.queries.live_view import SIZES, View
from ovpnmon.queries.today import Today, today
from ovpnmon.ui import whereabouts
from ovpnmon.ui.shared import Look, memo
from ovpnmon.ui.zones import At

SPAN_SECONDS = 15 * 60
RECENT_SECONDS = 5 * 60
STEP_SECONDS = 10


def clients(seen: Look) -> pd.DataFrame:
    """The live list from the client's side. Treat as read-only, as all frames from here."""
    fresh = troubles.fresh(seen.servers)
    return memo.get(
        seen.state,
        ("clients", fresh),
        lambda: live_view.prepare(whereabouts.located(live.live_clients(seen.state)), fresh),
    )


def here(seen: Look) -> set[str]:
    """Who is online for sure: on a server whose figures are of now."""
    rows = clients(seen)
    known = rows["server"].isin(troubles.fresh(seen.servers)) & (rows["state"] != "connecting")
    return set(rows.loc[known, "common_name"])


def matching(seen: Look, view: View) -> pd.DataFrame:
    """All rows that match, sorted."""
    everybody = clients(seen)
    wanted = replace(view, page=1, size=SIZES[0])
    return memo.get(
        seen.state,
        ("matching", troubles.fresh(seen.servers), wanted),
        lambda: live_view.matching(everybody, wanted),
    )


def rates(seen: Look) -> pd.DataFrame:
    """The last quarter of an hour, up to the last full step. Raises StateError or OSError."""
    until = last_step(seen)
    return memo.get(
        seen.state,
        ("rates", until),
        lambda: traffic.rates(runtime.store(), until - SPAN_SECONDS, until, STEP_SECONDS),
    )


def strip(seen: Look, at: At) -> pa.Table:
    """The same as the strip is drawn from it. Raises StateError or OSError."""
    return memo.get(
        seen.state,
        ("strip", last_step(seen), at.zone),
        lambda: charts.strip_data(rates(seen), at.zone),
    )


def recent(seen: Look, sessions: Sequence[str]) -> dict[str, list[float]]:
    """Bytes per second of these sessions in the last minutes. Raises StateError or OSError."""
    until = last_step(seen)
    return memo.get(
        seen.state,
        ("recent", until, tuple(sessions)),
        lambda: traffic.sparklines(
            runtime.store(), sessions, until - RECENT_SECONDS, until, STEP_SECONDS
        ),
    )


def since_midnight(seen: Look, at: At) -> Today:
    """Today's figures in the viewer's zone. Raises StateError or OSError."""
    return memo.get(
        seen.state,
        ("today", at.zone, int(at.now // 60)),
        lambda: today(runtime.store(), at.zone, at.now),
    )


def last_step(seen: Look) -> int:
    """Where the recent past ends: at the last full step, so that what is drawn stays as it is."""
    return math.floor(seen.now / STEP_SECONDS) * STEP_SECONDS
