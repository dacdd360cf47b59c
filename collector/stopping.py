"""To be told by a signal to stop."""

import signal
from queue import Empty, SimpleQueue


class Stop:
    """Somebody may have asked to stop.

    threading.Event would not do: a signal's handler runs in the main thread, and where it interrupts
    Event.wait() at the wrong moment, Event.set() waits for ever for the lock that wait() holds.
    SimpleQueue.put() may interrupt get() anywhere.
    """

    def __init__(self) -> None:
        self._asked: SimpleQueue[None] = SimpleQueue()

    def ask(self) -> None:
        """Ask to stop, from a signal's handler or anywhere."""
        self._asked.put(None)

    def on_signals(self) -> None:
        """Have SIGTERM and SIGINT ask."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.ask())

    def wait(self, seconds: float) -> bool:
        """Wait so long, or until somebody asks: True then, once for each who asked."""
        try:
            self._asked.get(timeout=seconds)
        except Empty:
            return False
        return True
