"""Bytes: totals that never shrink, and samples that say when they were moved."""

import pytest

from ovpnmon.model import Sample
from tests.snapshots import T, Tracked, client, v1_client


def test_the_first_sample_reaches_back_to_the_connection() -> None:
    """What was moved before the first sight was moved since Connected Since, not in an instant."""
    tracked = Tracked()
    changes = tracked.see(T + 600, client(bytes_received=9000, bytes_sent=400))
    assert changes.samples == [Sample(1, T, T + 600, 9000, 400)]


def test_a_sample_is_what_was_moved_between_two_snapshots() -> None:
    """With both TIMEs; one of nothing moved is a sample too."""
    tracked = Tracked()
    tracked.see(T + 10, client(bytes_received=100, bytes_sent=200))
    changes = tracked.see(T + 20, client(bytes_received=150, bytes_sent=900))
    assert Sample(1, T + 10, T + 20, 50, 700) in changes.samples
    changes = tracked.see(T + 32, client(bytes_received=150, bytes_sent=900))
    assert Sample(1, T + 20, T + 32, 0, 0) in changes.samples


def test_after_downtime_the_sample_is_as_long_as_that() -> None:
    """The traffic of the night is not put into the minute in which the collector came back."""
    tracked = Tracked()
    tracked.see(T + 10, client(bytes_sent=100))
    changes = tracked.see(T + 30_000, client(bytes_sent=10**9))
    assert changes.samples == [Sample(1, T + 10, T + 30_000, 0, 10**9 - 100)]


def test_the_sample_after_an_absence_reaches_back_over_it() -> None:
    """One that a list lacked by mistake had gone on moving bytes."""
    tracked = Tracked()
    tracked.see(T + 10, client(bytes_sent=100))
    tracked.see(T + 20)
    changes = tracked.see(T + 30, client(bytes_sent=190))
    assert Sample(1, T + 10, T + 30, 0, 90) in changes.samples


def test_every_look_at_the_server_is_a_sample_of_its_own() -> None:
    """Number 0 is the server, observed: so that an empty hour differs from one nobody looked at."""
    tracked = Tracked()
    assert tracked.see(T + 10).samples == []
    assert tracked.see(T + 20).samples == [Sample(0, T + 10, T + 20, 0, 0)]
    assert tracked.see(T + 30).samples == [Sample(0, T + 20, T + 30, 0, 0)]


@pytest.mark.parametrize(("later", "observed"), [(60, True), (61, False), (-10, False)])
def test_a_gap_and_a_step_of_the_clock_are_not_observed(later: int, *, observed: bool) -> None:
    """Longer than a minute at an interval of 10 s is a gap; a clock that went back spans nothing."""
    tracked = Tracked()
    for at in (10, 20, 30):
        tracked.see(T + at)
    assert bool(tracked.see(T + 30 + later).samples) is observed


def test_an_attempt_gives_its_first_sample_once_it_is_established() -> None:
    """All bytes since its first packet are in it: the handshake is traffic of the session."""
    tracked = Tracked()
    tracked.see(T + 2, client("UNDEF", routed=False, bytes_received=303, bytes_sent=1150))
    tracked.see(T + 4, client("UNDEF", routed=False, bytes_received=350, bytes_sent=1200))
    assert tracked.server.total_sessions == 0
    changes = tracked.see(T + 6, client("bob", bytes_received=1700, bytes_sent=1800))
    assert Sample(1, T, T + 6, 1700, 1800) in changes.samples
    assert tracked.server.total_sessions == 1


def test_a_counter_that_falls_goes_on_from_the_old_total() -> None:
    """It was set to 0 in between: everything that it shows now is new."""
    tracked = Tracked()
    tracked.see(T + 10, client(bytes_received=5000, bytes_sent=700))
    changes = tracked.see(T + 20, client(bytes_received=40, bytes_sent=30))
    session = tracked.session()
    assert (session.bytes_received, session.bytes_sent) == (5040, 730)
    assert Sample(1, T + 10, T + 20, 40, 30) in changes.samples
    tracked.see(T + 30, client(bytes_received=50, bytes_sent=31))
    assert tracked.session().bytes_received == 5050


def test_a_counter_that_falls_alone_leaves_the_other_alone() -> None:
    """Either direction counts for itself: one that fails must not count the other twice."""
    tracked = Tracked()
    tracked.see(T + 10, client(bytes_received=5000, bytes_sent=10**9))
    tracked.see(T + 20, client(bytes_received=0, bytes_sent=10**9 + 5))
    session = tracked.session()
    assert (session.bytes_received, session.bytes_sent) == (5000, 10**9 + 5)


def test_a_counter_may_fall_without_client_ids_too() -> None:
    """Version 1 knows the session by name and start: the total goes on there as well."""
    tracked = Tracked()
    tracked.see(T + 10, v1_client(bytes_sent=700))
    tracked.see(T + 20, v1_client(bytes_sent=30))
    assert tracked.session().bytes_sent == 730


def test_a_client_of_this_very_second_has_a_sample_without_length() -> None:
    """TIME and Connected Since are whole seconds and may be the same one."""
    tracked = Tracked()
    changes = tracked.see(T, client(bytes_sent=1500))
    assert changes.samples == [Sample(1, T, T, 0, 1500)]


def test_no_sample_is_negative_when_the_clock_steps_back() -> None:
    """The bytes are counted at the new time; from there on spans are ordinary again."""
    tracked = Tracked()
    tracked.see(T + 10, client(bytes_sent=100))
    changes = tracked.see(T - 3600, client(bytes_sent=150))
    assert changes.samples == [Sample(1, T - 3600, T - 3600, 0, 50)]
    changes = tracked.see(T - 3590, client(bytes_sent=180))
    assert Sample(1, T - 3600, T - 3590, 0, 30) in changes.samples


def test_rates_are_bytes_a_second_between_the_last_two_snapshots() -> None:
    """None is known from a single one."""
    tracked = Tracked()
    tracked.see(T + 10, client(bytes_received=1000, bytes_sent=0))
    session = tracked.session()
    assert (session.receive_rate, session.send_rate) == (None, None)
    tracked.see(T + 14, client(bytes_received=1200, bytes_sent=6))
    session = tracked.session()
    assert (session.receive_rate, session.send_rate) == (50.0, 1.5)
    tracked.see(T + 24, client(bytes_received=1200, bytes_sent=6))
    assert tracked.session().receive_rate == 0.0


def test_rates_are_unknown_where_the_time_between_is() -> None:
    """While missing, and over a step of the clock."""
    tracked = Tracked()
    for at, sent in ((10, 0), (20, 100)):
        tracked.see(T + at, client(bytes_sent=sent))
    tracked.see(T + 15, client(bytes_received=9, bytes_sent=300))
    assert tracked.session().receive_rate is None
    assert tracked.session().send_rate is None
    tracked.see(T + 25, client(bytes_sent=400))
    assert tracked.session().send_rate == 10.0
    tracked.see(T + 35)
    assert tracked.session().send_rate is None


def test_the_servers_totals_outlive_its_sessions() -> None:
    """They count everything ever tracked, and only grow."""
    tracked = Tracked()
    tracked.see(T + 10, client(bytes_received=100, bytes_sent=7), client("bob", 1, bytes_sent=3))
    tracked.see(T + 20)
    tracked.see(T + 30)
    tracked.see(T + 40, client("carol", 2, bytes_received=1))
    server = tracked.server
    totals = server.total_sessions, server.total_bytes_received, server.total_bytes_sent
    assert totals == (3, 101, 10)


def test_numbers_are_given_out_once() -> None:
    """A number names a session for good: the next one starts where the last left off."""
    tracked = Tracked()
    tracked.next_number = 41
    changes = tracked.see(T + 10, client("a", 0), client("b", 1))
    assert changes.next_number == 43
    changes = tracked.see(T + 20, client("b", 1), client("c", 2))
    assert changes.next_number == 44
    assert {s.number for s in tracked.server.sessions.values()} == {41, 42, 43}
