"""Which part of a filter leaves nothing over: what to tell a person whose search is empty."""

from dataclasses import replace

from ovpnmon.queries import overview
from ovpnmon.queries.filters import Sessions
from ovpnmon.store.reader import Store

PARTS: dict[str, dict[str, object]] = {
    "range": {"since": None, "until": None},
    "client": {"clients": ()},
    "server": {"servers": ()},
    "address": {"network": ""},
    "country": {"country": None},
    "duration": {"min_seconds": 0},
    "traffic": {"min_bytes": 0},
    "search": {"text": ""},
    "state": {"state": "any"},
}
"""What taking each part of a filter away means."""


def without(store: Store, wanted: Sessions) -> dict[str, int]:
    """For each part that is set: how many sessions would match without it."""
    relaxed = {
        name: replace(wanted, **change)  # type: ignore[arg-type]  # fields by name
        for name, change in PARTS.items()
    }
    return {
        name: overview.count(store, other) for name, other in relaxed.items() if other != wanted
    }
