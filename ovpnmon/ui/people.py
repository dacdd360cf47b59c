"""Everyone ever seen, once for all sessions of the app."""

import pandas as pd

from ovpnmon import runtime
from ovpnmon.queries import clients
from ovpnmon.ui.shared import Look, memo

MOST_NAMES = 2_000


def everyone(seen: Look, server: str = "") -> pd.DataFrame:
    """queries.clients.Clients.all() about what is seen, on one server or all. Treat as read-only."""
    servers = (server,) if server else ()
    return memo.get(
        seen.state, ("everyone", server), lambda: clients.shared(runtime.store()).all(servers)
    )


def names(seen: Look) -> list[str]:
    """The names that may be picked from, those seen last first."""
    latest = everyone(seen).nlargest(MOST_NAMES, "last_seen", keep="first")
    found: list[str] = latest["common_name"].to_list()
    return found
