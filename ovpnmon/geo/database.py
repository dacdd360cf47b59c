"""One .mmdb file: opened again when it has changed, survived when it is broken.

Two ways to read it. Mapped, by the library's C part: 15 times faster, for pages and API. A damaged
file was seen to crash that one, as would a mapped file that is cut short under it; so the collector,
which needs few answers and must not die of any, reads in plain Python.
"""

import struct
import threading
import weakref
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import maxminddb

from ovpnmon.geo.addresses import IPAddress
from ovpnmon.geo.records import Record
from ovpnmon.geo.stamp import Stamp, stamp

_DAMAGE = (
    maxminddb.InvalidDatabaseError,
    struct.error,
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    RecursionError,
    MemoryError,
    OSError,
)
"""What reading a damaged file raises, in either way."""

MISSING = "does not exist: `make geoip` fetches one"
"""The problem of a file that is not there, which is no fault: it need not be."""


@dataclass(slots=True, weakref_slot=True)
class Opened:
    """A file as it was opened. problem: why it gives no answers, or "".

    id: the database's own name of its kind (DBIP-City-Lite); build: its day (YYYY-MM-DD); version:
    changes with its contents.
    """

    problem: str = ""
    id: str = ""
    build: str = ""
    version: tuple[Any, ...] = ()
    reader: Any = field(default=None, repr=False)
    only_ipv4: bool = False

    def find(self, address: IPAddress) -> Record | None:
        """What it says of an address, or None; damage that shows only here becomes its problem."""
        if self.reader is None or (self.only_ipv4 and address.version == 6):
            return None
        try:
            record = self.reader.get(address)
        except _DAMAGE as error:
            self.problem = f"is damaged: {error}"
            return None
        return record if isinstance(record, dict) else None


class Database:
    """The file at a path, whatever becomes of it. Shared by threads."""

    def __init__(self, path: Path, *, mapped: bool = True) -> None:
        self.path = path
        self._mapped = mapped
        self._lock = threading.Lock()
        self._opened: tuple[Stamp, Opened] | None = None

    def current(self) -> Opened:
        """The file as it is now. Never fails.

        To be asked for anew before every lookup: a copy over the file cuts it short first of all, and
        a process that goes on reading the old mapping is killed.
        """
        now = stamp(self.path)
        with self._lock:
            if self._opened is None or self._opened[0] != now:
                self._opened = (now, open_database(self.path, mapped=self._mapped))
            return self._opened[1]


def open_database(path: Path, *, mapped: bool = True) -> Opened:
    """Open a file; where that fails, an Opened with the problem."""
    mode = maxminddb.MODE_AUTO if mapped else maxminddb.MODE_FILE
    try:
        reader: Any = maxminddb.open_database(str(path), mode)
    except FileNotFoundError:
        return Opened(MISSING)
    except _DAMAGE as error:
        return Opened(_why(path, error))
    try:
        opened = _described(reader)
    except (*_DAMAGE, AttributeError) as error:
        reader.close()
        return Opened(f"is damaged: {error}")
    weakref.finalize(opened, reader.close)  # threads that are reading it still may finish
    return opened


def _described(reader: Any) -> Opened:
    about = reader.metadata()
    return Opened(
        id=str(about.database_type),
        build=f"{datetime.fromtimestamp(about.build_epoch, UTC):%Y-%m-%d}",
        version=(str(about.database_type), int(about.build_epoch), int(about.node_count)),
        reader=reader,
        only_ipv4=about.ip_version == 4,
    )


def _why(path: Path, error: Exception) -> str:
    """What is the matter with a file that does not open, by what it begins with."""
    try:
        if path.is_dir():
            return "is a directory"
        with path.open("rb") as file:
            head = file.read(512).lstrip()
    except OSError as trouble:
        return f"cannot be read: {trouble.strerror}"
    if not head:
        return "is empty"
    if head.startswith((b"\x1f\x8b", b"PK\x03\x04", b"BZh", b"\xfd7zXZ")):
        return "is compressed: unpack it, the .mmdb file within is wanted"
    if head.startswith(b"<"):
        return "is a web page, not a database: its download went wrong"
    return f"is cut short or no .mmdb file: {error}"
