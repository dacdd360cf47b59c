"""A JSON list read entry by entry, so that one of hundreds of megabytes needs the memory of one entry."""

import codecs
import json
from collections.abc import Iterator
from typing import IO

_PIECE_BYTES = 1 << 20
_LONGEST_ENTRY = 1 << 20
"""In characters. No program that we read from writes longer ones, and it bounds what is reread."""
_SPACE = " \t\r\n"


class ListError(ValueError):
    """What was read is not a whole JSON list; the message says where and why."""


def entries(file: IO[bytes]) -> Iterator[object]:
    """Each entry of the list that file (open for reading bytes) consists of.

    Invalid UTF-8 becomes U+FFFD. Raises ListError as soon as something other than a whole list shows,
    thus possibly after entries that were well: whoever needs all or nothing reads to the end first.
    """
    text = _Text(file)
    if text.next() != "[":
        raise ListError("it does not begin with [")
    text.at += 1
    if text.next() == "]":
        text.at += 1
    else:
        yield from _separated(text)
    if text.next():
        raise ListError(f"something follows the list at character {text.position}")


def _separated(text: "_Text") -> Iterator[object]:
    while True:
        yield text.entry()
        mark = text.next()
        text.at += 1
        if mark == "]":
            return
        if mark != ",":
            found = f"{mark!r} stands" if mark else "the file ends"
            raise ListError(f"{found} where , or ] should, at character {text.position - 1}")


class _Text:
    """The part of the file that is being looked at, from `at` on."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
        self._json = json.JSONDecoder()
        self._text = ""
        self._before = 0
        self._is_at_end = False
        self.at = 0

    @property
    def position(self) -> int:
        """Characters from the beginning of the file."""
        return self._before + self.at

    def next(self) -> str:
        """Go on to the next character that is no space, and tell it; "" at the end of the file."""
        while True:
            while self.at < len(self._text) and self._text[self.at] in _SPACE:
                self.at += 1
            if self.at < len(self._text):
                return self._text[self.at]
            if not self._more():
                return ""

    def entry(self) -> object:
        """The value that begins here. Raises ListError."""
        self.next()
        while True:
            try:
                value, end = self._json.raw_decode(self._text, self.at)
            except (ValueError, RecursionError) as error:
                if len(self._text) - self.at > _LONGEST_ENTRY or not self._more():
                    reason = getattr(error, "msg", "") or str(error)
                    raise ListError(f"{reason} at or after character {self.position}") from error
                continue
            # A number may go on in the next piece: 1 | 2, 1. | 5, 1e+ | 9.
            if end + 3 <= len(self._text) or not self._more():
                self.at = end
                return value

    def _more(self) -> bool:
        if self._is_at_end:
            return False
        piece = self._file.read(_PIECE_BYTES)
        self._is_at_end = not piece
        self._before += self.at
        self._text = self._text[self.at :] + self._decoder.decode(piece, final=not piece)
        self.at = 0
        return True
