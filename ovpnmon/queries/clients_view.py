"""What one viewer of the clients list sees: searched, filtered, sorted over everyone."""

from dataclasses import dataclass

import pandas as pd

from ovpnmon.queries import sql
from ovpnmon.store.reader import Store

DAY = 86_400
SEEN = {
    "Everyone": (None, None),
    "Online now": (0, None),
    "Seen in 24 hours": (1, None),
    "Seen in 7 days": (7, None),
    "Seen in 30 days": (30, None),
    "Not for 30 days": (None, 30),
    "Not for 90 days": (None, 90),
    "Not for 180 days": (None, 180),
    "Not for 365 days": (None, 365),
}
"""Seen within so many days, or not seen for so many: who has left and may have a certificate still."""

SORTS = {
    "Last seen": ("last_seen", True),
    "Client": ("name_key", False),
    "First seen": ("first_seen", True),
    "Sessions": ("sessions", True),
    "Time online": ("seconds", True),
    "Downloaded": ("bytes_sent", True),
    "Uploaded": ("bytes_received", True),
}
"""By the name that people read: column, and whether the highest comes first."""
SPARK_DAYS = 30


@dataclass(frozen=True, slots=True)
class View:
    """What the viewer has chosen. country: code of the country of the last address, "" for any."""

    search: str = ""
    seen: str = "Everyone"
    server: str = ""
    country: str = ""
    sort: str = "Last seen"
    reverse: bool = False

    @property
    def descending(self) -> bool:
        """Whether the highest comes first."""
        return SORTS[self.sort][1] != self.reverse


@dataclass(frozen=True, slots=True)
class Counts:
    """Everyone in a few figures. idle: not seen for 30 days."""

    everyone: int
    online: int
    recent: int
    idle: int


def counts(everyone: pd.DataFrame, now: float) -> Counts:
    """Figures over queries.clients.Clients.all()."""
    age = _age_seconds(everyone, now)
    return Counts(
        everyone=len(everyone),
        online=int((everyone["online"] > 0).sum()),
        recent=int((age <= 7 * DAY).sum()),
        idle=int((age > 30 * DAY).sum()),
    )


def matching(everyone: pd.DataFrame, view: View, now: float) -> pd.DataFrame:
    """All rows that the filters leave, in the view's order; equals by name.

    everyone: for a view of a country as queries.place_rows.located() gives it.
    """
    rows = everyone
    within, beyond = SEEN[view.seen]
    if within == 0:
        rows = rows[rows["online"] > 0]
    elif within is not None:
        rows = rows[_age_seconds(rows, now) <= within * DAY]
    elif beyond is not None:
        rows = rows[_age_seconds(rows, now) > beyond * DAY]
    if view.server:
        rows = rows[[view.server in names.split(", ") for names in rows["servers"]]]
    if view.country:
        rows = rows[rows["country_code"] == view.country]
    for word in view.search.casefold().split():
        found = rows["common_name"].str.casefold().str.contains(word, regex=False)
        rows = rows[found | rows["last_ip"].str.contains(word, regex=False)]
    column = SORTS[view.sort][0]
    keyed = rows.assign(name_key=rows["common_name"].str.casefold())
    return keyed.sort_values(
        [column, "name_key", "common_name"], ascending=[not view.descending, True, True]
    ).drop(columns="name_key")


def daily_bytes(store: Store, names: list[str], now: float) -> dict[str, list[float]]:
    """Bytes both ways of each of the last SPARK_DAYS days (UTC), oldest first, of the names in view."""
    first = now // DAY * DAY - (SPARK_DAYS - 1) * DAY
    rows = store.sql(
        f"SELECT common_name, cast(bucket_at AS bigint) / {DAY * 10**6} AS day,"
        " sum(bytes_received + bytes_sent) AS bytes FROM traffic_1h"
        f" WHERE period >= {sql.month(first)} AND bucket_at >= {sql.timestamp(first)}"
        f" AND common_name IN {sql.texts(names)} GROUP BY 1, 2"
    ).to_pylist()
    of_name: dict[str, list[float]] = {}
    for row in rows:
        place = row["day"] - int(first) // DAY
        if place < SPARK_DAYS:
            of_name.setdefault(row["common_name"], [0.0] * SPARK_DAYS)[place] = float(row["bytes"])
    return of_name


def _age_seconds(rows: pd.DataFrame, now: float) -> "pd.Series[float]":
    age: pd.Series[float] = now - rows["last_seen"].dt.as_unit("us").astype("int64") / 1e6
    return age.where(rows["online"] == 0, 0.0)
