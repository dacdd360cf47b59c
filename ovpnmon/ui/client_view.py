"""The page of one client, piece by piece."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from ovpnmon import client_charts, formats, place_texts, runtime
from ovpnmon.queries import client, history, months
from ovpnmon.queries.filters import Sessions
from ovpnmon.queries.live_view import SIZES, page_count
from ovpnmon.ui import (
    live_data,
    navigation,
    parts,
    server_marks,
    session_columns,
    session_table,
    whereabouts,
)
from ovpnmon.ui.shared import Look, memo
from ovpnmon.ui.zones import At

Row = dict[Hashable, Any]
"""A row of queries.clients.Clients.all()."""
RANGES = {"14 days": 14, "30 days": 30, "90 days": 90, "1 year": 365}
USUAL_RANGE = "30 days"
HOURLY_DAYS = 3
HABIT_DAYS = 90


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom the page is about, and since when."""

    name: str
    everything: Row
    """The row of queries.clients.Clients.all()."""
    since: float
    range: str


def head(name: str, row: Row, servers: Sequence[str], at: At) -> str:
    """Name, whether online, on which of the servers, and the range of the pictures below; returns the range."""
    online = row["online"]
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.subheader(formats.literal(name) or "(no name)", anchor=False, width="content")
        if online:
            said = "online" if online == 1 else f"online · {formats.counted(online, 'session')}"
            st.badge(said, icon=":material/check_circle:", color="green")
        else:
            last = formats.age(at.now - row["last_seen"].timestamp())
            st.badge(f"last seen {last} ago", icon=":material/schedule:", color="gray")
        for server in row["servers"].split(", ") if len(servers) > 1 else ():
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


def figures(row: Row, at: At, longest_seconds: int) -> None:
    """Totals over everything on record."""
    shown = {
        "Download": formats.volume(row["bytes_sent"]),
        "Upload": formats.volume(row["bytes_received"]),
        "Sessions": formats.count(row["sessions"]),
        "Time online": formats.duration(row["seconds"]),
        "Longest session": formats.duration(longest_seconds),
        "First seen": at.moment(row["first_seen"]),
    }
    with st.grid(len(shown), min_column_width=150, gap="small"):
        for label, value in shown.items():
            st.metric(label, value, border=True, height="stretch")


def open_sessions(seen: Look, name: str, at: At) -> None:
    """What the client has open now, with its rates."""
    clients = live_data.clients(seen)
    now = clients[clients["common_name"] == name]
    if not now.empty:
        st.markdown("**Open sessions**")
        session_table.draw(now, at, "client_now", server_marks.names(seen.servers))


def pictures(seen: Look, subject: Subject, at: At) -> None:
    """When connected, when usually online, how much moved, from where."""
    left, right = st.columns([3, 2], gap="small")
    with left.container(border=True, height="stretch", gap="xsmall"):
        _timeline(seen, subject, at)
    with right.container(border=True, height="stretch", gap="xsmall"):
        _usual(seen, subject, at)
    left, right = st.columns(2, gap="small")
    with left.container(border=True, height="stretch", gap="xsmall"):
        _traffic(seen, subject, at)
    with right.container(border=True, height="stretch", gap="xsmall"):
        _addresses(seen, subject, at)


def table(seen: Look, subject: Subject, at: At) -> None:
    """All sessions of the client, newest first, and a file of them."""
    name, total = subject.name, subject.everything["sessions"]
    wanted = Sessions(clients=(name,))
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{formats.counted(total, 'session')}**", width="content")
        st.space("stretch")
        if st.button("On map", icon=":material/public:", type="tertiary", key="on_map"):
            query = {"m_time": "History", "h_client": name, "h_range": "All"}
            st.switch_page(navigation.page("map"), query_params=query)
        if st.button("In the history", icon=":material/filter_alt:", type="tertiary"):
            query = {"h_client": name, "h_range": "All"}
            st.switch_page(navigation.page("history"), query_params=query)
        st.link_button(
            "CSV",
            f"api/history?format=csv&include=open&{formats.query(client=name)}",
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
        ("client_sessions", name, page),
        lambda: history.rows(runtime.store(), wanted, history.USUAL_SORT, False, part),
    )
    with extent:
        parts.note(f"{part.start + 1}–{part.start + len(shown)} of {formats.count(total)}")
    with above:
        session_columns.draw(
            shown, at, "client_sessions", server_marks.names(seen.servers), named=False
        )


def monthly(seen: Look, subject: Subject, at: At) -> None:
    """Calendar months of the last year."""
    since = at.now - RANGES["1 year"] * 86_400
    frame = months.monthly(
        _presence(seen, subject.name, since, at), _moved(seen, subject.name, since, at), at.zone
    )
    if frame.empty:
        return
    st.markdown("**By month**")
    st.dataframe(
        pd.DataFrame(
            {
                "Month": [f"{pd.Timestamp(month):%B %Y}" for month in frame["month"]],
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
    )


def _presence(seen: Look, name: str, since: float, at: At) -> pd.DataFrame:
    """Hours since then, of a year that is asked for once for all pictures."""
    first = _year_ago(at)
    hours = memo.get(
        seen.state,
        ("presence", name, first),
        lambda: client.presence(runtime.store(), name, first),
    )
    return _later(hours, since)


def _moved(seen: Look, name: str, since: float, at: At) -> pd.DataFrame:
    """Bytes of hours since then, as _presence()."""
    first = _year_ago(at)
    hours = memo.get(
        seen.state, ("moved", name, first), lambda: client.traffic(runtime.store(), name, first)
    )
    return _later(hours, since)


def _year_ago(at: At) -> float:
    return (at.now - RANGES["1 year"] * 86_400) // 3600 * 3600


def _later(hours: pd.DataFrame, since: float) -> pd.DataFrame:
    return hours[hours["at"] >= pd.Timestamp(since // 3600 * 3600, unit="s", tz="UTC")]


def _timeline(seen: Look, subject: Subject, at: At) -> None:
    found = memo.get(
        seen.state,
        ("timeline", subject.name, subject.since // 60),
        lambda: client.sessions(runtime.store(), subject.name, subject.since),
    )
    limited = len(found) == client.MOST_SESSIONS
    said = f"the latest {formats.count(len(found))} sessions" if limited else subject.range
    st.markdown(f"**When connected** :gray[last {said}, :green[green] is now]")
    if found.empty:
        parts.note("No session in this range.")
        return
    st.vega_lite_chart(
        client_charts.timeline_data(found, subject.since, at.zone),
        client_charts.timeline(),
        key="timeline",
        alt="Sessions of each day by time of day",
    )


def _usual(seen: Look, subject: Subject, at: At) -> None:
    first = subject.everything["first_seen"].timestamp()
    since = max(at.now - HABIT_DAYS * 86_400, first)
    st.markdown("**Usually online** :gray[share of the hour, last 90 days]")
    st.vega_lite_chart(
        client_charts.usual_hours_data(
            _presence(seen, subject.name, at.now - HABIT_DAYS * 86_400, at), since, at.now, at.zone
        ),
        client_charts.usual_hours(),
        key="usual",
        alt="Share of each hour of the week that this client was online",
    )


def _traffic(seen: Look, subject: Subject, at: At) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown("**Traffic**", width="content")
        by = st.segmented_control(
            "By",
            ["Day", "Hour"],
            default="Day",
            required=True,
            key="p_by",
            bind="query-params",
            label_visibility="collapsed",
        )
        parts.legend()
    hours = _moved(seen, subject.name, subject.since, at)
    if by == "Hour":
        hours = hours[
            hours["at"] >= pd.Timestamp(at.now - HOURLY_DAYS * 86_400, unit="s", tz="UTC")
        ]
        parts.note(f"The last {HOURLY_DAYS} days")
    if hours.empty:
        parts.note("No traffic on record in this range.")
        return
    st.vega_lite_chart(
        client_charts.traffic_data(hours, at.zone, daily=by != "Hour"),
        client_charts.traffic_bars(),
        key="client_traffic",
        alt="Download and upload over time",
    )


def _addresses(seen: Look, subject: Subject, at: At) -> None:
    found = memo.get(
        seen.state,
        ("addresses", subject.name),
        lambda: client.addresses(runtime.store(), subject.name),
    )
    placed = whereabouts.located(found)
    st.markdown(f"**Addresses** :gray[latest {len(found)}]")
    kinds = st.column_config
    st.dataframe(
        pd.DataFrame(
            {
                "Place": [place_texts.full(row) for row in placed.to_dict("records")],
                "Address": found["real_ip"].map(formats.plain),
                "Of the time": found["share"] * 100,
                "Sessions": found["sessions"].map(formats.count),
                "First seen": found["first_seen"].map(at.moment),
                "Last seen": found["last_seen"].map(at.moment),
            }
        ),
        hide_index=True,
        placeholder=formats.UNKNOWN,
        row_height=32,
        height=min(6, len(found)) * 32 + 34,
        key="addresses",
        column_config={
            "Of the time": kinds.ProgressColumn(
                "Of the time", min_value=0, max_value=100, format="%.0f%%", color="gray"
            ),
            "Sessions": kinds.TextColumn("Sessions", alignment="right"),
            "First seen": kinds.TextColumn("First seen", alignment="right"),
            "Last seen": kinds.TextColumn("Last seen", alignment="right"),
        },
    )
