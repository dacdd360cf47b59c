"""What the Server page shows, read once for all sessions of the app."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pandas as pd

from ovpnmon import runtime
from ovpnmon.config import Settings
from ovpnmon.queries import oddities as queries_oddities
from ovpnmon.queries import routes, store_rows
from ovpnmon.queries.server_health import Health, healths
from ovpnmon.queries.troubles import Level, Trouble
from ovpnmon.store import details, events, heartbeat, host_report, sizes
from ovpnmon.store.details import Details
from ovpnmon.store.events import Event
from ovpnmon.store.heartbeat import Heartbeat
from ovpnmon.store.host_report import HostEntry, HostReport
from ovpnmon.store.reader import Store
from ovpnmon.store.stamped import Stamped
from ovpnmon.store.state import StateError
from ovpnmon.ui.shared import Look

COUNT_SECONDS = 60
Detailed = tuple[dict[str, Details], pd.DataFrame]


@dataclass(frozen=True, slots=True)
class Seen:
    """One look at everything about servers and collector beyond the live state.

    routes: as queries.routes.table() makes it of the details.
    """

    look: Look
    report: HostReport
    health: dict[str, Health]
    details: dict[str, Details]
    routes: pd.DataFrame
    beat: Heartbeat

    def entry(self, server: str) -> HostEntry:
        """The host's report on one server."""
        return self.report.of(server, alone=len(self.look.servers) == 1)

    def of(self, server: str) -> Details:
        """Details of one server's file."""
        return self.details.get(server, Details())


def seen(look: Look) -> Seen:
    """Never raises: what cannot be read counts as not known yet."""
    report = host_report.load(runtime.settings().server_status)
    found = healths(look.state, report, look.now, look.collector)
    return Seen(look, report, found, *_details(), _beat())


def oddities(look: Look, levels: Sequence[Level]) -> list[Trouble]:
    """Troubles of these levels that show in the details only, such as a wrong zone."""
    found = queries_oddities.oddities(look.servers, _details()[0], runtime.settings().tz.key)
    return [trouble for trouble in found if trouble.level in levels]


def happened() -> list[Event]:
    """The collector's own feed. Empty where it cannot be read."""
    try:
        return _files(runtime.settings())[2].get()
    except (OSError, ValueError):
        return []


def table_rows() -> dict[str, int]:
    """Rows of the tables, as of this minute; none where they cannot be read."""
    try:
        return _counted(runtime.store(), int(time.time()) // COUNT_SECONDS)
    except (OSError, StateError):
        return {}


@lru_cache(maxsize=1)
def _counted(store: Store, _minute: int) -> dict[str, int]:
    return store_rows.table_rows(store)


def store_bytes() -> tuple[dict[str, int], int | None]:
    """Room taken by each part of the store, and what is left."""
    settings = runtime.settings()
    return sizes.store_bytes(settings), sizes.disk_free_bytes(settings)


@lru_cache(maxsize=1)
def _files(
    settings: Settings,
) -> tuple[Stamped[Detailed], Stamped[Heartbeat], Stamped[list[Event]]]:
    return (
        Stamped(settings.details, _detailed),
        Stamped(settings.heartbeat, heartbeat.load),
        Stamped(settings.events, events.load),
    )


def _detailed(path: Path) -> Detailed:
    """Routes of thousands of clients are put in order once, not at every look."""
    found = details.load(path)
    return found, routes.table(found)


def _details() -> Detailed:
    try:
        return _files(runtime.settings())[0].get()
    except (OSError, ValueError):
        return {}, routes.table({})


def _beat() -> Heartbeat:
    try:
        return _files(runtime.settings())[1].get()
    except (OSError, ValueError):
        return Heartbeat()
