"""Traffic over time from both tables: the same bytes, gaps as gaps, and never a spike."""

from datetime import UTC
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from ovpnmon.queries import traffic_series, usage
from ovpnmon.queries.traffic_plan import Plan, Wanted, stepped
from ovpnmon.store.reader import Store
from tests.recording import START, Recording, make_settings

ALL = Wanted()
FIRST = START - START % 300
"""The 5-minute bucket that a recording begins in."""


@pytest.fixture
def life(tmp_path: Path) -> Recording:
    """A recording that begins with a bucket."""
    recording = Recording(make_settings(tmp_path))
    recording.time = FIRST
    return recording


def saved(life: Recording) -> Store:
    life.save()
    return Store(life.settings)


def over(seconds: int, step: int) -> Plan:
    return stepped(FIRST, FIRST + seconds, step, UTC)


def test_both_tables_tell_the_same_bytes(life: Recording) -> None:
    """To the byte, at every resolution, whatever the samples' spans."""
    for tick in range(200):
        life.tick({"a": (101 + tick, 1009), "b": (7, tick * tick)}, seconds=7)
    store = saved(life)
    expected = np.sum(list(life.totals.values()), axis=0).tolist()
    for step in (10, 30, 60, 300, 900, 3600):
        found = traffic_series.series(store, over(1800, step), ALL)
        assert found.received.sum() == pytest.approx(expected[0], abs=1e-3)
        assert found.sent.sum() == pytest.approx(expected[1], abs=1e-3)
        moved = traffic_series.talkers(store, over(1800, step), ALL)
        assert [moved["bytes_received"].sum(), moved["bytes_sent"].sum()] == expected


def test_rates_and_clients_online(life: Recording) -> None:
    """Bytes per second of all together, and how many sessions there were."""
    for tick in range(60):
        life.tick({"a": (100, 1000), **({"b": (50, 0)} if tick < 30 else {})}, seconds=10)
    frame = traffic_series.series(saved(life), over(600, 300), ALL).rates()
    assert frame["receive_rate"].tolist() == pytest.approx([15, 10])
    assert frame["send_rate"].tolist() == pytest.approx([100, 100])
    assert frame["online"].tolist() == pytest.approx([2, 1])
    assert [at.timestamp() for at in frame["at"]] == [FIRST, FIRST + 300]


@pytest.mark.parametrize("step", [60, 300])
def test_nobody_connected_is_zero_and_nobody_looking_is_a_gap(life: Recording, step: int) -> None:
    """The two are told apart, in both tables."""
    for _ in range(60):
        life.tick({})
    life.time += 600
    for _ in range(60):
        life.tick({})
    found = traffic_series.series(saved(life), over(1800, step), ALL)
    rate = found.rates()["receive_rate"].to_numpy()
    a_third = 600 // step
    assert (rate[:a_third] == 0).all()
    assert np.isnan(rate[a_third : 2 * a_third]).all()
    assert (rate[2 * a_third :] == 0).all()
    assert found.gaps() == [(FIRST + 600, FIRST + 1200)]


@pytest.mark.parametrize("step", [10, 60, 300, 900])
def test_downtime_is_a_gap_and_its_traffic_no_spike(life: Recording, step: int) -> None:
    """A client that moved 1 kB/s all the time, also while nobody looked, is never shown faster."""
    for _ in range(20):
        life.tick({"a": (10_000, 0)})
    life.time += 1270
    life.tick({"a": (1_280_000, 0)})  # the sample reaches back to the last look
    for _ in range(50):
        life.tick({"a": (10_000, 0)})
    found = traffic_series.series(saved(life), over(2100, step), ALL)
    rate = found.rates()["receive_rate"].to_numpy()
    assert np.nanmax(rate) == pytest.approx(1000, rel=0.01)
    assert np.nanmin(rate) >= 0
    assert found.received.sum() == pytest.approx(life.totals["id-a"][0])
    if step <= 300:
        assert np.isnan(rate).any()


@pytest.mark.parametrize("step", [10, 300])
def test_a_session_found_late_raises_no_spike(life: Recording, step: int) -> None:
    """What it moved in the hours before anybody looked is not put into the first minutes."""
    life.time += 3600
    life.tick({})
    life.tick({"old": (0, 0)})
    group = life.state.pending[-1].samples[-1]
    place = group.number.index(life.state.servers["openvpn"].sessions["old"].number)
    group.from_at, group.bytes_received[place] = FIRST, 3_620_000
    for _ in range(30):
        life.tick({"old": (10_000, 0)})
    rate = traffic_series.series(saved(life), over(4200, step), ALL).rates()["receive_rate"]
    assert np.nanmax(rate) == pytest.approx(1000, rel=0.05)


def test_a_step_that_has_only_begun_has_its_own_rate(life: Recording) -> None:
    """The last point of a live picture doesn't dip because its five minutes are not over."""
    for _ in range(33):
        life.tick({"a": (10_000, 0)})
    rate = traffic_series.series(saved(life), over(600, 300), ALL).rates()["receive_rate"]
    assert rate.tolist() == pytest.approx([1000, 1000])


def test_a_long_sample_beyond_the_range_counts_by_its_part(life: Recording) -> None:
    """Ten hours in one sample: an hour of it is a tenth, in the picture and among the talkers."""
    life.tick({"a": (36_000_000, 0)}, seconds=36_000)
    plan = stepped(FIRST + 7200, FIRST + 10_800, 300, UTC)
    store = saved(life)
    found = traffic_series.series(store, plan, ALL)
    assert found.received.sum() == pytest.approx(3_600_000)
    assert traffic_series.talkers(store, plan, ALL)["bytes_received"].tolist() == [3_600_000]


def test_by_client_tells_some_apart_and_sums_the_others(life: Recording) -> None:
    """All together are the total."""
    for _ in range(30):
        life.tick({name: (0, n * 100) for n, name in enumerate("abcd", 1)})
    store = saved(life)
    for step in (10, 300):
        found = traffic_series.series(store, over(300, step), ALL, "client", ["d", "c"])
        assert found.keys == ["d", "c", None]
        assert found.sent.sum(axis=1) == pytest.approx([12_000, 9_000, 9_000])
        assert found.rates_of("sent")[0] == pytest.approx([40] * (300 // step))


def test_by_server_each_has_its_own_gaps(life: Recording) -> None:
    """One that was not looked at has no data, while the other one has."""
    for _ in range(30):
        life.tick({"a": (0, 100)})
    for group in life.state.pending[-1].samples[:15]:
        group.server = "other"
    found = traffic_series.series(saved(life), over(300, 10), ALL, "server")
    assert found.keys == ["openvpn", "other"]
    rates = found.rates_of("sent")
    assert np.isnan(rates[0][:15]).all()
    assert rates[0][15:] == pytest.approx([10] * 15)
    assert rates[1][:15] == pytest.approx([10] * 15)
    assert np.isnan(rates[1][15:]).all()


def test_filters_by_client_and_server(life: Recording) -> None:
    """Hostile names are only names."""
    hostile = "x'; DROP VIEW traffic; --"
    for _ in range(30):
        life.tick({"a": (1, 1), hostile: (2, 2)})
    store = saved(life)
    for step in (10, 300):
        plan = over(300, step)
        for wanted, total in (
            (Wanted(clients=(hostile,)), 60),
            (Wanted(clients=("nobody",)), 0),
            (Wanted(servers=("openvpn",)), 90),
            (Wanted(servers=("' OR 1=1 --",)), 0),
        ):
            assert traffic_series.series(store, plan, wanted).sent.sum() == pytest.approx(total)
        apart = traffic_series.series(store, plan, ALL, "client", [hostile])
        assert apart.sent.sum(axis=1) == pytest.approx([60, 30])


def test_talkers_are_sorted_and_those_who_moved_nothing_left_out(life: Recording) -> None:
    """By both ways together."""
    life.tick({"quiet": (0, 0), "up": (900, 0), "down": (0, 1000)})
    moved = traffic_series.talkers(saved(life), over(300, 10), ALL)
    assert moved["common_name"].tolist() == ["down", "up"]


def test_an_empty_store_is_one_gap(life: Recording) -> None:
    """Nothing recorded: no data, not zero."""
    frame = traffic_series.series(saved(life), over(3600, 300), ALL).rates()
    assert len(frame) == 12
    assert frame[["receive_rate", "send_rate", "online"]].isna().to_numpy().all()


@pytest.mark.parametrize("zone", ["Asia/Kathmandu", "Asia/Kolkata", "Europe/Berlin"])
def test_days_and_hours_of_every_zone_are_the_accounts_of_it(life: Recording, zone: str) -> None:
    """Also where midnight lies in the middle of an hour of UTC: the same bytes by day, to the byte."""
    where = ZoneInfo(zone)
    for tick in range(300):
        life.tick({"a": (1009 + tick, 7), "b": (tick * tick, 3)}, seconds=900)
    life.tick({"a": (10**9 + 7, 1)}, seconds=40 * 3600)  # a long sample, kept in pieces of an hour
    life.tick({"a": (10**9 + 9, 1)}, seconds=5 * 86400)  # and one in pieces of a day
    store = saved(life)
    plan = stepped(FIRST, life.time, 86400, where)
    accounts = usage.usage(store, plan.since, plan.until, where, ALL, "day")
    by_day = accounts.groupby("period")[["bytes_received", "bytes_sent"]].sum()
    assert by_day.sum().tolist() == np.sum(list(life.totals.values()), axis=0).tolist()
    found = traffic_series.series(store, plan, ALL)
    assert found.received.sum(axis=0) == pytest.approx(by_day["bytes_received"], abs=1)
    assert found.sent.sum(axis=0) == pytest.approx(by_day["bytes_sent"], abs=1)
    only = Wanted(clients=("b",))
    of_b = accounts[accounts["common_name"] == "b"].set_index("period")["bytes_received"]
    for step in (900, 3600, 6 * 3600):
        finer = stepped(plan.since, plan.until, step, where)
        moved_by_step = traffic_series.series(store, finer, only).received.sum(axis=0)
        per_day = moved_by_step.reshape(len(by_day), -1).sum(axis=1)
        assert per_day.tolist() == of_b.reindex(by_day.index, fill_value=0).tolist()
    for day in range(len(by_day)):
        one = stepped(plan.edges[day], plan.edges[day + 1], 86400, where)
        moved = traffic_series.talkers(store, one, ALL)
        assert moved["bytes_received"].sum() == pytest.approx(
            by_day["bytes_received"].iloc[day], abs=2
        )


def test_an_hour_that_has_only_begun_has_its_own_rate_though_a_part_of_it_was_missed(
    life: Recording,
) -> None:
    """How far it has come is seen in finer buckets."""
    life.time = FIRST - FIRST % 3600
    for _ in range(30):
        life.tick({"a": (10_000, 0)})
    life.time += 600
    life.tick({"a": (610_000, 0)})
    for _ in range(29):
        life.tick({"a": (10_000, 0)})
    plan = stepped(life.time - 1200, life.time, 3600, UTC)
    rate = traffic_series.series(saved(life), plan, ALL).rates()["receive_rate"]
    assert rate.tolist() == pytest.approx([1000], rel=0.3)


def test_a_server_whose_clock_was_put_back_has_no_gap_there(life: Recording) -> None:
    """Buckets looked at twice have more seconds than they are long."""
    for _ in range(60):
        life.tick({})
    life.time -= 200
    for _ in range(40):
        life.tick({})
    found = traffic_series.series(saved(life), over(600, 300), ALL)
    assert found.looked.all()
