"""One client's pictures: days are cut at the viewer's midnight, however long they are."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from ovpnmon import client_charts

BERLIN = ZoneInfo("Europe/Berlin")


def at(text: str, zone: ZoneInfo = BERLIN) -> pd.Timestamp:
    return pd.Timestamp(text).tz_localize(zone).tz_convert("UTC")


def timeline(*spans: tuple[pd.Timestamp, pd.Timestamp], since: str = "2026-01-01"):
    sessions = pd.DataFrame(
        [
            {"began": began, "ended": ended, "open": False, "bytes_received": 1, "bytes_sent": 2}
            for began, ended in spans
        ]
    )
    start = datetime.fromisoformat(since).replace(tzinfo=BERLIN).timestamp()
    end = datetime.fromisoformat("2026-12-31").replace(tzinfo=BERLIN).timestamp()
    first, last, *rows = client_charts.timeline_data(sessions, start, end, BERLIN).to_pylist()
    assert [f"{pd.Timestamp(one['day'], unit='ms'):%Y-%m-%d}" for one in (first, last)] == [
        since,
        "2026-12-31",
    ], "the axis is of the whole range"
    assert first["from"] == first["to"], "of which no bar is seen"
    days = [f"{pd.Timestamp(row['day'], unit='ms'):%Y-%m-%d}" for row in rows]
    return list(
        zip(days, [(round(row["from"], 2), round(row["to"], 2)) for row in rows], strict=True)
    )


def test_a_session_over_midnight_is_on_both_days() -> None:
    """Cut where the day changes in the viewer's zone, across months too."""
    assert timeline((at("2026-05-31 22:30"), at("2026-06-01 01:15"))) == [
        ("2026-05-31", (22.5, 24)),
        ("2026-06-01", (0, 1.25)),
    ]


def test_the_day_that_summer_time_begins_is_whole() -> None:
    """It has 23 hours; the next day still begins at its own midnight."""
    assert timeline((at("2026-03-28 12:00"), at("2026-03-30 06:00"))) == [
        ("2026-03-28", (12, 24)),
        ("2026-03-29", (0, 24)),
        ("2026-03-30", (0, 6)),
    ]


def test_the_day_that_summer_time_ends_is_one_day() -> None:
    """It has 25 hours and no second column."""
    assert timeline((at("2026-10-24 20:00"), at("2026-10-26 02:00"))) == [
        ("2026-10-24", (20, 24)),
        ("2026-10-25", (0, 24)),
        ("2026-10-26", (0, 2)),
    ]


def test_what_lies_before_the_range_is_not_drawn() -> None:
    """The first column is the range's first day."""
    drawn = timeline((at("2026-01-10 12:00"), at("2026-01-12 12:00")), since="2026-01-11")
    assert [day for day, _ in drawn] == ["2026-01-11", "2026-01-12"]


def test_a_session_of_a_second_can_be_seen() -> None:
    """Five minutes high at least."""
    ((_, (low, high)),) = timeline((at("2026-05-05 10:00:00"), at("2026-05-05 10:00:01")))
    assert high - low == pytest.approx(1 / 12, abs=0.01)


def hours(*rows: tuple[pd.Timestamp, float]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["at", "seconds"])
    frame["at"] = pd.to_datetime(frame["at"], utc=True)
    return frame


def test_usual_hours_are_a_share_of_how_often_the_hour_came() -> None:
    """Online on one of two Mondays at nine is half of the time."""
    data = client_charts.usual_hours_data(
        hours((at("2026-06-01 09:00"), 3600.0)),
        at("2026-06-01 00:00").timestamp(),
        at("2026-06-14 23:00").timestamp(),
        BERLIN,
    ).to_pylist()
    shares = {(row["day"], row["hour"]): row["share"] for row in data}
    assert shares["Mon", 9] == 0.5
    assert sum(shares.values()) == 0.5
    assert len(shares) == 7 * 24


def traffic(*rows: tuple[pd.Timestamp, int, int]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["at", "bytes_received", "bytes_sent"])
    frame["at"] = pd.to_datetime(frame["at"], utc=True)
    return frame


def test_traffic_of_a_day_is_that_of_its_hours() -> None:
    """Days are the viewer's: an hour before midnight there is not tomorrow's."""
    data = client_charts.traffic_data(
        traffic((at("2026-06-01 23:00"), 10, 100), (at("2026-06-02 00:00"), 1, 2)),
        at("2026-05-20").timestamp(),
        at("2026-06-03").timestamp(),
        BERLIN,
        daily=True,
    ).to_pylist()
    first, last, *data = data
    assert f"{pd.Timestamp(first['ms'], unit='ms'):%d %b}" == "20 May", "the axis is of the range"
    assert f"{pd.Timestamp(last['ms'], unit='ms'):%d %b}" == "03 Jun"
    downloads = [(row["when"], row["high"]) for row in data if row["way"] == "Download"]
    assert downloads == [("Mon 1 Jun 2026", 100), ("Tue 2 Jun 2026", 2)]
    assert [row["high"] for row in data if row["way"] == "Upload"] == [110, 3]


def test_the_hour_that_comes_twice_is_one_bar() -> None:
    """Both are 02:00 to the viewer; no byte is lost."""
    twice = [pd.Timestamp(text, tz="UTC") for text in ("2026-10-25 00:00", "2026-10-25 01:00")]
    data = client_charts.traffic_data(
        traffic((twice[0], 1, 10), (twice[1], 2, 20)),
        *[twice[0].timestamp()] * 2,
        BERLIN,
        daily=False,
    ).to_pylist()[2:]
    assert [row["high"] for row in data if row["way"] == "Download"] == [30]
