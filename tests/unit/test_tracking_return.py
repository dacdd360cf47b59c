"""Sessions given up or closed, and seen again after all."""

from collector import closing
from ovpnmon.store.state import State, decode, encode
from tests.snapshots import T, Tracked, client, ticking


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
