"""`python -m ovpnmon backup` and `restore`, as typed."""

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from ovpnmon.__main__ import main
from ovpnmon.store.reader import Store
from tests import processes
from tests.recording import Recording, make_settings


@pytest.fixture
def recording(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recording:
    """The data directory that the commands work on."""
    recording = Recording(make_settings(tmp_path))
    recording.tick({"ann": (10, 20)})
    recording.save()
    monkeypatch.setenv("OPENVPN_MONITOR_DATA", str(recording.settings.data))
    return recording


def test_a_file_is_written_for_its_owner_only_and_restored(
    recording: Recording, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It holds everybody's names and addresses."""
    file = tmp_path / "backup.tar.gz"
    assert main(["backup", str(file)]) == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    (tmp_path / "other").mkdir()
    there = make_settings(tmp_path / "other")
    monkeypatch.setenv("OPENVPN_MONITOR_DATA", str(there.data))
    assert main(["restore", str(file)]) == 0
    recording.check(Store(there))


def test_a_pipe_works_for_containers(recording: Recording, tmp_path: Path) -> None:
    """`docker compose exec app ... backup - > FILE`, without a place to write to inside."""

    def run(data: Path, *command: str, given: bytes = b"") -> bytes:
        return subprocess.run(
            [sys.executable, "-m", "ovpnmon", *command],
            env=processes.environment(OPENVPN_MONITOR_DATA=str(data)),
            cwd=processes.ROOT,
            input=given,
            capture_output=True,
            check=True,
        ).stdout

    data = run(recording.settings.data, "backup", "-")
    (tmp_path / "other").mkdir()
    there = make_settings(tmp_path / "other")
    run(there.data, "restore", "-", given=data)
    recording.check(Store(there))


def test_failures_are_one_line_and_leave_nothing_half_made(
    recording: Recording, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The backup of yesterday under the same name stays."""
    file = tmp_path / "backup.tar.gz"
    file.write_bytes(b"yesterday's")
    recording.settings.active_sessions.unlink()
    assert main(["backup", str(file)]) == 1
    assert main(["restore", str(tmp_path / "nowhere")]) == 1
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith("no backup made: nothing to back up")
    assert second.startswith("not restored: ")
    assert file.read_bytes() == b"yesterday's"
    assert [p.name for p in tmp_path.iterdir() if p.name.endswith(".tmp")] == []
