"""Beside the map: the places or countries as a table, who is at the chosen one, who is on no map."""

from collections.abc import Callable
from typing import Any

import pandas as pd
import streamlit as st

from ovpnmon import export, formats, place_texts
from ovpnmon.queries import map_view
from ovpnmon.queries.map_view import Picture
from ovpnmon.ui import links, parts
from ovpnmon.ui.map_filters import CHOSEN, COUNTRIES, TRAFFIC, Choice

LISTED = 200
ROW = 30
TABLE, THERE = "map_places", "map_clients"
Fly = Callable[[str], None]


def panel(choice: Choice, shown: Picture, fly: Fly, close: Callable[[], None]) -> None:
    """All of it.

    fly: called with the place_id or country code of a row that is clicked. close: lets go of it.
    """
    frame = _listed(choice, shown)
    chosen = st.query_params.get(CHOSEN, "")
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        noun, many = ("country", "countries") if choice.show == COUNTRIES else ("place", "places")
        placed = formats.counted(shown.placed, "client")
        st.markdown(
            f"**{formats.counted(len(frame), noun, many)}** :gray[· {placed} placed]",
            width="content",
        )
        st.space("stretch")
        st.button(
            "Show all",
            icon=":material/zoom_out_map:",
            type="tertiary",
            key="map_all",
            on_click=fly,
            args=[""],
        )
        st.download_button(
            "CSV",
            lambda: export.places_csv(frame),
            file_name="places.csv",
            mime="text/csv",
            on_click="ignore",
            icon=":material/download:",
            type="tertiary",
        )
    # Always there, so that the table below is not made anew when it is filled.
    with st.container(key="map_slot"):
        if chosen:
            _there(choice, shown, frame, chosen, close)
    if frame.empty:
        _nowhere(choice, shown)
    else:
        _table(choice, frame, fly)
    _not_placed(shown)


def _listed(choice: Choice, shown: Picture) -> pd.DataFrame:
    """The rows of the table, with `chosen` (what a click on them chooses) and `name`."""
    if choice.show == COUNTRIES:
        frame = shown.on_map.countries
        frame = frame.assign(chosen=frame["country_code"], name=frame["country"])
    else:
        frame = shown.on_map.places
        city = frame["city"].where(frame["city"] != "", frame["label"])
        frame = frame.assign(chosen=frame["place_id"], name=city)
    if choice.by == TRAFFIC:
        return frame.sort_values(list(choice.columns), ascending=False, kind="stable")
    return frame


def _table(choice: Choice, frame: pd.DataFrame, fly: Fly) -> None:
    rows = frame.head(LISTED)
    titles = [_title(row) for row in rows.to_dict("records")]
    amount = formats.rate if choice.past is None else formats.volume
    links.remember(TABLE, rows["chosen"].to_list(), titles)
    st.dataframe(
        pd.DataFrame(
            {
                "Place": titles,
                "Clients": [formats.count(int(number)) for number in rows["clients"]],
                "Download": [amount(value) for value in rows[choice.columns[0]]],
                "Upload": [amount(value) for value in rows[choice.columns[1]]],
            }
        ),
        hide_index=True,
        placeholder=formats.UNKNOWN,
        row_height=ROW,
        height=min(len(rows), 14) * ROW + 34,
        key="map_table",
        column_config={"Place": links.column(TABLE, 140, "Place", fly)} | _figures(),
    )
    if len(frame) > LISTED:
        parts.note(f"The first {LISTED}; all {formats.count(len(frame))} are in the CSV")


def _there(
    choice: Choice, shown: Picture, frame: pd.DataFrame, chosen: str, close: Callable[[], None]
) -> None:
    rows = map_view.clients_at(shown, chosen, choice.columns)
    found = frame[frame["chosen"] == chosen].to_dict("records")
    title = formats.literal(_title(found[0])) if found else "This place"
    amount = formats.rate if choice.past is None else formats.volume
    with st.container(border=True, gap="xsmall", key="map_chosen"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(
                f"**{title}** :gray[· {formats.counted(len(rows), 'client')}]", width="content"
            )
            st.space("stretch")
            st.button(
                "Close", icon=":material/close:", type="tertiary", key="map_close", on_click=close
            )
        if rows.empty:
            parts.note("Nobody is there.")
            return
        rows = rows.head(LISTED)
        links.remember(THERE, rows["common_name"].to_list())
        st.dataframe(
            pd.DataFrame(
                {
                    "Client": [formats.button_label(name) for name in rows["common_name"]],
                    "Download": [amount(value) for value in rows[choice.columns[0]]],
                    "Upload": [amount(value) for value in rows[choice.columns[1]]],
                }
            ),
            hide_index=True,
            placeholder=formats.UNKNOWN,
            row_height=ROW,
            height=min(len(rows), 8) * ROW + 34,
            key="map_there",
            column_config={"Client": links.column(THERE, 140)} | _figures(),
        )


def _figures() -> dict[str, Any]:
    kinds = st.column_config
    return {
        "Clients": kinds.TextColumn("Clients", width=58, alignment="right"),
        "Download": kinds.TextColumn("Download", width=85, alignment="right"),
        "Upload": kinds.TextColumn("Upload", width=85, alignment="right"),
    }


def _title(row: dict[Any, Any]) -> str:
    """Flag and name; the code too, for browsers that have no flags."""
    code = row["country_code"]
    name = formats.plain(row["name"]) or "(no name)"
    return formats.button_label(f"{place_texts.flag(code)} {name}".strip())


def _nowhere(choice: Choice, shown: Picture) -> None:
    if shown.clients:
        text = "None of them can be placed: see why below."
        parts.panel("location_off", "Nobody is on the map", text)
    elif choice.past is not None or choice.search or choice.server or choice.country:
        parts.panel("filter_alt_off", "Nobody matches", "Change the filters above.")
    else:
        parts.panel("group_off", "No client is connected", "They appear here as they connect.")


def _not_placed(shown: Picture) -> None:
    missing = shown.on_map.unplaced
    if missing.empty:
        return
    rows = map_view.not_placed(shown)
    count = int(shown.rows.loc[shown.rows["place_id"] == "", "common_name"].nunique())
    verb = "is" if count == 1 else "are"
    title = f"{formats.counted(count, 'client')} {verb} not on the map"
    with st.expander(title, icon=":material/location_off:", key="map_missing"):
        for reason in missing.to_dict("records"):
            st.markdown(
                f"**{formats.counted(int(reason['clients']), 'client')}**:"
                f" {formats.literal(reason['reason'])}"
            )
        st.dataframe(
            pd.DataFrame(
                {
                    "Client": rows["common_name"].map(formats.plain),
                    "Address": rows["real_ip"].map(formats.plain),
                    "Why": rows["reason"],
                }
            ),
            hide_index=True,
            row_height=ROW,
            height=min(len(rows), 8) * ROW + 34,
            key="map_unplaced",
        )
