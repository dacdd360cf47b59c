"""One entry of the Flask panel's files as a session.

Times are local, without a zone. In the hour that comes twice when summer time ends the first one is
taken, and for an end that would then lie before its beginning the second one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

MEGABYTE = 2**20
_LARGEST_BYTES = 2**53
_LATEST = 253_402_300_799  # the end of the year 9999

Entry = Mapping[str, Any]


class EntryError(ValueError):
    """An entry that is not of the panel's shape; the message says what is wrong with it."""


@dataclass(slots=True)
class OldSession:
    """One session as the panel kept it: unix seconds, bytes; None where it never said.

    Treated as a value; freezing triples its cost.
    """

    session_id: str
    common_name: str
    real_ip: str
    real_port: str
    vpn_ipv4: str | None
    vpn_ipv6: str | None
    connected_at: int
    disconnected_at: int | None
    bytes_received: int | None
    bytes_sent: int | None


def history_entry(raw: object, zone: ZoneInfo) -> OldSession:
    """An entry of session_history.json. Raises EntryError.

    One whose rx is null tells of an opening, whatever end it carries: a clean-up script of the panel
    put invented ones there.
    """
    entry = _object(raw)
    began = _seconds(entry, "timestamp", zone)
    name = _text(entry, "name")
    if entry.get("rx") is None:
        return _session(name, entry, began, None, (None, None))
    moved = (_bytes(entry, "rx", MEGABYTE), _bytes(entry, "tx", MEGABYTE))
    return _session(name, entry, began, _seconds(entry, "session_end", zone, began), moved)


def active_entry(name: str, raw: object, zone: ZoneInfo) -> OldSession:
    """An entry of active_sessions.json. Raises EntryError."""
    entry = _object(raw)
    began = _seconds(entry, "connected_at", zone)
    moved = (_bytes(entry, "bytes_received", 1), _bytes(entry, "bytes_sent", 1))
    return _session(_clean(name), entry, began, None, moved)


def _session(
    name: str,
    entry: Entry,
    connected_at: int,
    disconnected_at: int | None,
    moved: tuple[int | None, int | None],
) -> OldSession:
    ipv4, ipv6 = _optional(entry, "vpn_ipv4"), _optional(entry, "vpn_ipv6")
    if ipv4 is None and ipv6 is None and (either := _optional(entry, "vpn_ip")):
        # Early versions of the panel had one address only.
        ipv4, ipv6 = (None, either) if ":" in either else (either, None)
    return OldSession(
        _text(entry, "session_id"),
        name,
        _text(entry, "ip"),
        _optional(entry, "port") or "",
        ipv4,
        ipv6,
        connected_at,
        disconnected_at,
        *moved,
    )


def _object(raw: object) -> Entry:
    if not isinstance(raw, dict):
        raise EntryError(f"not an object but {raw!r:.80}")
    return raw


def _text(entry: Entry, key: str) -> str:
    value = entry.get(key)
    if not isinstance(value, str) or not value:
        raise EntryError(f"{key} is no text: {value!r:.80}")
    return _clean(value)


def _optional(entry: Entry, key: str) -> str | None:
    value = entry.get(key)
    return None if value is None or value == "" else _text(entry, key)


def _clean(text: str) -> str:
    r"""Without halves of surrogate pairs, which JSON can write (\ud800) and UTF-8 cannot."""
    if text.isascii():
        return text
    return text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")


def _bytes(entry: Entry, key: str, unit: int) -> int:
    value = entry.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise EntryError(f"{key} is no number: {value!r:.80}")
    if not 0 <= value * unit <= _LARGEST_BYTES:  # also false for nan
        raise EntryError(f"{key} is no possible amount: {value!r:.80}")
    return round(value * unit)


def _seconds(entry: Entry, key: str, zone: ZoneInfo, not_before: int = 0) -> int:
    """Unix seconds of `YYYY-MM-DD HH:MM:SS` in the zone."""
    value = _text(entry, key)
    try:
        local = datetime.fromisoformat(value).replace(tzinfo=zone)
        at = int(local.timestamp())
        if at < not_before:
            at = max(at, int(local.replace(fold=1).timestamp()))
    except (ValueError, OverflowError) as error:
        raise EntryError(f"{key} is no time: {value!r:.80}") from error
    if not 0 <= at <= _LATEST or len(value) != len("YYYY-MM-DD HH:MM:SS"):
        raise EntryError(f"{key} is no possible time: {value!r:.80}")
    return at
