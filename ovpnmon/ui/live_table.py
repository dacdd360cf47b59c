"""The lower half of the Live page: the clients, searched, filtered, sorted and paged over all rows.

What is chosen is in the URL. Widgets live in the fragment that redraws the table, so that typing and
turning pages redraw nothing else.
"""

from dataclasses import replace
from functools import partial

import pandas as pd
import pyarrow as pa
import streamlit as st

from ovpnmon import export, formats
from ovpnmon.queries import live_view, place_rows, troubles
from ovpnmon.queries.live_view import SORTS, USUAL_SORT, View
from ovpnmon.store.state import StateError
from ovpnmon.ui import (
    client_dialog,
    controls,
    links,
    live_columns,
    live_data,
    parts,
    pause,
    server_marks,
    status,
    whereabouts,
)
from ovpnmon.ui.shared import Look, memo
from ovpnmon.ui.zones import At

TABLE = "clients_table"
"""Session state: counts clicks on headers, see _header_clicked."""
PAGER_WIDTH = 330
"""Left to itself the pager hides numbers that would have room."""


def table() -> None:
    """The filter bar and the table; nothing while there are no data, which the figures explain."""
    seen = pause.seen()
    if seen.broken or seen.waiting:
        return
    at = At.of(seen.now)
    clients = live_data.clients(seen)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        view = _filters(server_marks.names(seen.servers), place_rows.countries_of(clients))
        rows = live_data.matching(seen, view)
        st.space("stretch")
        parts.note(_found(len(rows), len(clients)))
        pause.toggle()
        _download(rows, at)
    if clients.empty:
        parts.panel("group_off", "No client is connected", "They appear here as they connect.")
    elif rows.empty:
        _no_match(clients, view)
    else:
        _page(seen, rows, view, at)
    whereabouts.attribution(seen.now)
    status.rows(troubles.advice(seen.servers))


def _filters(servers: list[str], countries: dict[str, str]) -> View:
    """Search, server, country and order. Any change begins at the first page."""
    search = controls.search("q", _first_page, width=240)
    server = ""
    if len(servers) > 1:
        server = st.segmented_control(
            "Server",
            ["", *servers],
            default="",
            required=True,
            format_func=lambda name: formats.literal(name) if name else "All",
            key="server",
            bind="query-params",
            on_change=_first_page,
            label_visibility="collapsed",
        )
    country = controls.country(countries, "country", _first_page)
    # The same as a click on a header, for the keyboard, phones and columns out of sight.
    sort, reverse = controls.order(SORTS, USUAL_SORT, "", _first_page, _sort_picked)
    return View(search, server or "", country, sort, reverse)


def _first_page() -> None:
    st.session_state["page"] = 1


def _sort_picked() -> None:
    st.session_state["reverse"] = False
    _first_page()


def _header_clicked(key: str) -> None:
    """A header sorts all rows, and once more the other way round.

    The table takes it for a selection of the column, which would stay: a new key lets go of it. The
    browser may tell of one click twice, the second time of a table that is gone.
    """
    if key != _table_key():
        return
    st.session_state[TABLE] = st.session_state.get(TABLE, 0) + 1
    columns = st.session_state[key]["selection"]["columns"]
    if not columns:
        return
    sort = live_columns.COLUMNS[columns[0]].sorts_by
    again = sort == st.session_state.get("sort", USUAL_SORT)
    st.session_state["reverse"] = again and not st.session_state.get("reverse", False)
    st.session_state["sort"] = sort
    _first_page()


def _table_key() -> str:
    return f"clients_{st.session_state.get(TABLE, 0)}"


def _name_clicked(name: str) -> None:
    client_dialog.ask_for(name)
    st.rerun()


def _found(matching: int, everybody: int) -> str:
    if matching == everybody:
        return formats.counted(everybody, "client")
    return f"{formats.count(matching)} of {formats.counted(everybody, 'client')}"


def _download(rows: pd.DataFrame, at: At) -> None:
    st.download_button(
        "CSV",
        lambda: export.live_csv(rows, at.zone),
        file_name="clients.csv",
        mime="text/csv",
        on_click="ignore",
        icon=":material/download:",
        type="tertiary",
        help="All rows that match, not only this page",
    )


def _page(seen: Look, rows: pd.DataFrame, view: View, at: At) -> None:
    """One page of the table. Its controls stand below but come first: a link may have set them."""
    above = st.container()
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        extent = st.container(width="content")
        view = _turn(view, len(rows))
    shown = live_view.page(rows, view)
    links.remember(live_columns.TABLE, shown["common_name"].to_list())
    first = (view.page - 1) * view.size + 1
    with extent:
        parts.note(
            f"{formats.count(first)}–{formats.count(first + len(shown) - 1)}"
            f" of {formats.count(len(rows))}"
        )
    key = _table_key()
    above.dataframe(
        _cells(seen, rows, view, at),
        column_order=live_columns.present(live_data.clients(seen), len(seen.servers)),
        column_config=live_columns.config(view, server_marks.names(seen.servers), _name_clicked),
        hide_index=True,
        placeholder=formats.UNKNOWN,
        row_height=live_columns.ROW_HEIGHT,
        height="content",
        key=key,
        on_select=partial(_header_clicked, key),
        selection_mode="single-column",
    )


def _turn(view: View, rows: int) -> View:
    """The size of a page and the page, as chosen."""
    size = controls.page_size("size", _first_page)
    st.space("stretch")
    pages = live_view.page_count(rows, size)
    page = st.pagination(pages, key="page", bind="query-params", width=PAGER_WIDTH)
    return replace(view, page=page, size=size)


def _cells(seen: Look, rows: pd.DataFrame, view: View, at: At) -> pa.Table:
    """What stands in the table: the same for everybody who has chosen the same."""
    fresh = troubles.fresh(seen.servers)

    def make() -> pa.Table:
        shown = live_view.page(rows, view)
        try:
            recent = live_data.recent(seen, shown["session_id"].to_list())
        except (StateError, OSError):
            recent = {}  # the figures say so
        return live_columns.display(shown, live_view.totals(rows), recent, fresh, at)

    key = ("cells", fresh, view, at.zone, live_data.last_step(seen))
    return memo.get(seen.state, key, make)


def _no_match(clients: pd.DataFrame, view: View) -> None:
    """Says which filter excludes most, and takes it away on a click."""
    found = live_view.without_filters(clients, view)
    most = max(found, key=lambda name: found[name])
    value = formats.literal(getattr(view, most))
    parts.panel(
        "filter_alt_off",
        "No client matches",
        f"Without **{most}: {value}** {formats.counted(found[most], 'client')} would.",
    )
    with st.container(horizontal_alignment="center"):
        st.button(f"Remove {most}: {value}", key="remove_filter", on_click=_remove, args=[most])


def _remove(name: str) -> None:
    st.session_state["q" if name == "search" else name] = ""
    _first_page()
