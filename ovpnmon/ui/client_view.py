"""The page of one client: who it is, its figures, its sessions and its months."""

import pandas as pd
import streamlit as st

from ovpnmon import formats, runtime
from ovpnmon.queries import client, history, usage
from ovpnmon.queries.client import Totals
from ovpnmon.queries.filters import Sessions
from ovpnmon.queries.live_view import SIZES, page_count
from ovpnmon.queries.local_days import day_of, month_after, month_start
from ovpnmon.queries.traffic_plan import Wanted
from ovpnmon.ui import (
    controls,
    live_data,
    navigation,
    parts,
    server_marks,
    session_columns,
    session_table,
)
from ovpnmon.ui.shared import Look, memo
from ovpnmon.ui.zones import At

RANGES = {"14 days": 14, "30 days": 30, "90 days": 90, "1 year": 365}
Servers = tuple[str, ...]
"""Names of those that alone are looked at; none: all."""
USUAL_RANGE = "30 days"
MONTHS = 12


def totals(seen: Look, name: str, servers: Servers = ()) -> Totals | None:
    """What is known of a name on some servers (none: all), if anything is. Raises StateError or OSError."""
    return memo.get(
        seen.state, ("client", name, servers), lambda: client.totals(runtime.store(), name, servers)
    )


def server(seen: Look) -> Servers:
    """The server that alone is to be looked at, if one is."""
    chosen = controls.server(server_marks.names(seen.servers), "p_server", _first_page)
    return (chosen,) if chosen else ()


def nothing_there(servers: Servers) -> None:
    """The client is known, though not on this server."""
    told = formats.literal(", ".join(servers))
    parts.panel("filter_alt_off", "No session there", f"Nothing is on record of it on **{told}**.")
    with st.container(horizontal_alignment="center"):
        st.button("Look at all servers", key="remove_filter", on_click=_all_servers)


def _all_servers() -> None:
    st.session_state["p_server"] = ""
    _first_page()


def _first_page() -> None:
    st.session_state["p_page"] = 1


def head(seen: Look, name: str, known: Totals, at: At) -> str:
    """Name, whether online, on which servers, and the range of the pictures below; returns the range."""
    servers, online = server_marks.names(seen.servers), known.online
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.subheader(formats.literal(name) or "(no name)", anchor=False, width="content")
        if online and name in live_data.here(seen):
            said = "online" if online == 1 else f"online · {formats.counted(online, 'session')}"
            st.badge(said, icon=":material/check_circle:", color="green")
        else:
            last = formats.age(at.now - known.last_seen.timestamp())
            st.badge(
                f"{'online when ' if online else ''}last seen {last} ago",
                icon=":material/schedule:",
                color="gray",
            )
        for server in known.servers if len(servers) > 1 else ():
            with server_marks.bar(server, servers, "badge_of", width="content"):
                st.badge(formats.literal(server), color="gray")
        st.space("stretch")
        picked = st.segmented_control(
            "Range",
            list(RANGES),
            default=USUAL_RANGE,
            required=True,
            key="p_range",
            bind="query-params",
            label_visibility="collapsed",
        )
    return picked or USUAL_RANGE


def figures(known: Totals, at: At) -> None:
    """Totals over everything on record."""
    shown = {
        "Download": formats.volume(known.bytes_sent),
        "Upload": formats.volume(known.bytes_received),
        "Sessions": formats.count(known.sessions),
        "Time online": formats.duration(known.seconds),
        "Longest session": formats.duration(known.longest_seconds),
        "First seen": at.moment(known.first_seen),
    }
    with st.grid(len(shown), min_column_width=150, gap="small"):
        for label, value in shown.items():
            st.metric(label, value, border=True, height="stretch")


def open_sessions(seen: Look, name: str, servers: Servers, at: At) -> None:
    """What the client has open now, with its rates."""
    clients = live_data.clients(seen)
    now = clients[clients["common_name"] == name]
    if servers:
        now = now[now["server"].isin(servers)]
    if not now.empty:
        st.markdown("**Open sessions**")
        session_table.draw(now, at, "client_now", server_marks.names(seen.servers))


def table(seen: Look, name: str, servers: Servers, total: int, at: At) -> None:
    """All sessions of the client, newest first, and a file of them. total: how many."""
    wanted = Sessions(clients=(name,), servers=servers)
    asked = {"client": name} | ({"server": servers[0]} if servers else {})
    of_server = {"h_server": servers[0]} if servers else {}
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{formats.counted(total, 'session')}**", width="content")
        st.space("stretch")
        if st.button("On map", icon=":material/public:", type="tertiary", key="on_map"):
            query = {"m_time": "History", "h_client": name, "h_range": "All"} | of_server
            st.switch_page(navigation.page("map"), query_params=query)
        if st.button("In the history", icon=":material/filter_alt:", type="tertiary"):
            query = {"h_client": name, "h_range": "All"} | of_server
            st.switch_page(navigation.page("history"), query_params=query)
        st.link_button(
            "CSV",
            f"api/history?format=csv&include=open&{formats.query(**asked)}",
            icon=":material/download:",
            type="tertiary",
        )
    above = st.container()
    size = SIZES[0]
    with st.container(horizontal=True, vertical_alignment="center"):
        extent = st.container(width="content")
        st.space("stretch")
        pages = min(page_count(total, size), history.MAX_PAGES)
        page = st.pagination(pages, key="p_page", bind="query-params")
    part = slice((page - 1) * size, page * size)
    shown = memo.get(
        seen.state,
        ("client_sessions", name, servers, page),
        lambda: history.rows(runtime.store(), wanted, history.USUAL_SORT, False, part),
    )
    with extent:
        parts.note(f"{part.start + 1}–{part.start + len(shown)} of {formats.count(total)}")
    with above:
        session_columns.draw(shown, at, "client_sessions", seen.servers, named=False)


def monthly(seen: Look, name: str, servers: Servers, at: At) -> None:
    """The latest calendar months with anything in them."""
    this = f"{day_of(at.now, at.zone):%Y-%m}"
    since = month_start(month_after(this, 1 - MONTHS), at.zone)
    frame = memo.get(
        seen.state,
        ("client_months", name, servers, at.zone, since),
        lambda: usage.usage(
            runtime.store(), since, at.now, at.zone, Wanted((name,), servers), "month"
        ),
    )
    if frame.empty:
        return
    frame = frame.sort_values("period", ascending=False)
    st.markdown("**By month**")
    st.dataframe(
        pd.DataFrame(
            {
                "Month": [f"{pd.Timestamp(month):%B %Y}" for month in frame["period"]],
                "Sessions": frame["sessions"].map(formats.count),
                "Time online": frame["seconds"].map(formats.duration),
                "Download": frame["bytes_sent"].map(formats.volume),
                "Upload": frame["bytes_received"].map(formats.volume),
            }
        ),
        hide_index=True,
        row_height=32,
        height="content",
        key="client_months",
        width="content",
        column_config={
            title: st.column_config.TextColumn(title, width=110, alignment="right")
            for title in ("Sessions", "Time online", "Download", "Upload")
        },
    )
