"""Who is let in: the decision, apart from how it is said over HTTP."""

import asyncio
import hmac
import logging
import math
import secrets
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from pathlib import Path

from ovpnmon.api.login import credentials, passwords
from ovpnmon.api.login.attempts import Attempts
from ovpnmon.api.login.credentials import Basic, Bearer
from ovpnmon.api.login.devices import Devices
from ovpnmon.api.login.incoming import Address, Incoming, is_within
from ovpnmon.api.login.passwords import Password
from ovpnmon.log import fields
from ovpnmon.login_settings import LoginSettings

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Verdict:
    """status: 0 to let in, else the HTTP status to refuse with, and why, for whoever asks.

    wait_seconds: before the next attempt is looked at. cookie: to be set on the answer.
    """

    status: int = 0
    message: str = ""
    wait_seconds: int = 0
    cookie: str = ""


LET_IN = Verdict()
LOG_IN = Verdict(401, "log in with the user and password of this OpenVPN Monitor, or its API token")
WRONG = Verdict(401, "wrong user, password or API token")
FOREIGN = Verdict(
    403,
    "the page that asks is of another origin than this host; behind a reverse proxy, let it pass"
    " the Host header on as it is (nginx: proxy_set_header Host $http_host)",
)
NOT_LOCAL = Verdict(
    403,
    "no password is set, and without one only this machine is answered, under the name localhost or"
    " its loopback address and not through a proxy: set OPENVPN_MONITOR_PASSWORD or run"
    " `python -m ovpnmon password`; or, behind a proxy that logs people in, OPENVPN_MONITOR_AUTH",
)


class Login:
    """The gate's judgement, for one app process.

    stored: reads the hash of the stored password, None while there is none; asked for each decision,
    so that a password set by command holds at once. An own password or token from the settings is
    given as hash and text.
    """

    def __init__(
        self,
        settings: LoginSettings,
        stored: "StoredPassword",
        *,
        own: str | None = None,
        token: str | None = None,
        attempts: Attempts | None = None,
    ) -> None:
        self._settings = settings
        self._stored = stored
        self._own = Password(own) if own else None
        self._key = secrets.token_bytes(32)
        self._token = passwords.fingerprint(self._key, token) if token else None
        self._attempts = attempts or Attempts()
        self._devices = Devices()
        self._one_at_a_time = asyncio.Lock()

    async def judge(self, incoming: Incoming) -> Verdict:
        """Whether this request or handshake is let in."""
        refused = self._wrong_place(incoming)
        if refused:
            return refused
        if self._settings.mode == "off" or self._vouched_for(incoming):
            return LET_IN
        password = self._own or self._stored.current()
        offered = credentials.parse(incoming.header("authorization"))
        if isinstance(offered, Bearer) and self._token:
            return self._judge_token(incoming, offered)
        if isinstance(offered, Basic) and password:
            return await self._judge_password(incoming, offered, password)
        if password:
            return LOG_IN
        return self._without_password(incoming)

    def _wrong_place(self, incoming: Incoming) -> Verdict | None:
        hosts = self._settings.hosts
        if hosts and incoming.host not in hosts:
            return Verdict(403, "this host name is not among OPENVPN_MONITOR_HOSTS")
        return FOREIGN if incoming.is_foreign else None

    def _vouched_for(self, incoming: Incoming) -> bool:
        settings = self._settings
        return (
            settings.mode == "proxy"
            and is_within(incoming.peer, settings.proxies)
            and bool(incoming.header(settings.proxy_user_header))
        )

    def _without_password(self, incoming: Incoming) -> Verdict:
        settings = self._settings
        if settings.mode == "proxy":
            return Verdict(
                403,
                "only requests are answered that come from OPENVPN_MONITOR_PROXIES and carry"
                f" {settings.proxy_user_header} once (OPENVPN_MONITOR_AUTH=proxy)",
            )
        local = incoming.is_local and incoming.asks_for_loopback and not incoming.was_forwarded
        return LET_IN if local else NOT_LOCAL

    def _judge_token(self, incoming: Incoming, offered: Bearer) -> Verdict:
        """No waiting before the right one: nobody guesses 16 random characters."""
        found = passwords.fingerprint(self._key, offered.token)
        if self._token and hmac.compare_digest(found, self._token):
            return LET_IN
        who = self._who(incoming, None)
        if self._attempts.is_repeated(who, found):
            return WRONG
        return self._failed(incoming, who, found)

    async def _judge_password(
        self, incoming: Incoming, offered: Basic, password: Password
    ) -> Verdict:
        device = self._devices.known(incoming.header("cookie"))
        who = self._who(incoming, device)
        wait = self._attempts.wait_seconds(who)
        if wait:
            return _too_many(wait)
        right_user = hmac.compare_digest(offered.user.encode(), self._settings.user.encode())
        if right_user and password.is_known(offered.password):
            return self._let_in(device)
        found = passwords.fingerprint(self._key, f"{offered.user}:{offered.password}")
        if self._attempts.is_repeated(who, found):
            return WRONG
        async with self._one_at_a_time:  # guesses sent at once are counted one after the other
            wait = self._attempts.wait_seconds(who)
            if wait:
                return _too_many(wait)
            if await password.is_right(offered.password) and right_user:
                return self._let_in(device)
            return self._failed(incoming, who, found)

    def _let_in(self, device: str | None) -> Verdict:
        return LET_IN if device else Verdict(cookie=self._devices.new_cookie())

    def _who(self, incoming: Incoming, device: str | None) -> Hashable:
        """Whose failures these are. An IPv6 network of 64 bits is one caller's."""
        if device:
            return device
        client = incoming.client(self._settings.proxies)
        if client is None or client.version == 4:
            return client
        return int(client) >> 64

    def _failed(self, incoming: Incoming, who: Hashable, found: bytes) -> Verdict:
        wait = self._attempts.failed(who, found)
        client: Address | str = incoming.client(self._settings.proxies) or "unknown"
        log.warning("login failed%s", fields(address=client, wait_seconds=wait))
        return _too_many(wait) if wait else WRONG


class StoredPassword:
    """The password of the data directory, read again when its file has changed."""

    def __init__(self, path: Path, load: Callable[[Path], str | None] = passwords.load) -> None:
        self._path = path
        self._load = load
        self._seen: tuple[int, int] | None = None
        self._password: Password | None = None

    def current(self) -> Password | None:
        """The stored password, None while there never was one.

        A file that is gone or damaged while the app runs lets nobody in: the last one stands.
        """
        try:
            found = self._path.stat()
        except OSError:
            return self._password
        now = (found.st_mtime_ns, found.st_ino)
        if now != self._seen:
            try:
                hashed = self._load(self._path)
            except passwords.PasswordFileError as error:
                log.error("%s", error)
                return self._password
            self._seen = now
            self._password = Password(hashed) if hashed else self._password
        return self._password


def _too_many(wait: float) -> Verdict:
    seconds = math.ceil(wait)
    return Verdict(429, f"too many failed logins: wait {seconds} s", wait_seconds=seconds)
