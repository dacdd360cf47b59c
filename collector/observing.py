"""What is seen on the way and only shown: details of every file, and the feed of what happened."""

import logging
from dataclasses import dataclass, replace

from collector import oddities
from collector.log import fields
from collector.reader import FileRead
from ovpnmon.config import Settings
from ovpnmon.formats import duration
from ovpnmon.model import ServerState, Snapshot, StatusError
from ovpnmon.store import details, events
from ovpnmon.store.details import Details
from ovpnmon.store.events import Event

log = logging.getLogger("collector")
MANY_ROUTES = 500
MANY_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Now:
    """One moment by both clocks, in seconds: wall is unix time, steady never jumps."""

    wall: float
    steady: float


class Observer:
    """Looks on. Whatever goes wrong here is logged and costs nothing but what would be shown."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._details = self._kept_details()
        self._events = self._kept_events()
        self._noted: dict[str, str] = {}
        """The status last told of, by server."""
        self._restarted: dict[str, int | None] = {}
        """The restart last told of, by server."""
        self._moved: dict[str, tuple[int, float]] = {}
        """TIME of the last new snapshot, and when that was by the steady clock."""
        self._ticked: Now | None = None
        self._changed = self._happened = False
        self._written_at: float | None = None

    def tick(self, now: Now) -> None:
        """Take in that a tick begins: between two of them our own clock may have been set."""
        last, self._ticked = self._ticked, now
        if last is None:
            return
        jump = oddities.jump_seconds(now.wall - last.wall, now.steady - last.steady)
        if jump:
            self._tell(now.wall, "", "clock", f"This host's clock was put {_by(jump)}, or it slept")

    def saw(
        self,
        read: FileRead | StatusError,
        snapshot: Snapshot | None,
        change: tuple[ServerState, ServerState],
        now: Now,
    ) -> None:
        """Take in one look at a server's file. change: what was known of it before and after."""
        before, after = change
        self._tell_status(before, after, now)
        self._tell_restart(before, after)
        known = self._details.get(after.name)
        seen = _file_part(known or Details(), read)
        if snapshot is not None and isinstance(read, FileRead):
            self._tell_jump(after, snapshot, now)
            seen = self._content_part(seen, snapshot, read, (before, now))
        if seen != known:
            self._details[after.name], self._changed = seen, True

    def save(self) -> None:
        """Write what is new, and forget servers that are no longer in the settings."""
        for name in self._details.keys() - {file.name for file in self._settings.status_files}:
            del self._details[name]
            self._changed = True
        try:
            if self._changed and self._worth_writing():
                details.save(self._settings.details, self._details)
                self._changed = False
            if self._happened:
                events.save(self._settings.events, self._events)
        except OSError as error:
            log.error("details not written, only to be shown%s", fields(error=error))
            return
        self._happened = False

    def _worth_writing(self) -> bool:
        """Details of a few thousand routes cost as much as the rest of a tick: these wait a minute."""
        steady = 0.0 if self._ticked is None else self._ticked.steady
        many = sum(len(one.routes) for one in self._details.values()) > MANY_ROUTES
        if many and self._written_at is not None and steady - self._written_at < MANY_SECONDS:
            return False
        self._written_at = steady
        return True

    def _content_part(
        self,
        known: Details,
        snapshot: Snapshot,
        read: FileRead,
        at: tuple[ServerState, Now],
    ) -> Details:
        """What a good snapshot adds; routes only of a new one, as nothing else changes them."""
        before, now = at
        off = oddities.zone_off_seconds(snapshot, read.modified_at)
        zones = oddities.fitting_zones(snapshot, read.modified_at, self._settings.tz) if off else []
        seen = replace(
            known,
            global_stats=list(snapshot.global_stats),
            routes=list(snapshot.routes),
            zone_off_seconds=off,
            fitting_zones=zones,
        )
        if before.time is not None and snapshot.time != before.time:
            seen = replace(seen, ahead_seconds=snapshot.time - now.wall)
        return seen

    def _tell_status(self, before: ServerState, after: ServerState, now: Now) -> None:
        """A file caught in the middle of rewrites is no news: it is read a tick later."""
        noted = self._noted.setdefault(after.name, before.status)
        if after.status in {noted, "busy"}:
            return
        self._noted[after.name] = after.status
        if noted == "waiting" and after.status == "up":
            return
        text = "Status file is read again" if after.status == "up" else _sentence(after.message)
        self._tell(now.wall, after.name, "file", text)

    def _tell_restart(self, before: ServerState, after: ServerState) -> None:
        """Once, though a tick that could not be acknowledged finds it again."""
        told = self._restarted.setdefault(after.name, before.restarted_at)
        if after.restarted_at is not None and after.restarted_at != told:
            self._restarted[after.name] = after.restarted_at
            self._tell(after.restarted_at, after.name, "restart", "OpenVPN was started anew")

    def _tell_jump(self, server: ServerState, snapshot: Snapshot, now: Now) -> None:
        last = self._moved.get(server.name)
        if last is not None and last[0] == snapshot.time:
            return
        self._moved[server.name] = (snapshot.time, now.steady)
        if last is None:
            return
        tolerance = max(oddities.JUMP_SECONDS, 2 * self._settings.interval_seconds)
        jump = oddities.jump_seconds(snapshot.time - last[0], now.steady - last[1], tolerance)
        if jump:
            text = f"The server's clock was put {_by(jump)}, or one of the hosts slept"
            self._tell(now.wall, server.name, "clock", text)

    def _tell(self, at: float, server: str, kind: events.Kind, text: str) -> None:
        self._events = [*self._events, Event(at, server, kind, text)][-events.KEPT :]
        self._happened = True

    def _kept_details(self) -> dict[str, Details]:
        try:
            kept = details.load(self._settings.details)
        except (OSError, ValueError) as error:
            log.warning("details of the files begin anew%s", fields(error=error))
            return {}
        return {name: replace(one, retries=0) for name, one in kept.items()}

    def _kept_events(self) -> list[Event]:
        try:
            return events.load(self._settings.events)
        except (OSError, ValueError) as error:
            log.warning("feed of events begins anew%s", fields(error=error))
            return []


def _file_part(known: Details, read: FileRead | StatusError) -> Details:
    if isinstance(read, StatusError):
        return replace(known, size_bytes=None, modified_at=None)
    return replace(
        known,
        size_bytes=len(read.data),
        modified_at=read.modified_at,
        retries=known.retries + read.retries,
    )


def _by(jump: float) -> str:
    return f"{'forward' if jump > 0 else 'back'} by {duration(abs(jump))}"


def _sentence(message: str) -> str:
    return message[:1].upper() + message[1:]
