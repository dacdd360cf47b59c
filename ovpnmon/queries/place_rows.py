"""Places beside rows, and rows by place and by country: what tables and the map are drawn from.

Everything here takes a frame with an address a row, live clients or sessions of the history alike.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter

import pandas as pd

from ovpnmon.queries.filters import Sessions
from ovpnmon.queries.memo import Memo, closed_key
from ovpnmon.queries.places import Places
from ovpnmon.queries.sql import text
from ovpnmon.store.reader import Store, Whole

COLUMNS = (
    "latitude",
    "longitude",
    "city",
    "country",
    "country_code",
    "precision",
    "source",
    "kind",
    "label",
    "reason",
    "asn",
    "organisation",
)
"""Of geo.place.Place, which says what they mean."""
_values = attrgetter(*COLUMNS)
RATES = ("download_rate", "upload_rate")
BYTES = ("downloaded_bytes", "uploaded_bytes")
MOST_NAMES = 10
"""Clients that a place names; `clients` counts all of them."""


@dataclass(frozen=True, slots=True)
class OnMap:
    """Rows by where they are.

    places: one row a point on the map, most clients first: place_id (stable text of its degrees),
    latitude, longitude, label, city, country, country_code, precision, source, kind, clients
    (different names), addresses, sessions, names (up to MOST_NAMES), server (of all rows, "" where
    they are of several), and the sums asked for.
    countries: the same sums by country_code and country, whether on the map or not.
    unplaced: the same sums by reason, of the rows that are on no map.
    """

    places: pd.DataFrame
    countries: pd.DataFrame
    unplaced: pd.DataFrame


def located(rows: pd.DataFrame, places: Places, column: str = "real_ip") -> pd.DataFrame:
    """The rows with COLUMNS added, of the address in a column (text, or missing)."""
    codes, addresses = pd.factorize(rows[column].fillna(""))
    found = places.of(addresses)
    each = pd.DataFrame([_values(found[address]) for address in addresses], columns=list(COLUMNS))
    for degrees in ("latitude", "longitude"):
        each[degrees] = each[degrees].astype("float64")
    return rows.assign(**{name: each[name].array.take(codes) for name in COLUMNS})


def with_points(rows: pd.DataFrame) -> pd.DataFrame:
    """located() rows with place_id, a stable text of their degrees; "" where on no map."""
    points = rows[["latitude", "longitude"]].drop_duplicates()
    ids = {
        (latitude, longitude): f"{latitude:.4f},{longitude:.4f}"
        for latitude, longitude in points.itertuples(index=False)
        if latitude == latitude and longitude == longitude  # noqa: PLR0124 - not NaN
    }
    degrees = zip(rows["latitude"], rows["longitude"], strict=True)
    return rows.assign(place_id=[ids.get(point, "") for point in degrees])


def on_map(rows: pd.DataFrame, sums: Sequence[str] = (*RATES, *BYTES)) -> OnMap:
    """Group with_points() rows with real_ip, common_name and server by place, by country, and by why they have none.

    A column `sessions` is summed; without one, each row is a session. sums: further columns.
    """
    frame = rows if "sessions" in rows else rows.assign(sessions=1)
    sums = [name for name in sums if name in frame]
    is_placed = frame["place_id"] != ""
    placed = frame[is_placed]
    return OnMap(
        places=_points(placed, sums),
        countries=_grouped(frame[frame["country_code"] != ""], ["country_code", "country"], sums),
        unplaced=_grouped(frame[~is_placed], ["reason"], sums),
    )


def of_sessions(store: Store, wanted: Sessions) -> pd.DataFrame:
    """Sessions that match by client and address, as on_map() takes them, in one small answer.

    Columns: common_name, real_ip, server ("" where several), sessions, seconds, downloaded_bytes, uploaded_bytes, first_seen,
    last_seen (UTC). Raises as Store.sql() does.
    """
    rows: pd.DataFrame = store.sql(
        "SELECT common_name, real_ip, count(*) AS sessions, sum(duration_seconds) AS seconds,"
        " CASE WHEN min(server) = max(server) THEN min(server) ELSE '' END AS server,"
        " coalesce(sum(bytes_sent), 0) AS downloaded_bytes,"
        " coalesce(sum(bytes_received), 0) AS uploaded_bytes,"
        " min(connected_at) AS first_seen, max(last_seen_at) AS last_seen"
        f" FROM {wanted.source()} WHERE {wanted.where()} GROUP BY common_name, real_ip"
    ).to_pandas()
    return rows


def countries_of(rows: pd.DataFrame) -> dict[str, str]:
    """Name by code of the countries that located() rows are in, by name."""
    known = rows[rows["country_code"] != ""].sort_values("country", kind="stable")
    return dict(zip(known["country_code"], known["country"], strict=True))


class Addresses:
    """Every address ever seen, with its place: what a filter by country is made of.

    Those of the history are read once and remembered until another session closes.
    """

    def __init__(self, store: Store, places: Places) -> None:
        self._store = store
        self._places = places
        self._closed: Memo[list[str]] = Memo()

    def all(self) -> pd.DataFrame:
        """One row an address: real_ip and COLUMNS."""
        addresses = sorted(self._store.at_once(self._ever))
        return located(pd.DataFrame({"real_ip": addresses}, dtype=object), self._places)

    def countries(self) -> dict[str, str]:
        """Name by code of every country that has an address, by name."""
        return countries_of(self.all())

    def condition(self, country_code: str) -> str:
        """A condition on real_ip for a WHERE clause: sessions from that country ("" : from none)."""
        frame = self.all()
        chosen = frame.loc[frame["country_code"] == country_code.upper(), "real_ip"]
        return f"real_ip IN ({', '.join(text(address) for address in chosen) or 'NULL'})"

    def _ever(self, whole: Whole) -> set[str]:
        closed = self._closed.get(
            closed_key(whole.state), lambda: _distinct(whole, "session_history")
        )
        return {*closed, *_distinct(whole, "open_sessions")}


def _distinct(whole: Whole, table: str) -> list[str]:
    rows = whole.sql(f"SELECT DISTINCT real_ip FROM {table}")
    addresses: list[str] = rows["real_ip"].to_pylist()
    return addresses


def _points(placed: pd.DataFrame, sums: Sequence[str]) -> pd.DataFrame:
    """Where several descriptions share a point, the one of most rows stands for all."""
    kept = ["place_id", "latitude", "longitude", "label", "city", "country", "country_code"]
    kept += ["precision", "source", "kind"]
    described = placed.groupby(kept, sort=False).size().reset_index(name="rows")
    described = described.sort_values("rows", ascending=False, kind="stable")
    described = described.drop_duplicates("place_id")[kept]
    listed: dict[str, list[str]] = {}
    heavy = placed.sort_values(list(sums[:2]) or ["sessions"], ascending=False, kind="stable")
    for place_id, name in zip(heavy["place_id"], heavy["common_name"], strict=True):
        names = listed.setdefault(place_id, [])
        if len(names) < MOST_NAMES and name not in names:
            names.append(name)
    figures = _grouped(placed, ["place_id"], sums)
    shown = figures.merge(described, on="place_id")
    servers = placed.groupby("place_id", sort=False)["server"].agg(["min", "max"])
    only = servers["min"].where(servers["min"] == servers["max"], "")
    return shown.assign(
        names=shown["place_id"].map(listed), server=shown["place_id"].map(only).astype(object)
    )


def _grouped(frame: pd.DataFrame, by: list[str], sums: Sequence[str]) -> pd.DataFrame:
    """Clients, addresses, sessions and sums by some columns, most clients first.

    A sum of rates is NaN only where no rate is known at all.
    """
    grouped = frame.groupby(by, sort=False)
    figures = grouped.agg(
        clients=("common_name", "nunique"),
        addresses=("real_ip", "nunique"),
        sessions=("sessions", "sum"),
    )
    for name in sums:
        figures[name] = grouped[name].sum(min_count=1)
    ordered = figures.sort_values(["clients", "sessions"], ascending=False, kind="stable")
    return ordered.reset_index()
