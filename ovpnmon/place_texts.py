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


def short(row: Row) -> str | None:
    """A cell of a table: flag and city; else the country, else the kind of a non-public address.

    row: with queries.place_rows.COLUMNS. None where nothing is known.
    """
    city = row["city"] or row["country"]
    # The place of a non-public address is the server's, unless the operator has given it one.
    name = row["label"] if row["kind"] and row["source"] != "places" else city
    return f"{flag(row['country_code'])} {formats.plain(name)}".strip() or None


def full(row: Row) -> str | None:
    """The same with the country's name, and whose network it is where that is known."""
    name = f"{flag(row['country_code'])} {formats.plain(row['label'])}".strip()
    organisation = formats.plain(row["organisation"] or "")
    return " · ".join(part for part in (name, organisation) if part) or None
