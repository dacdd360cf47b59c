"""`python -m ovpnmon password`: what it keeps, what it refuses, what it says."""

import io
from pathlib import Path

import pytest

from ovpnmon.__main__ import main
from ovpnmon.api.login import passwords


def run(
    monkeypatch: pytest.MonkeyPatch, data: Path, typed: str, *arguments: str, **environ: str
) -> int:
    monkeypatch.setenv("OPENVPN_MONITOR_DATA", str(data))
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    return main(["password", *arguments])


def stored(data: Path) -> str:
    hashed = passwords.load(data / "login.json")
    assert hashed
    return hashed


def test_a_password_from_standard_input_is_kept(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A new data directory is made for it."""
    assert run(monkeypatch, tmp_path / "data", "correct horse\n") == 0
    assert passwords.verify("correct horse", stored(tmp_path / "data"))


def test_a_generated_one_is_printed_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """So that a script can take it."""
    assert run(monkeypatch, tmp_path, "", "--generate") == 0
    assert passwords.verify(capsys.readouterr().out.removesuffix("\n"), stored(tmp_path))


def test_a_short_one_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The one that was there still holds."""
    run(monkeypatch, tmp_path, "correct horse\n")
    assert run(monkeypatch, tmp_path, "sesame\n") == 1
    assert "at least 8" in capsys.readouterr().err
    assert passwords.verify("correct horse", stored(tmp_path))


def test_it_says_when_a_setting_wins_over_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Or its user would wonder why the new one does not work."""
    run(monkeypatch, tmp_path, "correct horse\n", OPENVPN_MONITOR_PASSWORD="another one")
    assert "OPENVPN_MONITOR_PASSWORD is set" in capsys.readouterr().err


def test_a_directory_that_cannot_be_written_is_one_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No traceback for an administrator."""
    (tmp_path / "file").touch()
    assert run(monkeypatch, tmp_path / "file" / "data", "correct horse\n") == 1
    assert capsys.readouterr().err.startswith("the password cannot be kept: ")
