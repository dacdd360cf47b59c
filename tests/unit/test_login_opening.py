"""The app's start: a password is made exactly where one is needed, and shown once."""

import logging
import re
from pathlib import Path

import pytest

from ovpnmon.api.login import passwords
from ovpnmon.api.login.opening import is_loopback, open_login
from ovpnmon.api.login.passwords import PasswordFileError
from ovpnmon.config import Settings
from ovpnmon.environment import SettingsError
from tests.asgi import HERE, STRANGER, ask, basic
from tests.logins import gated


def settings(data: Path, **environ: str) -> Settings:
    return Settings.from_env(
        {"OPENVPN_MONITOR_DATA": str(data), "OPENVPN_MONITOR_ADDRESS": "0.0.0.0"} | environ
    )


def test_a_first_start_on_other_addresses_makes_a_password_and_logs_it_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """What the log shows lets one in; the second start shows nothing and asks for the same."""
    data = tmp_path / "data"
    app = gated(open_login(settings(data)))
    (shown,) = re.findall(r"user admin, password (\S+)", caplog.text)
    outside = {"here": HERE, "peer": STRANGER, "host": "vpn.example"}
    assert ask(app, **outside).status == 401
    assert ask(app, headers={"Authorization": basic("admin", shown)}, **outside).status == 200
    assert shown.encode() not in (data / "login.json").read_bytes()
    caplog.clear()
    again = gated(open_login(settings(data)))
    assert caplog.text == ""
    assert ask(again, headers={"Authorization": basic("admin", shown)}, **outside).status == 200


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "localhost"])
def test_a_start_on_loopback_makes_none(tmp_path: Path, address: str) -> None:
    """`make run` on one's own machine asks for nothing."""
    open_login(settings(tmp_path, OPENVPN_MONITOR_ADDRESS=address))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "192.0.2.1", "vpn.example"])
def test_every_other_address_can_be_reached_by_others(address: str) -> None:
    """A name, too: what it resolves to may change."""
    assert not is_loopback(address)


@pytest.mark.parametrize(
    "environ",
    [
        {"OPENVPN_MONITOR_PASSWORD": "correct horse"},
        {"OPENVPN_MONITOR_AUTH": "off"},
        {"OPENVPN_MONITOR_AUTH": "proxy", "OPENVPN_MONITOR_PROXIES": "10.0.0.1"},
    ],
)
def test_where_the_settings_say_who_comes_in_no_password_is_made(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    """And nothing is written."""
    open_login(settings(tmp_path, **environ))
    assert list(tmp_path.iterdir()) == []


def test_switched_off_is_said_in_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Nobody should find out by accident."""
    open_login(settings(tmp_path, OPENVPN_MONITOR_AUTH="off"))
    assert "OPENVPN_MONITOR_AUTH=off" in caplog.text
    assert caplog.records[0].levelno == logging.WARNING


def test_a_password_that_cannot_be_kept_stops_the_start(tmp_path: Path) -> None:
    """With the settings that help."""
    (tmp_path / "data").symlink_to(tmp_path / "nowhere" / "data")  # a mount that failed
    with pytest.raises(SettingsError, match="OPENVPN_MONITOR_PASSWORD"):
        open_login(settings(tmp_path / "data"))


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0"])
def test_a_damaged_password_file_stops_the_start(tmp_path: Path, address: str) -> None:
    """On loopback too: a password was set, and going on would not ask for it."""
    (tmp_path / "login.json").write_text("{")
    with pytest.raises(PasswordFileError, match="damaged"):
        open_login(settings(tmp_path, OPENVPN_MONITOR_ADDRESS=address))


def test_the_setting_wins_over_the_stored_password(tmp_path: Path) -> None:
    """Whoever can set it needs no other way in."""
    passwords.save(tmp_path / "login.json", passwords.hash_password("stored one"))
    app = gated(open_login(settings(tmp_path, OPENVPN_MONITOR_PASSWORD="from settings")))
    assert ask(app, headers={"Authorization": basic("admin", "from settings")}).status == 200
    assert ask(app, headers={"Authorization": basic("admin", "stored one")}).status == 401
