"""Everyone ever seen, once for all sessions of the app."""

from functools import lru_cache

import pandas as pd

from ovpnmon import runtime
from ovpnmon.queries import clients
from ovpnmon.queries.clients import Clients
from ovpnmon.store.reader import Store
from ovpnmon.ui.shared import Look, memo

MOST_NAMES = 2_000


@lru_cache(maxsize=1)
def _clients(store: Store) -> Clients:
    return Clients(store)


def everyone(seen: Look, server: str = "") -> pd.DataFrame:
    """queries.clients.Clients.all() about what is seen, on one server or all. Treat as read-only."""
    servers = (server,) if server else ()
    return memo.get(
        seen.state, ("everyone", server), lambda: _clients(runtime.store()).all(servers)
    )


def one(seen: Look, name: str) -> pd.DataFrame:
    """The row of one name, or none. Treat as read-only."""
    return memo.get(seen.state, ("one", name), lambda: _clients(runtime.store()).one(name))


def names(seen: Look) -> list[str]:
    """The names that may be picked from, those seen last first."""
    return memo.get(seen.state, ("names",), lambda: clients.names(runtime.store(), MOST_NAMES))
