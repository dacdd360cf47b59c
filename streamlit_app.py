"""The whole web app on one port: pages, JSON API, static files. Read only."""

import logging
import sys

import streamlit as st

from ovpnmon import runtime
from ovpnmon.api.app import build_routes
from ovpnmon.config import SettingsError

log = logging.getLogger("ovpnmon.app")


def _routes() -> list:
    try:
        return build_routes(runtime.settings(), runtime.store())
    except SettingsError as error:
        print(error, file=sys.stderr)  # noqa: T201 - before there is a log
        sys.exit(2)


def _log_error(error: Exception) -> None:
    """Readers of a page are told that something failed; what it was is in the log."""
    log.error("a page failed", exc_info=error)


app = st.App("ovpnmon/ui/shell.py", routes=_routes(), on_script_error=_log_error)

if __name__ == "__main__":
    settings = runtime.settings()
    app.run(config={"server.address": settings.address, "server.port": settings.port})
