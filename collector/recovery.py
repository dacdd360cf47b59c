"""The start: find what was acknowledged, mend what a crash or power loss damaged, and go on from there."""

import logging
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace

import orjson
from deltalake import DeltaTable

from collector import hours, reconcile, repair
from collector.log import fields
from ovpnmon.config import Settings
from ovpnmon.store import atomic, tables, upgrade
from ovpnmon.store import state as states
from ovpnmon.store.state import State
from ovpnmon.store.waiting import Batch

log = logging.getLogger("collector")


def recover(settings: Settings, is_old_active: Callable[[object], bool] = lambda _: False) -> State:
    """The state to tick on, saved; tables open or created. Only under the data directory's lock.

    A live state that cannot be read is moved to `NAME.damaged-N` with a loud warning, and one of the
    Flask panel (is_old_active, asked with its parsed JSON) to `NAME.old-panel-N`. Batches sealed but
    not in all tables are still pending: the flusher goes on with them.
    Files and tables of an older version are brought up to date. Raises NewerDataError, nothing touched;
    OSError, or DeltaError when a table cannot be opened even so.
    """
    upgrade.refuse_newer(settings)
    upgrade.upgrade_files(settings)
    atomic.remove_leftovers(settings.active_sessions)
    state = _load(settings, is_old_active)
    for table in tables.TABLES:
        synced = None if state is None else state.synced.get(table.name, -1)
        repair.mend(table.path(settings), synced)
    hours.fill(settings, None if state is None else state.flushed)
    handles = {table.name: tables.open_or_create(settings, table) for table in tables.TABLES}
    for handle in handles.values():
        tables.upgrade(handle)
    tables.sync(settings)
    state = _fit(state, handles)
    # A new epoch: version numbers taken back above will be given to other commits.
    state = replace(
        state,
        epoch=uuid.uuid4().hex,
        seq=state.seq + 1,
        saved_at=time.time(),
        synced={name: handle.version() for name, handle in handles.items()},
    )
    states.save(settings.active_sessions, state)
    return state


def _load(settings: Settings, is_old_active: Callable[[object], bool]) -> State | None:
    path = settings.active_sessions
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    try:
        return states.decode(data)
    except states.StateError as error:
        if _is_old(data, is_old_active):
            kept = atomic.move_aside(path, "old-panel")
            log.info("live state of the old panel found%s", fields(kept=kept))
        else:
            kept = atomic.move_aside(path)
            log.error(
                "LIVE STATE DAMAGED: moved aside, going on without it; rows not yet in the tables"
                " are only in that file%s",
                fields(reason=error, file=path, moved_to=kept),
            )
        return None


def _is_old(data: bytes, is_old_active: Callable[[object], bool]) -> bool:
    try:
        return is_old_active(orjson.loads(data))
    except orjson.JSONDecodeError:
        return False


def _fit(state: State | None, handles: Mapping[str, DeltaTable]) -> State:
    """A state whose batch numbers agree with those in the tables, whichever of them is older."""
    landed = {name: tables.marked(handle) for name, handle in handles.items()}
    newest, oldest = max(landed.values()), min(landed.values())
    if state is None:
        if newest:
            log.warning(
                "tables without a live state: sessions open at that time are found anew%s",
                fields(batch=newest),
            )
        state = State(open_batch=newest + 1, flushed=oldest, pending=[Batch(newest + 1)])
        return replace(state, counted=reconcile.left_over(handles)) if newest else state
    if newest >= state.open_batch:
        log.warning(
            "the live state is older than the tables (restored from a copy?): what they hold is kept,"
            " nothing is counted twice%s",
            fields(state_batch=state.open_batch, tables_batch=newest),
        )
        # Its open batch is the beginning of one that was flushed under the same number.
        state = replace(
            reconcile.catch_up(state, handles),
            open_batch=newest + 1,
            pending=[*state.pending, Batch(newest + 1)],
        )
    if oldest < state.flushed:
        log.error(
            "TABLES OLDER THAN THE LIVE STATE (restored from a copy, or deleted?): rows flushed since"
            " are missing%s",
            fields(state_batch=state.flushed, **landed),
        )
        state = replace(state, flushed=oldest)
    return state
