"""The controls that several pages have: what is chosen in them is in the URL, under the key."""

from collections.abc import Callable, Iterable, Mapping, Sequence

import streamlit as st

from ovpnmon import formats
from ovpnmon.queries.live_view import SIZES

Changed = Callable[[], None] | None
"""Called before the page is drawn anew with what was chosen."""


def search(
    key: str, changed: Changed = None, placeholder: str = "Name or address", width: int = 220
) -> str:
    """A search that follows the typing."""
    text = st.text_input(
        "Search",
        key=key,
        bind="query-params",
        on_change=changed,
        live=True,
        type="search",
        max_chars=200,
        placeholder=placeholder,
        icon=":material/search:",
        label_visibility="collapsed",
        width=width,
    )
    return text or ""


def server(servers: Sequence[str], key: str, changed: Changed = None) -> str:
    """One of the servers, "" for all; nothing to choose where there is but one."""
    if len(servers) < 2:
        return ""
    picked = st.selectbox(
        "Server",
        ["", *servers],
        format_func=lambda name: formats.plain(name) or "All servers",
        key=key,
        bind="query-params",
        on_change=changed,
        label_visibility="collapsed",
        width=140,
    )
    return picked or ""


def country(countries: Mapping[str, str], key: str, changed: Changed = None) -> str:
    """The code of one of the countries (name by code), "" for any; in the URL it is the name.

    A name that is chosen already, but not among them, stays chosen, as its own code: nobody matches,
    as when the last client of a country has left.
    """
    chosen = str(st.session_state.get(key) or st.query_params.get(key, ""))
    names = [*countries.values()]
    if chosen and chosen not in names:
        names.append(chosen)
    if not names:
        return ""
    picked = st.selectbox(
        "Country",
        ["", *names],
        format_func=lambda name: formats.plain(name) or "Any country",
        key=key,
        bind="query-params",
        on_change=changed,
        label_visibility="collapsed",
        width=150,
        help="Of the address, the last one of who is away; approximate",
    )
    return next((code for code, name in countries.items() if name == picked), picked or "")


def clients(names: Sequence[str], key: str, changed: Changed = None) -> tuple[str, ...]:
    """Some clients, none for all. One that is not among the names may be typed."""
    picked = st.multiselect(
        "Client",
        names,
        key=key,
        bind="query-params",
        on_change=changed,
        accept_new_options=True,
        format_func=formats.plain,
        placeholder="All clients",
        label_visibility="collapsed",
        width=220,
    )
    return tuple(picked)


def order(
    sorts: Iterable[str],
    usual: str,
    prefix: str,
    changed: Changed,
    sort_changed: Changed = None,
) -> tuple[str, bool]:
    """What to sort by and whether the other way round. Keys: prefix + sort, prefix + reverse."""
    key = f"{prefix}sort"
    with st.popover(
        f"By {st.session_state.get(key, usual).lower()}", icon=":material/swap_vert:", key="order"
    ):
        sort = st.selectbox(
            "Sort by",
            list(sorts),
            key=key,
            bind="query-params",
            on_change=sort_changed or changed,
        )
        reverse = st.toggle(
            "The other way round", key=f"{prefix}reverse", bind="query-params", on_change=changed
        )
    return sort or usual, reverse


def page_size(key: str, changed: Changed) -> int:
    """How many rows a page has."""
    size = st.segmented_control(
        "Rows a page",
        SIZES,
        default=SIZES[0],
        required=True,
        key=key,
        bind="query-params",
        on_change=changed,
        label_visibility="collapsed",
    )
    return size or SIZES[0]
