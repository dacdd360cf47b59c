"""Wrong zones, clocks that jump, files never written: told from what a file says and when it was written."""

import calendar
import time
from zoneinfo import ZoneInfo

import pytest

from collector.oddities import explained, fitting_zones, jump_seconds, zone_off_seconds
from collector.parser import parse
from ovpnmon.model import Snapshot, StatusError

V1 = """OpenVPN CLIENT LIST
Updated,{time}
Common Name,Real Address,Bytes Received,Bytes Sent,Connected Since
ROUTING TABLE
Virtual Address,Common Name,Real Address,Last Ref
GLOBAL STATS
Max bcast/mcast queue length,0
END
"""
BUCHAREST = ZoneInfo("Europe/Bucharest")


def utc(text: str) -> int:
    return calendar.timegm(time.strptime(text, "%Y-%m-%d %H:%M:%S"))


def v1(text: str, modified_at: float, zone: ZoneInfo = BUCHAREST) -> Snapshot:
    return parse(V1.format(time=text).encode(), zone, modified_at)


WRITTEN = utc("2026-11-28 12:00:00")


@pytest.mark.parametrize(
    ("shown", "off_hours"),
    [
        ("2026-11-28 14:00:00", 0),  # Bucharest: UTC+2
        ("2026-11-28 12:00:00", -2),  # UTC
        ("2026-11-28 15:00:00", 1),  # Moscow
        ("2026-11-28 17:45:00", 3.75),  # Kathmandu
        ("2026-11-29 02:00:00", 12),  # Kiritimati
        ("2026-11-28 01:00:00", -13),  # Pago Pago
        ("Sat Nov 28 07:00:00 2026", -7),  # New York, as 2.4 writes it
    ],
)
def test_a_v1_time_that_is_off_by_what_zones_differ(shown: str, off_hours: float) -> None:
    """TIME read in the configured zone, against when the file was written."""
    assert zone_off_seconds(v1(shown, WRITTEN), WRITTEN) == off_hours * 3600


@pytest.mark.parametrize("late", [0, 0.4, 9])
def test_a_slow_disk_makes_no_difference(late: float) -> None:
    """TIME is taken before the file is written."""
    written = WRITTEN + late
    assert zone_off_seconds(v1("2026-11-28 15:00:00", written), written) == 3600


@pytest.mark.parametrize("seconds", [11, 300, 889, -600])
def test_other_differences_are_no_zones(seconds: int) -> None:
    """A clock that is wrong, or a copy of an old file."""
    assert zone_off_seconds(v1("2026-11-28 14:00:00", WRITTEN + seconds), WRITTEN + seconds) == 0


def test_a_copy_from_days_ago_is_no_zone() -> None:
    """However round the difference: no two zones are so far apart."""
    written = WRITTEN + 5 * 86400
    assert zone_off_seconds(v1("2026-11-28 14:00:00", written), written) == 0


def test_versions_with_unix_time_cannot_be_off() -> None:
    """Their text is local time too, but is not what is counted with."""
    v3 = f"TITLE\tOpenVPN\nTIME\t2026-11-28 07:00:00\t{WRITTEN - 7200}\n"
    v3 += (
        "HEADER\tCLIENT_LIST\tCommon Name\tReal Address\tVirtual Address\tBytes Received\tBytes Sent"
        "\tConnected Since\tConnected Since (time_t)\tUsername\n"
        "HEADER\tROUTING_TABLE\tVirtual Address\tCommon Name\tReal Address\tLast Ref\tLast Ref (time_t)\n"
        "GLOBAL_STATS\tMax bcast/mcast queue length\t0\nEND\n"
    )
    assert zone_off_seconds(parse(v3.encode(), BUCHAREST, WRITTEN), WRITTEN) == 0


def test_the_hour_that_comes_twice_is_not_taken_for_a_wrong_zone() -> None:
    """In Bucharest clocks showed 03:30 at 00:30 and at 01:30 UTC that night."""
    for written in (utc("2026-10-25 00:30:00"), utc("2026-10-25 01:30:00")):
        assert zone_off_seconds(v1("2026-10-25 03:30:00", written), written) == 0


def test_zones_that_would_fit_begin_with_those_nearby_that_people_know() -> None:
    """UTC+3 that day: Istanbul and Moscow, then others of Europe, then those of Africa."""
    zones = fitting_zones(v1("2026-11-28 15:00:00", WRITTEN), WRITTEN, BUCHAREST)
    assert zones[:2] == ["Europe/Istanbul", "Europe/Moscow"]
    assert "Africa/Nairobi" in zones
    assert "Europe/Bucharest" not in zones
    assert max(i for i, name in enumerate(zones) if name.startswith("Europe/")) < zones.index(
        "Africa/Nairobi"
    )


@pytest.mark.parametrize(
    ("shown", "zone"),
    [
        ("2026-11-28 12:00:00", "UTC"),
        ("2026-11-28 17:45:00", "Asia/Kathmandu"),
        ("2026-11-28 21:00:00", "Asia/Seoul"),
    ],
)
def test_the_first_zone_is_the_likeliest_of_those_that_fit(shown: str, zone: str) -> None:
    """UTC itself before all others, zones a quarter off the hour, a capital before a village."""
    assert fitting_zones(v1(shown, WRITTEN), WRITTEN, BUCHAREST)[0] == zone


def test_summer_time_counts_as_of_the_day_the_file_was_written() -> None:
    """London is UTC+1 in July, as Lagos is; in winter it is not."""
    written = utc("2026-07-01 12:00:00")
    assert "Europe/London" in fitting_zones(v1("2026-07-01 13:00:00", written), written, BUCHAREST)
    winter = fitting_zones(v1("2026-11-28 13:00:00", WRITTEN), WRITTEN, BUCHAREST)
    assert "Africa/Lagos" in winter
    assert "Europe/London" not in winter


@pytest.mark.parametrize(
    ("shown", "passed", "jump"),
    [
        (10, 10, 0),
        (39, 10, 0),
        (41, 10, 31),
        (3610, 10, 3600),
        (-3590, 10, -3600),
        (10, 3600, -3590),
        (3600, 3600, 0),
    ],
)
def test_a_clock_jumps_when_it_shows_other_than_what_passed(
    shown: float, passed: float, jump: float
) -> None:
    """Forward or back; what a late look explains is none, and neither is a long pause."""
    assert jump_seconds(shown, passed) == jump


def test_an_empty_file_that_nobody_touches_was_never_written() -> None:
    """`status FILE 0` makes such a one; a failing write truncates it again and again."""
    empty = StatusError("empty", "a failed write")
    assert explained(empty, modified_at=WRITTEN, now=WRITTEN + 180) is empty
    never = explained(empty, modified_at=WRITTEN, now=WRITTEN + 181)
    assert never.code == "empty"
    assert "status FILE 0" in never.message
    other = StatusError("missing", "gone")
    assert explained(other, modified_at=0, now=WRITTEN) is other
