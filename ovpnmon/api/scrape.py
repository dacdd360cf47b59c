"""Gathers what /metrics tells, from the files of the data directory."""

from ovpnmon import __version__
from ovpnmon.api import health
from ovpnmon.api.metrics import Figures
from ovpnmon.config import Settings
from ovpnmon.queries.client_traffic import ClientTraffic, Counters
from ovpnmon.queries.server_health import healths
from ovpnmon.store import heartbeat, host_report, sizes
from ovpnmon.store.reader import Store
from ovpnmon.store.state import State, StateError


class Scraper:
    """One for all scrapes: the counters per client go on from one to the next."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self._settings = settings
        self._store = store
        self._clients = ClientTraffic(store)

    def figures(self, now: float) -> Figures:
        """Everything as it is now. Never raises: what cannot be read shows as that."""
        settings = self._settings
        state = self._state()
        report = host_report.load(settings.server_status)
        collector = health.trouble(settings.heartbeat, now)
        return Figures(
            now=now,
            version=__version__,
            state=state,
            health=healths(state or State(), report, now, collector),
            report=report,
            beat=self._beat(),
            collector=collector,
            store_bytes=sizes.store_bytes(settings),
            disk_free_bytes=sizes.disk_free_bytes(settings),
            clients=self._counters(state) if state and settings.metrics_clients else None,
        )

    def _state(self) -> State | None:
        try:
            return self._store.state()
        except (OSError, StateError):
            return None

    def _counters(self, state: State) -> Counters | None:
        try:
            return self._clients.look(state)
        except (OSError, StateError):
            return None

    def _beat(self) -> heartbeat.Heartbeat:
        try:
            return heartbeat.load(self._settings.heartbeat)
        except (OSError, ValueError):
            return heartbeat.Heartbeat()
