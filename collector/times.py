"""Times as a status file writes them: text in the server's own zone, which versions 2 and 3 follow
with the unix time of the same moment.

`2026-11-02 15:48:44` since 2.5, before that `Mon Nov  2 15:48:44 2026`: the clock stands in the same
place in both. Days and clock readings are remembered apart: there are few of either.
"""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from collector.numbers import whole

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
DAY_SECONDS = 86_400
LAST = 253_402_300_799
"""The end of year 9999."""
OFFSET_STEP_SECONDS = 900
"""Every zone's distance from UTC is a multiple of this."""
DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
CTIME_DATE = re.compile(r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) ([A-Z][a-z]{2}) ([ 0-9][0-9]) ([0-9]{4})")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
CLOCK = re.compile(r" ([01][0-9]|2[0-3]):([0-5][0-9]):([0-5][0-9]|60)")


@lru_cache(1 << 16)
def stamped(usually_apart: int, text: str, unix: str) -> int:
    """The unix time, where text and unix are the same moment as in the file's TIME: see apart.

    Raises ValueError where they are not, as in a torn line.
    """
    if apart(text, unix) not in (0, usually_apart):
        raise ValueError(f"not the same moment: {text!r} and {unix!r}")
    return int(unix)


def apart(text: str, unix: str) -> int:
    """By how many seconds text and unix time differ beyond what a zone's offset explains: 0, but for
    zones that count leap seconds. Raises ValueError where no zone explains it."""
    at = whole(unix)
    offset = _wall_seconds(text) - at
    if not -DAY_SECONDS <= offset <= DAY_SECONDS or at > LAST:
        raise ValueError(f"not the same moment: {text!r} and {unix!r}")
    return offset % OFFSET_STEP_SECONDS


@lru_cache(1 << 16)
def moments(text: str, zone: ZoneInfo) -> tuple[int, ...]:
    """The unix times at which clocks in zone show text: two, earlier first, in the hour that comes
    twice when summer time ends.

    For a time that clocks leave out when summer time begins, it is what they would show had they not
    been changed yet. Raises ValueError.
    """
    minutes, seconds = divmod(_wall_seconds(text), 60)
    starts = _minute_starts(minutes, zone)
    if not 0 <= starts[0] < LAST - 60:
        raise ValueError(f"no believable time: {text!r}")
    return tuple(start + seconds for start in starts)


def _wall_seconds(text: str) -> int:
    """What the clock showed, in seconds since 1970 as if it were UTC."""
    try:
        return _day(text[:10] + text[19:]) + _clock(text[10:19])
    except ValueError:
        raise ValueError(f"no time: {text!r}") from None


@lru_cache(1 << 14)
def _day(date: str) -> int:
    if parts := DATE.fullmatch(date):
        year, month, day = map(int, parts.groups())
    elif parts := CTIME_DATE.fullmatch(date):
        month, day, year = MONTHS.index(parts[1]) + 1, int(parts[2]), int(parts[3])
    else:
        raise ValueError
    return (datetime(year, month, day, tzinfo=UTC) - EPOCH) // SECOND


@lru_cache(DAY_SECONDS)
def _clock(clock: str) -> int:
    parts = CLOCK.fullmatch(clock)
    if not parts:
        raise ValueError
    hours, minutes, seconds = map(int, parts.groups())
    return hours * 3600 + minutes * 60 + seconds


@lru_cache(1 << 12)
def _minute_starts(minutes: int, zone: ZoneInfo) -> tuple[int, ...]:
    """When a minute of the clock began in zone; before 1970 where it is outside of all calendars."""
    try:
        wall = EPOCH.replace(tzinfo=zone) + timedelta(minutes=minutes)
        first, second = ((wall.replace(fold=fold) - EPOCH) // SECOND for fold in (0, 1))
    except OverflowError:
        return (-1,)
    return (first, second) if first < second else (first,)
