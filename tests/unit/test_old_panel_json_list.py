"""A JSON list of any size is read entry by entry, and anything but a whole list is said to be none."""

import io
import json
from typing import Any

import pytest

from ovpnmon.store import json_list
from ovpnmon.store.json_list import ListError


class Dribble(io.RawIOBase):
    """A file that gives a few bytes at a time, so that every entry is cut somewhere."""

    def __init__(self, data: bytes, size: int) -> None:
        self._data, self._size = io.BytesIO(data), size

    def read(self, _: int = -1) -> bytes:
        return self._data.read(self._size)


def entries(data: bytes, size: int = 1 << 20) -> list[Any]:
    return list(json_list.entries(Dribble(data, size)))


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64])
@pytest.mark.parametrize("indent", [None, 2])
def test_entries_are_those_that_the_whole_file_has(size: int, indent: int | None) -> None:
    """Wherever a piece ends: in a number, in a letter of several bytes, in a literal."""
    whole = [{"name": 'Кирилл, "日本" ]', "rx": 123.5, "tx": None}, 1234567, [], "x", True, -1.5e3]
    data = json.dumps(whole, ensure_ascii=False, indent=indent).encode()
    assert entries(data, size) == whole


@pytest.mark.parametrize("data", [b"[]", b" [ ] \n", b"\xef\xbb\xbf[]"])
def test_an_empty_list_has_no_entries(data: bytes) -> None:
    """Spaces and a byte order mark do not matter."""
    assert entries(data) == []


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"null",
        b"[",
        b"[1",
        b"[1,",
        b"[1,]",
        b"[1 2]",
        b'[{"name": "al',
        b'[{"name": "alice"}, {"rx": nul',
        b"[1]]",
        b"[1] [2]",
        b"\x00\x00\x00",
        b"[" * 100_000,
        b'["' + b"x" * 3_000_000,
        b"[" + b"9" * 5000 + b"]",
    ],
)
def test_what_is_no_whole_list_is_refused(data: bytes) -> None:
    """Cut short, followed by something, too deep, or not a list at all."""
    with pytest.raises(ListError):
        entries(data)


def test_the_message_says_where() -> None:
    """An operator can find the place in the file."""
    with pytest.raises(ListError, match=r"character 9$"):
        entries(b"[1, 2, 3 4]")


def test_bytes_that_are_no_utf8_do_not_stop_the_rest() -> None:
    """A name in some old encoding costs one character."""
    assert entries(b'["caf\xe9", 2]') == ["caf\ufffd", 2]


def test_a_file_that_is_no_list_is_not_read_to_its_end() -> None:
    """Hundreds of megabytes of something else cost neither memory nor time."""
    file = io.BytesIO(b"[nonsense" + b" " * 20_000_000)
    with pytest.raises(ListError):
        list(json_list.entries(file))
    assert file.tell() < 5_000_000
