"""The real collector in a process that says on a pipe which phase it is in, so that a test can kill it there.

`killable_collector.py FD WAIT`: announcements go to FD, `+phase` and `-phase`. Time passes faster than
in production (flush and upkeep several times a second, replaced files deleted at once), and at the
WAITth moment between two tables of one flush the flusher waits to be killed. Apart from that
`python -m collector`, unchanged.
"""

import itertools
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from collector import __main__ as program
from collector import flush, loop, maintenance
from ovpnmon.store import state, tables

FD, WAIT = int(sys.argv[1]), int(sys.argv[2])


@contextmanager
def phase(name: str) -> Iterator[None]:
    """Announce that it begins and ends."""
    os.write(FD, f"+{name}\n".encode())
    yield
    os.write(FD, f"-{name}\n".encode())


def announced(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, with its beginning and end announced."""

    def wrapped(*arguments: Any, **named: Any) -> Any:
        with phase(name):
            return function(*arguments, **named)

    return wrapped


def flush_table(real: Callable[..., None]) -> Callable[..., None]:
    """Every table but the first comes after a moment between two tables of one flush."""

    moments = itertools.count(1)

    def wrapped(handle: Any, table: tables.Table, *more: Any) -> None:
        if table is not tables.TABLES[0]:
            with phase("between"):
                time.sleep(60 if next(moments) == WAIT else 0)
        with phase("flush"):
            real(handle, table, *more)

    return wrapped


loop.FLUSH_SECONDS = 0.2
flush.FIRST_UPKEEP_SECONDS = 0.1
flush.UPKEEP_SECONDS = 0.2
maintenance.KEEP_HOURS = 0
flush.flush_table = flush_table(flush.flush_table)
state.write_atomic = announced("state write", state.write_atomic)
tables.sync_filesystem = announced("syncfs", tables.sync_filesystem)
maintenance.compact = announced("compaction", maintenance.compact)
maintenance.merge = announced("compaction", maintenance.merge)
maintenance.arrange = announced("compaction", maintenance.arrange)
maintenance.retire = announced("retention", maintenance.retire)
maintenance.vacuum = announced("vacuum", maintenance.vacuum)
maintenance.sweep = announced("log and sweep", maintenance.sweep)

if __name__ == "__main__":
    sys.exit(program.main([]))
