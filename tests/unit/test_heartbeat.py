"""The heartbeat of the collector."""

from pathlib import Path

import pytest

from ovpnmon.store import heartbeat
from ovpnmon.store.heartbeat import Heartbeat


def test_what_is_saved_is_what_is_loaded(tmp_path: Path) -> None:
    """Every figure of it."""
    beat = Heartbeat(1, 2.5, 3.5, 0.25, 10.0, 4, 5, 6, "disk full", 7)
    heartbeat.save(tmp_path / "heartbeat.json", beat)
    assert heartbeat.load(tmp_path / "heartbeat.json") == beat


def test_one_of_another_version_is_understood(tmp_path: Path) -> None:
    """Unknown figures are ignored, missing ones are nought."""
    (tmp_path / "h").write_text('{"pid": 9, "more": true}')
    assert heartbeat.load(tmp_path / "h") == Heartbeat(pid=9)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"pid": "x"}', '{"tick_at": null}'])
def test_anything_else_is_a_value_error(tmp_path: Path, content: str) -> None:
    """So that whoever asks for it can say that it is damaged."""
    (tmp_path / "h").write_text(content)
    with pytest.raises(ValueError):  # noqa: PT011 - the JSON library's own text
        heartbeat.load(tmp_path / "h")
