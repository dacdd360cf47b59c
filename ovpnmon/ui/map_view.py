"""The Map page below its controls: the map, and beside it the places, who is there, who is nowhere.

A click on the map is taken over into the URL at once and the layer renamed: the browser would go on
marking the same row of the layer, which at the next refresh may be another place.
"""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import streamlit as st

from ovpnmon import formats, map_arcs, map_fit, map_layers, server_colors
from ovpnmon.queries.map_view import Picture
from ovpnmon.store.state import StateError
from ovpnmon.ui import (
    client_dialog,
    links,
    map_data,
    map_side,
    parts,
    pause,
    server_marks,
    whereabouts,
)
from ovpnmon.ui.map_filters import CHOSEN, COUNTRIES, TRAFFIC, Choice
from ovpnmon.ui.shared import Look

STYLE = Path(__file__).parent / "static" / "map.css"
MAP = "map"
CLICKS, VIEW, PICKED, FLY = "map_clicks", "map_view", "map_picked", "map_fly"
WHO = "map_who"
"""Session state: how many clicks were taken over; what the map was last told to show; what was just
picked; where to go next; the one client who is at what was picked."""
DESKTOP, PHONE = (640, 560), (350, 420)
"""Pixels to fit into: nobody tells how wide a window is, and one on a desktop may be narrow."""
FLIGHT_MS = 700


def draw(choice: Choice, first: Look) -> None:
    """Map and tables. Refreshes itself while it shows what is live."""
    _choose(st.session_state.pop(PICKED, None))
    if links.ASKED in st.session_state:
        st.rerun()  # the page goes where its begin says; this fragment cannot
    seen = pause.seen() if choice.past is None else first
    try:
        shown = map_data.picture(seen, choice)
    except (StateError, OSError) as error:
        parts.failure("The places cannot be read.", error)
        return
    left, right = st.columns([7, 3], gap="small")
    with left:
        _map(choice, shown, server_colors.of(server_marks.names(seen.servers)))
    with right:
        map_side.panel(choice, shown, fly, close)
    _legend(choice, server_marks.names(seen.servers))
    whereabouts.attribution(seen.now, "borders: Natural Earth")


def _legend(choice: Choice, servers: list[str]) -> None:
    measure = choice.by.lower()
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if choice.show == COUNTRIES:
            parts.note(f"Stronger blue: more {measure}")
        else:
            parts.note(f"Circles: {measure}")
            server_marks.legend(servers)
            parts.note("Lines: traffic")
            parts.legend()


def fly(chosen: str) -> None:
    """Callback: list who is at a place or in a country, and show it on the map; "": show all."""
    st.session_state[FLY] = st.session_state[PICKED] = chosen


def close() -> None:
    """Callback: nothing is chosen any more; the map stays where it is."""
    st.session_state[PICKED] = ""


def _map(choice: Choice, shown: Picture, colors: Mapping[str, str]) -> None:
    clicks = st.session_state.get(CLICKS, 0)
    chosen = st.query_params.get(CHOSEN, "")
    server = map_data.server()
    layers = _layers(choice, shown, f"pick_{clicks}", colors)
    if server is not None and server.latitude is not None and server.longitude is not None:
        where = (server.latitude, server.longitude)
        if choice.show != COUNTRIES:
            layers[1:1] = map_arcs.arcs(shown.on_map.places, choice.columns, where)
        name = f"Server, {server.label}" if server.label else "Server"
        layers.append(map_layers.server(*where, formats.plain(name)))
    else:
        where = None
    at = shown.on_map.places
    at = at[at["place_id"] == chosen]
    if len(at):
        layers.append(map_layers.ring(at.to_dict("records")[0]))
    view, flights = _view(choice, shown, where)
    deck = map_layers.deck(layers, view, (FLIGHT_MS + flights % 2) if flights else 0)
    with st.container(border=True, key="mapbox", height="stretch"):
        st.pydeck_chart(
            deck,
            key=MAP,
            height="stretch",
            on_select=_clicked,
            alt="Where clients are; the table beside it lists the same places",
        )


def _layers(
    choice: Choice, shown: Picture, layer_id: str, colors: Mapping[str, str]
) -> list[object]:
    rates = choice.past is None
    by_traffic = choice.by == TRAFFIC
    if choice.show == COUNTRIES:
        countries = shown.on_map.countries
        amount = _amount(countries, choice, by_traffic)
        tips = [map_layers.card(row, choice.columns, rates=rates) for row in _rows(countries)]
        return [
            map_layers.land(map_layers.shades(countries, amount)),
            map_layers.outlines(countries, tips, layer_id),
        ]
    places = shown.on_map.places
    if by_traffic:
        places = places.sort_values(list(choice.columns), ascending=False, kind="stable")
    tips = [
        map_layers.card(row, choice.columns, rates=rates, several=bool(colors))
        for row in _rows(places.head(map_layers.MOST_CIRCLES))
    ]
    amount = _amount(places, choice, by_traffic)
    return [map_layers.land(), *map_layers.circles(places, amount, tips, layer_id, colors)]


def _amount(frame: pd.DataFrame, choice: Choice, by_traffic: bool) -> "pd.Series[float]":
    if by_traffic:
        return frame[list(choice.columns)].sum(axis=1)
    return frame["clients"].astype("float64")


def _rows(frame: pd.DataFrame) -> list[map_layers.Row]:
    return frame.to_dict("records")  # type: ignore[return-value]  # Hashable keys there


def _clicked() -> None:
    """Callback of a click on the map: choose what was hit, and open the client where there is but one;
    once more lets go of it.
    """
    selection = st.session_state[MAP]["selection"]["objects"]
    for found in selection.values():
        for one in found:
            chosen = one.get("chosen") or (one.get("properties") or {}).get("chosen")
            st.session_state[CLICKS] = st.session_state.get(CLICKS, 0) + 1
            who = one.get("who")
            let_go = chosen == st.query_params.get(CHOSEN) and who is None
            st.session_state[PICKED] = "" if let_go else chosen or ""
            if who is not None and not let_go:
                st.session_state[WHO] = who


def _choose(picked: str | None) -> None:
    """Put what was picked into the URL: a callback's change of the URL would not reach the browser."""
    if picked == "":
        st.query_params.pop(CHOSEN, None)
    elif picked is not None:
        st.query_params[CHOSEN] = picked
    who = st.session_state.pop(WHO, None)
    if who is not None:
        client_dialog.ask_for(who)
    if picked is not None:
        st.rerun()


def _view(
    choice: Choice, shown: Picture, server: tuple[float, float] | None
) -> tuple[map_fit.View, int]:
    """What the map is told to show, and the count of flights that led there.

    It is told once for each question, so that a refresh leaves it where the viewer has moved it.
    """
    places = shown.on_map.places
    # In words: a range up to now is another one every minute.
    filtered = tuple(choice.past.chips.items()) if choice.past else None
    question = (choice.show, filtered, choice.server, choice.search, choice.country, places.empty)
    known, view, flights = st.session_state.get(VIEW, (None, None, 0))
    target = st.session_state.pop(FLY, None)
    if view is None or known != question or target == "":
        points = list(zip(places["latitude"], places["longitude"], strict=True))
        if server is not None and points:
            points.append(server)
        phone = "Mobi" in (st.context.headers.get("User-Agent") or "")
        flights = flights + 1 if view is not None else 0
        view = _told(map_fit.fit(points, PHONE if phone else DESKTOP), flights)
    elif target is not None and (found := _point(shown, target)) is not None:
        flights += 1
        zoom = map_fit.PLACE_ZOOM if "," in target else map_fit.COUNTRY_ZOOM
        view = _told(map_fit.View(*found, zoom), flights)
    st.session_state[VIEW] = (question, view, flights)
    return view, flights


def _told(view: map_fit.View, flights: int) -> map_fit.View:
    """The browser follows only what differs from the last time it was told; the viewer may have
    turned the wheel since: each flight differs in all of it."""
    return map_fit.View(
        view.latitude + flights % 2 * 1e-6,
        view.longitude + flights % 2 * 1e-6,
        view.zoom + flights % 2 * 1e-6,
    )


def _point(shown: Picture, target: str) -> tuple[float, float] | None:
    rows = shown.rows
    rows = rows[(rows["place_id"] == target) | (rows["country_code"] == target)]
    rows = rows[rows["place_id"] != ""]
    if rows.empty:
        return None
    return float(rows["latitude"].median()), float(rows["longitude"].median())
