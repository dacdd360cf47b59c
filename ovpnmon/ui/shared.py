"""What all sessions of the app share: one look at the data, and answers worked out once for all."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from ovpnmon import runtime
from ovpnmon.api import health
from ovpnmon.queries.live import ServerView, servers
from ovpnmon.queries.troubles import seen_through
from ovpnmon.store.state import State, StateError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Look:
    """One look at the live data.

    collector: why the collector is not trusted to be running, or None. broken: why there is no
    state to show, or "".
    """

    state: State
    servers: list[ServerView]
    collector: str | None
    now: float
    broken: str = ""

    @property
    def waiting(self) -> bool:
        """Whether no status file has ever been read."""
        return all(view.time is None for view in self.servers)


def look() -> Look:
    """The data as they are now. Cheap: the store loads the state when its file changes."""
    now = time.time()
    collector = health.trouble(runtime.settings().heartbeat, now)
    try:
        state = runtime.store().state()
    except (StateError, OSError) as error:
        return Look(State(), [], collector, now, str(error))
    return Look(state, seen_through(servers(state, now), collector), collector, now)


@dataclass(slots=True)
class _Answer:
    lock: threading.Lock = field(default_factory=threading.Lock)
    made: bool = False
    value: Any = None


class Memo:
    """Answers about a state, kept until newer states have pushed it out.

    However many browsers are open, each answer is worked out once: whoever asks while it is being
    worked out waits for it.
    """

    def __init__(self, states: int = 3, answers: int = 200) -> None:
        self._lock = threading.Lock()
        self._states: OrderedDict[int, tuple[State, OrderedDict[Hashable, _Answer]]] = OrderedDict()
        self._limits = (states, answers)

    def get(self, state: State, key: Hashable, make: Callable[[], T]) -> T:
        """The answer named key about state. What make raises goes to the caller and is not kept."""
        answer = self._answer(state, key)
        with answer.lock:
            if not answer.made:
                answer.value, answer.made = make(), True
            value: T = answer.value
            return value

    def _answer(self, state: State, key: Hashable) -> _Answer:
        most_states, most_answers = self._limits
        with self._lock:
            # Holding the state keeps its id from being given to another one.
            _, answers = self._states.setdefault(id(state), (state, OrderedDict()))
            self._states.move_to_end(id(state))
            answer = answers.setdefault(key, _Answer())
            answers.move_to_end(key)
            while len(self._states) > most_states:
                self._states.popitem(last=False)
            while len(answers) > most_answers:
                answers.popitem(last=False)
            return answer


memo = Memo()
_slow = Memo(states=1)
_always = State()


def once(seen: Look, seconds: int, key: Hashable, make: Callable[[], T]) -> T:
    """The answer of this stretch of time, about the data directory of this process: for what a tick
    changes by no more than could be seen. What make raises goes to the caller and is not kept.
    """
    about = runtime.settings().data, int(seen.now // seconds)
    return _slow.get(_always, (key, about), make)
