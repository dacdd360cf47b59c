"""To be told by a signal to stop, at whatever moment it comes."""

import os
import signal
import subprocess
import sys
import threading

from collector.stopping import Stop
from tests.processes import ROOT

STORM = """
import signal
from collector.stopping import Stop
stop = Stop()
came = 0
def handle(*_):
    global came
    came += 1
    stop.ask()
signal.signal(signal.SIGALRM, handle)
signal.setitimer(signal.ITIMER_REAL, 1e-4, 1e-4)
heard = 0
while came < 20_000:
    heard += stop.wait(0.001)
signal.setitimer(signal.ITIMER_REAL, 0)
while stop.wait(0):
    heard += 1
print(heard == came)
"""


def test_nobody_has_asked() -> None:
    assert not Stop().wait(0)


def test_who_asked_beforehand_is_heard() -> None:
    stop = Stop()
    stop.ask()
    assert stop.wait(60)


def test_who_asks_meanwhile_is_heard_at_once() -> None:
    """The wait of ten minutes is over."""
    stop = Stop()
    threading.Timer(0.05, stop.ask).start()
    assert stop.wait(600)


def test_a_signal_asks() -> None:
    kept = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    stop = Stop()
    try:
        stop.on_signals()
        for number in kept:
            os.kill(os.getpid(), number)
            assert stop.wait(60)
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)


def test_signals_at_every_moment_of_a_wait_block_nothing_and_are_not_lost() -> None:
    """20,000 of them. With a threading.Event the process gets stuck."""
    done = subprocess.run(
        [sys.executable, "-c", STORM],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.stdout == "True\n", done.stderr
