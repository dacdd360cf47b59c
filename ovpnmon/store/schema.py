"""The version of every kept file's format, and how an older one becomes the present one.

A JSON file carries it as `schema`, a table as the property TABLE_PROPERTY. What carries none is from
before the first release, or the Flask panel's: version 0. A format that changes in any way, be it by
one key, gets the next number here and a step from the one before: a program that does not know a
number must refuse the data instead of guessing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

TABLE_PROPERTY = "ovpnmon.schema"
TABLE = 1


class NewerDataError(OSError):
    """Data that a newer version wrote; the message says what to do."""

    def __init__(self, where: object, found: int, known: int) -> None:
        super().__init__(
            f"{where} was written by a newer version of OpenVPN Monitor (schema {found}, this version"
            f" knows {known}): start the newer one again, or restore a backup made with this one"
        )


@dataclass(frozen=True, slots=True)
class Format:
    """One kind of JSON file. steps[n] makes version n + 1 of version n."""

    newest: int
    steps: Mapping[int, Callable[[Any], Any]] = field(default_factory=dict)

    def current(self, raw: Any, where: object) -> Any:
        """Parsed JSON of any version as the newest one. where: names the file in messages.

        Raises NewerDataError; KeyError, TypeError or AttributeError for what is no such file.
        """
        self.refuse_newer(raw, where)
        for number in range(version(raw), self.newest):
            raw = self.steps[number](raw)
        return raw

    def refuse_newer(self, raw: Any, where: object) -> None:
        """Raise NewerDataError for parsed JSON of a newer version."""
        if version(raw) > self.newest:
            raise NewerDataError(where, version(raw), self.newest)


def version(raw: Any) -> int:
    """The number that parsed JSON carries; 0 where it carries none."""
    number = raw.get("schema") if isinstance(raw, dict) else None
    return number if type(number) is int else 0


def read(path: Path) -> Any:
    """Parsed JSON of a file, None where it cannot be read: whoever needs it says so."""
    try:
        return orjson.loads(path.read_bytes())
    except (OSError, orjson.JSONDecodeError):
        return None


STATE = Format(1)
REGISTRY = Format(1)
LOGIN = Format(1)
BACKUP = Format(1)
HOST_REPORT = Format(1)
HEARTBEAT = Format(1)
DETAILS = Format(1, {0: lambda raw: {"schema": 1, "servers": raw}})
EVENTS = Format(1, {0: lambda raw: {"schema": 1, "events": raw}})
