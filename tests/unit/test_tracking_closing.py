"""When a session ends, how its end is dated, and what is no reason to end it."""

from dataclasses import replace

import pytest

from ovpnmon.model import Rejected
from ovpnmon.store.state import State, decode, encode
from tests.snapshots import T, Tracked, bad_row, client, snapshot, ticking


def test_missing_once_is_leaving_and_missing_twice_is_over() -> None:
    """The end is dated at the first snapshot that lacked the session."""
    tracked = ticking(10, 20)
    assert tracked.see(T + 30).closed == []
    assert tracked.session().state == "leaving"
    tracked.see(T + 40)
    row = tracked.closed()
    assert (row.session.last_seen_at, row.disconnected_at) == (T + 20, T + 30)
    assert row.close_reason == "disconnected"
    assert tracked.server.sessions == {}


def test_one_that_is_back_after_one_absence_was_never_away() -> None:
    """A list caught half rewritten lacks clients that are there: the next one has them."""
    tracked = ticking(10, 20)
    tracked.see(T + 30)
    changes = tracked.see(T + 40, client())
    assert (changes.closed, changes.reopened) == ([], [])
    assert tracked.session().state == "connected"
    tracked.see(T + 50)
    assert tracked.history == {}


def test_the_same_time_again_is_not_a_second_absence() -> None:
    """A file that was not rewritten tells nothing new, however often it is read."""
    tracked = ticking(10, 20)
    tracked.see(T + 30)
    before = tracked.server
    changes = tracked.see(T + 30)
    assert changes.server is before
    assert (changes.closed, changes.samples) == ([], [])


def test_a_time_that_went_back_is_a_second_absence() -> None:
    """Clocks step back; a TIME counts as new when it has changed. Nothing ends before it was seen."""
    tracked = ticking(10, 20)
    tracked.see(T - 3600)
    tracked.see(T - 3590)
    row = tracked.closed()
    assert row.disconnected_at == T + 20
    assert row.close_reason == "disconnected"


def test_a_session_of_a_clock_that_stepped_back_does_not_end_before_it_began() -> None:
    """Where even the last sight is earlier than the start, the end is the start."""
    tracked = Tracked()
    for at in (-3600, -3590):
        tracked.see(T + at, client())
    tracked.see(T - 3580)
    tracked.see(T - 3570)
    assert tracked.closed().disconnected_at == T


def test_a_newly_rejected_row_ends_nobody_but_updates_those_present() -> None:
    """The row that could not be read may be the missing one: wait for a clear list."""
    tracked = Tracked()
    bob = client("bob", 1)
    tracked.see(T + 10, client(), bob)
    tracked.see(T + 20, bob)
    torn = (bad_row("alice\t192.0."),)
    changes = tracked.see(T + 30, replace(bob, bytes_sent=50), client("eve", 2), rejected=torn)
    assert changes.closed == []
    assert tracked.session().state == "leaving"
    assert tracked.session("bob").bytes_sent == 50
    assert tracked.session("eve").state == "connected"
    tracked.see(T + 40, bob)
    assert tracked.closed().disconnected_at == T + 20


def test_a_doubtful_list_is_no_first_absence_either() -> None:
    """Who lacks in it is still shown as connected, and two clear absences are still to come."""
    tracked = ticking(10, 20)
    tracked.see(T + 30, rejected=(bad_row("alice\t192.0."),))
    assert tracked.session().state == "connected"
    tracked.see(T + 40)
    assert tracked.history == {}
    tracked.see(T + 50)
    assert tracked.closed().disconnected_at == T + 40


def test_a_row_that_stays_bad_in_the_same_way_does_not_block_for_ever() -> None:
    """Its counters and times move on; apart from digits it is the same row."""
    tracked = ticking(10)
    for step in (20, 30, 40):
        tracked.see(T + step, rejected=(bad_row(f"mallory\t{step * 1017}\tx", line=step),))
    row = tracked.closed()
    assert row.disconnected_at == T + 30


def test_another_bad_row_blocks_again() -> None:
    """Each way of being bad is news once, and so is a second row that is bad in a known way."""
    tracked = ticking(10)
    one, two = bad_row("mallory\t1"), bad_row("al")
    for step, rejected in enumerate([(one,), (one, two), (one, two, two), (one,), (two,)]):
        tracked.see(T + 20 + 10 * step, rejected=rejected)
    assert tracked.history == {}


def test_a_bad_row_of_the_routing_table_blocks_nothing() -> None:
    """Routes say nothing of who is connected."""
    tracked = ticking(10)
    for step in (20, 30):
        good = snapshot(T + step)
        tracked.take(replace(good, rejected=(Rejected(9, f"route {step * 'x'}", "no address"),)))
    assert tracked.closed().disconnected_at == T + 20
    assert len(tracked.server.rejected) == 1


def test_a_list_with_one_client_twice_ends_nobody() -> None:
    """It is partly of another generation; seen again in the next list it is how the file is."""
    tracked = Tracked()
    bob = client("bob", 1)
    tracked.see(T + 10, client(), bob)
    for step in (20, 30, 40):
        tracked.see(T + step, bob, bob)
    assert tracked.closed().disconnected_at == T + 30


def test_an_attempt_to_connect_never_enters_the_history() -> None:
    """It is listed while it lasts, and gone without a trace when it is over."""
    tracked = Tracked()
    tracked.see(T + 2, client("UNDEF", routed=False, vpn_ipv4=None, bytes_received=303))
    assert tracked.session("UNDEF").state == "connecting"
    tracked.see(T + 4)
    tracked.see(T + 6)
    assert (tracked.server.sessions, tracked.history) == ({}, {})
    assert [number for number in tracked.samples if number != 0] == []


def test_an_attempt_is_kept_through_a_doubtful_list() -> None:
    """There its row may be the one that could not be read."""
    tracked = Tracked()
    tracked.see(T + 2, client("UNDEF", routed=False))
    tracked.see(T + 4, rejected=(bad_row("UND"),))
    assert tracked.session("UNDEF").state == "connecting"


@pytest.mark.parametrize(("away", "reason"), [(60, "disconnected"), (61, "gap")])
def test_an_end_a_minute_after_the_last_sight_is_a_gap(away: int, reason: str) -> None:
    """With a file that is rewritten every 10 s, the limit is the minute: dated at the last sight."""
    tracked = ticking(10, 20, 30)
    tracked.see(T + 30 + away)
    tracked.see(T + 40 + away)
    row = tracked.closed()
    assert row.close_reason == reason
    assert row.disconnected_at == (T + 30 if reason == "gap" else T + 30 + away)


@pytest.mark.parametrize(("away", "reason"), [(480, "disconnected"), (481, "gap")])
def test_with_a_slow_file_a_gap_is_four_of_its_intervals(away: int, reason: str) -> None:
    """What is usual is known from the TIMEs seen, also by a collector that was started again."""
    tracked = ticking(120, 240, 360, 480)
    state = decode(encode(State(servers={"openvpn": tracked.server})))
    tracked.server = state.servers["openvpn"]
    tracked.see(T + 480 + away)
    tracked.see(T + 600 + away)
    assert tracked.closed().close_reason == reason


def test_an_outage_right_after_the_first_look_does_not_pass_for_the_usual_interval() -> None:
    """One snapshot, an hour of nothing, two snapshots: that hour was a gap."""
    tracked = ticking(10)
    tracked.see(T + 3610)
    tracked.see(T + 3620)
    assert tracked.closed().close_reason == "gap"
