"""Settings of the login: one clear line for what cannot be used, and no secret in any of them."""

import dataclasses
from pathlib import Path

import pytest

from ovpnmon.config import Settings
from ovpnmon.environment import SettingsError
from ovpnmon.login_settings import LoginSettings, checked_password, checked_token


def refused(**environ: str) -> str:
    with pytest.raises(SettingsError) as caught:
        LoginSettings.from_env(environ)
    return str(caught.value)


def test_nothing_set_means_a_password_is_asked_for_where_there_is_one() -> None:
    """The default mode opens nothing."""
    login = LoginSettings.from_env({})
    assert (login.mode, login.user) == ("password", "admin")
    assert (login.password, login.api_token) == (None, None)
    assert (login.proxies, login.hosts) == ((), ())


@pytest.mark.parametrize(
    ("name", "value", "accepted"),
    [
        ("OPENVPN_MONITOR_AUTH", "none", "password (the default), proxy or off"),
        ("OPENVPN_MONITOR_USER", "a:b", "without colon"),
        ("OPENVPN_MONITOR_PROXIES", "proxy.example", "addresses or networks"),
        ("OPENVPN_MONITOR_PROXY_USER_HEADER", "Remote User", "the name of one header"),
        ("OPENVPN_MONITOR_HOSTS", "vpn.example:443", "host names without port"),
    ],
)
def test_a_value_that_cannot_be_used_is_named_with_what_is_accepted(
    name: str, value: str, accepted: str
) -> None:
    """Variable, value, and what would be right, in one line."""
    message = refused(**{name: value})
    assert message.startswith(f"{name}={value!r}: ")
    assert accepted in message
    assert "\n" not in message


def test_trusting_proxies_without_naming_them_is_refused() -> None:
    """Whoever can reach the app could write the header itself."""
    assert "OPENVPN_MONITOR_PROXIES" in refused(OPENVPN_MONITOR_AUTH="proxy")


def test_a_password_and_a_file_of_one_are_refused_together() -> None:
    """Nobody should have to guess which of them holds."""
    message = refused(OPENVPN_MONITOR_PASSWORD="swordfish", OPENVPN_MONITOR_PASSWORD_FILE="/x")
    assert "OPENVPN_MONITOR_PASSWORD_FILE" in message
    assert "swordfish" not in message


def test_a_secret_shows_in_no_print_of_the_settings() -> None:
    """`python -m ovpnmon settings` may be pasted into a bug report."""
    environ = {"OPENVPN_MONITOR_PASSWORD": "swordfish", "OPENVPN_MONITOR_API_TOKEN": "0" * 16}
    settings = Settings.from_env(environ)
    shown = f"{settings} {dataclasses.asdict(settings)}"
    assert "swordfish" not in shown
    assert "0" * 16 not in shown


def test_a_secret_from_a_file_is_its_first_line(tmp_path: Path) -> None:
    """Editors and secret stores end files with a line break."""
    (tmp_path / "secret").write_text("correct horse\nsecond line\n")
    login = LoginSettings.from_env({"OPENVPN_MONITOR_PASSWORD_FILE": str(tmp_path / "secret")})
    assert login.password is not None
    assert login.password.reveal() == "correct horse"


@pytest.mark.parametrize("content", [None, "", " \n", "\n\n"])
def test_a_secret_file_that_is_missing_or_empty_is_named(
    tmp_path: Path, content: str | None
) -> None:
    """An empty password must not come of a failed mount."""
    path = tmp_path / "secret"
    if content is not None:
        path.write_text(content)
    login = LoginSettings.from_env({"OPENVPN_MONITOR_PASSWORD_FILE": str(path)})
    assert login.password is not None
    with pytest.raises(SettingsError, match=f"OPENVPN_MONITOR_PASSWORD_FILE='{path}'"):
        login.password.reveal()


def test_short_secrets_are_refused_without_being_repeated() -> None:
    """A password that can be guessed is a gate left open."""
    login = LoginSettings.from_env(
        {"OPENVPN_MONITOR_PASSWORD": "sesame", "OPENVPN_MONITOR_API_TOKEN": "tooshort"}
    )
    assert login.password
    assert login.api_token
    with pytest.raises(SettingsError, match=r"OPENVPN_MONITOR_PASSWORD: .* 8 characters") as first:
        checked_password(login.password)
    with pytest.raises(SettingsError, match=r"OPENVPN_MONITOR_API_TOKEN: .* 16 ") as second:
        checked_token(login.api_token)
    assert "sesame" not in str(first.value)
    assert "tooshort" not in str(second.value)


def test_proxies_are_addresses_and_networks_of_both_families() -> None:
    """An address with host bits set means its network."""
    login = LoginSettings.from_env({"OPENVPN_MONITOR_PROXIES": "127.0.0.1, 10.1.2.3/8,fd00::/8"})
    assert [str(network) for network in login.proxies] == ["127.0.0.1/32", "10.0.0.0/8", "fd00::/8"]
