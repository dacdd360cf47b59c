"""Rows into columns, by the names that the file itself gives them.

Nothing is quoted, and version 2 separates by a comma, which names may hold: what belongs to a name
shows only in that everything else must then be what its column says.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Generic, TypeVar

from collector.structure import Table, malformed, quoted, reject
from ovpnmon.model import Rejected

BLOCK_CHARACTERS = 1 << 16
"""How much is read at once: about what a processor has at hand."""
CONTROL = re.compile(r"[\x00-\x1f\x7f]")
FREE_TEXT = ("Common Name", "Username")
LANDMARK = "Bytes Received"
"""A number between the names: where there is none, a way of cutting need not be tried further."""
LONGEST_LINE = 1024
"""OpenVPN writes less than 512 bytes. A limit to the ways of cutting a line that are tried."""

T = TypeVar("T")
Columns = list[list[str]]
Reader = Callable[[Columns], list[T]]
"""Reads rows, all at once: much faster than one by one. It is given the wanted columns, in the order
wanted, "" all along one that the file does not have. Raises ValueError where any row is bad."""


@dataclass(slots=True)
class Rows(Generic[T]):
    """What the rows of a table were read as, and those that could not be read."""

    read: list[T] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)


class Layout:
    """How the rows of one table are cut."""

    def __init__(
        self, table: Table, wanted: Sequence[str], needed: Sequence[str], *, clean: bool
    ) -> None:
        """clean: there is no control character in the file. OpenVPN writes `_` for them.

        Raises StatusError where the file lacks a needed column, or has one twice.
        """
        columns = table.columns
        written = quoted(table.separator.join(columns))
        for name in needed:
            if name not in columns:
                raise malformed(f"has the columns {written}, without {name!r}")
        if len(set(columns)) != len(columns):
            raise malformed(f"has the columns {written}, one of them twice")
        self._table = table
        self._clean = clean
        self._width = len(columns)
        at = {name: index for index, name in enumerate(columns)}
        self._wanted = [at.get(name) for name in wanted]
        self._free = sorted(at[name] for name in FREE_TEXT if name in at)
        self._landmark = at.get(LANDMARK)

    def read(self, read: Reader[T]) -> Rows[T]:
        """Read every row; those that read raises ValueError for are set aside."""
        rows: Rows[T] = Rows()
        number = self._table.first_line
        for block in _blocks(self._table.rows):
            try:
                rows.read += read(self._columns(block))
            except ValueError:
                self._read_carefully(number, block, read, rows)
            number += block.count("\n")
        return rows

    def _columns(self, block: str) -> Columns:
        """The wanted columns. Raises ValueError unless every row is simply one field a column."""
        separator, width = self._table.separator, self._width
        fields = block.replace("\n", f"{separator}\n").split(separator)
        del fields[0]
        starts = fields[::width]
        count = block.count("\n")
        plain = len(fields) == width * count and "".join(starts).count("\n") == count
        if not (plain and self._clean):
            raise ValueError("to be cut with care")
        fields[::width] = [start[1:] for start in starts]
        return self._want([fields[column::width] for column in range(width)])

    def _read_carefully(self, number: int, block: str, read: Reader[T], rows: Rows[T]) -> None:
        cut: list[tuple[int, str, list[str]]] = []
        for at, line in enumerate(block.split("\n")[1:], number):
            try:
                cut.append((at, line, self._cut(line, read)))
            except ValueError as error:
                rows.rejected.append(reject(at, line, str(error)))
        self._read_halving(cut, read, rows)

    def _read_halving(
        self, cut: list[tuple[int, str, list[str]]], read: Reader[T], rows: Rows[T]
    ) -> None:
        """Read rows at once; where that fails, halve them until the bad ones stand alone."""
        try:
            rows.read += self._try([fields for _, _, fields in cut], read)
        except ValueError as error:
            if len(cut) == 1:
                rows.rejected.append(reject(*cut[0][:2], str(error)))
                return
            half = len(cut) // 2
            self._read_halving(cut[:half], read, rows)
            self._read_halving(cut[half:], read, rows)

    def _try(self, rows: list[list[str]], read: Reader[T]) -> list[T]:
        return read(self._want([*map(list, zip(*rows, strict=True))])) if rows else []

    def _want(self, columns: Columns) -> Columns:
        tag, count = self._table.tag, len(columns[0])
        if tag is not None and columns[0].count(tag) != count:
            raise ValueError(f"no {tag} row")
        return [[""] * count if n is None else columns[n] for n in self._wanted]

    def _cut(self, line: str, read: Reader[T]) -> list[str]:
        """The fields of any row, one a column."""
        table = self._table
        fields = line.split(table.separator)
        if CONTROL.search("".join(fields)):
            raise ValueError("control characters, which OpenVPN does not write")
        surplus = len(fields) - self._width
        if surplus == 0:
            return fields
        ways: list[list[str]] = []
        if surplus > 0 and table.separator == "," and len(line) <= LONGEST_LINE:
            ways = list(self._ways(fields, surplus))
        if len(ways) > 1:
            ways = [way for way in ways if self._holds(way, read)]
        if len(ways) > 1:
            raise ValueError("commas: where the names end can be read in more than one way")
        if not ways:
            raise ValueError(f"{len(fields)} fields, {self._width} expected")
        return ways[0]

    def _ways(self, fields: list[str], surplus: int) -> Iterator[list[str]]:
        """The fields for every way of giving the surplus of them to names."""
        first, *second = self._free
        for share in range(surplus + 1) if second else [surplus]:
            starts = [
                column
                + (share if column > first else 0)
                + (surplus - share if second and column > second[0] else 0)
                for column in range(self._width + 1)
            ]
            if not second or not self._landmark or fields[starts[self._landmark]].isdigit():
                yield [",".join(fields[a:b]) for a, b in pairwise(starts)]

    def _holds(self, fields: list[str], read: Reader[T]) -> bool:
        try:
            self._try([fields], read)
        except ValueError:
            return False
        return True


def _blocks(rows: str) -> Iterator[str]:
    """Pieces of whole rows, each with a line end before it."""
    start = 0
    while start < len(rows):
        end = rows.find("\n", start + BLOCK_CHARACTERS)
        end = len(rows) if end < 0 else end
        yield rows[start:end]
        start = end
