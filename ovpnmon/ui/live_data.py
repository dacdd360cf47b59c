"""What the Live page asks, each question once for all browsers until there is a newer state."""

import math
from collections.abc import Sequence

import pandas as pd

from ovpnmon import runtime
from ovpnmon.queries import live, live_view, traffic, troubles
from ovpnmon.queries.live_view import View
from ovpnmon.queries.today import Today, today
from ovpnmon.ui.shared import Look, memo
from ovpnmon.ui.zones import At

SPAN_SECONDS = 15 * 60
RECENT_SECONDS = 5 * 60
STEP_SECONDS = 10


def clients(seen: Look) -> pd.DataFrame:
    """The live list from the client's side. Treat as read-only, as all frames from here."""
    fresh = tuple(troubles.fresh(seen.servers))
    return memo.get(
        seen.state,
        ("clients", fresh),
        lambda: live_view.prepare(live.live_clients(seen.state), fresh),
    )


def matching(seen: Look, view: View) -> pd.DataFrame:
    """All rows that match, sorted."""
    everybody = clients(seen)
    key = (id(everybody), view.search, view.server, view.sort, view.reverse)
    return memo.get(seen.state, key, lambda: live_view.matching(everybody, view))


def rates(seen: Look) -> pd.DataFrame:
    """The last quarter of an hour, up to the last full step. Raises StateError or OSError."""
    until = _last_step(seen)
    return memo.get(
        seen.state,
        ("rates", until),
        lambda: traffic.rates(runtime.store(), until - SPAN_SECONDS, until, STEP_SECONDS),
    )


def recent(seen: Look, sessions: Sequence[str]) -> dict[str, list[float]]:
    """Bytes per second of these sessions in the last minutes. Raises StateError or OSError."""
    until = _last_step(seen)
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


def _last_step(seen: Look) -> int:
    return math.floor(seen.now / STEP_SECONDS) * STEP_SECONDS
