"""Which row is which session, whatever changes about it."""

import re
from dataclasses import replace

from ovpnmon.store.state import State, decode, encode
from tests.snapshots import T, Tracked, client, snapshot, v1_client


def ids(tracked: Tracked) -> list[str]:
    """session_ids of the open sessions, oldest first."""
    return [s.session_id for s in sorted(tracked.server.sessions.values(), key=lambda s: s.number)]


def restarted(tracked: Tracked) -> None:
    """As if the collector had been started again: only what was written remains."""
    state = State(servers={"openvpn": tracked.server}, next_number=tracked.next_number)
    state = decode(encode(state))
    tracked.server, tracked.next_number = state.servers["openvpn"], state.next_number


def test_attributes_change_without_changing_the_session() -> None:
    """Roaming, a verified name, addresses, user name and cipher are news of the same session."""
    tracked = Tracked()
    tracked.see(T + 1, client("UNDEF", 3, vpn_ipv4=None, cipher="BF-CBC", routed=False))
    (before,) = ids(tracked)
    tracked.see(
        T + 3,
        client("bob", 3, username="b", real_ip="2001:db8::9", real_port="", vpn_ipv6="fd00::2"),
    )
    after = tracked.session("bob")
    assert after.session_id == before
    assert (after.username, after.real_ip, after.real_port) == ("b", "2001:db8::9", "")
    assert (after.vpn_ipv4, after.vpn_ipv6, after.cipher) == ("10.8.0.2", "fd00::2", "AES-256-GCM")


def test_what_a_row_no_longer_tells_stays_known() -> None:
    """An address that a later row leaves out is still the one that the session had."""
    tracked = Tracked()
    tracked.see(T + 1, client(username="al", vpn_ipv6="fd00::2"))
    tracked.see(T + 3, client(vpn_ipv4=None, cipher=None, routed=False))
    session = tracked.session()
    assert (session.vpn_ipv4, session.vpn_ipv6) == ("10.8.0.2", "fd00::2")
    assert (session.username, session.cipher) == ("al", "AES-256-GCM")
    assert session.state == "connected"


def test_two_sessions_of_one_name_are_two() -> None:
    """Devices that share a certificate are kept apart, with their own counters."""
    tracked = Tracked()
    tracked.see(T + 1, client(client_id=0, bytes_sent=5), client(client_id=1, bytes_sent=7))
    assert sorted(s.bytes_sent for s in tracked.server.sessions.values()) == [5, 7]


def test_a_reconnect_between_two_snapshots_is_a_second_session() -> None:
    """The same name from the same address with another Client ID has connected anew."""
    tracked = Tracked()
    tracked.see(T + 10, client(client_id=0, bytes_received=100))
    again = client(client_id=1, connected_at=T + 15, bytes_received=7)
    tracked.see(T + 20, again)
    tracked.see(T + 30, again)
    assert tracked.closed().session.bytes_received == 100
    assert tracked.session().bytes_received == 7


def test_a_reconnect_without_client_ids_shows_in_connected_since() -> None:
    """Version 1 tells two connections of one name apart by when they began."""
    tracked = Tracked()
    tracked.see(T + 10, v1_client(bytes_received=100))
    tracked.see(T + 20, v1_client(connected_at=T + 15, bytes_received=7))
    assert len(set(ids(tracked))) == 2


def test_the_session_id_is_the_same_after_a_replay_and_another_on_another_server() -> None:
    """It is derived from server and identity alone, and looks like a UUID."""
    first, again, other = Tracked(), Tracked(), Tracked("second")
    first.see(T + 1, client("x", 5))
    first.see(T + 3, client("x", 5), client("alice", 6))
    again.see(T + 90, client("alice", 6))
    other.see(T + 90, client("alice", 6))
    wanted = first.session().session_id
    assert again.session().session_id == wanted != other.session().session_id
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", wanted)


def test_another_zone_setting_does_not_change_a_version_1_session() -> None:
    """The text is the identity: what it is taken to mean may change, and is then corrected."""
    tracked = Tracked()
    tracked.see(T + 10, v1_client(since_text="Sun Nov 22 15:42:54 2026", bytes_sent=5))
    (before,) = ids(tracked)
    moved = v1_client(since_text="Sun Nov 22 15:42:54 2026", bytes_sent=9, connected_at=T - 7200)
    tracked.see(T + 20 - 7200, moved)
    assert ids(tracked) == [before]
    assert tracked.session().connected_at == T - 7200
    assert tracked.session().bytes_sent == 9


def test_the_start_is_not_reread_while_time_simply_goes_on() -> None:
    """A start in the hour that is written twice was surest when first read, and stays that."""
    tracked = Tracked()
    tracked.see(T + 10, v1_client(since_text="Sun Oct 25 03:30:00 2026"))
    tracked.see(T + 20, v1_client(since_text="Sun Oct 25 03:30:00 2026", connected_at=T - 3600))
    assert tracked.session().connected_at == T


def test_twins_of_one_second_are_told_apart_by_address() -> None:
    """Two connections of one name in one second stay themselves, in whatever order they are listed."""
    tracked = Tracked()
    near = v1_client(real_ip="192.0.2.1", bytes_received=10)
    far = v1_client(real_ip="198.51.100.1", bytes_received=90)
    tracked.see(T + 10, far, near)
    before = {s.real_ip: s.session_id for s in tracked.server.sessions.values()}
    assert len(set(before.values())) == 2
    tracked.see(T + 20, replace(near, bytes_received=200), replace(far, bytes_received=95))
    after = {s.session_id: s.bytes_received for s in tracked.server.sessions.values()}
    assert after == {before["192.0.2.1"]: 200, before["198.51.100.1"]: 95}


def test_the_twin_that_left_is_the_one_that_ends() -> None:
    """The ordinal of the one that stays is kept in the state, across a restart of the collector."""
    tracked = Tracked()
    near, far = v1_client(real_ip="192.0.2.1"), v1_client(real_ip="198.51.100.1")
    tracked.see(T + 10, near, far)
    restarted(tracked)
    tracked.see(T + 20, far)
    restarted(tracked)
    tracked.see(T + 30, far)
    assert tracked.closed().session.real_ip == "192.0.2.1"
    assert tracked.session().real_ip == "198.51.100.1"


def test_a_twin_that_roams_is_known_by_its_rising_counters() -> None:
    """With a new address, who has counted on from where a twin stood is that twin."""
    tracked = Tracked()
    near = v1_client(real_ip="192.0.2.1", bytes_received=10)
    far = v1_client(real_ip="198.51.100.1", bytes_received=5000)
    tracked.see(T + 10, near, far)
    roamed = replace(far, real_ip="203.0.113.5", bytes_received=5100)
    tracked.see(T + 20, roamed, replace(near, bytes_received=20))
    totals = {s.real_ip: s.bytes_received for s in tracked.server.sessions.values()}
    assert totals == {"203.0.113.5": 5100, "192.0.2.1": 20}


def test_a_twin_whose_counters_were_reset_is_known_by_its_address() -> None:
    """Where it is says more than how far it has counted, even if another twin has roamed."""
    tracked = Tracked()
    near = v1_client(real_ip="192.0.2.1", bytes_received=300)
    far = v1_client(real_ip="198.51.100.1", bytes_received=150)
    tracked.see(T + 10, near, far)
    reset, roamed = (
        replace(near, bytes_received=200),
        replace(far, real_ip="203.0.113.5", bytes_received=6000),
    )
    tracked.see(T + 20, reset, roamed)
    totals = {s.real_ip: s.bytes_received for s in tracked.server.sessions.values()}
    assert totals == {"192.0.2.1": 500, "203.0.113.5": 6000}


def test_a_third_twin_gets_an_ordinal_of_its_own() -> None:
    """One that shows up later is neither of those known, and takes no key that was used before."""
    tracked = Tracked()
    rows = [v1_client(real_ip=f"192.0.2.{n}", bytes_received=1000 * n) for n in (1, 2)]
    tracked.see(T + 10, *rows)
    known = ids(tracked)
    tracked.see(T + 20, v1_client(real_ip="192.0.2.3"), *rows)
    assert ids(tracked)[:2] == known
    assert len(set(ids(tracked))) == 3


def test_one_key_twice_is_one_session_as_far_as_it_has_counted() -> None:
    """Of two rows with one Client ID and start the one that counted further is the newer."""
    tracked = Tracked()
    tracked.see(T + 10, client(bytes_sent=70), client(bytes_sent=90), client(bytes_sent=80))
    assert tracked.session().bytes_sent == 90
    assert [row.text.split()[0] for row in tracked.server.rejected] == ["alice", "alice"]


def test_twins_behind_one_address_are_believed_the_second_time() -> None:
    """At first they may be one client in two halves of a torn list; the next list has them still."""
    tracked = Tracked()
    rows = v1_client(bytes_sent=5, real_port=""), v1_client(bytes_sent=900, real_port="")
    tracked.see(T + 10, *rows)
    assert [s.bytes_sent for s in tracked.server.sessions.values()] == [900]
    assert len(tracked.server.rejected) == 1
    tracked.see(T + 20, *rows)
    assert sorted(s.bytes_sent for s in tracked.server.sessions.values()) == [5, 900]
    assert tracked.server.rejected == []


def test_attempts_to_connect_in_one_second_are_no_sign_of_a_torn_list() -> None:
    """Scanners come in swarms from one address, all of them UNDEF: they hold nobody's ending up."""
    tracked = Tracked()
    tracked.see(T + 10, v1_client())
    for step in (20, 30):
        at = T + step - 1
        swarm = [v1_client("UNDEF", real_port="", connected_at=at, routed=False) for _ in range(3)]
        tracked.see(T + step, *swarm)
        assert len([s for s in tracked.server.sessions.values() if not s.established]) == 3
    assert tracked.closed().disconnected_at == T + 20


def test_names_that_look_alike_are_shown_apart() -> None:
    """Names that are not UTF-8 may differ only in bytes that cannot be shown."""
    tracked = Tracked()
    one = client("J\ufffdrg", 0, name_key="\0" + b"J\xf6rg".hex())
    two = client("J\ufffdrg", 1, name_key="\0" + b"J\xfcrg".hex())
    tracked.see(T + 10, one, two)
    first = {s.client_id: s.common_name for s in tracked.server.sessions.values()}
    assert first[0] != first[1]
    restarted(tracked)
    tracked.see(T + 20, two, one)
    assert {s.client_id: s.common_name for s in tracked.server.sessions.values()} == first


def test_an_empty_list_is_a_good_snapshot() -> None:
    """Nobody connected is something known, not something missing."""
    tracked = Tracked()
    changes = tracked.take(snapshot(T))
    assert changes.server.status == "up"
    assert changes.server.sessions == {}
