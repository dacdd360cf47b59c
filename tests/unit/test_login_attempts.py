"""Failed logins: the wait grows, is bounded, ends, and costs bounded memory."""

from ovpnmon.api.login.attempts import FORGOTTEN_SECONDS, FREE, LONGEST_SECONDS, Attempts
from tests.logins import Clock


def fail(attempts: Attempts, times: int, who: str = "a") -> list[float]:
    return [attempts.failed(who, str(n).encode()) for n in range(times)]


def test_the_first_failures_cost_nothing_then_the_wait_doubles_up_to_a_limit() -> None:
    """People mistype; programs do not get tired."""
    waits = fail(Attempts(Clock()), FREE + 9)
    assert waits[:FREE] == [0.0] * FREE
    assert waits[FREE:] == [1, 2, 4, 8, 16, 32, LONGEST_SECONDS, LONGEST_SECONDS, LONGEST_SECONDS]


def test_the_wait_runs_down_with_the_clock() -> None:
    """And the next failure after it costs more than the one before."""
    clock = Clock()
    attempts = Attempts(clock)
    fail(attempts, FREE + 2)
    assert attempts.wait_seconds("a") == 2
    clock.now += 1.5
    assert attempts.wait_seconds("a") == 0.5
    clock.now += 1
    assert attempts.wait_seconds("a") == 0
    assert attempts.failed("a", b"x") == 4


def test_one_who_fails_does_not_hold_up_another() -> None:
    """Failures belong to whom they came from."""
    attempts = Attempts(Clock())
    fail(attempts, FREE + 5, "a")
    assert attempts.wait_seconds("b") == 0


def test_old_failures_are_forgotten() -> None:
    """Yesterday's typing errors are no attack."""
    clock = Clock()
    attempts = Attempts(clock)
    fail(attempts, FREE + 5)
    clock.now += FORGOTTEN_SECONDS + 1
    assert attempts.failed("a", b"x") == 0


def test_memory_is_bounded_and_the_one_that_goes_on_is_not_forgotten() -> None:
    """A million addresses that fail once push each other out, not the one that keeps guessing."""
    attempts = Attempts(Clock(), room=3)
    for n in range(10):
        fail(attempts, FREE + 1, "persistent")
        fail(attempts, 1, f"passer-by {n}")
    assert attempts.wait_seconds("persistent") == LONGEST_SECONDS
    assert not attempts.is_repeated("passer-by 0", b"0")
    assert attempts.is_repeated("passer-by 9", b"0")


def test_repeating_one_wrong_password_is_recognised() -> None:
    """A script with last year's password asks every minute and guesses nothing."""
    attempts = Attempts(Clock())
    attempts.failed("a", b"old")
    assert attempts.is_repeated("a", b"old")
    assert not attempts.is_repeated("a", b"new")
    assert not attempts.is_repeated("b", b"old")
