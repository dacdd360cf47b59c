"""Browsers that have logged in before: what others behind their address try does not hold them up.

Behind a proxy that is not listed all requests have one address. Without this, one stranger who
guesses now and then would keep everybody out.
"""

import hmac
import secrets
from http.cookies import CookieError, SimpleCookie

COOKIE = "ovpnmon_device"


class Devices:
    """Cookies that only name a browser: they let nobody in, and are worthless after a restart."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)

    def known(self, cookies: str | None) -> str | None:
        """The name of the browser that sends these cookies, None for one that was never let in."""
        try:
            found = SimpleCookie(cookies or "").get(COOKIE)
        except CookieError:
            return None
        name, _, seal = (found.value if found else "").partition(".")
        return name if hmac.compare_digest(seal.encode(), self._seal(name).encode()) else None

    def new_cookie(self) -> str:
        """A Set-Cookie value for a browser that has just been let in."""
        name = secrets.token_hex(8)
        return f"{COOKIE}={name}.{self._seal(name)}; Path=/; HttpOnly; SameSite=Strict; Max-Age=2592000"

    def _seal(self, name: str) -> str:
        return hmac.new(self._key, name.encode(), "sha256").hexdigest()
