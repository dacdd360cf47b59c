"""At the app's start: which password holds, and a new one where there must be one and is none."""

import logging
import os

from ovpnmon.api.login import passwords
from ovpnmon.api.login.incoming import parse_address
from ovpnmon.api.login.login import Login, StoredPassword
from ovpnmon.config import Settings
from ovpnmon.environment import SettingsError
from ovpnmon.log import fields
from ovpnmon.login_settings import checked_password, checked_token

log = logging.getLogger(__name__)


def open_login(settings: Settings) -> Login:
    """The login that the settings ask for.

    Raises SettingsError and PasswordFileError: what cannot be used stops the start, for going on
    would mean to let in anybody or nobody.
    """
    login = settings.login
    own = passwords.hash_password(checked_password(login.password)) if login.password else None
    token = checked_token(login.api_token) if login.api_token else None
    if login.mode == "off":
        log.warning(
            "whoever reaches this app is let in: OPENVPN_MONITOR_AUTH=off%s",
            fields(address=settings.address, hosts=",".join(login.hosts) or "any"),
        )
    elif own is None:
        stored = passwords.load(settings.stored_password)
        if not stored and login.mode == "password" and not is_loopback(settings.address):
            _make_password(settings)
    return Login(login, StoredPassword(settings.stored_password), own=own, token=token)


def _make_password(settings: Settings) -> None:
    password = passwords.generate()
    try:
        settings.data.mkdir(parents=True, exist_ok=True)
        passwords.save(settings.stored_password, passwords.hash_password(password))
    except OSError as error:
        raise SettingsError(
            f"the app listens on {settings.address} and needs a password, but a new one cannot be"
            f" kept: {error}; let uid {os.geteuid()} write to {settings.data}, or set"
            " OPENVPN_MONITOR_PASSWORD or OPENVPN_MONITOR_PASSWORD_FILE"
        ) from error
    log.warning(
        "first start on %s without a password: made one, shown only this once:"
        " user %s, password %s (kept as a hash in %s; another one: python -m ovpnmon password)",
        settings.address,
        settings.login.user,
        password,
        settings.stored_password,
    )


def is_loopback(listening: str) -> bool:
    """Whether an app that listens there can be reached from this machine only."""
    address = parse_address(listening)
    return listening == "localhost" or (address is not None and address.is_loopback)
