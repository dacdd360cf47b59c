"""Times and amounts as the API writes them: the old panel's way in old keys, ISO 8601 in new ones."""

from datetime import UTC, datetime, timedelta, tzinfo

MEGABYTE = 2**20
"""What the old panel called MB."""


def local(at: float, zone: tzinfo) -> str:
    """`YYYY-MM-DD HH:MM:SS` in zone, as the old panel wrote times."""
    return datetime.fromtimestamp(at, zone).strftime("%Y-%m-%d %H:%M:%S")


def iso(at: float | None, zone: tzinfo = UTC) -> str | None:
    """ISO 8601 with offset, to the second."""
    return None if at is None else datetime.fromtimestamp(at, zone).isoformat(timespec="seconds")


def clock(seconds: float) -> str:
    """`H:MM:SS`, with days as Python's timedelta prints them."""
    return str(timedelta(seconds=int(seconds)))


def megabytes(amount: int | None) -> float | None:
    """MB of 2^20 bytes with two decimals; None stays unknown."""
    return None if amount is None else round(amount / MEGABYTE, 2)
