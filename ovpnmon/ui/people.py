"""Everyone ever seen, once for all sessions of the app."""

from functools import cache

import pandas as pd

from ovpnmon import runtime
from ovpnmon.queries.clients import Clients
from ovpnmon.ui.shared import Look, memo


@cache
def _clients() -> Clients:
    return Clients(runtime.store())


def everyone(seen: Look) -> pd.DataFrame:
    """queries.clients.Clients.all() about what is seen. Treat as read-only."""
    return memo.get(seen.state, ("everyone",), _clients().all)


def names(seen: Look) -> list[str]:
    """Everyone's name, those seen last first."""
    frame = everyone(seen).sort_values("last_seen", ascending=False)
    return list(frame["common_name"])
