"""What the collector notes on the way: details of every file, and the feed of what happened."""

from pathlib import Path

import pytest

from ovpnmon.store import details
from ovpnmon.store.details import Details
from tests.life import Life
from tests.status_files import AT, Peer

CLIENT = Peer(name="Кирилл".encode())


def test_details_are_those_of_the_last_good_file(life: Life) -> None:
    """Routes, last lines, size and mtime; a file that cannot be read leaves the routes as they were."""
    life.tick([CLIENT])
    seen = life.details
    assert [(route.virtual_address, route.common_name) for route in seen.routes] == [
        ("10.8.0.2", "Кирилл"),
        ("fd00:8::1000", "Кирилл"),
    ]
    assert seen.global_stats == [("Max bcast/mcast queue length", "0"), ("dco_enabled", "0")]
    assert seen.size_bytes == life.file.stat().st_size
    assert seen.modified_at == AT + 10
    assert (seen.retries, seen.zone_off_seconds, seen.fitting_zones) == (0, 0, [])
    life.file.unlink()
    life.tick()
    assert (life.details.size_bytes, life.details.modified_at) == (None, None)
    assert life.details.routes == seen.routes


def test_details_are_not_rewritten_while_nothing_changes(life: Life) -> None:
    """A server that rewrites its file every minute does not wear out the monitor's disk."""
    life.tick([CLIENT])
    before = life.settings.details.stat().st_ino
    life.tick()
    life.tick()
    assert life.settings.details.stat().st_ino == before
    life.tick([CLIENT])
    assert life.settings.details.stat().st_ino != before


def test_a_v1_file_in_another_zone_is_found_out(life: Life) -> None:
    """The fixture's times are UTC, the setting says Bucharest: two hours off, and UTC would fit."""
    life.tick([CLIENT], version=1)
    assert life.details.zone_off_seconds == -7200
    assert "UTC" in life.details.fitting_zones
    life.tick([CLIENT], version=3)
    assert (life.details.zone_off_seconds, life.details.fitting_zones) == (0, [])


def test_the_servers_clock_is_compared_with_ours(life: Life) -> None:
    """At every new TIME but the first, which may be old."""
    life.server_put_by = 300
    life.tick([CLIENT])
    assert life.details.ahead_seconds is None
    life.tick([CLIENT])
    assert life.details.ahead_seconds == 300


def test_files_that_give_nothing_are_counted_and_told_once(life: Life) -> None:
    """With the collector's own message; and when it is well again."""
    life.tick([CLIENT])
    assert life.events == []  # that all begins well is no event
    life.file.unlink()
    life.tick()
    life.tick()
    life.put(b"")
    life.tick()
    life.tick([CLIENT])
    kinds = {(event.server, event.kind) for event in life.events}
    assert kinds == {("udp", "file")}
    assert [text.split(":")[0] for text in life.texts] == [
        f"{life.file} does not exist",
        "The file has 0 bytes, as it has for a moment when OpenVPN starts. If it stays so, OpenVPN has"
        " stopped writing it without a word, as it does for good after a line of 512 bytes or more (a"
        " very long user name) or a full disk. The VPN itself works; restart OpenVPN or send it SIGHUP",
        "Status file is read again",
    ]
    assert [event.at for event in life.events] == [AT + 20, AT + 40, AT + 50]
    assert life.beat.read_failures == {"udp": {"missing": 2, "empty": 1}}


def test_an_empty_file_that_nobody_touches_is_told_apart(life: Life) -> None:
    """`status FILE 0`: created and never written."""
    life.put(b"", mtime_ago=600)
    life.tick()
    assert "with 'status FILE 0' OpenVPN creates it and never writes it" in life.message
    life.put(b"")
    life.tick()
    assert "stopped writing it without a word" in life.message


@pytest.mark.parametrize(
    ("put_by", "words"),
    [
        (3600, "The server's clock was put forward by 1 h 00 min"),
        (-7200, "The server's clock was put back by 2 h 00 min"),
    ],
)
def test_a_jump_of_the_servers_clock_is_told(life: Life, put_by: int, words: str) -> None:
    """Forward and back, once, with nobody's session ended by it."""
    life.tick([CLIENT])
    life.tick([CLIENT])
    life.server_put_by = put_by
    life.tick([CLIENT])
    life.tick([CLIENT])
    assert [text for text in life.texts if "clock" in text] == [
        f"{words}, or one of the hosts slept"
    ]
    assert len(life.collector.state.servers["udp"].sessions) == 1


@pytest.mark.parametrize(("put_by", "words"), [(7200, "forward by 2 h"), (-7200, "back by 2 h")])
def test_a_jump_of_our_own_clock_is_told_and_not_blamed_on_the_server(
    life: Life, put_by: float, words: str
) -> None:
    """TIME goes on as before, and so does the steady clock: nothing is stale, nobody has left."""
    life.tick([CLIENT])
    life.tick([CLIENT])
    life.clocks.put_by = put_by
    life.tick([CLIENT])
    life.tick([CLIENT])
    assert [(event.server, event.kind) for event in life.events] == [("", "clock")]
    assert f"This host's clock was put {words}" in life.texts[0]
    assert life.collector.state.servers["udp"].status == "up"


def test_a_long_pause_is_no_jump(life: Life) -> None:
    """The server was away for an hour by all clocks."""
    life.tick([CLIENT])
    for _ in range(20):
        life.tick(seconds=180)
    life.tick([CLIENT])
    assert [event.kind for event in life.events] == ["file", "file"]


def test_a_restart_is_told_once_by_the_servers_own_time(life: Life) -> None:
    """Also where the tick that finds it cannot be acknowledged and the next one finds it again."""
    life.tick([CLIENT.but(client_id=5)])
    state = life.settings.active_sessions
    kept = state.with_suffix(".kept")
    state.rename(kept)
    state.mkdir()  # in the way of acknowledging
    life.tick([CLIENT.but(client_id=0, since=AT + 15)])
    assert life.beat.errors == 1
    state.rmdir()
    kept.rename(state)
    life.tick()
    assert [(event.kind, event.at) for event in life.events] == [("restart", AT + 20)]


def test_the_feed_goes_on_after_a_restart_of_the_collector(life: Life) -> None:
    """Nothing is told twice: what was wrong before is still the same, and so are the last routes."""
    life.tick([CLIENT])
    life.file.unlink()
    life.tick()
    life.restart()
    life.tick()
    assert len(life.details.routes) == 2
    life.tick([CLIENT])
    assert [text.split(":")[0] for text in life.texts] == [
        f"{life.file} does not exist",
        "Status file is read again",
    ]


def test_damaged_files_begin_anew(life: Life) -> None:
    """They are only shown: the collector goes on."""
    life.settings.events.write_text("{")
    life.settings.details.write_text("{")
    life.restart()
    life.tick()
    assert len(life.events) == 1
    assert life.details == Details()


def test_what_cannot_be_written_does_not_fail_the_tick(life: Life) -> None:
    """The tick is acknowledged all the same; the details follow when they can."""
    life.settings.details.mkdir()
    life.tick([CLIENT])
    assert (life.beat.ticks, life.beat.errors) == (1, 0)
    life.settings.details.rmdir()
    life.tick()
    assert len(life.details.routes) == 2


def test_a_server_taken_out_of_the_settings_is_forgotten(life: Life, tmp_path: Path) -> None:
    """Its details with it; what happened to it stays in the feed."""
    life.tick([CLIENT])
    life.settings = Life(tmp_path, OPENVPN_STATUS_LOG=f"other={tmp_path / 'other.log'}").settings
    life.restart()
    life.tick()
    assert set(details.load(life.settings.details)) == {"other"}


def test_the_heartbeat_counts_ticks_and_tells_of_memory_and_flushes(life: Life) -> None:
    """Failed ticks are timed too."""
    life.tick([CLIENT])
    life.settings.active_sessions.unlink()
    life.settings.active_sessions.mkdir()
    life.tick([CLIENT])
    beat = life.beat
    assert (sum(beat.tick_counts), beat.ticks, beat.errors) == (2, 1, 1)
    assert beat.memory_bytes > 10**6
    assert beat.flushed_at == 0
