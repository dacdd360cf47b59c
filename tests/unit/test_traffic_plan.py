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
    ("seconds", "step", "samples"),
    [
        (900, 10, True),
        (HOUR, 10, True),
        (6 * HOUR, 15, True),
        (DAY, 60, True),
        (2 * DAY, 120, True),
        (7 * DAY, 900, False),
        (30 * DAY, HOUR, False),
        (365 * DAY, 6 * HOUR, False),
        (395 * DAY, DAY, False),
    ],
)
def test_the_finest_step_that_a_picture_has_room_for(
    seconds: float, step: int, samples: bool
) -> None:
    """Samples for short ranges, the 5-minute table for long ones."""
    made = plan(seconds)
    assert (made.step_seconds, made.samples) == (step, samples)
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
