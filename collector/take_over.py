"""Take over the history of the Flask panel, so that nobody who comes from it starts with nothing.

For the loop, in this order:

    state = recovery.recover(settings, old_panel.is_old_active)   # moves the panel's live state aside
    state = take_over.take_over(settings, state)                  # before the flusher starts
    each new snapshot of a server, after states.extend(...):
    state = take_over.resolve(state, server)

Closed sessions are imported as they are. Those that the panel had still open are imported too, as
ended when they were last seen (close_reason gap); at the first good snapshot it shows which of them
go on, and these rows are taken out again: from then on they are the tracker's. So nothing is missing
while the status file cannot be read, and nothing is there twice.

The old files are only read. State.imports remembers them: `sha256` and so on by path, and beside the
history's the sessions that wait for a snapshot. Being killed anywhere is harmless: rows whose
session_id is in the table are not added again.
"""

import glob
import hashlib
import logging
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson
import pyarrow as pa
import pyarrow.compute as pc
from deltalake import DeltaTable, QueryBuilder

from collector.log import fields
from collector.tracking import Changes
from ovpnmon.config import Settings
from ovpnmon.model import ServerState
from ovpnmon.store import json_list, old_panel, tables
from ovpnmon.store import state as states
from ovpnmon.store.old_entries import OldSession
from ovpnmon.store.old_panel import OVERLAP_SECONDS, History
from ovpnmon.store.rows import folded
from ovpnmon.store.state import State

log = logging.getLogger("collector")
Ints = npt.NDArray[np.int64]
HISTORY = tables.HISTORY
KNOWN_COLUMNS = ("session_id", "common_name", "connected_at", "imported")
KNOWN = pa.schema([(name, HISTORY.schema.field(name).type) for name in KNOWN_COLUMNS])
APP = "ovpnmon-old-panel"
"""Transaction that counts the imports into session_history."""
MOST_WAITING = 10_000
"""How many sessions may wait for a snapshot: they are written at every tick. More were not online."""


def take_over(settings: Settings, state: State) -> State:
    """Import what the old files hold and the history does not; the new state is saved.

    Only before the flusher starts. The same state when there is nothing new. Whatever is wrong with
    the files or the disk is logged with what to do: it never keeps the collector from its work.
    """
    try:
        files = _old_files(settings)
        if not files:
            return state
        handle = tables.open_or_create(settings, HISTORY)
        marks = {str(path): _mark(path, state.imports.get(str(path))) for path in files}
        if _is_done(state, marks, tables.marked(handle, APP)):
            return state
        return _import(settings, state, handle, marks)
    except Exception as error:
        log.error(
            "history of the old panel not taken over, its files are left as they are; mend them or"
            " take them away, then start again%s",
            fields(reason=error, history=settings.old_history),
            exc_info=not isinstance(error, OSError | json_list.ListError),
        )
        return state


def resolve(state: State, server: ServerState) -> State:
    """At a new snapshot: imported sessions that turn out to be still open are the tracker's.

    Their rows are taken out in the batch of that very snapshot. They wait for the first one without
    rows set aside, which may be just theirs. Pure; the same state when none waits.
    """
    for path, entry in state.imports.items():
        if not entry.get("waiting") or entry["server"] != server.name:
            continue
        open_now = {
            (session.common_name, session.connected_at + apart)
            for session in server.sessions.values()
            for apart in range(-OVERLAP_SECONDS, OVERLAP_SECONDS + 1)
        }
        left = [one for one in entry["waiting"] if (one[1], one[2]) not in open_now]
        going_on = [one[0] for one in entry["waiting"] if (one[1], one[2]) in open_now]
        waiting = left if server.rejected else []
        if waiting == entry["waiting"]:
            continue
        state = states.extend(state, Changes(server, [], going_on, [], state.next_number))
        imports = {**state.imports, path: {**entry, "waiting": waiting}}
        state = replace(state, imports=imports)
        log.info(
            "sessions open in the old panel%s",
            fields(server=server.name, going_on=len(going_on), not_seen=len(left)),
        )
    return state


def _old_files(settings: Settings) -> list[Path]:
    """The panel's history and the live states that recovery moved aside, oldest first."""
    ours = settings.active_sessions
    moved = ours.parent.glob(f"{glob.escape(ours.name)}.old-panel-*")
    actives = sorted(moved, key=lambda path: path.stat().st_mtime_ns)
    return [path for path in (settings.old_history, *actives) if path.is_file()]


def _mark(path: Path, known: dict[str, Any] | None) -> dict[str, Any]:
    """What identifies the file as it is now; its contents are looked at unless size and time are known."""
    stat = path.stat()
    mark = {"size": stat.st_size, "mtime_ns": stat.st_mtime_ns}
    if known and mark.items() <= known.items():
        return {**mark, "sha256": known["sha256"]}
    with path.open("rb") as file:
        return {**mark, "sha256": hashlib.file_digest(file, "sha256").hexdigest()}


def _is_done(state: State, marks: dict[str, dict[str, Any]], imported: int) -> bool:
    """Whether these very files are in this very table, which may have been lost or restored since."""
    known = [state.imports.get(path, {}) for path in marks]
    same = all(
        entry.get("sha256") == mark["sha256"]
        for entry, mark in zip(known, marks.values(), strict=True)
    )
    return same and imported >= max(entry.get("version", 0) for entry in known)


def _import(
    settings: Settings, state: State, handle: DeltaTable, marks: dict[str, dict[str, Any]]
) -> State:
    began = time.monotonic()
    log.info("taking over the history of the old panel%s", fields(files=", ".join(marks)))
    new, remembered, found = _find_new(settings, state, handle)
    version = tables.marked(handle, APP) + 1
    tables.append(handle, new, APP, version)
    tables.sync(settings)
    next(iter(marks.values())).update(remembered, version=version)
    state = replace(
        state,
        imports={**state.imports, **marks},
        synced={**state.synced, HISTORY.name: handle.version()},
        seq=state.seq + 1,
        saved_at=time.time(),
    )
    states.save(settings.active_sessions, state)
    log.info(
        "history of the old panel taken over%s",
        fields(sessions=new.num_rows, **found, seconds=time.monotonic() - began),
    )
    return state


def _find_new(
    settings: Settings, state: State, handle: DeltaTable
) -> tuple[pa.Table, dict[str, Any], dict[str, Any]]:
    """Rows to add, what State.imports has to remember, what the log tells.

    A function of its own so that all else that was read is out of memory before the table is written.
    """
    server = settings.status_files[0].name
    history = _read_history(settings, server)
    opened = old_panel.unclosed(history, _read_actives(settings))
    old = pa.concat_tables([history.closed, old_panel.rows(opened, server, "gap")])
    known_ids, names, since = _known(handle, state, old)
    own = old_panel.overlapping(old, names, since)
    known = pc.or_(own, pc.is_in(old["session_id"], value_set=known_ids))
    own_opened = own.to_pylist()[history.closed.num_rows :]
    remembered = {"server": server, "waiting": _waiting(opened, own_opened)}
    new = old.filter(pc.invert(known))
    found = {
        "known_already": old.num_rows - new.num_rows,
        "never_closed": len(opened),
        "skipped": history.skipped,
        "first_skipped_because": history.reason,
    }
    return new, remembered, found


def _read_history(settings: Settings, server: str) -> History:
    """Raises OSError or ListError."""
    if not settings.old_history.is_file():
        return old_panel.read_history((), settings.tz, server)
    with settings.old_history.open("rb") as file:
        return old_panel.read_history(json_list.entries(file), settings.tz, server)


def _read_actives(settings: Settings) -> dict[str, OldSession]:
    """By session_id; what a later file says goes. Raises OSError or JSONDecodeError."""
    sessions: dict[str, OldSession] = {}
    for path in _old_files(settings):
        if path != settings.old_history:
            raw = orjson.loads(path.read_bytes())
            sessions |= old_panel.read_active(raw, settings.tz, int(path.stat().st_mtime))
    return sessions


def _known(
    handle: DeltaTable, state: State, old: pa.Table
) -> tuple[pa.ChunkedArray, pa.Array, Ints]:
    """What we have already: session_ids in the table, and name and beginning of our own sessions."""
    span = pc.min_max(old["connected_at"].cast(pa.int64())).as_py()
    slack = OVERLAP_SECONDS * 1_000_000
    first, last = (span["min"] or 0) - slack, (span["max"] or 0) + slack
    builder = QueryBuilder().register(HISTORY.name, handle)
    answer = builder.execute(
        f"SELECT {', '.join(KNOWN_COLUMNS)} FROM session_history WHERE imported"
        f" OR connected_at BETWEEN to_timestamp_micros({first}) AND to_timestamp_micros({last})"
    )
    rows = pa.table(answer.read_all()).cast(KNOWN)
    own = rows.filter(pc.invert(rows["imported"]))
    sessions = [row.session for row in folded(state.pending)[0]]
    for server in state.servers.values():
        sessions += server.sessions.values()
        sessions += [row.session for row in server.closed.values()]
    names = own["common_name"].to_pylist() + [s.common_name for s in sessions]
    began = own["connected_at"].cast(pa.int64()).to_numpy() // 1_000_000
    since = np.append(began, np.fromiter((s.connected_at for s in sessions), np.int64))
    return rows["session_id"], pa.array(names, pa.string()), since


def _waiting(opened: list[OldSession], own: list[bool]) -> list[list[Any]]:
    """session_id, name and beginning of those that a snapshot may show to go on, the newest first."""
    kept = [session for session, is_own in zip(opened, own, strict=True) if not is_own]
    kept.sort(key=lambda session: -session.connected_at)
    return [[s.session_id, s.common_name, s.connected_at] for s in kept[:MOST_WAITING]]
