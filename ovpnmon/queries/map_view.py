"""What one look at the map shows: places, countries, who is on no map, and who is at one of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from ovpnmon.queries import place_rows
from ovpnmon.queries.place_rows import OnMap
from ovpnmon.queries.places import Places

NOT_PLACED = 200
"""Clients listed by name that are on no map; the count has all of them."""


@dataclass(frozen=True, slots=True)
class Picture:
    """Rows (live clients, or clients of the history by address) and where they are.

    rows: located() rows, with place_id ("" where on no map). clients, placed: different names.
    """

    rows: pd.DataFrame
    on_map: OnMap
    clients: int
    placed: int


def picture(rows: pd.DataFrame, places: Places, sums: Sequence[str]) -> Picture:
    """Put rows with real_ip and common_name on the map. sums: columns to add up."""
    located = place_rows.with_points(place_rows.located(rows, places))
    on_map = place_rows.on_map(located, sums)
    is_placed = located["place_id"] != ""
    return Picture(
        rows=located,
        on_map=on_map,
        clients=int(located["common_name"].nunique()),
        placed=int(located.loc[is_placed, "common_name"].nunique()),
    )


def clients_at(shown: Picture, chosen: str, sums: Sequence[str]) -> pd.DataFrame:
    """Who is at a place (its place_id) or in a country (its code), the busiest first.

    Columns: common_name, addresses, sums.
    """
    column = "place_id" if "," in chosen else "country_code"
    rows = shown.rows[shown.rows[column] == chosen]
    grouped = rows.groupby("common_name", sort=False)
    figures = grouped.agg(addresses=("real_ip", "nunique"))
    for name in sums:
        figures[name] = grouped[name].sum(min_count=1)
    return figures.sort_values(list(sums), ascending=False, kind="stable").reset_index()


def not_placed(shown: Picture) -> pd.DataFrame:
    """Up to NOT_PLACED clients on no map: common_name, real_ip, reason."""
    rows = shown.rows[shown.rows["place_id"] == ""]
    columns = ["common_name", "real_ip", "reason"]
    return rows[columns].drop_duplicates().sort_values(columns).head(NOT_PLACED)
