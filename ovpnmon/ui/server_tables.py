"""The lower part of the Server page: routing table and feed of events, searched and paged.

What is chosen is in the URL, under keys that begin with s_.
"""

from collections.abc import Callable

import pandas as pd
import streamlit as st

from ovpnmon import formats, ranges, runtime
from ovpnmon.queries import event_feed, routes
from ovpnmon.queries.event_feed import KINDS, Wanted
from ovpnmon.queries.live_view import page_count
from ovpnmon.store.state import StateError
from ovpnmon.ui import controls, parts, server_data, server_marks
from ovpnmon.ui.shared import Look, look, memo
from ovpnmon.ui.zones import At

ROWS = 25
RANGES = ("Last hour", "Last 24 hours", "Last 7 days", "Last 30 days")
USUAL_RANGE = "Last 24 hours"
WIDTHS = {"Time": 185, "Event": 115, "Server": 85, "Client": 160, "Kind": 130, "Last used": 185}
"""In pixels; other columns share the rest."""
ICONS = {"connected": "→", "left": "←", "restart": "↻", "file": "▤", "clock": "◷"}


def routing() -> None:
    """Which addresses lead to whom."""
    now = look()
    everything = server_data.seen(now).routes
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown("**Routing table**", width="content")
        text = controls.search("s_q", _to_first("s_page"), "Address or name").strip()
        server = controls.server(
            [view.name for view in now.servers], "s_server", _to_first("s_page")
        )
        kind = st.selectbox(
            "Kind",
            ["", *routes.KINDS.values()],
            format_func=lambda name: name or "Any kind",
            key="s_kind",
            bind="query-params",
            on_change=_to_first("s_page"),
            label_visibility="collapsed",
            width=160,
        )
        wanted = next((one for one, name in routes.KINDS.items() if name == kind), "")
        rows = routes.matching(everything, text, server, wanted)
        st.space("stretch")
        parts.note(f"{formats.count(len(rows))} of {formats.counted(len(everything), 'route')}")
    if everything.empty:
        parts.panel("route", "No routes", "They appear with the clients that they lead to.")
    elif rows.empty:
        _no_match("s_q", "s_server", "s_kind")
    else:
        _paged(_route_cells(rows, At.of(now.now)), "s_page", now)


def events() -> None:
    """What happened, newest first."""
    now = look()
    at = At.of(now.now)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown("**Events**", width="content")
        wanted = _wanted(now, at)
        st.space("stretch")
        count = st.container(width="content")
    happened = server_data.happened()
    try:
        found = memo.get(
            now.state,
            ("events", wanted, len(happened), *happened[-1:]),
            lambda: event_feed.feed(runtime.store(), happened, wanted),
        )
    except (StateError, OSError) as error:
        parts.failure("The events cannot be read.", error)
        return
    with count:
        said = formats.counted(len(found), "event")
        parts.note(f"the newest {said}" if len(found) == event_feed.MOST else said)
    if not found.empty:
        _paged(_event_cells(found, at), "s_event_page", now)
    elif wanted.kinds or wanted.server or wanted.text:
        _no_match("s_event_q", "s_event_server", "s_kinds")
    else:
        parts.panel("event_busy", "Nothing happened", "Nobody came or left in this time.")


def _wanted(now: Look, at: At) -> Wanted:
    first = _to_first("s_event_page")
    name = st.selectbox(
        "Range",
        RANGES,
        index=RANGES.index(USUAL_RANGE),
        key="s_range",
        bind="query-params",
        on_change=first,
        label_visibility="collapsed",
        icon=":material/calendar_today:",
        width=170,
    )
    text = controls.search("s_event_q", first, "Name, address or text").strip()
    server = controls.server([view.name for view in now.servers], "s_event_server", first)
    kinds = st.pills(
        "Kinds",
        list(KINDS.values()),
        selection_mode="multi",
        key="s_kinds",
        bind="query-params",
        on_change=first,
        label_visibility="collapsed",
    )
    since = ranges.preset(name or USUAL_RANGE, at.zone, at.now).since
    wanted = tuple(kind for kind, name in KINDS.items() if name in (kinds or ()))
    return Wanted(since, None, wanted, server, text)


def _to_first(page: str) -> Callable[[], None]:
    def turn() -> None:
        st.session_state[page] = 1

    return turn


def _no_match(*keys: str) -> None:
    """Which filters there are, and a way to be rid of all of them."""
    parts.panel("filter_alt_off", "Nothing matches", "Not with these filters.")
    with st.container(horizontal_alignment="center"):
        st.button("Remove all filters", key=f"reset_{keys[0]}", on_click=_remove, args=[keys])


def _remove(keys: tuple[str, ...]) -> None:
    for key in keys:
        if key in st.session_state:
            st.session_state[key] = [] if key == "s_kinds" else ""


def _paged(cells: pd.DataFrame, key: str, now: Look) -> None:
    """One page of it, and the pages."""
    above = st.container()
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        extent = st.container(width="content")
        st.space("stretch")
        page = st.pagination(page_count(len(cells), ROWS), key=key, bind="query-params")
    first = (page - 1) * ROWS
    shown = cells.iloc[first : first + ROWS]
    with extent:
        parts.note(f"{first + 1}–{first + len(shown)} of {formats.count(len(cells))}")
    above.dataframe(
        shown,
        hide_index=True,
        placeholder=formats.UNKNOWN,
        row_height=32,
        height="content",
        column_order=[n for n in shown.columns if n != "Server" or len(now.servers) > 1],
        column_config={n: st.column_config.Column(width=width) for n, width in WIDTHS.items()}
        | {
            "Server": server_marks.column(
                "Server", WIDTHS["Server"], server_marks.names(now.servers)
            )
        },
        key=f"{key}_table",
    )


def _route_cells(rows: pd.DataFrame, at: At) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "Virtual address": rows["virtual_address"].map(formats.plain),
            "Kind": rows["kind"].map(routes.KINDS),
            "Client": rows["common_name"].map(formats.plain),
            "Server": [[formats.plain(name)] for name in rows["server"]],
            "Real address": [
                formats.endpoint(ip, port)
                for ip, port in zip(rows["real_ip"], rows["real_port"], strict=True)
            ],
            "Last used": [
                formats.exact(moment.timestamp(), at.zone) for moment in rows["last_ref_at"]
            ],
        }
    )


def _event_cells(found: pd.DataFrame, at: At) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "Time": [formats.exact(moment.timestamp(), at.zone) for moment in found["at"]],
            "Event": [f"{ICONS[kind]} {KINDS[kind]}" for kind in found["kind"]],
            "Server": [[formats.plain(name)] if name else [] for name in found["server"]],
            "Client": [formats.plain(who) or None for who in found["who"]],
            "Message": found["text"].map(formats.plain),
        }
    )
