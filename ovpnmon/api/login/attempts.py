"""Failed logins: whoever goes on guessing waits longer each time."""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass

FREE = 4
"""Failures that cost no waiting: people mistype."""
LONGEST_SECONDS = 60.0
FORGOTTEN_SECONDS = 900.0


@dataclass(slots=True)
class _Record:
    failures: int = 0
    until: float = 0.0
    last_at: float = 0.0
    last: bytes = b""


class Attempts:
    """Failures by whom they came from; when there is no room, the longest silent one is forgotten."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, room: int = 10_000) -> None:
        self._clock = clock
        self._room = room
        self._records: OrderedDict[Hashable, _Record] = OrderedDict()

    def wait_seconds(self, who: Hashable) -> float:
        """How long until who may try again; 0 at once. Right credentials are not looked at before."""
        record = self._records.get(who)
        return max(0.0, record.until - self._clock()) if record else 0.0

    def is_repeated(self, who: Hashable, fingerprint: bytes) -> bool:
        """Whether it is the failure of before again: a script with an old password guesses nothing."""
        record = self._records.get(who)
        return record is not None and record.last == fingerprint

    def failed(self, who: Hashable, fingerprint: bytes) -> float:
        """Count a failure and return how long who has to wait now: 1, 2, 4 ... seconds."""
        now = self._clock()
        record = self._records.pop(who, None)
        if record is None or now - record.last_at > FORGOTTEN_SECONDS:
            record = _Record()
        record.failures += 1
        record.last_at, record.last = now, fingerprint
        over = record.failures - FREE
        wait = min(LONGEST_SECONDS, 2.0 ** min(over - 1, 10)) if over > 0 else 0.0
        record.until = now + wait
        self._records[who] = record
        while len(self._records) > self._room:
            self._records.popitem(last=False)
        return wait
