"""The loop: every interval read all files, advance what is known, acknowledge, hand over to the flusher.

One tick is all or nothing. What it works out goes into a new State; only when that is on disk does it
become the state to go on from. If it cannot be written (disk full), the next tick starts from the
old one and finds the same changes again.
"""

import logging
import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from collector import recovery, take_over, tracking
from collector.flush import Flusher
from collector.log import fields
from collector.memory import resident_bytes
from collector.observing import Now, Observer
from collector.oddities import explained
from collector.parser import parse
from collector.places import Places
from collector.reader import FileRead, read_stable
from collector.stopping import Stop
from ovpnmon.config import Settings
from ovpnmon.model import ServerState, Snapshot, StatusError
from ovpnmon.store import heartbeat
from ovpnmon.store import state as states
from ovpnmon.store.old_panel import is_old_active
from ovpnmon.store.state import State

log = logging.getLogger("collector")
FLUSH_SECONDS = 60.0
AWAY_SECONDS = 86_400.0
"""A server whose file stood still this long has its sessions closed as gap."""


class Clocks:
    """Both clocks: wall for what is written down, monotonic for how long something lasted."""

    wall: Callable[[], float] = staticmethod(time.time)
    monotonic: Callable[[], float] = staticmethod(time.monotonic)


class Collector:
    """Holds the state between ticks and drives the flusher. One per data directory."""

    def __init__(self, settings: Settings, clocks: Clocks | None = None) -> None:
        self.settings = settings
        self.clocks = clocks or Clocks()
        self.state = recovery.recover(settings, is_old_active)
        self.state = take_over.take_over(settings, self.state)
        self.flusher = Flusher(settings)
        self.beat = heartbeat.Heartbeat(
            pid=os.getpid(),
            started_at=self.clocks.wall(),
            interval_seconds=settings.interval_seconds,
        )
        self.observer = Observer(settings)
        self.places = Places(settings)
        self._moved_at: dict[str, float] = {}
        self._sealed_at = self.clocks.monotonic()
        self._saved: State | None = None

    def run(self, stop: Stop) -> None:
        """Tick at every interval, without drift, until asked to stop; then flush what is pending.

        At least once: asked beforehand it is one tick.
        """
        self.flusher.start()
        try:
            due = self.clocks.monotonic()
            while True:
                self.beat.lag_seconds = max(0.0, self.clocks.monotonic() - due)
                self.guarded_tick()
                due += self.settings.interval_seconds
                late = self.clocks.monotonic() - due
                if late > 0:  # a tick took longer: keep the rhythm, skip the missed
                    due += self.settings.interval_seconds * (
                        1 + late // self.settings.interval_seconds
                    )
                if stop.wait(max(0.0, due - self.clocks.monotonic())):
                    return
        finally:
            self.close()

    def close(self) -> None:
        """Flush what is pending and end all threads; nothing may be called afterwards."""
        self._flush_all()
        self.flusher.stop()
        self.places.stop()

    def guarded_tick(self) -> None:
        """One tick whose failure is logged and counted, never fatal: the next one starts afresh."""
        began = self.clocks.monotonic()
        try:
            self.tick()
        except Exception as error:
            self.beat.errors += 1
            self.beat.last_error = f"{type(error).__name__}: {error}"
            log.exception("tick failed%s", fields(errors=self.beat.errors))
        else:
            self.beat.tick_at = self.clocks.wall()
            self.beat.ticks += 1
            self.beat.seq = self.state.seq
        self.observer.save()
        self.beat.count_tick(self.clocks.monotonic() - began)
        self.beat.memory_bytes = resident_bytes()
        if self.flusher.errors > self.beat.flush_errors:
            self.beat.last_error = self.flusher.last_error
        self.beat.flush_errors = self.flusher.errors
        self.beat.upkeep_at = self.flusher.upkeep_at
        try:
            heartbeat.save(self.settings.heartbeat, self.beat)
        except OSError as error:
            log.error("heartbeat not written%s", fields(error=error))

    def tick(self) -> None:
        """Read, parse, track, acknowledge. Raises OSError when the state cannot be written."""
        self.observer.tick(self._now())
        files = self.settings.status_files
        reads = read_stable([file.path for file in files])
        state = self.flusher.take_results(self.state)
        if state.flushed != self.state.flushed:
            self.beat.flushed_at = self.clocks.wall()
        for file in files:
            state = self._advance(state, file.name, file.path, reads[file.path])
        for name in [n for n in state.servers if n not in {file.name for file in files}]:
            state = self._retire(state, name)
        state = self._forget(state)
        if self.clocks.monotonic() - self._sealed_at >= FLUSH_SECONDS:
            state = states.seal(state)
            self._sealed_at = self.clocks.monotonic()
        self._acknowledge(state)

    def _advance(self, state: State, name: str, path: Path, read: FileRead | StatusError) -> State:
        """One server's part of a tick; whatever its file is like, the others are not touched."""
        known = state.servers.get(name) or state.retired.get(name)
        known = known or ServerState(name=name, path=str(path))
        if known.path != str(path):
            known = replace(known, path=str(path))
        now, snapshot = self.clocks.wall(), None
        try:
            if isinstance(read, StatusError):
                raise read
            snapshot = parse(read.data, self.settings.tz, read.modified_at)
        except StatusError as error:
            modified_at = read.modified_at if isinstance(read, FileRead) else now
            server = tracking.trouble(known, explained(error, modified_at, now), now)
            self.beat.count_read_failure(name, error.code)
        else:
            state, server = self._follow(state, known, snapshot, read.modified_at)
        self.observer.saw(read, snapshot, (known, server), self._now())
        if server.sessions and server.status != "up" and now - server.seen_at > AWAY_SECONDS:
            changes = tracking.abandon(server, state.next_number)
            state, server = states.extend(state, changes), changes.server
        if server.status != known.status:
            _report(server)
        if server is known:
            return state
        retired = {n: s for n, s in state.retired.items() if n != name}
        return replace(state, servers={**state.servers, name: server}, retired=retired)

    def _follow(
        self, state: State, known: ServerState, snapshot: Snapshot, modified_at: float
    ) -> tuple[State, ServerState]:
        """What a good snapshot changes, and whether it is news at all."""
        now = self.clocks.wall()
        changed = snapshot.time != known.time
        changes = tracking.advance(known, snapshot, state.next_number, now)
        server = changes.server
        if changed:
            state = take_over.resolve(states.extend(state, changes), server)
        if self._still_seconds(known, modified_at, changed) > tracking.stale_after_seconds(server):
            server = tracking.stale(server, now)
        return state, server

    def _still_seconds(self, known: ServerState, modified_at: float, changed: bool) -> float:
        """How long TIME has stood still, by our monotonic clock.

        What happened before this process looked is judged once, from the file's mtime, which is this
        host's clock: a server's wrong clock fakes nothing.
        """
        mono = self.clocks.monotonic()
        if known.name not in self._moved_at:
            self._moved_at[known.name] = mono - max(0.0, self.clocks.wall() - modified_at)
        elif changed:
            self._moved_at[known.name] = mono
        return mono - self._moved_at[known.name]

    def _now(self) -> Now:
        return Now(self.clocks.wall(), self.clocks.monotonic())

    def _retire(self, state: State, name: str) -> State:
        """A server taken out of the settings: its sessions end where they were last seen.

        Of what it knows only they are kept, for a day, in case it is put back.
        """
        changes = tracking.abandon(state.servers[name], state.next_number)
        log.info(
            "server no longer in the settings%s", fields(server=name, closed=len(changes.closed))
        )
        state = states.extend(state, changes)
        ended = {row.session.key: row for row in changes.closed}
        return replace(
            state,
            servers={n: s for n, s in state.servers.items() if n != name},
            retired={**state.retired, name: replace(changes.server, closed=ended)},
        )

    def _forget(self, state: State) -> State:
        """Servers that were taken out of the settings for good."""
        since = self.clocks.wall() - AWAY_SECONDS
        kept = {name: server for name, server in state.retired.items() if server.seen_at >= since}
        return state if len(kept) == len(state.retired) else replace(state, retired=kept)

    def _acknowledge(self, state: State) -> None:
        if state is not self._saved:
            state = replace(state, seq=state.seq + 1, saved_at=self.clocks.wall())
            states.save(self.settings.active_sessions, state)
        self.state = self._saved = state
        self.flusher.submit(state)
        self.places.update(state, self.clocks.wall())

    def _flush_all(self) -> None:
        """At the end: everything pending goes to the flusher, which finishes it before it stops."""
        try:
            self._acknowledge(states.seal(self.flusher.take_results(self.state)))
        except OSError as error:
            log.error("pending rows stay in the live state%s", fields(error=error))


def _report(server: ServerState) -> None:
    level = logging.INFO if server.status == "up" else logging.WARNING
    log.log(
        level,
        "status file%s",
        fields(server=server.name, status=server.status, path=server.path, message=server.message),
    )
