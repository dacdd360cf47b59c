"""What the Traffic page asks, each question once for all browsers.

What is about minutes is asked anew with every state; what is about months, where a tick makes no
difference that could be seen, once in a while.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import TypeVar

import pandas as pd
import pyarrow as pa

from ovpnmon import runtime, traffic_charts
from ovpnmon.queries import local_days, traffic_plan, traffic_series, usage
from ovpnmon.queries.traffic_plan import Plan, Wanted
from ovpnmon.queries.traffic_series import By, Series
from ovpnmon.ui.shared import Look, memo, once
from ovpnmon.ui.traffic_filters import Choice
from ovpnmon.ui.zones import At

HABIT_SECONDS = 30 * 86_400
COARSE_SECONDS = 900
"""Points that stand for so long are worth a look a minute."""
MINUTE, TEN_MINUTES = 60, 600
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Question:
    """What is drawn now."""

    plan: Plan
    wanted: Wanted
    by: By


def question(seen: Look, choice: Choice, at: At) -> Question:
    """The choice at its resolution. A live one ends where all running servers have been read."""
    until = choice.until
    if choice.live:
        read = [float(view.time) for view in seen.servers if view.status == "up" and view.time]
        until = min([at.now, *(one for one in read if one > at.now - 120)])
    since = until - (choice.until - choice.since) if choice.name != "Month" else choice.since
    kept_since = at.now - runtime.settings().traffic_days * 86_400
    per_second = traffic_plan.samples_per_second(seen.state)
    plan = traffic_plan.automatic(since, max(until, since + 1), at.zone, kept_since, per_second)
    if choice.live and plan.samples and len(plan.edges) > 2 and plan.until > until:
        # A step that has only begun would jump up and down until it is over.
        plan = Plan(plan.edges[:-1], plan.step_seconds)
    return Question(plan, choice.wanted, choice.by)


def series(seen: Look, asked: Question) -> Series:
    """The series of the picture. Raises StateError or OSError."""
    names: tuple[str, ...] = ()
    if asked.by == "client":
        moved = talkers(seen, asked)
        names = tuple(moved["common_name"].head(traffic_charts.MOST_TOLD_APART))
    return _answer(
        seen,
        asked.plan,
        ("traffic", asked, names),
        lambda: traffic_series.series(runtime.store(), asked.plan, asked.wanted, asked.by, names),
    )


def picture(seen: Look, asked: Question, at: At) -> pa.Table:
    """What it is drawn from. Raises StateError or OSError."""
    found = series(seen, asked)
    return _answer(
        seen,
        asked.plan,
        ("traffic_picture", asked, tuple(found.keys), at.zone),
        lambda: traffic_charts.over_time_data(found, at.zone),
    )


def talkers(seen: Look, asked: Question) -> pd.DataFrame:
    """Who moved how much in the range, most first. Raises StateError or OSError."""
    return _answer(
        seen,
        asked.plan,
        ("talkers", asked.plan, asked.wanted),
        lambda: traffic_series.talkers(runtime.store(), asked.plan, asked.wanted),
    )


def hours(seen: Look, asked: Question, at: At) -> Series:
    """The range by the hour, and at least a month of it. Raises StateError or OSError."""
    until = -(-asked.plan.until // 3600) * 3600
    since = min(asked.plan.since, until - HABIT_SECONDS)
    plan = traffic_plan.stepped(since, until, 3600, at.zone)
    return once(
        seen,
        TEN_MINUTES,
        ("hours", plan, asked.wanted),
        lambda: traffic_series.series(runtime.store(), plan, asked.wanted),
    )


def months(seen: Look, at: At) -> list[str]:
    """Months there may be anything for, the latest first. Raises StateError or OSError."""
    return once(
        seen,
        TEN_MINUTES,
        ("months", at.zone),
        lambda: usage.months(runtime.store(), at.zone, at.now),
    )


def month(seen: Look, which: str, wanted: Wanted, at: At) -> pd.DataFrame:
    """Usage of a month. Raises StateError or OSError."""
    return once(
        seen,
        MINUTE,
        ("month", which, wanted, at.zone),
        lambda: usage.month(runtime.store(), which, at.zone, wanted),
    )


def days(seen: Look, which: str, wanted: Wanted, at: At) -> pd.DataFrame:
    """Usage of each day of a month, so far. Raises StateError or OSError."""
    since = local_days.month_start(which, at.zone)
    until = min(at.now, local_days.month_start(local_days.month_after(which), at.zone))
    return once(
        seen,
        MINUTE,
        ("days", which, wanted, at.zone),
        lambda: usage.usage(runtime.store(), since, until, at.zone, wanted, "day"),
    )


def _answer(seen: Look, plan: Plan, key: Hashable, make: Callable[[], T]) -> T:
    if plan.step_seconds >= COARSE_SECONDS:
        return once(seen, MINUTE, key, make)
    return memo.get(seen.state, key, make)
