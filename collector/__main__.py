"""`python -m collector`: the sidecar; `--once`: one tick; `check FILE...`: why isn't it understood?"""

import argparse
import contextlib
import gc
import logging
import os
import sys
from pathlib import Path

from filelock import FileLock, Timeout

from collector.check import check
from collector.log import fields, set_up
from collector.loop import Collector
from collector.stopping import Stop
from ovpnmon.config import Settings, SettingsError
from ovpnmon.store import heartbeat
from ovpnmon.store.schema import NewerDataError

log = logging.getLogger("collector")


def main(arguments: list[str] | None = None) -> int:
    """Exit status: 0 done, 1 could not do it, 2 a setting or argument is wrong."""
    parser = argparse.ArgumentParser(prog="python -m collector", description=__doc__)
    parser.add_argument("--once", action="store_true", help="do one tick and exit")
    commands = parser.add_subparsers(dest="command")
    checking = commands.add_parser("check", help="read status files, print one JSON object a line")
    checking.add_argument("files", metavar="FILE", nargs="+", type=Path)
    options = parser.parse_args(arguments)
    try:
        settings = Settings.from_env(os.environ)
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    if options.command == "check":
        return check(options.files, settings.tz, sys.stdout)
    set_up()
    return collect(settings, once=options.once)


def collect(settings: Settings, *, once: bool) -> int:
    """Hold the data directory's lock and run until SIGTERM or SIGINT, or for one tick."""
    log.info(
        "OpenVPN background logger started...%s",
        fields(
            data=settings.data.resolve(),
            interval_seconds=settings.interval_seconds,
            zone=settings.tz.key,
            **{f"file.{file.name}": file.path for file in settings.status_files},
        ),
    )
    stop = Stop()
    stop.on_signals()
    try:
        prepare(settings)
        with FileLock(settings.lock, timeout=0):
            if once:
                stop.ask()
            collector = Collector(settings)
            # A full collection at 10,000 sessions takes longer than a tick, and finds nothing:
            # everything here is plain data without cycles.
            gc.freeze()
            gc.set_threshold(1_000_000, 50, 1000)
            collector.run(stop)
    except Timeout:
        log.error("another collector runs on this data directory%s", fields(**_holder(settings)))
        return 1
    except NewerDataError as error:
        log.error("not started: %s", error)
        return 1
    except OSError as error:
        log.error(
            "cannot use the data directory: all of it must belong to whom the collector runs as, or"
            " be writable for them%s",
            fields(data=settings.data, uid=os.geteuid(), gid=os.getegid(), error=error),
        )
        return 1
    log.info("stopped")
    return 0


def prepare(settings: Settings) -> None:
    """Create the directories that are missing."""
    files = (settings.active_sessions, settings.history, settings.client_geo)
    for directory in (settings.data, *(path.parent for path in files)):
        directory.mkdir(parents=True, exist_ok=True)


def _holder(settings: Settings) -> dict[str, object]:
    known: dict[str, object] = {"data": settings.data.resolve()}
    with contextlib.suppress(OSError, ValueError):
        known["pid"] = heartbeat.load(settings.heartbeat).pid
    return known


if __name__ == "__main__":
    sys.exit(main())
