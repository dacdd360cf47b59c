"""Ranges of time in people's own zone, on days of 23 and 25 hours too."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from ovpnmon import ranges
from ovpnmon.ranges import Span

BERLIN = ZoneInfo("Europe/Berlin")
HOUR = 3600


def clock(text: str) -> datetime:
    """What somebody types, who does not think of zones."""
    return datetime.fromisoformat(text)


def at(text: str, fold: int = 0) -> float:
    """The instant at which a clock in Berlin shows this."""
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN, fold=fold).timestamp()


@pytest.mark.parametrize(
    ("today", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-06-15", 24)]
)
def test_yesterday_is_a_whole_day_however_long(today: str, hours: int) -> None:
    """From midnight to midnight on the clock."""
    now = at(f"{today} 12:00") + 86_400
    span = ranges.preset("Yesterday", BERLIN, now)
    assert span.since == at(f"{today} 00:00")
    assert span.until is not None
    assert span.until - span.since == hours * HOUR


@pytest.mark.parametrize("clock", ["00:00", "02:30", "23:59"])
@pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25"])
def test_today_begins_at_its_midnight(day: str, clock: str) -> None:
    """Whatever the clocks do later that day."""
    assert ranges.preset("Today", BERLIN, at(f"{day} {clock}")) == Span(at(f"{day} 00:00"), None)


def test_months_are_the_calendars() -> None:
    """Over a new year, and over a change of clocks."""
    new_year = ranges.preset("Last month", BERLIN, at("2026-01-01 00:00"))
    assert new_year == Span(at("2025-12-01 00:00"), at("2026-01-01 00:00"))
    spring = ranges.preset("This month", BERLIN, at("2026-03-31 12:00"))
    assert spring == Span(at("2026-03-01 00:00"), None)
    assert ranges.preset("Last month", BERLIN, at("2026-04-01 00:00")).until == at("2026-04-01")


def test_so_many_hours_back_are_hours() -> None:
    """Not clock times: the last day before a change of clocks has 24 hours."""
    now = at("2026-03-29 12:00")
    assert ranges.preset("Last 24 hours", BERLIN, now).since == now - 24 * HOUR
    assert ranges.preset("All", BERLIN, now) == Span(None, None)


def test_a_time_that_comes_twice_or_never_is_taken_as_clocks_stood_before() -> None:
    """Nothing between from and to is left out at the beginning."""
    twice = ranges.custom(clock("2026-10-25 02:30"), None, BERLIN)
    assert twice == Span(at("2026-10-25 02:30", fold=0), None)
    never = ranges.custom(clock("2026-03-29 02:30"), clock("2026-03-29 04:00"), BERLIN)
    assert never == Span(at("2026-03-29 01:30") + HOUR, at("2026-03-29 04:00"))
