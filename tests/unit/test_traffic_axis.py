"""Where steps stand on the time axis of the Traffic page, on days on which clocks are changed too."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from ovpnmon import traffic_charts
from ovpnmon.queries.traffic_plan import Plan, stepped
from ovpnmon.queries.traffic_series import Series

BERLIN = ZoneInfo("Europe/Berlin")
HOUR, DAY = 3600, 86_400
AUTUMN = int(datetime(2026, 10, 25, 1, tzinfo=UTC).timestamp())
"""Clocks go from 3 back to 2."""
SPRING = int(datetime(2026, 3, 29, 1, tzinfo=UTC).timestamp())
"""Clocks go from 2 on to 3."""


def shown(plan: Plan) -> list[str]:
    """What the axis says at each step."""
    steps = len(plan.edges) - 1
    nothing = np.zeros((1, steps))
    series = Series(
        plan, [None], nothing, nothing, nothing[0], nothing == 0, np.diff(plan.edges) * 1.0
    )
    places = traffic_charts.over_time_data(series, BERLIN)["ms"].to_pylist()
    assert places == sorted(places)
    change = traffic_charts.clock_change(plan, BERLIN)
    mended = [at + (change[1] if change and at < change[0] else 0) for at in places]
    return [datetime.fromtimestamp(at / 1000, UTC).strftime("%d %H:%M") for at in mended]


def told(plan: Plan) -> list[str]:
    """What a clock on a wall in Berlin said then."""
    return [datetime.fromtimestamp(at, BERLIN).strftime("%d %H:%M") for at in plan.edges[:-1]]


@pytest.mark.parametrize("change", [AUTUMN, SPRING])
@pytest.mark.parametrize("step", [60, 300, 6 * HOUR, DAY])
def test_each_step_stands_at_the_wall_clock_of_its_own_time(change: int, step: int) -> None:
    """Before and after a change of clocks in the middle of the range."""
    span = 12 * HOUR if step < 900 else 9 * DAY
    plan = stepped(change - span, change + span, step, BERLIN)
    assert shown(plan) == told(plan)


@pytest.mark.parametrize("step", [900, HOUR])
def test_the_hour_that_comes_twice_stands_where_it_was_first(step: int) -> None:
    """In a picture of weeks; the line never runs back, and all the rest is at its own time."""
    plan = stepped(AUTUMN - 5 * DAY, AUTUMN + 5 * DAY, step, BERLIN)
    wrong = [pair for pair in zip(shown(plan), told(plan), strict=True) if pair[0] != pair[1]]
    assert len(wrong) == HOUR // step - 1
    assert {axis for axis, _ in wrong} <= {"25 02:45"}


def test_minutes_stand_at_even_distances_through_a_change_of_clocks() -> None:
    """So that the hour that comes twice can be seen twice."""
    plan = stepped(AUTUMN - HOUR, AUTUMN + HOUR, 60, BERLIN)
    series = Series(
        plan,
        [None],
        *[np.zeros((1, 120))] * 2,
        np.zeros(120),
        np.ones((1, 120), bool),
        np.full(120, 60.0),
    )
    places = traffic_charts.over_time_data(series, BERLIN)["ms"].to_numpy()
    assert set(np.diff(places)) == {60_000}


def test_ranges_without_a_change_of_clocks_need_no_mending() -> None:
    """The picture is then the same one, and keeps its zoom."""
    assert traffic_charts.clock_change(
        stepped(AUTUMN + DAY, AUTUMN + 2 * DAY, 60, BERLIN), BERLIN
    ) is (None)


def test_labels_before_the_change_are_told_with_its_offset() -> None:
    """In the picture itself."""
    change = (1_792_893_600_000, 3_600_000)
    axis = str(traffic_charts.over_time(change=change))
    assert "datum.value < 1792893600000 ? 3600000 : 0" in axis
    assert "datum.value <" not in str(traffic_charts.over_time())
