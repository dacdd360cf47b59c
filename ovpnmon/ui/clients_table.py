"""The Clients page: everyone ever seen, searched, filtered, sorted and paged over all rows.

Keys begin with c_: Streamlit would carry a value over to another page's widget of the same key.
"""

from collections.abc import Hashable
from typing import Any

import pandas as pd
import pyarrow as pa
import streamlit as st

from ovpnmon import export, formats, place_texts, runtime
from ovpnmon.queries import clients_view, live_view, troubles
from ovpnmon.queries.clients_view import SEEN, SORTS, View
from ovpnmon.ui import controls, links, live_data, parts, server_marks, whereabouts
from ovpnmon.ui.shared import Look, memo
from ovpnmon.ui.zones import At

TABLE = "everyone"
WIDTHS = {
    "Client": 170,
    "State": 80,
    "Servers": 95,
    "Sessions": 75,
    "Time online": 92,
    "Downloaded": 92,
    "Uploaded": 85,
    "Last 30 days": 110,
    "First seen": 100,
    "Last seen": 100,
    "Idle": 60,
    "Last place": 160,
    "Last address": 180,
    "Network": 140,
}
LISTS = {"Servers": pa.list_(pa.string()), "Last 30 days": pa.list_(pa.float64())}
SCHEMA = pa.schema([(name, LISTS.get(name, pa.string())) for name in WIDTHS])
NUMBERS = ("Sessions", "Time online", "Downloaded", "Uploaded", "First seen", "Last seen", "Idle")


def figures(seen: Look, everyone: pd.DataFrame) -> None:
    """Everyone in four figures."""
    counts = clients_view.counts(everyone, seen.now)
    is_now = len(troubles.fresh(seen.servers)) == len(seen.servers)
    shown = {
        "Ever seen": counts.everyone,
        "Online now" if is_now else "Online when last heard of": counts.online,
        "Seen in 7 days": counts.recent,
        "Not for 30 days": counts.idle,
    }
    with st.grid(len(shown), min_column_width=140, gap="small"):
        for label, number in shown.items():
            st.metric(label, formats.count(number), border=True, height="stretch")


def filters(servers: list[str], countries: dict[str, str]) -> View:
    """Search, when seen, server, country and order. Any change begins at the first page.

    countries: name by code, of those that anybody came from.
    """
    search = controls.search("c_q", _first_page, "Name or last address", 240)
    seen = st.selectbox(
        "Seen",
        list(SEEN),
        key="c_seen",
        bind="query-params",
        on_change=_first_page,
        label_visibility="collapsed",
        width=170,
        help="Who was not here for long may hold a certificate that should be revoked.",
    )
    server = controls.server(servers, "c_server", _first_page)
    country = controls.country(countries, "c_country", _first_page)
    sort, reverse = controls.order(SORTS, "Last seen", "c_", _first_page)
    return View(search, seen or "Everyone", server, country, sort, reverse)


def download(rows: pd.DataFrame, at: At) -> None:
    """All rows that match."""
    st.download_button(
        "CSV",
        lambda: export.clients_csv(whereabouts.located(rows, "last_ip"), at.zone),
        file_name="clients.csv",
        mime="text/csv",
        on_click="ignore",
        icon=":material/download:",
        type="tertiary",
        help="All rows that match, not only this page",
    )


def table(seen: Look, rows: pd.DataFrame, at: At) -> None:
    """One page of the list."""
    above = st.container()
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        extent = st.container(width="content")
        size = controls.page_size("c_size", _first_page)
        st.space("stretch")
        page = st.pagination(
            live_view.page_count(len(rows), size), key="c_page", bind="query-params"
        )
    first = (page - 1) * size
    shown = rows.iloc[first : first + size]
    names = shown["common_name"].to_list()
    links.remember(TABLE, names)
    with extent:
        parts.note(
            f"{formats.count(first + 1)}–{formats.count(first + len(shown))}"
            f" of {formats.counted(len(rows), 'client')}"
        )
    daily = memo.get(
        seen.state,
        ("daily", tuple(names)),
        lambda: clients_view.daily_bytes(runtime.store(), names, at.now),
    )
    with above:
        _draw(seen, shown, daily, at)


def no_match(view: View) -> None:
    """Nobody is left by the filters."""
    said = [formats.literal(text) for text in (view.search, view.server, view.country) if text]
    if view.seen != "Everyone":
        said.append(f"**{view.seen}**")
    parts.panel("filter_alt_off", "No client matches", f"Filtered by {', '.join(said)}.")
    with st.container(horizontal_alignment="center"):
        st.button("Show everyone", key="remove_filter", on_click=_show_everyone)


def _show_everyone() -> None:
    st.session_state.update(c_q="", c_seen="Everyone", c_server="", c_country="")
    _first_page()


def _first_page() -> None:
    st.session_state["c_page"] = 1


def _draw(seen: Look, shown: pd.DataFrame, daily: dict[str, list[float]], at: At) -> None:
    servers, here = server_marks.names(seen.servers), live_data.here(seen)
    kinds = st.column_config
    config: dict[str, Any] = {
        name: kinds.TextColumn(name, width=width, alignment="right" if name in NUMBERS else "left")
        for name, width in WIDTHS.items()
    }
    config["Client"] = links.column(TABLE, WIDTHS["Client"])
    config["Last 30 days"] = kinds.AreaChartColumn(
        "Last 30 days", width=WIDTHS["Last 30 days"], color="blue", y_min=0
    )
    config["Servers"] = server_marks.column("Servers", WIDTHS["Servers"], servers)
    located = whereabouts.located(shown, "last_ip")
    hidden = {"Servers": len(servers) < 2, "Network": not located["organisation"].any()}
    st.dataframe(
        pa.Table.from_pylist(
            [
                _cells(row, daily, at, row["common_name"] in here)
                for row in located.to_dict("records")
            ],
            schema=SCHEMA,
        ),
        column_order=[name for name in WIDTHS if not hidden.get(name, False)],
        column_config=config,
        hide_index=True,
        placeholder=formats.UNKNOWN,
        row_height=32,
        height="content",
        key=TABLE,
    )


def _cells(
    row: dict[Hashable, Any], daily: dict[str, list[float]], at: At, here: bool
) -> dict[str, Any]:
    online = row["online"]
    state = "● online" if online == 1 else f"● {online} online" if online else None
    if online and not here:
        state = "○ then"
    return {
        "Client": formats.button_label(row["common_name"]),
        "State": state,
        "Servers": [formats.plain(name) for name in row["servers"].split(", ")],
        "Sessions": formats.count(row["sessions"]),
        "Time online": formats.duration(row["seconds"]),
        "Downloaded": formats.volume(row["bytes_sent"]),
        "Uploaded": formats.volume(row["bytes_received"]),
        "Last 30 days": daily.get(row["common_name"]),
        "First seen": at.moment(row["first_seen"]),
        "Last seen": "now" if here else at.moment(row["last_seen"]),
        "Idle": None if here else formats.age(at.now - row["last_seen"].timestamp()),
        "Last place": place_texts.place(row),
        "Last address": formats.plain(row["last_ip"]),
        "Network": place_texts.network(row),
    }
