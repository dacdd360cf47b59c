"""Ranges of time that people ask for, in their own zone: "last 7 days", "this month", from and to."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

CUSTOM = "Custom"


@dataclass(frozen=True, slots=True)
class Span:
    """From since until until, in unix seconds. None: as far back as there is, or up to now."""

    since: float | None
    until: float | None


def _back(**amount: float) -> Callable[[datetime], Span]:
    def span(now: datetime) -> Span:
        # Whole minutes: the answer to the same question is the same for a while.
        begin = now.timestamp() - timedelta(**amount).total_seconds()
        return Span(begin // 60 * 60, None)

    return span


def _today(now: datetime) -> Span:
    return Span(midnight(now).timestamp(), None)


def _yesterday(now: datetime) -> Span:
    today = midnight(now)
    return Span(midnight(today - timedelta(hours=12)).timestamp(), today.timestamp())


def _this_month(now: datetime) -> Span:
    return Span(midnight(now).replace(day=1).timestamp(), None)


def _last_month(now: datetime) -> Span:
    first = midnight(now).replace(day=1)
    before = midnight(first - timedelta(days=1)).replace(day=1)
    return Span(before.timestamp(), first.timestamp())


def _everything(_now: datetime) -> Span:
    return Span(None, None)


PRESETS: dict[str, Callable[[datetime], Span]] = {
    "Last hour": _back(hours=1),
    "Last 24 hours": _back(hours=24),
    "Last 7 days": _back(days=7),
    "Last 30 days": _back(days=30),
    "Last 12 months": _back(days=365),
    "Today": _today,
    "Yesterday": _yesterday,
    "This month": _this_month,
    "Last month": _last_month,
    "All": _everything,
}
"""By the name that people read, which is also what stands in URLs."""


def preset(name: str, zone: tzinfo, now: float) -> Span:
    """The span that a preset means now, with days and months of zone."""
    return PRESETS[name](datetime.fromtimestamp(now, zone))


def custom(begin: datetime | None, end: datetime | None, zone: tzinfo) -> Span:
    """A span between two wall-clock times of zone, either of which may be open.

    A time that a change of clocks skips or repeats is taken as the clock stood before it.
    """
    return Span(
        None if begin is None else begin.replace(tzinfo=zone, fold=0).timestamp(),
        None if end is None else end.replace(tzinfo=zone, fold=0).timestamp(),
    )


def midnight(at: datetime) -> datetime:
    """The beginning of a day in its own zone, whose days need not have 24 hours."""
    return at.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
