"""Everyone ever seen, once for all sessions of the app."""

from functools import lru_cache

import pandas as pd

from ovpnmon import runtime
from ovpnmon.queries.clients import Clients
from ovpnmon.store.reader import Store
from ovpnmon.ui.shared import Look, memo


@lru_cache(maxsize=1)
def _clients(store: Store) -> Clients:
    return Clients(store)


def everyone(seen: Look) -> pd.DataFrame:
    """queries.clients.Clients.all() about what is seen. Treat as read-only."""
    return memo.get(seen.state, ("everyone",), _clients(runtime.store()).all)


def names(seen: Look) -> list[str]:
    """Everyone's name, those seen last first."""
    frame = everyone(seen).sort_values("last_seen", ascending=False)
    return list(frame["common_name"])
