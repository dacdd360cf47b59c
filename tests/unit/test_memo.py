"""Answers worked out once for all browsers."""

import threading

import pytest

from ovpnmon.store.state import State
from ovpnmon.ui.shared import Memo


class Counter:
    """Something to work out, which counts how often it was."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self) -> int:
        self.calls += 1
        return self.calls


def test_an_answer_is_worked_out_once_for_each_state_and_question():
    """The same question about the same state costs nothing; a new state is asked anew."""
    memo, make, state = Memo(), Counter(), State()
    assert [memo.get(state, "a", make) for _ in range(3)] == [1, 1, 1]
    assert memo.get(state, "b", make) == 2
    assert memo.get(State(), "a", make) == 3


def test_fifty_browsers_at_once_wait_for_one():
    """Whoever asks while an answer is being worked out gets that one."""
    memo, make, state = Memo(), Counter(), State()
    begun, go = threading.Event(), threading.Event()

    def slowly() -> int:
        begun.set()
        go.wait(10)
        return make()

    threads = [threading.Thread(target=memo.get, args=(state, "a", slowly)) for _ in range(50)]
    for thread in threads:
        thread.start()
    assert begun.wait(10)
    go.set()
    for thread in threads:
        thread.join(10)
    assert make.calls == 1


def test_a_failure_is_not_kept():
    """What raises is tried again by the next one who asks."""
    memo, state = Memo(), State()

    def fail() -> int:
        raise OSError("disk")

    with pytest.raises(OSError, match="disk"):
        memo.get(state, "a", fail)
    assert memo.get(state, "a", lambda: 7) == 7


def test_old_states_and_answers_are_let_go():
    """Memory does not grow with ticks or with what viewers search for."""
    memo, make = Memo(states=2, answers=2), Counter()
    old, middle, new = State(), State(), State()
    for state in (old, middle, new):
        memo.get(state, "a", make)
    assert memo.get(old, "a", make) == 4
    for question in ("b", "c"):
        memo.get(new, question, make)
    assert memo.get(new, "a", make) == 7
