"""Settings of the login: who may see the pages and the API."""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

from ovpnmon.environment import SettingsError, bad, get

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Mode = Literal["password", "proxy", "off"]

PASSWORD_CHARACTERS = 8
"""The fewest that a password may have."""
TOKEN_CHARACTERS = 16
"""The fewest that an API token may have: it is made by a machine, nobody has to remember it."""


class Secret:
    """A password or token from a variable or from the file that a variable names; never printed."""

    __slots__ = ("_path", "_text", "variable")

    def __init__(self, variable: str, text: str = "", path: Path | None = None) -> None:
        self.variable = variable
        self._text = text
        self._path = path

    def __repr__(self) -> str:
        return f"<{self.variable}>"

    def reveal(self) -> str:
        """The secret itself. Raises SettingsError when its file cannot be read or holds nothing.

        Read late: of two processes that share an environment, only the app may see the file.
        """
        if self._path is None:
            return self._text
        try:
            text = self._path.read_text(encoding="utf-8")
        except (OSError, ValueError) as error:
            raise bad(self.variable, str(self._path), f"cannot be read: {error}") from error
        secret = text.splitlines()[0].strip() if text.strip() else ""
        if not secret:
            raise bad(self.variable, str(self._path), "holds nothing; its first line is the secret")
        return secret


@dataclass(frozen=True, slots=True)
class LoginSettings:
    """mode: "password" asks for one, "proxy" also trusts a proxy that has, "off" asks for nothing.

    proxies: reverse proxies: their word about a user (mode "proxy") and about the address that a
    request came from is believed. hosts: names that the app answers to; empty: any.
    """

    mode: Mode
    user: str
    password: Secret | None
    api_token: Secret | None
    proxies: tuple[Network, ...]
    proxy_user_header: str
    hosts: tuple[str, ...]

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> "LoginSettings":
        """The login's settings. Raises SettingsError on the first value that cannot be used."""
        mode = _mode(environ)
        proxies = _networks(environ, "OPENVPN_MONITOR_PROXIES")
        if mode == "proxy" and not proxies:
            raise bad(
                "OPENVPN_MONITOR_AUTH",
                mode,
                "needs OPENVPN_MONITOR_PROXIES, the addresses or networks of the proxies to trust",
            )
        return cls(
            mode=mode,
            user=_user(environ),
            password=_secret(environ, "OPENVPN_MONITOR_PASSWORD"),
            api_token=_secret(environ, "OPENVPN_MONITOR_API_TOKEN"),
            proxies=proxies,
            proxy_user_header=_header(environ),
            hosts=_hosts(environ),
        )


def checked_password(secret: Secret) -> str:
    """The password. Raises SettingsError when it is too short, without repeating it."""
    text = secret.reveal()
    if len(text) < PASSWORD_CHARACTERS:
        raise SettingsError(
            f"{secret.variable}: a password of at least {PASSWORD_CHARACTERS} characters is accepted"
        )
    return text


def checked_token(secret: Secret) -> str:
    """The API token. Raises SettingsError when no header could carry it or it is too short."""
    text = secret.reveal()
    if not re.fullmatch(rf"[A-Za-z0-9._~+/=-]{{{TOKEN_CHARACTERS},}}", text):
        raise SettingsError(
            f"{secret.variable}: at least {TOKEN_CHARACTERS} letters, digits and . _ ~ + / = - are"
            " accepted, best from `openssl rand -hex 32`"
        )
    return text


def _mode(environ: Mapping[str, str]) -> Mode:
    name = "OPENVPN_MONITOR_AUTH"
    text = get(environ, name, "password").lower()
    if text not in ("password", "proxy", "off"):
        raise bad(name, text, "password (the default), proxy or off is accepted")
    return cast("Mode", text)


def _user(environ: Mapping[str, str]) -> str:
    name = "OPENVPN_MONITOR_USER"
    user = get(environ, name, "admin")
    if ":" in user or not user.isprintable():
        raise bad(name, user, "a name without colon or control characters is accepted")
    return user


def _secret(environ: Mapping[str, str], name: str) -> Secret | None:
    text = environ.get(name, "")  # blanks around a password belong to it
    path = get(environ, f"{name}_FILE", "")
    if text.strip() and path:
        raise SettingsError(f"{name} and {name}_FILE are both set: one of them is accepted")
    if path:
        return Secret(f"{name}_FILE", path=Path(path))
    return Secret(name, text) if text.strip() else None


def _networks(environ: Mapping[str, str], name: str) -> tuple[Network, ...]:
    networks = []
    for part in _list(environ, name):
        try:
            networks.append(ipaddress.ip_network(part, strict=False))
        except ValueError:
            accepted = (
                "addresses or networks such as 172.18.0.0/16, separated by commas, are accepted"
            )
            raise bad(name, part, accepted) from None
    return tuple(networks)


def _header(environ: Mapping[str, str]) -> str:
    name = "OPENVPN_MONITOR_PROXY_USER_HEADER"
    header = get(environ, name, "X-Forwarded-User")
    if not re.fullmatch(r"[A-Za-z0-9-]{1,64}", header):
        raise bad(name, header, "the name of one header, such as Remote-User, is accepted")
    return header.lower()


def _hosts(environ: Mapping[str, str]) -> tuple[str, ...]:
    name = "OPENVPN_MONITOR_HOSTS"
    hosts = _list(environ, name)
    for host in hosts:
        if not re.fullmatch(r"[A-Za-z0-9._-]{1,253}|\[?[0-9A-Fa-f:.]+\]?", host):
            raise bad(name, host, "host names without port, separated by commas, are accepted")
    return tuple(host.strip("[]").rstrip(".").lower() for host in hosts)


def _list(environ: Mapping[str, str], name: str) -> list[str]:
    return [part.strip() for part in get(environ, name, "").split(",") if part.strip()]
