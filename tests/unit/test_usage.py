"""Accounting by calendar month and day: to the byte, where the traffic was, in the zone asked for."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pyarrow as pa
import pytest

from ovpnmon.queries import usage
from ovpnmon.queries.traffic_plan import Wanted
from ovpnmon.store import tables
from ovpnmon.store.reader import Store
from tests.recording import Recording, make_settings

ALL = Wanted()
BERLIN = ZoneInfo("Europe/Berlin")
KATHMANDU = ZoneInfo("Asia/Kathmandu")  # UTC+5:45


def at(text: str, zone: Any = UTC) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp())


@pytest.fixture
def life(tmp_path: Path) -> Recording:
    return Recording(make_settings(tmp_path))


def saved(life: Recording) -> Store:
    life.save()
    return Store(life.settings)


def by_period(frame: pd.DataFrame, column: str = "bytes_received") -> dict[str, int]:
    return {row["period"]: row[column] for row in frame.to_dict("records")}


def days_of(store: Store, begin: str, end: str, zone: Any) -> pd.DataFrame:
    return usage.usage(store, at(begin, zone), at(end, zone), zone, ALL, "day")


def connected(
    life: Recording, begin: int, end: int, per_tick: int, seconds: int = 300, name: str = "a"
) -> None:
    """One session from begin to end that moves so many bytes every so many seconds."""
    life.time = begin
    while life.time < end:
        over = life.time + seconds >= end
        life.tick({name: (per_tick, 2 * per_tick)}, close=[name] if over else [], seconds=seconds)


def test_a_session_over_midnight_is_split_where_its_traffic_was(life: Recording) -> None:
    """Not where it ended: 2 hours before the zone's midnight and 1 after."""
    connected(life, at("2026-06-30T22:00", BERLIN), at("2026-07-01T01:00", BERLIN), 1000)
    store = saved(life)
    frame = usage.usage(
        store, at("2026-06-01", BERLIN), at("2026-08-01", BERLIN), BERLIN, ALL, "month"
    )
    assert by_period(frame) == {"2026-06": 24_000, "2026-07": 12_000}
    assert by_period(frame, "bytes_sent") == {"2026-06": 48_000, "2026-07": 24_000}
    assert by_period(frame, "seconds") == {"2026-06": 7200, "2026-07": 3600}
    assert by_period(frame, "sessions") == {"2026-06": 1, "2026-07": 1}


def test_the_same_traffic_is_another_months_in_another_zone(life: Recording) -> None:
    """Midnight in Kathmandu is a quarter past six in the evening of UTC."""
    connected(life, at("2026-06-30T17:00"), at("2026-06-30T19:00"), 100)
    store = saved(life)
    in_utc = usage.usage(store, at("2026-06-01"), at("2026-08-01"), UTC, ALL, "month")
    assert by_period(in_utc) == {"2026-06": 2400}
    there = usage.usage(
        store, at("2026-06-01", KATHMANDU), at("2026-08-01", KATHMANDU), KATHMANDU, ALL, "month"
    )
    assert by_period(there) == {"2026-06": 1500, "2026-07": 900}
    assert by_period(there, "seconds") == {"2026-06": 4500, "2026-07": 2700}


@pytest.mark.parametrize(
    ("day", "following", "hours"),
    [("2026-03-29", "2026-03-30", 23), ("2026-10-25", "2026-10-26", 25)],
)
def test_a_day_on_which_clocks_change_has_its_own_length(
    life: Recording, day: str, following: str, hours: int
) -> None:
    """Online all the time: 23 or 25 hours of it, with their traffic."""
    connected(
        life, at(f"{day}T00:00", BERLIN) - 3600, at(f"{following}T00:00", BERLIN) + 3600, 12, 600
    )
    frame = days_of(saved(life), f"{day[:8]}20", f"{day[:7]}-31", BERLIN)
    assert by_period(frame, "seconds")[day] == hours * 3600
    assert by_period(frame)[day] == hours * 72
    assert sum(by_period(frame).values()) == (hours + 2) * 72


def test_days_add_up_to_months_and_all_to_the_sessions(life: Recording) -> None:
    """To the byte, with figures that no split divides evenly."""
    connected(life, at("2026-02-27T05:10"), at("2026-03-02T11:17"), 1_000_003, 3671)
    store = saved(life)
    for zone in (UTC, BERLIN, KATHMANDU):
        span = at("2026-02-01", zone), at("2026-04-01", zone)
        daily = usage.usage(store, *span, zone, ALL, "day")
        months = usage.usage(store, *span, zone, ALL, "month")
        for column in ("bytes_received", "bytes_sent", "seconds"):
            by_month = daily.groupby(daily["period"].str[:7])[column].sum().to_dict()
            assert by_month == by_period(months, column)
        totals = (months["bytes_received"].sum(), months["bytes_sent"].sum())
        assert totals == life.totals["id-a"]


def test_one_sample_of_a_week_is_shared_among_its_days(life: Recording) -> None:
    """Nobody looked for a week: each day gets its part, and no byte is lost or counted twice."""
    life.time = at("2026-05-01T12:00", BERLIN)
    life.tick({"a": (7_000_001, 7)}, seconds=7 * 86_400)
    store = saved(life)
    frame = days_of(store, "2026-05-01", "2026-05-12", BERLIN)
    found = by_period(frame)
    assert found["2026-05-01"] == pytest.approx(500_000, abs=2)
    assert found["2026-05-04"] == pytest.approx(1_000_000, abs=2)
    assert sum(found.values()) == 7_000_001
    assert sum(by_period(frame, "bytes_sent").values()) == 7
    halves = [
        days_of(store, begin, end, BERLIN)
        for begin, end in (("2026-05-01", "2026-05-05"), ("2026-05-05", "2026-05-12"))
    ]
    assert pd.concat(halves)["bytes_received"].sum() == 7_000_001


def test_a_gap_in_the_recording_adds_nothing(life: Recording) -> None:
    """Time offline is not time online, and moved nothing."""
    connected(life, at("2026-06-01T10:00"), at("2026-06-01T11:00"), 5)
    connected(life, at("2026-06-03T10:00"), at("2026-06-03T12:00"), 5, name="b")
    frame = days_of(saved(life), "2026-06-01", "2026-06-30", UTC)
    assert by_period(frame) == {"2026-06-01": 60, "2026-06-03": 120}


def test_an_imported_session_counts_whole_where_it_ended(life: Recording) -> None:
    """It has no samples; its time online is split all the same. One that never said adds no bytes."""
    handle = tables.open_or_create(life.settings, tables.TABLES[0])
    began, ended = at("2026-06-30T22:00"), at("2026-07-01T04:00")
    rows = [
        {
            **dict.fromkeys(tables.SESSION_HISTORY.names),
            "session_id": f"old-{n}",
            "server": "openvpn",
            "common_name": "old",
            "real_ip": "203.0.113.7",
            "real_port": "1",
            "connected_at": datetime.fromtimestamp(began, UTC),
            "disconnected_at": datetime.fromtimestamp(ended, UTC),
            "last_seen_at": datetime.fromtimestamp(ended, UTC),
            "duration_seconds": ended - began,
            "bytes_received": moved,
            "bytes_sent": moved,
            "close_reason": "disconnected",
            "imported": True,
            "month": "2026-07",
        }
        for n, moved in enumerate((1000, None))
    ]
    tables.append(handle, pa.Table.from_pylist(rows, schema=tables.SESSION_HISTORY), "test", 1)
    frame = usage.usage(saved(life), at("2026-06-01"), at("2026-08-01"), UTC, ALL, "month")
    assert by_period(frame) == {"2026-06": 0, "2026-07": 1000}
    assert by_period(frame, "seconds") == {"2026-06": 2 * 7200, "2026-07": 2 * 14_400}
    assert by_period(frame, "sessions") == {"2026-06": 2, "2026-07": 2}


def test_a_month_with_the_one_before(life: Recording) -> None:
    """Whoever moved most comes first; who was not there before has no figure."""
    life.time = at("2026-05-10T00:00")
    life.tick({"a": (10, 0), "gone": (1, 1)}, close=["gone"])
    life.time = at("2026-06-10T00:00")
    life.tick({"a": (0, 0), "new": (5, 500)})
    frame = usage.month(saved(life), "2026-06", UTC, ALL)
    assert frame["common_name"].tolist() == ["new", "a"]
    assert frame["bytes_sent"].tolist() == [500, 0]
    assert pd.isna(frame["before"][0])
    assert frame["before"][1] == 10
    assert frame["sessions"].tolist() == [1, 1]


def test_filters(life: Recording) -> None:
    """By client and by server."""
    life.time = at("2026-05-10T00:00")
    life.tick({"a": (10, 0), "b'": (1, 1)}, close=["a"])
    store = saved(life)
    only = usage.month(store, "2026-05", UTC, Wanted(clients=("b'",)))
    assert only["common_name"].tolist() == ["b'"]
    assert usage.month(store, "2026-05", UTC, Wanted(servers=("other",))).empty


def test_months_there_may_be_anything_for(life: Recording) -> None:
    """From now back to the first session, in the zone."""
    now = at("2027-02-01T00:00")
    assert usage.months(saved(life), UTC, now) == ["2027-02"]
    life.time = at("2026-11-30T23:30")
    life.tick({"a": (1, 1)})
    store = saved(life)
    assert usage.months(store, UTC, now) == ["2027-02", "2027-01", "2026-12", "2026-11"]
    assert usage.months(store, BERLIN, now)[-1] == "2026-12"
