"""Log lines: one event a line, key=value behind it, hostile text made harmless."""

import logging
import sys
import time

_PLAIN = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/:+@%")


def fields(**values: object) -> str:
    """` key=value` for each value, quoted and escaped unless plain.

    Names and paths come from outside: a newline or an escape sequence must not forge a line.
    """
    return "".join(f" {key}={_value(value)}" for key, value in values.items())


def set_up() -> None:
    """Log to standard error, with UTC times, as supervisors and containers expect."""
    handler = logging.StreamHandler(sys.stderr)
    formatter = logging.Formatter("%(asctime)sZ %(levelname)s %(message)s", "%Y-%m-%dT%H:%M:%S")
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)


def _value(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.3f}".rstrip("0").rstrip(".")
    text = str(value)
    if text and set(text) <= _PLAIN:
        return text
    return '"' + "".join(_escaped(char) for char in text) + '"'


def _escaped(char: str) -> str:
    if char in '"\\':
        return "\\" + char
    return char if char.isprintable() else f"\\u{ord(char):04x}"
