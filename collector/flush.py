"""The flusher: the one thread that changes the tables, so that no tick ever waits for them.

For the loop:

    state = recovery.recover(settings, ...)       # the tables exist after this
    flusher = Flusher(settings)
    flusher.start()
    each tick:
        state = flusher.take_results(state)       # without the batches that the tables hold by now
        ...                                       # states.extend(state, changes)
        state = states.seal(state)                # every minute or so
        states.save(path, state)                  # acknowledged; if this fails, submit nothing
        flusher.submit(state)                     # sealed batches go into the tables, and upkeep
    at the end: seal, save, submit, then flusher.stop()

A state is submitted only once it is on disk: what is in a table is then always known to the state
that a reader or the next start finds, and files are deleted only when that state cannot need them.
stop() must be called before the process exits: leaving while the thread is inside the engine crashes.
"""

import logging
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import pyarrow as pa
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from collector import maintenance
from collector.log import fields
from ovpnmon.config import Settings
from ovpnmon.store import rows, tables
from ovpnmon.store.state import State
from ovpnmon.store.waiting import Batch

log = logging.getLogger("collector")
RETRY_SECONDS = 10.0
"""Pause after a failure, with handles opened afresh."""
FIRST_UPKEEP_SECONDS = 300.0
UPKEEP_SECONDS = 3600.0

Handles = Mapping[str, DeltaTable]


class Flusher:
    """Flushes sealed batches and keeps the tables in shape. One per data directory.

    errors, last_error: failures so far (disk full, damaged table); each is retried, nothing is lost.
    upkeep_at: when (our clock) a round of upkeep was last finished; 0 before the first.
    """

    def __init__(self, settings: Settings) -> None:
        self.errors = 0
        self.last_error = ""
        self.upkeep_at = 0.0
        self._settings = settings
        self._thread = threading.Thread(target=self._run, name="flusher")
        self._change = threading.Condition()
        # Guarded by _change: what the two threads tell each other.
        self._state: State | None = None
        self._stopping = False
        self._done = 0
        self._synced: dict[str, int] = {}
        # Of the thread alone.
        self._handles: Handles = {}
        self._upkeep: Iterator[str] | None = None
        self._upkeep_due = time.monotonic() + FIRST_UPKEEP_SECONDS
        self._rounds = 0
        self._retry_at = 0.0

    def start(self) -> None:
        """Begin; nothing happens before the first submit()."""
        self._thread.start()

    def submit(self, state: State) -> None:
        """Tell of the newest state that is on disk. Returns at once."""
        with self._change:
            if self._state is None:
                self._done, self._synced = state.flushed, state.synced
            self._state = state
            self._change.notify()

    def take_results(self, state: State) -> State:
        """The state without the batches that are safely in the tables; the same one if nothing is new."""
        with self._change:
            if self._state is None:
                return state
            synced, done = self._synced, self._done
        if synced == state.synced and done == state.flushed:
            return state
        pending = [batch for batch in state.pending if batch.batch > done]
        return replace(state, synced=dict(synced), flushed=done, pending=pending)

    def stop(self) -> None:
        """Flush what was submitted, once, and wait for the thread to end."""
        with self._change:
            self._stopping = True
            self._change.notify()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        while True:
            with self._change:
                self._change.wait_for(self._has_work, timeout=self._patience_seconds())
                state, stopping = self._state, self._stopping
            if state is not None:
                try:
                    self._work(state, stopping)
                except BaseException as error:  # noqa: BLE001 - the boundary; the engine's panics are BaseException
                    self._failed(error)
            if stopping:
                return

    def _has_work(self) -> bool:
        if self._stopping:
            return True
        if self._state is None or time.monotonic() < self._retry_at:
            return False
        if self._sealed(self._state):
            return True
        is_due = self._upkeep is not None or time.monotonic() >= self._upkeep_due
        return is_due and self._is_on_disk(self._state)

    def _patience_seconds(self) -> float | None:
        """How long until something falls due without being told."""
        now = time.monotonic()
        due = self._upkeep_due if self._upkeep is None else now
        if self._retry_at > now:
            due = self._retry_at
        return due - now if due > now else None

    def _sealed(self, state: State) -> list[Batch]:
        return [batch for batch in state.pending[:-1] if batch.batch > self._done]

    def _is_on_disk(self, state: State) -> bool:
        """Whether the state on disk knows of every commit, so that upkeep may delete what they replaced."""
        return all(state.synced.get(n, -1) >= h.version() for n, h in self._handles.items())

    def _work(self, state: State, stopping: bool) -> None:
        """The next thing to do: a flush before any upkeep, and of that one small step."""
        if not self._handles:
            self._handles = {
                table.name: tables.open_or_create(self._settings, table) for table in tables.TABLES
            }
            self._publish(self._done)
        if sealed := self._sealed(state):
            began = time.monotonic()
            flush(self._handles, state, sealed)
            self._publish(sealed[-1].batch)
            log.debug("flushed%s", fields(batch=sealed[-1].batch, seconds=time.monotonic() - began))
        elif not stopping and self._is_on_disk(state):
            self._continue_upkeep()

    def _continue_upkeep(self) -> None:
        if self._upkeep is None:
            self._rounds += 1
            self._upkeep = maintenance.steps(
                self._settings, self._handles, time.time(), thorough=self._rounds % 24 == 1
            )
        began = time.monotonic()
        step = next(self._upkeep, None)
        if step is None:
            self._upkeep = None
            self.upkeep_at = time.time()
            self._upkeep_due = time.monotonic() + UPKEEP_SECONDS
            return
        self._publish(self._done)
        log.debug("upkeep%s", fields(step=step, seconds=time.monotonic() - began))

    def _publish(self, done: int) -> None:
        """Hand over to the loop what is in the tables now, for good."""
        tables.sync(self._settings)
        synced = {name: handle.version() for name, handle in self._handles.items()}
        with self._change:
            self._synced, self._done = synced, done

    def _failed(self, error: BaseException) -> None:
        self.errors += 1
        self.last_error = f"{type(error).__name__}: {error}"
        log.error(
            "tables not changed, retried%s",
            fields(errors=self.errors, seconds=RETRY_SECONDS, error=self.last_error),
            # What a disk or a table may do needs no traceback every time; a fault of ours does.
            exc_info=None if isinstance(error, OSError | DeltaError) else error,
        )
        self._handles, self._upkeep = {}, None
        self._retry_at = time.monotonic() + RETRY_SECONDS
        self._upkeep_due = max(self._upkeep_due, self._retry_at)


def flush(handles: Handles, state: State, sealed: Sequence[Batch]) -> None:
    """Put sealed batches into every table that has not got them yet; each table gets them once.

    May be killed anywhere and repeated, with the same or more batches. Raises DeltaError or OSError.
    """
    known: dict[int, dict[str, pa.Table]] = {}
    for table in tables.TABLES:
        since = tables.marked(handles[table.name])
        batches = [batch for batch in sealed if batch.batch > since]
        if not batches:
            continue
        if since not in known:
            known[since] = rows.of_batches(state, batches)
        flush_table(handles[table.name], table, known[since][table.name], batches)


def flush_table(
    handle: DeltaTable, table: tables.Table, new: pa.Table, batches: Sequence[Batch]
) -> None:
    """One table's part: rows of sessions that go on are taken out, then the new ones added."""
    top = batches[-1].batch
    reopened = rows.folded(batches)[1] if table.name == "session_history" else []
    if reopened:
        tables.remove_sessions(handle, reopened, top)
    tables.append(handle, new, tables.FLUSHED, top)
