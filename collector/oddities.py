"""Oddities of real servers told from their files: a wrong zone, clocks that jump, files never written."""

from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

import pytz

from collector import times
from ovpnmon.model import Snapshot, StatusError

QUARTER_SECONDS = 900
"""Every zone's distance from UTC is a multiple of this."""
WRITING_SECONDS = 10
"""OpenVPN takes its TIME and writes the file within this, even to a slow disk."""
MAX_OFF_SECONDS = 26 * 3600
"""From UTC-12 to UTC+14."""
STILL_SECONDS = 180
"""An empty file not touched for this long is not one that OpenVPN tries to write and cannot."""
JUMP_SECONDS = 30
WELL_KNOWN = (
    *("UTC", "Europe/London", "Europe/Lisbon", "Europe/Berlin", "Europe/Paris", "Europe/Madrid"),
    *("Europe/Rome", "Europe/Warsaw", "Europe/Bucharest", "Europe/Kyiv", "Europe/Istanbul"),
    *("Europe/Moscow", "Africa/Cairo", "Africa/Johannesburg", "Africa/Lagos", "Africa/Nairobi"),
    *("Asia/Dubai", "Asia/Tehran", "Asia/Karachi", "Asia/Kolkata", "Asia/Dhaka", "Asia/Bangkok"),
    *("Asia/Shanghai", "Asia/Singapore", "Asia/Tokyo", "Asia/Seoul", "Australia/Sydney"),
    *("Pacific/Auckland", "America/New_York", "America/Chicago", "America/Denver"),
    *("America/Los_Angeles", "America/Toronto", "America/Mexico_City", "America/Bogota"),
    *("America/Sao_Paulo", "America/Argentina/Buenos_Aires"),
)
"""Named before others that fit as well: most servers are set to one of these."""


def zone_off_seconds(snapshot: Snapshot, modified_at: float) -> int:
    """By how much a version 1 file's TIME is ahead of the file's mtime, in whole quarters of an hour.

    OpenVPN writes local time without a zone and the file within moments, so that the two differ by
    what two zones differ. 0 where they agree, where the difference is none between zones (a copy of
    an old file, a wrong clock), and for versions 2 and 3, which carry unix time.
    """
    if snapshot.version != 1:
        return 0
    off = snapshot.time - modified_at
    quarters = round(off / QUARTER_SECONDS) * QUARTER_SECONDS
    fits = abs(off - quarters) <= WRITING_SECONDS and abs(quarters) <= MAX_OFF_SECONDS
    return quarters if fits else 0


def fitting_zones(snapshot: Snapshot, modified_at: float, like: ZoneInfo) -> list[str]:
    """The zones in which clocks showed the file's TIME when it was written: UTC, then those of the same
    part of the world as `like`, well-known ones first.
    """
    try:
        shown = times.moments(snapshot.time_text, ZoneInfo("UTC"))[0]
    except ValueError:  # before 1970 in UTC, though not in our zone
        return []
    offset = round((shown - modified_at) / QUARTER_SECONDS) * QUARTER_SECONDS
    region = like.key.partition("/")[0]
    found = _zones_at(offset, int(modified_at) // 3600 * 3600)

    def rank(name: str) -> tuple[bool, bool, bool, str]:
        return (
            name != "UTC",
            name.partition("/")[0] != region,
            name not in WELL_KNOWN,
            name,
        )

    return sorted(found, key=rank)


@lru_cache(64)
def _zones_at(offset_seconds: int, at: int) -> tuple[str, ...]:
    moment = datetime.fromtimestamp(at, UTC)
    offsets = {
        name: moment.astimezone(ZoneInfo(name)).utcoffset() for name in pytz.common_timezones
    }
    return tuple(
        name
        for name, offset in offsets.items()
        if offset is not None and offset.total_seconds() == offset_seconds
    )


def jump_seconds(shown: float, passed: float, tolerance: float = JUMP_SECONDS) -> float:
    """By how much a clock was put forward (back: negative) that showed `shown` seconds while `passed`
    went by; 0 within the tolerance.
    """
    jump = shown - passed
    return jump if abs(jump) > tolerance else 0.0


def explained(error: StatusError, modified_at: float, now: float) -> StatusError:
    """The error, for an empty file with what its age tells.

    A file that OpenVPN tries to write and cannot is truncated anew at every interval, so its mtime is
    fresh; with `status FILE 0` it is created at the start and never touched again. Both times by
    this host's clock, or its file system's.
    """
    if error.code != "empty" or now - modified_at <= STILL_SECONDS:
        return error
    return StatusError(
        "empty",
        "the file has 0 bytes and has not been touched for some minutes: with 'status FILE 0' OpenVPN"
        " creates it and never writes it. Give an interval in its configuration, such as"
        " 'status FILE 10', and restart it; if it has one, check that OpenVPN is running",
    )
