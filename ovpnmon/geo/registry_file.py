"""Reading and writing the registry's file, the Flask panel's too; nothing readable is ever lost."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from ovpnmon.geo import locations
from ovpnmon.geo.registry import Entry, Registry, text_of
from ovpnmon.store import schema
from ovpnmon.store.atomic import write_atomic


@dataclass(frozen=True, slots=True)
class Decoded:
    """What could be read of a file. problem: what could not, or ""; old: it is the Flask panel's."""

    registry: Registry
    problem: str = ""
    old: bool = False


def decode(data: bytes, zone: ZoneInfo) -> Decoded:
    """The registry in the bytes of a file, whatever they are. zone: of the old panel's local times.

    Raises NewerDataError for one that a newer version wrote.
    """
    try:
        raw = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        return Decoded(Registry(), f"not JSON: {error}")
    if not isinstance(raw, dict) or not isinstance(raw.get("clients"), dict):
        return Decoded(Registry(), "not a registry of this program")
    schema.REGISTRY.refuse_newer(raw, "the registry of addresses")
    if raw.get("schema", schema.REGISTRY.newest) != schema.REGISTRY.newest:
        return Decoded(Registry(), f"schema {raw['schema']!r:.20} is no version of it")
    clients, bad = {}, []
    for name, entry in raw["clients"].items():
        try:
            clients[name] = _client(name, entry, zone)
        except (ValueError, TypeError, AttributeError, KeyError) as error:
            bad.append(f"{name!r:.80}: {type(error).__name__}: {error!s:.80}")
    others = {key: value for key, value in raw.items() if key not in ("clients", "schema")}
    problem = f"{len(bad)} clients cannot be read, the first is {bad[0]}" if bad else ""
    return Decoded(Registry(clients, others), problem, old="schema" not in raw)


def save(path: Path, registry: Registry, now: float) -> None:
    """Replace the file. Raises OSError, with the old one as it was."""
    others = {key: value for key, value in registry.others.items() if key != "updated_at"}
    raw = {
        "schema": schema.REGISTRY.newest,
        "updated_at": text_of(now),
        **others,
        "clients": registry.clients,
    }
    write_atomic(path, orjson.dumps(raw))


def _client(name: str, raw: Mapping[str, Any], zone: ZoneInfo) -> Entry:
    """Raises ValueError, TypeError, AttributeError or KeyError for one of the wrong shape."""
    ips = {ip: _address(ip, entry, zone) for ip, entry in raw["ips"].items()}
    return {**raw, "name": name, **_times(raw, zone), "ips": ips}


def _address(ip: str, raw: Mapping[str, Any], zone: ZoneInfo) -> Entry:
    entry = {**raw, "ip": ip, **_times(raw, zone)}
    for key in ("vpn_ipv4", "vpn_ipv6"):
        entry[key] = [address for address in raw.get(key, []) if isinstance(address, str)]
    location = raw.get("location")
    if not isinstance(location, dict):
        entry.pop("location", None)
    elif "source" not in location:  # the panel's own
        place = locations.place_of(location)
        entry.pop("location")
        if place is not None:
            entry["location"] = locations.full(place)
    return entry


def _times(raw: Mapping[str, Any], zone: ZoneInfo) -> dict[str, str]:
    return {key: _utc(raw[key], zone) for key in ("first_seen", "last_seen")}


def _utc(text: str, zone: ZoneInfo) -> str:
    """A time in the registry's format, of one in that or in the old panel's."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        return text_of(moment.replace(tzinfo=zone).timestamp())
    is_ours = len(text) == len("2026-11-22T15:20:04Z") and text.endswith("Z")
    return text if is_ours else text_of(moment.timestamp())
