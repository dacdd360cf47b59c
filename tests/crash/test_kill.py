"""kill -9 on the real collector, wherever it is: every acknowledged row is found once afterwards."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from ovpnmon.config import Settings
from ovpnmon.store import state as states
from ovpnmon.store.reader import Store
from ovpnmon.store.state import State
from tests.crash.reader_beside import WHOLE, faults
from tests.crash.vpn import Vpn

HERE = Path(__file__).parent
KILLABLE = str(HERE / "killable_collector.py")
KILLS = 20
"""In each phase, at least."""
TARGETS = ("state write", "flush", "between", "compaction", "vacuum")


class Patient:
    """A data directory, the VPN server it records, and the collector process that is killed again and again.

    kills: by phase, of what was open at that moment. acknowledged: the highest totals ever on disk.
    """

    def __init__(self, directory: Path, seed: str) -> None:
        self.random = random.Random(seed)
        self.vpn = Vpn(directory / "status.log", seed)
        self.environment = {
            **os.environ,
            "PYTHONPATH": f"{HERE.parent.parent}:{os.environ.get('PYTHONPATH', '')}",
            "OPENVPN_MONITOR_DATA": str(directory / "data"),
            "OPENVPN_STATUS_LOG": str(directory / "status.log"),
            "OPENVPN_MONITOR_INTERVAL": "0.1",
        }
        self.settings = Settings.from_env(self.environment)
        self.log = directory / "log"
        self.kills: Counter[str] = Counter()
        self.seconds = dict.fromkeys(TARGETS, 0.002)
        self.acknowledged: dict[str, tuple[int, int]] = {}
        self.looked = 0

    def kill_in(self, target: str) -> None:
        """Start the collector, let it work, and kill it in the middle of a phase."""
        # A first few of them pass, so that it is not always the first flush after a start.
        nth = self.random.randrange(1, 4)
        incoming, outgoing = os.pipe()
        os.set_blocking(incoming, False)
        process = self._start(
            KILLABLE, str(outgoing), str(nth if target == "between" else 0), pass_fds=[outgoing]
        )
        os.close(outgoing)
        try:
            told = self._follow(process, incoming, target, nth)
            time.sleep(self.random.uniform(0, self.seconds[target]))
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()
        told += _drain(incoming)
        os.close(incoming)
        self.kills.update(_open_phases(told) or {"elsewhere"})
        self._note(states.load(self.settings.active_sessions))

    def run_to_the_end(self) -> None:
        """Once more, undisturbed, until everybody who has gone was seen gone; then a clean stop."""
        process = self._start("-m", "collector")
        self.vpn.settle()
        for _ in range(12):
            self._await_tick(process)
            self.vpn.step()
        self._await_tick(process)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0

    def _start(self, *arguments: str, **more: Any) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, *arguments], env=self.environment, stderr=log, **more
            )

    def _follow(
        self, process: subprocess.Popen[bytes], incoming: int, target: str, skip: int
    ) -> str:
        """Step the VPN server at every tick until the phase begins; everything told so far."""
        told = ""
        began = {}
        deadline = time.monotonic() + 60
        while told.count(f"+{target}\n") < skip:
            assert process.poll() is None, self._end_of_log()
            assert time.monotonic() < deadline, f"never came to {target}"
            news = _drain(incoming)
            for line in news.splitlines():
                if line == f"+{target}":
                    began[target] = time.monotonic()
                elif line == f"-{target}" and target in began:
                    lasted = time.monotonic() - began.pop(target)
                    self.seconds[target] = 0.8 * self.seconds[target] + 0.2 * lasted
            told += news
            if self._has_ticked():
                self.vpn.step()
            time.sleep(0.002)
        return told

    def _has_ticked(self) -> bool:
        """Whether what the VPN server wrote last is acknowledged."""
        try:
            changed = self.settings.active_sessions.stat().st_mtime_ns
            if changed == self.looked:
                return False
            server = states.load(self.settings.active_sessions).servers.get("openvpn")
        except FileNotFoundError:
            return False
        if server is None or server.time != self.vpn.time:
            self.looked = changed
            return False
        return True

    def _end_of_log(self) -> str:
        return "the collector ended by itself: " + self.log.read_text()[-2000:]

    def _await_tick(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + 60
        while not self._has_ticked():
            assert process.poll() is None, self._end_of_log()
            assert time.monotonic() < deadline, "no tick"
            time.sleep(0.005)

    def _note(self, state: State) -> None:
        """Remember what the state on disk acknowledges, and that nothing has shrunk."""
        for server in state.servers.values():
            for session in server.sessions.values():
                before = self.acknowledged.get(session.session_id, (0, 0))
                now = session.bytes_received, session.bytes_sent
                assert now >= before, f"{session.session_id} lost bytes"
                self.acknowledged[session.session_id] = now
        for batch in state.pending:
            for row in batch.closed:
                self.acknowledged[row.session.session_id] = (
                    row.session.bytes_received,
                    row.session.bytes_sent,
                )


def _drain(incoming: int) -> str:
    told = b""
    while True:
        try:
            news = os.read(incoming, 65536)
        except BlockingIOError:
            break
        if not news:
            break
        told += news
    return told.decode()


def _open_phases(told: str) -> set[str]:
    lines = Counter(told.splitlines())
    return {line[1:] for line in lines if line[0] == "+" and lines[line] > lines["-" + line[1:]]}


def _check(patient: Patient) -> None:
    """Everything there is, is there once and right to the byte, as the VPN server knows it."""
    store = Store(patient.settings)
    wrong, totals = faults(store.sql(WHOLE).to_pylist(), patient.acknowledged)
    assert wrong == []
    names = store.sql(
        "SELECT session_id, common_name, connected_at, true AS closed FROM session_history"
        " UNION ALL SELECT session_id, common_name, connected_at, false FROM open_sessions"
    ).to_pylist()
    found = {
        (row["common_name"], int(row["connected_at"].timestamp())): totals[row["session_id"]]
        for row in names
    }
    assert found == patient.vpn.truth()
    still = {
        (row["common_name"], int(row["connected_at"].timestamp()))
        for row in names
        if not row["closed"]
    }
    assert still == patient.vpn.present()


def _suffer(directory: Path) -> tuple[Patient, dict[str, Any]]:
    """Half of the kills on one data directory, with a reader beside it from beginning to end."""
    directory.mkdir()
    patient = Patient(directory, seed=directory.name)
    reader = subprocess.Popen(
        [sys.executable, str(HERE / "reader_beside.py")],
        env=patient.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        while missing := [target for target in TARGETS if patient.kills[target] < KILLS / 2]:
            assert patient.kills.total() < 4 * KILLS * len(TARGETS), f"rarely hit: {patient.kills}"
            patient.kill_in(patient.random.choice(missing))
        patient.run_to_the_end()
    finally:
        report = json.loads(reader.communicate("", timeout=60)[0])
    return patient, report


def test_kill_9_anywhere_loses_and_doubles_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """At least 20 kills in each phase, on two data directories at once, each with a reader beside it."""
    began = time.monotonic()
    with ThreadPoolExecutor(2) as pool:
        suffered = list(pool.map(_suffer, [tmp_path / "one", tmp_path / "two"]))
    kills = sum((patient.kills for patient, _ in suffered), Counter[str]())
    told = {
        what: sum(report[what] for _, report in suffered) for what in ("reads", "retries", "failed")
    }
    with capsys.disabled():
        print(
            f"\nSIGKILLs in {time.monotonic() - began:.0f} s, by phase: {dict(kills)};"
            f" sessions: {sum(len(patient.vpn.truth()) for patient, _ in suffered)};"
            f" readers beside: {told}"
        )
    for patient, report in suffered:
        assert report["wrong"] == []
        assert report["reads"] > patient.kills.total()
        _check(patient)
