"""Traffic and sessions over time: what was moved is spread over when it was, gaps stay gaps."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from ovpnmon.queries import overview, today, traffic
from ovpnmon.queries.filters import Sessions
from ovpnmon.store.reader import Store
from tests.recording import START, Recording, make_settings


@pytest.fixture
def life(tmp_path: Path) -> Recording:
    return Recording(make_settings(tmp_path))


def saved(life: Recording) -> Store:
    life.save()
    return Store(life.settings)


def test_rates_are_bytes_per_second_over_all_clients(life: Recording) -> None:
    """Two clients in one span add up; online is how many there were."""
    life.tick({"a": (100, 1000), "b": (50, 0)})
    life.tick({"a": (200, 0)})
    frame = traffic.rates(saved(life), START, START + 20, 10)
    assert frame["receive_rate"].tolist() == pytest.approx([15, 20])
    assert frame["send_rate"].tolist() == pytest.approx([100, 0])
    assert frame["online"].tolist() == pytest.approx([2, 1])
    assert frame["at"].tolist()[0].timestamp() == START


def test_a_span_across_steps_is_shared_by_time(life: Recording) -> None:
    """A status file rewritten more rarely than the chart's step raises no bars between zeros."""
    life.tick({"a": (600, 0)}, seconds=60)
    frame = traffic.rates(saved(life), START, START + 60, 10)
    assert frame["receive_rate"].tolist() == pytest.approx([10] * 6)


def test_nobody_connected_is_zero_and_nobody_looking_is_a_gap(life: Recording) -> None:
    """The two are told apart: the first was observed."""
    life.tick({})
    life.time += 20
    life.tick({})
    rates = traffic.rates(saved(life), START, START + 40, 10)["receive_rate"]
    assert rates.iloc[[0, 3]].tolist() == [0, 0]
    assert np.isnan(rates.iloc[[1, 2]]).all()


def test_a_session_first_seen_late_raises_no_spike(life: Recording) -> None:
    """What it moved before anybody looked is spread over that time, not put into one instant."""
    life.tick({})
    life.tick({"old": (0, 0)})
    session = life.state.servers["openvpn"].sessions["old"]
    group = life.state.pending[-1].samples[-1]
    assert session.number in group.number
    group.from_at, group.bytes_received[group.number.index(session.number)] = START - 980, 1000
    rates = traffic.rates(saved(life), START, START + 20, 10)["receive_rate"]
    assert rates.max() == pytest.approx(1, rel=0.01)


def test_servers_read_at_different_moments_make_no_dip_at_the_end(life: Recording) -> None:
    """Of the last step, one of the two was looked at for a half only: its rate is that of the half."""
    for _ in range(4):
        life.tick({"a": (100, 0)})
    samples = life.state.pending[-1].samples
    samples += [
        replace(group, server="other", from_at=group.from_at - 5, to_at=group.to_at - 5)
        for group in samples
    ]
    rates = traffic.rates(saved(life), START, START + 40, 10)
    assert rates["receive_rate"].tolist() == pytest.approx([20] * 4)
    assert rates["online"].tolist() == pytest.approx([2] * 4)


def test_sparklines_are_of_the_sessions_asked_for(life: Recording) -> None:
    """Both ways together; one without samples in the range has none."""
    life.tick({"a": (100, 100), "b": (1, 1)})
    life.tick({"a": (0, 50), "b": (1, 1)})
    lines = traffic.sparklines(saved(life), ["id-a", "id-none"], START, START + 20, 10)
    assert lines == {"id-a": [20, 5]}
    assert traffic.sparklines(saved(life), [], START, START + 20, 10) == {}


def test_a_name_in_a_query_is_only_a_name(life: Recording) -> None:
    """Quotes and comment signs in an id find nothing and break nothing."""
    life.tick({"a": (1, 1)})
    store = saved(life)
    for hostile in ("' OR '1'='1", "'; DROP VIEW traffic; --", "\\' OR 1=1 --", "a\0b"):
        assert traffic.sparklines(store, [hostile], START, START + 20, 10) == {}


def test_today_begins_at_the_viewers_midnight(life: Recording) -> None:
    """The same traffic is today's in one zone and yesterday's in another."""
    life.tick({"a": (100, 1000)}, close=["a"])
    life.tick({"b": (1, 2)})
    store = saved(life)
    noon = datetime(2025, 6, 15, 22, 30, tzinfo=UTC).timestamp()
    here = today.today(store, UTC, noon)
    assert (here.bytes_received, here.bytes_sent) == (101, 1002)
    assert (here.sessions, here.clients) == (2, 2)
    assert here.hourly_sessions[15] == 2
    assert here.cumulative_bytes[14] == 0
    assert here.cumulative_bytes[15:] == [1103] * 8
    there = today.today(store, ZoneInfo("Europe/Moscow"), noon)
    assert (there.bytes_received, there.sessions) == (0, 1), "only b is still open"


def test_a_session_open_since_yesterday_is_one_of_todays(life: Recording) -> None:
    """It was there today; it is in no hour's beginnings."""
    life.tick({"a": (1, 1)})
    life.time = int(datetime(2025, 6, 16, 0, 5, tzinfo=UTC).timestamp())
    life.tick({"a": (1, 1)})
    day = today.today(saved(life), UTC, life.time)
    assert (day.sessions, day.hourly_sessions) == (1, [0])


def test_open_sessions_over_time(life: Recording) -> None:
    """Begun and open in each minute, closed and open ones alike."""
    life.tick({"a": (1, 1), "b": (1, 1)}, seconds=60)
    life.tick({"a": (1, 1), "c": (1, 1)}, close=["a"], seconds=60)
    life.tick({"b": (1, 1)}, seconds=60)
    store = saved(life)
    wanted = Sessions(since=START, until=START + 180)
    frame = overview.over_time(store, wanted, START, START + 180)
    first = START // 60 * 60
    assert frame["at"].iloc[0].timestamp() == first
    assert frame["started"].sum() == 3
    assert frame["open"].tolist()[-1] == 2
    assert frame["open"].max() == 3


def test_sessions_begun_before_the_range_are_open_in_it(life: Recording) -> None:
    """The count does not begin at zero."""
    life.tick({"a": (1, 1)}, seconds=60)
    life.time += 3600
    life.tick({"a": (1, 1)}, seconds=60)
    wanted = Sessions(since=START + 1800, until=START + 3600)
    frame = overview.over_time(saved(life), wanted, START + 1800, START + 3600)
    assert set(frame["open"]) == {1}
    assert frame["started"].sum() == 0


def test_the_summary_of_a_filter(life: Recording) -> None:
    """Sums of exactly what matches."""
    life.tick({"a": (10, 100), "b": (1, 1)})
    life.tick({"a": (10, 100), "b": (1, 1)}, close=["a"])
    store = saved(life)
    both = overview.summary(store, Sessions())
    assert (both.sessions, both.clients, both.bytes_received, both.bytes_sent) == (2, 2, 22, 202)
    assert (both.seconds, both.longest_seconds, both.first_at) == (40, 20, START)
    none = overview.summary(store, Sessions(clients=("nobody",)))
    assert (none.sessions, none.seconds, none.first_at) == (0, 0, None)


@pytest.mark.parametrize(("days", "most"), [(0.01, 400), (1, 400), (30, 400), (730, 400)])
def test_a_chart_never_needs_more_points_than_are_worth_sending(days: float, most: int) -> None:
    """The step grows with the range."""
    assert days * 86_400 / overview.step_seconds(0, days * 86_400) <= most
