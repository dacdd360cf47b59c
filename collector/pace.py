"""How often a server rewrites its file, and what follows from it: when it is late, when time is lost."""

from statistics import median_low

DEFAULT_SECONDS = 60.0
"""OpenVPN's own, assumed until two TIMEs are known."""
REMEMBERED = 9
GAP_INTERVALS = 4
MIN_GAP_SECONDS = 60.0
STALE_INTERVALS = 3
MIN_STALE_SECONDS = 30.0


def observed(intervals: list[int], last: int | None, time: int) -> list[int]:
    """The last intervals with one more. A clock that stepped back tells nothing of the pace."""
    if last is None or time <= last:
        return intervals
    return [*intervals, time - last][-REMEMBERED:]


def usual_seconds(intervals: list[int]) -> float | None:
    """The median, the lower of two: one long outage does not pass for the usual pace."""
    return float(median_low(intervals)) if intervals else None


def went_on(last: int | None, time: int, interval: float | None) -> bool:
    """Whether the server's time simply went on: no gap, no step of its clock, no other zone setting."""
    return last is not None and 0 < time - last <= gap_seconds(interval)


def gap_seconds(interval: float | None) -> float:
    """Two TIMEs further apart than this: server or collector was away in between."""
    return max(MIN_GAP_SECONDS, GAP_INTERVALS * (interval or DEFAULT_SECONDS))


def stale_seconds(interval: float | None) -> float:
    """A file whose TIME has stood still for longer than this is no longer being rewritten."""
    return max(MIN_STALE_SECONDS, STALE_INTERVALS * (interval or DEFAULT_SECONDS))
