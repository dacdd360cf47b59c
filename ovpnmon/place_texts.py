"""Places as people read them: flag, city, country."""

from collections.abc import Hashable, Mapping
from typing import Any

from ovpnmon import formats

Row = Mapping[Hashable, Any]


def flag(code: str) -> str:
    """The flag of a country's two-letter code, as the two characters that fonts make one of."""
    if len(code) != 2 or not (code.isascii() and code.isalpha()):
        return ""
    return "".join(chr(0x1F1E6 + ord(letter) - ord("A")) for letter in code.upper())


def place(row: Row) -> str | None:
    """Flag, city and country, as far as they are known; else the kind of a non-public address.

    row: with queries.place_rows.COLUMNS. None where nothing is known.
    """
    return f"{flag(row['country_code'])} {formats.plain(row['label'])}".strip() or None


def network(row: Row) -> str | None:
    """Whose network an address is in, None where no database tells."""
    return formats.plain(row["organisation"] or "") or None


def full(row: Row) -> str | None:
    """Both."""
    return " · ".join(part for part in (place(row), network(row)) if part) or None
