"""The heartbeat of the collector."""

from pathlib import Path

import pytest

from ovpnmon.store import heartbeat
from ovpnmon.store.heartbeat import Heartbeat


def test_what_is_saved_is_what_is_loaded(tmp_path: Path) -> None:
    """Every figure of it."""
    beat = Heartbeat(1, 2.5, 3.5, 0.25, 10.0, 4, 5, 6, "disk full", 7, 0.1, 8, 4.5, 5.5)
    beat.count_tick(0.3)
    beat.count_read_failure("udp", "missing")
    heartbeat.save(tmp_path / "heartbeat.json", beat)
    assert heartbeat.load(tmp_path / "heartbeat.json") == beat


def test_one_of_another_version_is_understood(tmp_path: Path) -> None:
    """Unknown figures are ignored, missing ones are nought."""
    (tmp_path / "h").write_text('{"pid": 9, "more": true}')
    assert heartbeat.load(tmp_path / "h") == Heartbeat(pid=9)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        '{"pid": "x"}',
        '{"pid": true}',
        '{"tick_at": null}',
        '{"tick_counts": [1, 2]}',
        '{"tick_counts": 5}',
        '{"read_failures": {"udp": 5}}',
        '{"read_failures": {"udp": {"missing": "x"}}}',
    ],
)
def test_anything_else_is_a_value_error(tmp_path: Path, content: str) -> None:
    """So that whoever asks for it can say that it is damaged."""
    (tmp_path / "h").write_text(content)
    with pytest.raises(ValueError):  # noqa: PT011 - the JSON library's own text
        heartbeat.load(tmp_path / "h")


def test_ticks_are_counted_by_how_long_they_took() -> None:
    """Each bound belongs to the range below it; what is longer than all is counted last."""
    beat = Heartbeat()
    for seconds in (0.0, 0.01, 0.011, 10.0, 11.0):
        beat.count_tick(seconds)
    assert beat.tick_counts == [2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1]
    assert beat.tick_total_seconds == pytest.approx(21.021)
    assert beat.tick_seconds == 11.0


def test_reads_that_failed_are_counted_by_server_and_code() -> None:
    """So that a file that is missing now and then shows, though it is there when somebody looks."""
    beat = Heartbeat()
    for server, code in (("udp", "missing"), ("udp", "missing"), ("udp", "busy"), ("tcp", "busy")):
        beat.count_read_failure(server, code)
    assert beat.read_failures == {"udp": {"missing": 2, "busy": 1}, "tcp": {"busy": 1}}
