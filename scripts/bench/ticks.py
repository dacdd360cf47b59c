"""What a tick of the collector costs: read, parse, track, acknowledge, beside the floor of it."""

import gc
import json
import logging
import resource
import statistics
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

from collector.loop import Collector
from ovpnmon.config import Settings
from ovpnmon.store import state as states
from scripts.bench import generate, measure

SIZES = (100, 1_000, 10_000, 100_000)
HISTORY_ROWS = 1_000_000
TICKS_A_FLUSH = 6


def report() -> None:
    """Print a line a size, each measured in a process of its own."""
    print("Tick: CPU ms, median (read twice, parse, track, acknowledge; upkeep aside)")
    print(f"{'clients':>8} {'history':>9} {'tick':>8} {'floor':>8} {'ratio':>6} {'peak MB':>8}")
    for clients, rows in [*((size, 0) for size in SIZES), (1_000, HISTORY_ROWS)]:
        out = subprocess.check_output(
            [sys.executable, "-m", "scripts.bench.ticks", str(clients), str(rows)],
            cwd=measure.ROOT,
        )
        found = json.loads(out)
        print(
            f"{clients:>8} {rows:>9} {found['tick_ms']:>8.2f} {found['floor_ms']:>8.2f}"
            f" {found['tick_ms'] / found['floor_ms']:>6.1f} {found['peak_mb']:>8.0f}",
            flush=True,
        )


def measured(clients: int, rows: int) -> dict[str, float]:
    """Ticks and floors, one after the other, so that both meet the same machine."""
    with measure.scratch() as directory:
        path = directory / "status.log"
        status = measure.StatusFile(path, clients)
        settings = Settings.from_env(
            {"OPENVPN_MONITOR_DATA": str(directory / "data"), "OPENVPN_STATUS_LOG": str(path)}
        )
        settings.data.mkdir()
        if rows:
            generate.sessions(settings, rows, time.time())
        status.rewrite()
        collector = Collector(settings)
        gc.freeze()
        gc.set_threshold(1_000_000, 50, 1000)
        ticks, floors = [], []
        for number in range(6 if clients >= 100_000 else 31):
            if number % TICKS_A_FLUSH == 0:  # what waits for the tables is written at every tick
                collector.state = states.seal(collector.state)
                collector.state = replace(collector.state, pending=collector.state.pending[-1:])
            status.rewrite()
            began = time.process_time()
            collector.tick()
            ticks.append(time.process_time() - began)
            floors.append(_floor(path))
        return {
            "tick_ms": statistics.median(ticks[2:]) * 1e3,
            "floor_ms": statistics.median(floors[2:]) * 1e3,
            "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }


def _floor(path: Path) -> float:
    began = time.process_time()
    path.read_bytes().splitlines()
    return time.process_time() - began


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    print(json.dumps(measured(int(sys.argv[1]), int(sys.argv[2]))))
