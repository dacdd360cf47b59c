"""A simulated pair of OpenVPN servers, for `make demo` and for tests of how things scale.

    python scripts/demo.py --data DIR             fill DIR with a past, then write status files, until SIGTERM
    python scripts/demo.py --data DIR --prepare   only fill it

DIR/openvpn/udp.log and tcp.log are rewritten in place every few seconds; DIR/places.csv says where
their addresses are (for OPENVPN_MONITOR_PLACES). The past is written once, into
a directory that must be new or empty: simulated sessions never get among real ones. Started again on
the same directory, the servers go on as if they had never stopped; nothing is filled in for the time
between, which is a gap as in real life.
"""

import argparse
import json
import sys
import time
from dataclasses import asdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from collector.stopping import Stop
from ovpnmon.config import Settings
from scripts.simulation import backfill
from scripts.simulation.appetite import Counters
from scripts.simulation.cities import places_csv
from scripts.simulation.lives import DAY, HOUR
from scripts.simulation.people import SERVERS, Server
from scripts.simulation.servers import Plan, Present
from scripts.simulation.status_file import StatusFile, lines

INTERVAL_SECONDS: dict[Server, float] = {"udp": 3.0, "tcp": 5.0}
MANY = 200
"""More clients than this get a short past unless it is asked for: it grows with both."""


class Writer:
    """One server's status file, kept up to date."""

    def __init__(self, plan: Plan, server: Server, path: Path) -> None:
        self._server = server
        self._present = Present(plan, server)
        self._counters = Counters()
        self._file = StatusFile(path)

    def write(self, now: int) -> None:
        """Rewrite the file as of now, which must not go back. Raises OSError."""
        here = self._present.at(now)
        moved = self._counters.read([one.visit for one in here], now)
        self._file.rewrite(lines(self._server, here, moved, now))

    def close(self) -> None:
        """Leave the file as it is."""
        self._file.close()


def main(arguments: list[str]) -> int:
    """Do what the command line says; the exit status."""
    options = _options().parse_args(arguments)
    noted = options.data / "demo.json"
    if noted.exists():
        plan = Plan(**json.loads(noted.read_text()))
    elif options.data.exists() and any(options.data.iterdir()):
        print(f"{options.data} holds something else; name a new directory", file=sys.stderr)
        return 1
    else:
        plan = prepare(options.data, options.clients, options.seed, options.days)
        noted.write_text(json.dumps(asdict(plan)))
    if not options.prepare:
        stop = Stop()
        stop.on_signals()
        run(plan, options.data, stop)
    return 0


def prepare(data: Path, clients: int, seed: int, days: int | None) -> Plan:
    """Fill an empty directory with the past up to this moment, and write the status files once."""
    now = int(time.time())
    many = clients > MANY
    past_days = days or (2 if many else 28)
    plan = Plan((now // DAY - past_days) * DAY, seed, clients)
    data.mkdir(parents=True, exist_ok=True)
    settings = Settings.from_env({"OPENVPN_MONITOR_DATA": str(data)})
    backfill.fill(settings, plan, now, now - (1 if many else 48) * HOUR)
    (data / "places.csv").write_text(places_csv())
    for writer in _writers(plan, data).values():
        writer.write(now)
        writer.close()
    print(
        f"simulated {past_days} days of {clients} clients in {time.time() - now:.0f} s", flush=True
    )
    return plan


def run(plan: Plan, data: Path, stop: Stop) -> None:
    """Rewrite the status files at their intervals until asked to stop."""
    writers = _writers(plan, data)
    due = dict.fromkeys(writers, time.time())
    print(f"simulated OpenVPN servers write to {data / 'openvpn'}", flush=True)
    while True:
        server = min(due, key=lambda one: due[one])
        if stop.wait(max(0.0, due[server] - time.time())):
            break
        writers[server].write(int(time.time()))
        due[server] = max(due[server] + INTERVAL_SECONDS[server], time.time())
    for writer in writers.values():
        writer.close()


def _writers(plan: Plan, data: Path) -> dict[Server, Writer]:
    return {one: Writer(plan, one, data / "openvpn" / f"{one}.log") for one in SERVERS}


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="simulated OpenVPN servers with a past")
    parser.add_argument(
        "--data", type=Path, required=True, help="directory, new or made by this script"
    )
    parser.add_argument("--prepare", action="store_true", help="fill the directory and stop")
    parser.add_argument(
        "--clients",
        type=int,
        default=67,
        help="how many devices there are (67); a third or so is connected at a time",
    )
    parser.add_argument("--days", type=int, help="how long the past is (28; 2 for many clients)")
    parser.add_argument("--seed", type=int, default=1, help="another number is another world (1)")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
