"""Places on every page: rows with their place, the countries to choose from, and the credits."""

from functools import lru_cache

import pandas as pd

from ovpnmon import formats, runtime
from ovpnmon.geo.database import MISSING
from ovpnmon.queries import place_rows
from ovpnmon.queries.filters import Country
from ovpnmon.queries.place_rows import Addresses
from ovpnmon.queries.places import Places
from ovpnmon.store.reader import Store
from ovpnmon.ui import parts
from ovpnmon.ui.shared import Look, memo


def located(rows: pd.DataFrame, column: str = "real_ip") -> pd.DataFrame:
    """The rows with queries.place_rows.COLUMNS: for one page of a table, as it is not remembered."""
    return place_rows.located(rows, runtime.places(), column)


def countries(seen: Look) -> dict[str, str]:
    """Name by code of every country that an address ever came from. Raises StateError or OSError."""
    # By the minute too: the databases may change while the state stands still.
    key = ("countries", int(seen.now // 60))
    return memo.get(seen.state, key, _addresses(runtime.store(), runtime.places()).countries)


def country(code: str) -> Country:
    """The filter for a country's code. Raises StateError or OSError."""
    addresses = _addresses(runtime.store(), runtime.places())
    return Country(code, addresses.condition(code))


def attribution(now: float, *more: str) -> None:
    """What licences want to be said, how exact places are, and what is wrong with the databases.

    Nothing where there is no database and no trouble with one. more: said in any case.
    """
    about = runtime.places().about(now)
    said = [f"[{one.text}]({one.url})" for one in about.credits]
    if about.build:
        said += [f"database of {formats.literal(about.build)}", "places are approximate"]
    if said or more:
        parts.note(" · ".join([*said, *more]))
    for problem in filter(None, (about.warning, *about.problems)):
        mark = ":material/info:" if problem.endswith(MISSING) else ":orange[:material/warning:]"
        parts.note(f"{mark} {formats.literal(problem[:1].upper() + problem[1:])}")


@lru_cache(maxsize=1)
def _addresses(store: Store, places: Places) -> Addresses:
    return Addresses(store, places)
