"""Calendar days and months of a zone, whose days need not have 24 hours; for SQL and for Python."""

from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache

DAY_SECONDS = 86_400
QUARTER_SECONDS = 900
"""Clocks change at whole quarters of an hour, and every zone's offset is a multiple of one."""


def midnight(day: date, zone: tzinfo) -> int:
    """The instant at which a day of zone begins: where its midnight is skipped, when that would be."""
    return int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp())


def day_of(at: float, zone: tzinfo) -> date:
    """The day of zone that an instant belongs to."""
    return datetime.fromtimestamp(at, zone).date()


def days(since: float, until: float, zone: tzinfo) -> list[date]:
    """The days of zone that [since, until) touches."""
    first, last = day_of(since, zone), day_of(max(since, until - 1e-6), zone)
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def month_start(month: str, zone: tzinfo) -> int:
    """The instant at which a month (YYYY-MM) of zone begins. Raises ValueError."""
    return midnight(date.fromisoformat(f"{month}-01"), zone)


def month_after(month: str, months: int = 1) -> str:
    """The month so many later, or earlier where negative. Raises ValueError."""
    first = date.fromisoformat(f"{month}-01")
    number = first.year * 12 + first.month - 1 + months
    return f"{number // 12:04d}-{number % 12 + 1:02d}"


def day_number(column: str, since: float, until: float, zone: tzinfo) -> str:
    """SQL: days since 1970-01-01 of a timestamp column's local date, for instants in [since, until)."""
    seconds = f"cast({column} AS bigint) / 1000000"
    changes = offsets(since, until, zone)
    offset = str(changes[0][1])
    for at, seconds_east in changes[1:]:
        offset = f"CASE WHEN {seconds} < {at} THEN {offset} ELSE {seconds_east} END"
    return f"({seconds} + {offset}) / {DAY_SECONDS}"


def day_text(number: int) -> str:
    """YYYY-MM-DD of what day_number() gives."""
    return f"{date(1970, 1, 1) + timedelta(days=number)}"


def offsets(since: float, until: float, zone: tzinfo) -> list[tuple[int, int]]:
    """(from when on, seconds east of UTC) as clocks change in [since, until); the first holds before."""
    return _offsets(int(since // DAY_SECONDS), -int(-until // DAY_SECONDS), zone)


@lru_cache(maxsize=64)
def _offsets(first_day: int, last_day: int, zone: tzinfo) -> list[tuple[int, int]]:
    at = first_day * DAY_SECONDS
    found = [(at, _offset(at, zone))]
    for day in range(first_day + 1, last_day + 2):
        if _offset(day * DAY_SECONDS, zone) == found[-1][1]:
            continue
        for quarter in range((day - 1) * DAY_SECONDS, day * DAY_SECONDS + 1, QUARTER_SECONDS):
            if _offset(quarter, zone) != found[-1][1]:
                found.append((quarter, _offset(quarter, zone)))
    return found


def _offset(at: int, zone: tzinfo) -> int:
    offset = datetime.fromtimestamp(at, UTC).astimezone(zone).utcoffset()
    return 0 if offset is None else round(offset.total_seconds())
