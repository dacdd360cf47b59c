"""Remembers the last answer about closed sessions for as long as no session has closed since."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from ovpnmon.store.state import State

Answer = TypeVar("Answer")


class Memo(Generic[Answer]):
    """One remembered answer; threads that ask meanwhile wait for the one that works it out."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._key: object = None
        self._answer: Answer | None = None

    def get(self, key: object, work_out: Callable[[], Answer]) -> Answer:
        """The answer for this key, worked out unless it was the last one's."""
        with self._lock:
            if self._answer is None or self._key != key:
                self._answer, self._key = work_out(), key
            return self._answer


def closed_key(state: State) -> object:
    """Changes whenever a session is added to the history or taken out of it.

    Flushing moves rows from the state into the table: that changes the key too, once a minute.
    """
    waiting = [(b.batch, len(b.closed), len(b.reopened)) for b in state.pending]
    return state.epoch, state.flushed, [row for row in waiting if row[1] or row[2]]
