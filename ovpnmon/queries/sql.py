"""Quoting for the embedded engine, which takes no bound parameters: client names are hostile text."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime


def text(value: str) -> str:
    """A string literal. The engine knows no backslash escapes: doubling the quote is all there is."""
    return "'" + value.replace("\0", "").replace("'", "''") + "'"


def texts(values: Iterable[str]) -> str:
    """A parenthesised list for IN; an empty one matches nothing."""
    return "(" + (", ".join(text(value) for value in values) or "NULL") + ")"


def containing(value: str) -> str:
    """A LIKE pattern literal that finds value anywhere, its own wildcards meaning themselves."""
    return text("%" + re.sub(r"([%_\\])", r"\\\1", value) + "%")


def timestamp(at: float) -> str:
    """A UTC timestamp literal of unix seconds."""
    moment = datetime.fromtimestamp(at, UTC)
    return f"to_timestamp_micros({int(moment.timestamp() * 1_000_000)})"


def month(at: float) -> str:
    """The month partition, as a literal, that holds this instant."""
    return text(datetime.fromtimestamp(at, UTC).strftime("%Y-%m"))


def date(at: float) -> str:
    """The date partition, as a literal, that holds this instant."""
    return text(datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d"))
