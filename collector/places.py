"""The registry of everyone's addresses, kept in a thread of its own, so that no tick waits for it.

For the loop:

    places = Places(settings)
    each tick, with the state that is on disk:   places.update(state, now)
    at the end, after the last state is saved:   places.stop()

Nothing that happens here reaches the loop: what fails is logged, counted in `errors` and done again.
"""

import logging
import threading
import time

from collector.log import fields
from collector.registrar import Registrar
from ovpnmon.config import Settings
from ovpnmon.store.state import State

log = logging.getLogger("collector")
EVERY_SECONDS = 60.0


class Places:
    """One per data directory. errors, last_error: failures since the start."""

    def __init__(self, settings: Settings, every_seconds: float = EVERY_SECONDS) -> None:
        self.errors = 0
        self.last_error = ""
        self._stopping = threading.Event()
        self._registrar = Registrar(settings, self._stopping)
        self._every_seconds = every_seconds
        self._thread = threading.Thread(target=self._run, name="places", daemon=True)
        self._change = threading.Condition()
        # Guarded by _change.
        self._latest: tuple[State, float] | None = None
        self._due_at = 0.0

    def update(self, state: State, now: float) -> None:
        """Tell of the newest acknowledged state; now in unix seconds. Returns at once.

        The registry gets it within a minute; of states in between nothing is lost that lasts, as a
        state knows for an hour who has left.
        """
        with self._change:
            self._latest = (state, now)
            if time.monotonic() >= self._due_at:
                self._change.notify()
        if self._thread.ident is None:
            self._thread.start()

    def stop(self) -> None:
        """Put the newest state into the registry and wait for the thread: it may be in the engine,
        and a process that exits meanwhile crashes."""
        with self._change:
            self._stopping.set()
            self._change.notify()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        while True:
            with self._change:
                self._change.wait_for(self._is_due)
                latest, self._latest = self._latest, None
                self._due_at = time.monotonic() + self._every_seconds
                stopping = self._stopping.is_set()
            if latest is not None:
                try:
                    self._registrar.work(*latest)
                except BaseException as error:  # noqa: BLE001 - the boundary; the engine's panics are BaseException
                    self._failed(error)
            if stopping:
                return

    def _is_due(self) -> bool:
        return self._stopping.is_set() or (
            self._latest is not None and time.monotonic() >= self._due_at
        )

    def _failed(self, error: BaseException) -> None:
        self.errors += 1
        self.last_error = f"{type(error).__name__}: {error}"
        log.error(
            "geolocation registry not updated, retried in a minute%s",
            fields(error=self.last_error, errors=self.errors),
            exc_info=None if isinstance(error, OSError) else error,
        )
