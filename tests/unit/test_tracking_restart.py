"""Whether the server's own restart ended a session, or its client."""

import pytest

from tests.snapshots import T, Tracked, client, ticking, v1_client


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
