"""At which resolution a range is looked at: never more points than a picture can show."""

from datetime import UTC, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from ovpnmon.queries import traffic_plan
from ovpnmon.queries.traffic_plan import MAX_POINTS, automatic, stepped

HOUR, DAY = 3600, 86_400
NOW = datetime(2026, 11, 22, 15, 20, 7, tzinfo=UTC).timestamp()
BERLIN = ZoneInfo("Europe/Berlin")


def plan(seconds: float, *, kept_days: int = 30, per_second: float = 5) -> traffic_plan.Plan:
    return automatic(NOW - seconds, NOW, BERLIN, NOW - kept_days * DAY, per_second)


@pytest.mark.parametrize(
    ("seconds", "step", "table"),
    [
        (900, 10, "traffic"),
        (HOUR, 10, "traffic"),
        (6 * HOUR, 15, "traffic"),
        (DAY, 60, "traffic"),
        (2 * DAY, 120, "traffic"),
        (7 * DAY, 900, "traffic_5m"),
        (30 * DAY, HOUR, "traffic_1h"),
        (365 * DAY, 6 * HOUR, "traffic_1h"),
        (395 * DAY, DAY, "traffic_1h"),
    ],
)
def test_the_finest_step_that_a_picture_has_room_for(seconds: float, step: int, table: str) -> None:
    """Samples for short ranges, 5 minutes for a week, hours beyond."""
    made = plan(seconds)
    assert (made.step_seconds, made.table) == (step, table)
    assert len(made.edges) - 1 <= MAX_POINTS + 1
    assert made.since <= NOW - seconds
    assert made.until >= NOW


def test_samples_that_are_gone_are_not_asked_for() -> None:
    """An hour of last year comes from what is kept that long."""
    assert automatic(NOW - 99 * DAY, NOW - 99 * DAY + HOUR, BERLIN, NOW - 30 * DAY, 5).samples is (
        False
    )


def test_a_crowd_is_looked_at_more_coarsely_rather_than_slowly() -> None:
    """A day of 2,000 clients is 17 million samples, a quarter of an hour is not."""
    assert not plan(DAY, per_second=200).samples
    assert plan(900, per_second=200).samples
    assert plan(HOUR, per_second=1000).samples


def test_days_begin_at_the_zones_midnights_and_have_their_own_lengths() -> None:
    """23 hours when clocks go forward, 25 when they go back."""
    for month, hours in ((3, 23), (10, 25)):
        first = datetime(2026, month, 1, tzinfo=BERLIN).timestamp()
        edges = stepped(first, first + 31 * DAY, DAY, BERLIN).edges
        lengths = {(b - a) // HOUR for a, b in pairwise(edges)}
        assert lengths == {24, hours}
        assert {datetime.fromtimestamp(at, BERLIN).hour for at in edges} == {0}


def test_hours_are_those_of_the_zones_clock() -> None:
    """Also where that is half an hour off."""
    made = stepped(NOW, NOW + 5 * HOUR, HOUR, ZoneInfo("Asia/Kolkata"))
    assert {datetime.fromtimestamp(at, ZoneInfo("Asia/Kolkata")).minute for at in made.edges} == {0}


@pytest.mark.parametrize(("month", "hours"), [(3, 5), (10, 7)])
def test_quarters_of_a_day_stay_with_the_clock_when_it_is_changed_on_the_way(
    month: int, hours: int
) -> None:
    """0, 6, 12 and 18 o'clock before and after; the night of the change is longer or shorter."""
    first = datetime(2026, month, 20, 3, tzinfo=BERLIN).timestamp()
    edges = stepped(first, first + 10 * DAY, 6 * HOUR, BERLIN).edges
    assert {datetime.fromtimestamp(at, BERLIN).hour for at in edges} == {0, 6, 12, 18}
    assert {datetime.fromtimestamp(at, BERLIN).minute for at in edges} == {0}
    lengths = [(b - a) // HOUR for a, b in pairwise(edges)]
    assert sorted(set(lengths)) == sorted({6, hours})
    assert lengths.count(hours) == 1
    assert edges[0] <= first
    assert edges[-1] >= first + 10 * DAY


def test_a_range_that_begins_right_after_a_change_of_clocks_misses_nothing() -> None:
    """Its first point begins before, where the clock's own quarter of the day did."""
    change = datetime(2026, 10, 25, 1, tzinfo=UTC).timestamp()
    edges = stepped(change + 60, change + 120, 6 * HOUR, BERLIN).edges
    assert [at - change for at in edges] == [-3 * HOUR, 4 * HOUR]


def test_a_clock_that_is_changed_by_half_an_hour() -> None:
    """Lord Howe Island: hours begin with the clock's on both sides."""
    zone = ZoneInfo("Australia/Lord_Howe")
    first = datetime(2026, 4, 4, tzinfo=zone).timestamp()
    edges = stepped(first, first + 2 * DAY, HOUR, zone).edges
    assert {datetime.fromtimestamp(at, zone).minute for at in edges} == {0}
    assert {b - a for a, b in pairwise(edges)} == {HOUR, HOUR + HOUR // 2}


def test_hours_that_a_change_of_clocks_leaves_alone() -> None:
    """Changed by a whole one: each is as long as ever, none is there twice."""
    first = datetime(2026, 10, 24, tzinfo=BERLIN).timestamp()
    for step in (60, 900, HOUR):
        edges = stepped(first, first + 2 * DAY, step, BERLIN).edges
        assert {b - a for a, b in pairwise(edges)} == {step}
