"""When a session ends, how its end is dated, and what is no reason to end it."""

from dataclasses import replace

import pytest

from collector import closing
from ovpnmon.model import Rejected
from ovpnmon.store.state import State, decode, encode
from tests.snapshots import T, Tracked, bad_row, client, snapshot, v1_client


def ticking(*times: int) -> Tracked:
    """A server that has shown alice (and nobody else) at these seconds after T."""
    tracked = Tracked()
    for at in times:
        tracked.see(T + at, client())
    return tracked


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


def test_client_ids_that_begin_anew_are_a_restart_of_the_server() -> None:
    """All old clients gone and an ID given out again: the server's own restart ended them."""
    tracked = Tracked()
    tracked.see(T + 10, client("alice", 4), client("bob", 5))
    tracked.see(T + 20, client("carol", 0, connected_at=T + 19))
    tracked.see(T + 30, client("carol", 0, connected_at=T + 19))
    assert {row.close_reason for row in tracked.history.values()} == {"server_restarted"}
    assert {row.disconnected_at for row in tracked.history.values()} == {T + 20}


@pytest.mark.parametrize("interval", [10, 600])
def test_a_restart_may_show_in_the_second_list_only(interval: int) -> None:
    """Right after its start the server lists nobody; who comes first then tells."""
    tracked = ticking(interval, 2 * interval)
    tracked.see(T + 3 * interval)
    tracked.see(T + 4 * interval, client("bob", 0, connected_at=T + 4 * interval - 2))
    row = tracked.closed()
    assert (row.close_reason, row.disconnected_at) == ("server_restarted", T + 3 * interval)


def test_a_restart_may_show_after_the_end_was_written_down() -> None:
    """A small server lists nobody until the first is back: the rows are then written anew."""
    tracked = Tracked()
    tracked.see(T + 10, client("alice", 4), client("bob", 5))
    for at in (20, 30, 40):
        tracked.see(T + at)
    assert {row.close_reason for row in tracked.history.values()} == {"disconnected"}
    changes = tracked.see(T + 50, client("bob", 0, connected_at=T + 49))
    assert len(changes.reopened) == len(changes.closed) == 2
    assert {row.close_reason for row in tracked.history.values()} == {"server_restarted"}
    assert {row.disconnected_at for row in tracked.history.values()} == {T + 20}
    assert tracked.see(T + 60, client("bob", 0, connected_at=T + 49)).closed == []


def test_a_restart_long_after_the_last_client_left_did_not_end_its_session() -> None:
    """One that goes home in the evening is not thrown out by the reboot at night."""
    tracked = ticking(*range(10, 100, 10))
    for at in (100, 110, 1000):
        tracked.see(T + at)
    tracked.see(T + 1010, client("bob", 0, connected_at=T + 1009))
    tracked.see(T + 1020)
    tracked.see(T + 1030)
    assert tracked.closed("alice").close_reason == "disconnected"
    assert tracked.closed("bob").close_reason == "disconnected"


def test_who_left_before_the_restart_was_not_ended_by_it() -> None:
    """Alice was missing while bob's session went on: only his was the restart's doing."""
    tracked = Tracked()
    bob = client("bob", 5)
    tracked.see(T + 10, client("alice", 4), bob)
    tracked.see(T + 20, bob)
    tracked.see(T + 30, client("carol", 0, connected_at=T + 29))
    tracked.see(T + 40, client("carol", 0, connected_at=T + 29))
    assert tracked.closed("alice").close_reason == "disconnected"
    assert tracked.closed("bob").close_reason == "server_restarted"


def test_who_leaves_after_the_restart_was_not_ended_by_it() -> None:
    """A restart counts for those that it ended, not for the run that follows."""
    tracked = ticking(10)
    carol, dave = (client(n, i, connected_at=T + 19) for i, n in enumerate(["carol", "dave"]))
    for at in (20, 30):
        tracked.see(T + at, carol, dave)
    for at in (40, 50):
        tracked.see(T + at, dave, client("erin", 2, connected_at=T + 39))
    assert tracked.closed("carol").close_reason == "disconnected"


def test_a_reconnect_with_the_next_client_id_is_no_restart() -> None:
    """A lone client that comes back gets a higher ID from a server that ran on."""
    tracked = ticking(10)
    again = client(client_id=1, connected_at=T + 15)
    tracked.see(T + 20, again)
    tracked.see(T + 30, again)
    assert tracked.closed().close_reason == "disconnected"


def test_without_client_ids_a_restart_shows_in_everybody_being_new() -> None:
    """Version 1: two or more are gone, and all that are there connected since the last TIME."""
    tracked = Tracked()
    tracked.see(T + 10, v1_client("alice"), v1_client("bob"))
    rows = v1_client("alice", connected_at=T + 10), v1_client("bob", connected_at=T + 18)
    tracked.see(T + 20, *rows)
    tracked.see(T + 30, *rows)
    assert [row.close_reason for row in tracked.history.values()] == ["server_restarted"] * 2


def test_without_client_ids_one_reconnect_is_no_restart() -> None:
    """The only client that comes back anew looks the same; it is far the likelier."""
    tracked = Tracked()
    tracked.see(T + 10, v1_client())
    again = v1_client(connected_at=T + 15)
    tracked.see(T + 20, again)
    tracked.see(T + 30, again)
    assert tracked.closed().close_reason == "disconnected"


def test_without_client_ids_somebody_older_speaks_against_a_restart() -> None:
    """One who connected before the last TIME, though not listed then, was on the same server."""
    tracked = Tracked()
    tracked.see(T + 10, v1_client("alice"), v1_client("bob"))
    rows = v1_client("carol", connected_at=T + 15), v1_client("dave", connected_at=T + 5)
    tracked.see(T + 20, *rows)
    tracked.see(T + 30, *rows)
    assert {row.close_reason for row in tracked.history.values()} == {"disconnected"}


def test_a_restart_that_nobody_saw_is_a_gap() -> None:
    """An hour of darkness before it: when the sessions ended is not known, only when last seen."""
    tracked = ticking(10, 20)
    again = client(client_id=0, connected_at=T + 3000)
    tracked.see(T + 3600, again)
    tracked.see(T + 3610, again)
    row = tracked.closed()
    assert (row.close_reason, row.disconnected_at) == ("gap", T + 20)


def test_a_closed_session_that_is_seen_again_goes_on_as_the_same_row() -> None:
    """Same id, same number, totals from where they stood; counted once; its end taken back."""
    tracked = Tracked()
    tracked.see(T + 10, client(bytes_sent=100))
    number = tracked.session().number
    tracked.see(T + 20)
    tracked.see(T + 30)
    session_id = tracked.closed().session.session_id
    changes = tracked.see(T + 40, client(bytes_sent=150))
    assert changes.reopened == [session_id]
    assert tracked.history == {}
    assert tracked.server.closed == {}
    assert tracked.session().number == number
    assert tracked.session().bytes_sent == 150
    assert tracked.server.total_sessions == 1
    tracked.see(T + 50)
    tracked.see(T + 60)
    assert tracked.closed().disconnected_at == T + 50


def test_closed_sessions_are_remembered_for_an_hour_of_the_servers_time() -> None:
    """Also through a restart of the collector; after that the state does not drag them along."""
    tracked = ticking(10)
    tracked.see(T + 20)
    tracked.see(T + 30)
    state = decode(encode(State(servers={"openvpn": tracked.server})))
    tracked.server = state.servers["openvpn"]
    tracked.see(T + 3620)
    assert len(tracked.server.closed) == 1
    tracked.see(T + 3630)
    tracked.see(T + 3640)
    assert tracked.server.closed == {}


def test_of_very_many_closed_sessions_the_latest_are_remembered() -> None:
    """A server whose clients flap must not make the state grow without end."""
    limit = closing.REMEMBERED_ROWS
    tracked = Tracked()
    tracked.see(T + 10, client("first", 0))
    tracked.see(T + 20)
    changes = tracked.see(T + 30, *(client("x", n) for n in range(1, limit + 1)))
    assert len(changes.closed) == 1
    tracked.see(T + 40)
    tracked.see(T + 50)
    assert len(tracked.server.closed) == limit
    assert "first" not in {row.session.common_name for row in tracked.server.closed.values()}


def test_abandoned_sessions_end_at_their_last_sight() -> None:
    """Nobody saw the end of a server that stayed away; an attempt to connect still leaves no trace."""
    tracked = ticking(10, 20)
    tracked.see(T + 30, client(), client("bob", 1))
    tracked.see(T + 40, client("bob", 1), client("UNDEF", 2, routed=False))
    tracked.give_up()
    assert {r.session.common_name: r.disconnected_at for r in tracked.history.values()} == {
        "alice": T + 30,
        "bob": T + 40,
    }
    assert {row.close_reason for row in tracked.history.values()} == {"gap"}
    assert tracked.server.sessions == {}


def test_abandoning_twice_changes_nothing() -> None:
    """The server stays away for another day: there is nobody left to end."""
    tracked = ticking(10)
    tracked.give_up()
    server = tracked.server
    changes = tracked.give_up()
    assert changes.server is server
    assert changes.closed == []


def test_an_abandoned_server_that_comes_back_has_its_sessions_back() -> None:
    """After days: the file was unmounted, the VPN went on, and the sessions are the same rows."""
    tracked = ticking(10, 20)
    tracked.give_up()
    tracked.see(T + 3 * 86_400, client(bytes_sent=10**9))
    assert tracked.history == {}
    assert tracked.session().bytes_sent == 10**9


def test_an_abandoned_server_that_comes_back_without_them_forgets_them() -> None:
    """They are remembered until it has been back for a while, and not for ever."""
    tracked = ticking(10, 20)
    tracked.give_up()
    for at in (0, 10):
        tracked.see(T + 3 * 86_400 + at)
    assert tracked.server.closed == {}
    assert tracked.closed().close_reason == "gap"
