"""What the state says of a server's file: since when, what is wrong, how often it is rewritten."""

import pytest

from collector.tracking import advance, stale, stale_after_seconds, trouble
from ovpnmon.model import ServerState, StatusError
from tests.snapshots import T, Tracked, client, snapshot

MISSING = StatusError("missing", "/run/openvpn.log does not exist: is OpenVPN running?")


def up(*, now: float = T) -> ServerState:
    """A server with one client, read for the first time at now."""
    return advance(ServerState("openvpn", "/run/openvpn.log"), snapshot(T, client()), 1, now).server


def test_a_good_snapshot_is_up() -> None:
    """The state then says what the file says, and when our clock saw it."""
    server = up(now=T + 2.7)
    assert (server.status, server.message, server.status_since) == ("up", "", T + 2)
    assert (server.seen_at, server.time, server.time_text) == (T + 2, T, f"text of {T}")
    assert (server.version, server.title) == (3, "OpenVPN 2.6.14")


def test_up_is_up_since_its_beginning() -> None:
    """Further good snapshots are no new status."""
    server = advance(up(), snapshot(T + 10, client()), 2, T + 10).server
    assert (server.status_since, server.seen_at) == (T, T + 10)


def test_trouble_says_what_is_wrong_and_leaves_the_sessions_alone() -> None:
    """A file that cannot be read says nothing about who is connected."""
    before = up()
    after = trouble(before, MISSING, T + 10)
    assert (after.status, after.message) == ("missing", MISSING.message)
    assert after.status_since == T + 10
    assert after.sessions == before.sessions
    assert (after.time, after.seen_at) == (before.time, before.seen_at)
    assert before.status == "up"


def test_trouble_goes_on_from_when_it_began() -> None:
    """The same trouble is the same state; a new message alone moves no clock."""
    first = trouble(up(), MISSING, T + 10)
    assert trouble(first, MISSING, T + 20) is first
    other = trouble(first, StatusError("missing", "still not there"), T + 30)
    assert (other.message, other.status_since) == ("still not there", T + 10)
    worse = trouble(other, StatusError("empty", "0 bytes"), T + 40)
    assert (worse.status, worse.status_since) == ("empty", T + 40)


def test_the_first_file_ever_may_be_in_trouble() -> None:
    """A server that was never read waits no longer: it has a name for what is wrong."""
    server = trouble(ServerState("openvpn", "/run/openvpn.log"), MISSING, T)
    assert (server.status, server.time, server.sessions) == ("missing", None, {})


def test_a_readable_file_is_up_again_even_if_nothing_in_it_is_new() -> None:
    """The trouble was with reading it, and that is over."""
    server = advance(trouble(up(), MISSING, T + 10), snapshot(T, client()), 2, T + 20).server
    assert (server.status, server.message, server.status_since) == ("up", "", T + 20)


def test_a_stale_file_is_stale_until_its_time_moves() -> None:
    """Reading the same list again is no sign of life; the first new TIME is."""
    before = up()
    old = stale(before, T + 200)
    assert (old.status, old.status_since, old.sessions) == ("stale", T + 200, before.sessions)
    assert "/run/openvpn.log" in old.message
    assert stale(old, T + 210) is old
    assert advance(old, snapshot(T, client()), 2, T + 220).server is old
    again = advance(old, snapshot(T + 230, client()), 2, T + 230).server
    assert (again.status, again.message, again.status_since) == ("up", "", T + 230)


@pytest.mark.parametrize(
    ("interval", "stale_after", "usual"),
    [(2, 30, 2), (10, 30, 10), (60, 180, 60), (600, 1800, 600)],
)
def test_stale_is_several_of_the_servers_own_intervals(
    interval: int, stale_after: float, usual: float
) -> None:
    """With a floor, so that a hasty file is not called stale for one slow rewrite."""
    tracked = Tracked()
    for step in range(4):
        tracked.see(T + step * interval)
    assert tracked.server.interval_seconds == usual
    assert stale_after_seconds(tracked.server) == stale_after


def test_before_two_snapshots_openvpns_default_interval_is_assumed() -> None:
    """One TIME tells nothing of the pace: 60 s is what OpenVPN does unless told otherwise."""
    assert up().interval_seconds is None
    assert stale_after_seconds(up()) == 180


def test_one_outage_does_not_spoil_the_interval() -> None:
    """Neither do a late rewrite, a missed one, or a clock that steps in either direction."""
    tracked = Tracked()
    for at in (0, 10, 20, 30):
        tracked.see(T + at)
    for at in (7230, 7240, 7253, 7273, 3600, 3610, 90_000, 90_010):
        tracked.see(T + at)
        assert tracked.server.interval_seconds == 10
        assert min(tracked.server.intervals) > 0


def test_a_new_interval_is_learnt() -> None:
    """Somebody changed the setting and started the server again."""
    tracked = Tracked()
    for at in (*range(0, 1200, 60), *range(1200, 1300, 10)):
        tracked.see(T + at)
    assert tracked.server.interval_seconds == 10
    assert len(tracked.server.intervals) < 20
