"""`python -m ovpnmon import DIR`: one command from the Flask panel's data directory to ours."""

import os
import shutil
from pathlib import Path

import pytest

from collector.loop import Collector
from collector.stopping import Stop
from ovpnmon.__main__ import main
from ovpnmon.config import Settings
from ovpnmon.store.reader import Store

PANEL = Path(__file__).parents[1] / "fixtures" / "old-panel" / "state"
NAMES = ("session_history.json", "active_sessions.json")
LAST_LOOK = 1_750_000_000


@pytest.fixture
def panel(tmp_path: Path) -> Path:
    """The panel's data directory, last written at a known time."""
    directory = tmp_path / "panel"
    shutil.copytree(PANEL, directory)
    for path in directory.iterdir():
        os.utime(path, (LAST_LOOK, LAST_LOOK))
    return directory


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """An empty data directory of ours, that the command finds."""
    environ = {
        "OPENVPN_MONITOR_DATA": str(tmp_path / "data"),
        "OPENVPN_STATUS_LOG": str(tmp_path / "status.log"),
    }
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    return Settings.from_env(environ)


def sessions(settings: Settings) -> list[str]:
    """What is in the history after a start of the collector."""
    settings.data.mkdir(exist_ok=True)
    once = Stop()
    once.ask()
    Collector(settings).run(once)
    found = Store(settings).sql("SELECT session_id FROM session_history ORDER BY session_id")
    return [str(one) for one in found["session_id"].to_pylist()]


def test_the_next_start_takes_the_history_over(panel: Path, settings: Settings) -> None:
    """Also into a directory where a collector has run before."""
    assert sessions(settings) == []
    assert main(["import", str(panel)]) == 0
    first = sessions(settings)
    assert len(first) > 0
    assert main(["import", str(panel)]) == 0
    assert sessions(settings) == first


def test_the_old_files_are_only_read_and_their_times_kept(panel: Path, settings: Settings) -> None:
    """By them it is known when the panel last saw a session."""
    before = {path.name: path.read_bytes() for path in panel.iterdir()}
    main(["import", str(panel)])
    assert {path.name: path.read_bytes() for path in panel.iterdir()} == before
    copies = [settings.old_history, settings.data / "active_sessions.json.old-panel-1"]
    assert [copy.stat().st_mtime for copy in copies] == [LAST_LOOK, LAST_LOOK]


def test_a_file_in_the_way_is_named_and_left(
    panel: Path, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    """Another panel's history was imported from there."""
    settings.data.mkdir()
    settings.old_history.write_text("[]")
    assert main(["import", str(panel)]) == 1
    assert f"{settings.old_history} exists" in capsys.readouterr().err
    assert settings.old_history.read_text() == "[]"


def test_a_directory_without_the_panels_files_is_told(
    tmp_path: Path, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    """Most likely its parent was named."""
    assert main(["import", str(tmp_path)]) == 1
    assert f"no files of the old panel in {tmp_path}" in capsys.readouterr().err


def test_our_own_state_is_not_taken_for_the_panels(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Somebody names our data directory."""
    sessions(settings)
    assert main(["import", str(settings.data)]) == 1
    assert "is not the old panel's" in capsys.readouterr().err
