"""The whole web app on one port: login, pages, JSON API, static files. Read only."""

import logging
import os
import sys

import streamlit as st
from starlette.middleware import Middleware
from starlette.routing import BaseRoute

from ovpnmon import runtime
from ovpnmon.api.app import build_routes
from ovpnmon.api.login.gate import Gate
from ovpnmon.api.login.login import Login
from ovpnmon.api.login.opening import open_login
from ovpnmon.api.login.passwords import PasswordFileError
from ovpnmon.config import SettingsError
from ovpnmon.log import fields, set_up
from ovpnmon.store import upgrade
from ovpnmon.store.schema import NewerDataError
from ovpnmon.ui import warm

log = logging.getLogger("ovpnmon.app")


def _parts() -> tuple[list[BaseRoute], Login]:
    try:
        upgrade.refuse_newer(runtime.settings())
        return build_routes(runtime.settings(), runtime.store()), open_login(runtime.settings())
    except (SettingsError, PasswordFileError, NewerDataError) as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(2)


def _log_error(error: Exception) -> None:
    """Readers of a page are told that something failed; what it was is in the log."""
    log.error("a page failed", exc_info=error)


if __name__ == "__main__":
    set_up()
    # The server would put what X-Forwarded-For says in the place of the peer's address, on which
    # the login relies.
    os.environ["FORWARDED_ALLOW_IPS"] = ""

routes, login = _parts()
app = st.App(
    "ovpnmon/ui/shell.py",
    routes=routes,
    middleware=[Middleware(Gate, login=login)],
    on_script_error=_log_error,
    lifespan=warm.lifespan,
)

if __name__ == "__main__":
    settings = runtime.settings()
    log.info("app started%s", fields(address=settings.address, port=settings.port))
    app.run(
        config={
            "server.address": settings.address,
            "server.port": settings.port,
            "logger.hideWelcomeMessage": True,  # to print it, it asks a host on the internet
        }
    )
