"""A file that is read again only when it has changed."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Stamped(Generic[Value]):
    """What load makes of the file at path; shared by threads, to be treated as read-only."""

    def __init__(self, path: Path, load: Callable[[Path], Value]) -> None:
        self._path = path
        self._load = load
        self._lock = threading.Lock()
        self._stamp: object = None
        self._value: Value | None = None

    def get(self) -> Value:
        """The value now. Raises what load raises."""
        with self._lock:
            stamp = self._stamp_now()
            if self._value is None or stamp != self._stamp:
                self._value, self._stamp = self._load(self._path), stamp
            return self._value

    def _stamp_now(self) -> object:
        try:
            stat = self._path.stat()
        except OSError:
            return None
        return stat.st_mtime_ns, stat.st_ino, stat.st_size
