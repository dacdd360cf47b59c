"""Numbers, times and hostile text as people read them. Zero is 0; what is not known is a dash."""

import math
import re
from datetime import UTC, datetime, tzinfo
from urllib.parse import urlencode

UNKNOWN = "–"
THIN_SPACE = "\u202f"
WORD_JOINER = "\u2060"
HARMLESS = re.compile(r"[^\W_]+(?:[ _-][^\W_]+)*")
"""Words with single spaces, underscores or hyphens between: nothing that Markdown would read."""
MINUTE, HOUR, DAY = 60, 3600, 86400
AHEAD_SECONDS = 5
"""Less is no more than two clocks of two hosts commonly differ."""


def rate(bytes_per_second: float | None) -> str:
    """Bits per second with three significant digits: 1.55 MB/s is `12.4 Mbit/s`."""
    if bytes_per_second is None or math.isnan(bytes_per_second):
        return UNKNOWN
    return _scaled(bytes_per_second * 8, ("bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s"))


def volume(size_bytes: float | None) -> str:
    """Bytes in powers of ten, as traffic is sold: `1.42 GB`."""
    if size_bytes is None or math.isnan(size_bytes):
        return UNKNOWN
    return _scaled(size_bytes, ("B", "kB", "MB", "GB", "TB", "PB"))


def duration(seconds: float | None) -> str:
    """The two largest units: `4 s`, `12 min`, `3 h 05 min`, `2 d 4 h`."""
    if seconds is None or math.isnan(seconds):
        return UNKNOWN
    whole = max(0, int(seconds))
    if whole < MINUTE:
        return f"{whole} s"
    if whole < HOUR:
        return f"{whole // MINUTE} min"
    if whole < DAY:
        return f"{whole // HOUR} h {whole % HOUR // MINUTE:02d} min"
    return f"{whole // DAY} d {whole % DAY // HOUR} h"


def age(seconds: float | None) -> str:
    """The largest unit alone, for what is read at a glance: `4 s`, `6 min`, `2 d`."""
    if seconds is None or math.isnan(seconds):
        return UNKNOWN
    whole = max(0, int(seconds))
    for unit_seconds, unit in ((DAY, "d"), (HOUR, "h"), (MINUTE, "min")):
        if whole >= unit_seconds:
            return f"{whole // unit_seconds} {unit}"
    return f"{whole} s"


def since(seconds: float) -> str:
    """How long ago a moment was: `4 s ago`. By a clock that is ahead of ours: `2 h ahead`."""
    return f"{age(-seconds)} ahead" if seconds <= -AHEAD_SECONDS else f"{age(seconds)} ago"


def count(number: int) -> str:
    """A whole number with thin spaces between thousands."""
    return f"{number:,}".replace(",", THIN_SPACE)


def counted(number: int, one: str, many: str = "") -> str:
    """A number with its noun: `1 client`, `1 284 sessions`."""
    return f"{count(number)} {one if number == 1 else many or one + 's'}"


def clock(at: float, zone: tzinfo) -> str:
    """Time of day, to the second."""
    return f"{datetime.fromtimestamp(at, zone):%H:%M:%S}"


def exact(at: float, zone: tzinfo) -> str:
    """A moment in full: `Sun 22 Nov 2026, 17:34:10`."""
    moment = datetime.fromtimestamp(at, zone)
    return f"{moment:%a} {moment.day} {moment:%b %Y, %H:%M:%S}"


def utc(at: float) -> str:
    """ISO 8601 in UTC, for URLs."""
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%SZ}"


def query(**values: str) -> str:
    """A query string, whatever is in the values."""
    return urlencode(values)


def moment(at: float, zone: tzinfo, now: float) -> str:
    """As short as it stays clear: `17:34` today, `22 Nov, 17:34`, `22 Nov 2025` in another year."""
    then, today = datetime.fromtimestamp(at, zone), datetime.fromtimestamp(now, zone)
    if then.date() == today.date():
        return f"{then:%H:%M}"
    if then.year == today.year:
        return f"{then.day} {then:%b, %H:%M}"
    return f"{then.day} {then:%b %Y}"


def zone_name(zone: tzinfo, now: float) -> str:
    """A zone as people call it: `Bucharest, UTC+2`."""
    offset = datetime.fromtimestamp(now, zone).utcoffset()
    minutes = 0 if offset is None else round(offset.total_seconds() / 60)
    utc = f"UTC{'+' if minutes > 0 else '−' if minutes < 0 else ''}"
    if minutes:
        utc += f"{abs(minutes) // 60}" + (f":{abs(minutes) % 60:02d}" if minutes % 60 else "")
    city = str(zone).rsplit("/", 1)[-1].replace("_", " ")
    return utc if city == "UTC" else f"{city}, {utc}"


def plain(text: str) -> str:
    """Hostile text for places that show text as it is: control and direction characters go."""
    return re.sub(r"\s+", " ", "".join(c for c in text if c.isprintable() or c.isspace())).strip()


def literal(text: str) -> str:
    """Hostile text for places that read Markdown: every character means itself.

    Word joiners break what would still be found without punctuation: bare links, mail addresses,
    `:material/...:` icons. They stay in when the text is copied, so prefer places that need none.
    """
    shown = plain(text)
    if HARMLESS.fullmatch(shown):
        return shown
    escaped = re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", shown)
    return re.sub(r"([:@-]|(?i:www))", "\\1" + WORD_JOINER, escaped)


def endpoint(address: str, port: str) -> str:
    """`203.0.113.7:1194`, `[2001:db8::7]:1194`, or the address alone."""
    shown = plain(address)
    if not port:
        return shown
    return f"[{shown}]:{plain(port)}" if ":" in shown else f"{shown}:{plain(port)}"


def button_label(text: str) -> str:
    """Hostile text for a button in a table: it shows text as it is, but for what looks like an icon
    (`:material/...:`) or a list (`[...]`, a menu of several buttons). A word joiner in front ends that.
    """
    shown = plain(text)
    return WORD_JOINER + shown if shown.startswith((":", "[")) else shown or "(no name)"


def _scaled(value: float, units: tuple[str, ...]) -> str:
    """Three significant digits in the unit that leaves less than 1000 of it."""
    step = 0
    while step < len(units) - 1 and abs(value) >= 999.5:
        value /= 1000
        step += 1
    if abs(value) < 0.5 and step == 0:
        return "0"
    decimals = 0 if step == 0 or abs(value) >= 99.95 else 1 if abs(value) >= 9.995 else 2
    return f"{value:.{decimals}f} {units[step]}"
