"""The reading side of the store: any number of threads and processes, no lock, nothing written."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import pyarrow as pa
from deltalake import DeltaTable

from ovpnmon.config import Settings
from ovpnmon.store import state as states
from ovpnmon.store.state import State
from ovpnmon.store.tables import TABLES
from ovpnmon.store.view import View, agrees

QUERY_ATTEMPTS = 4
"""A file that a query needs may be gone: merged into another, long ago by the clock of the writer."""
BUILD_ATTEMPTS = 40
"""With pauses of some 2 s together: as long as a starting collector may need to mend the tables."""

Stamp = tuple[int, int, int] | None
Answer = TypeVar("Answer")
Data = TypeVar("Data", pa.Table, pa.RecordBatch)


class StoreError(OSError):
    """State and tables could not be read as one whole, or a query failed; the message says why."""


class Whole:
    """What had been recorded when one tick was acknowledged: what is asked here agrees.

    state: the live state of then; treat as read-only.
    """

    def __init__(self, view: View) -> None:
        self.state = view.state
        self._view = view

    def sql(self, query: str) -> pa.Table:
        """As Store.sql(). What it raises, Store.at_once() takes care of."""
        return self._started(query, lambda reader: _plain(pa.table(reader.read_all())))

    def stream(self, query: str) -> Iterator[pa.RecordBatch]:
        """As Store.stream()."""
        return _rest(*self._started(query, _begin))

    def _started(self, query: str, finish: Callable[[Any], Answer]) -> Answer:
        if not query.lstrip().upper().startswith(("SELECT", "WITH")):
            # The engine would also write files and tables: text that got past the quoting must not.
            raise ValueError(f"only SELECT is answered, not {query[:40]!r}")
        try:
            return finish(self._view.execute(query))
        except Exception as error:
            # A missing file comes as a plain Exception.
            raise _QueryError(str(error)) from error


class _QueryError(Exception):
    """The engine could not answer: perhaps a file is gone, and a newer view does better."""


class Store:
    """What has been recorded, up to the last acknowledged tick. One per process, shared by all threads.

    Every query is answered from one consistent whole of live state and tables: nothing twice, nothing
    missing, whatever the collector is doing.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._state_lock = threading.Lock()
        self._stamp: Stamp = None
        self._state = State()
        self._view_lock = threading.Lock()
        self._view: View | None = None
        self._handles: dict[str, DeltaTable] = {}
        self._epoch = ""

    def state(self) -> State:
        """The live state; an empty one before the first. The same object until the file changes.

        Treat as read-only. Raises StateError or OSError.
        """
        with self._state_lock:
            try:
                with self._settings.active_sessions.open("rb") as file:
                    stamp = _stamp(file.fileno())
                    if stamp != self._stamp:
                        self._state, self._stamp = states.decode(file.read()), stamp
            except FileNotFoundError:
                if self._stamp is not None:
                    self._state, self._stamp = State(), None
            return self._state

    def sql(self, query: str) -> pa.Table:
        """The whole answer to one SELECT. Tables: those of TABLES, and open_sessions.

        Raises StoreError, StateError or OSError.
        """
        return self.at_once(lambda whole: whole.sql(query))

    def stream(self, query: str) -> Iterator[pa.RecordBatch]:
        """The answer to one SELECT in pieces, of which there is at least one, in bounded memory.

        Raises as sql() does; once the first piece is out, StoreError ends it (an export that takes
        longer than replaced files are kept).
        """
        return self.at_once(lambda whole: whole.stream(query))

    def at_once(self, ask: Callable[[Whole], Answer]) -> Answer:
        """Several queries of one consistent whole: what ask makes of it.

        ask is called again when a query fails, with a newer whole. Raises as sql() does.
        """
        trouble: Exception | None = None
        for _ in range(QUERY_ATTEMPTS):
            view = self._current()
            try:
                return ask(Whole(view))
            except _QueryError as error:
                trouble = error
                self._drop(view)
        raise StoreError(f"the query failed {QUERY_ATTEMPTS} times: {trouble}") from trouble

    def _current(self) -> View:
        """The view of the newest state; built when that has changed."""
        with self._view_lock:
            trouble = "state and tables do not fit together; is the collector running?"
            for attempt in range(BUILD_ATTEMPTS):
                state = self.state()
                if self._view is not None and self._view.state is state:
                    return self._view
                try:
                    view = self._build(state)
                except Exception as error:  # noqa: BLE001 - the engine raises what it likes
                    self._handles = {}
                    trouble = f"the tables cannot be read: {error}"
                else:
                    if view is not None:
                        self._view = view
                        return view
                time.sleep(min(0.002 * 2**attempt, 0.06))
            raise StoreError(trouble)

    def _build(self, state: State) -> View | None:
        """A view of this state, or None when state and tables are not of one whole (any more)."""
        if state.epoch != self._epoch:
            # A starting collector may have taken commits back and given their numbers to others.
            self._handles, self._epoch = {}, state.epoch
        handles = self._opened(state)
        if state.epoch and not agrees(state, handles):
            self._handles = {}
            return None
        view = View(state, handles)
        # Only a state that still counts vouches for what was opened after it.
        return view if self.state().epoch == state.epoch else None

    def _opened(self, state: State) -> dict[str, DeltaTable]:
        for name, handle in list(self._handles.items()):
            try:
                handle.update_incremental()
            except Exception:  # noqa: BLE001 - its log may have been cleaned up: open it afresh
                del self._handles[name]
        for table in TABLES:
            if table.name in self._handles:
                continue
            path = table.path(self._settings)
            if DeltaTable.is_deltatable(str(path)):
                self._handles[table.name] = DeltaTable(path)
            elif state.epoch:
                raise StoreError(f"{path} is missing; the collector makes it when it starts")
        return self._handles

    def _drop(self, view: View) -> None:
        with self._view_lock:
            if self._view is view:
                self._view, self._handles = None, {}


def _stamp(fd: int) -> Stamp:
    stat = os.fstat(fd)
    return stat.st_mtime_ns, stat.st_ino, stat.st_size


def _begin(reader: Any) -> tuple[Any, pa.RecordBatch]:
    for batch in reader:
        return reader, _plain(pa.record_batch(batch))
    schema = pa.schema(reader.schema)
    return reader, _plain(pa.RecordBatch.from_pylist([], schema))


def _rest(reader: Any, first: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    yield first
    try:
        for batch in reader:
            yield _plain(pa.record_batch(batch))
    except Exception as error:
        raise StoreError(f"the answer broke off: {error}") from error


def _plain(data: Data) -> Data:
    """Text as plain strings: the engine's own kind of text is unknown to many libraries."""
    schema = pa.schema(
        [
            field.with_type(pa.string()) if pa.types.is_string_view(field.type) else field
            for field in data.schema
        ]
    )
    return data.cast(schema)
