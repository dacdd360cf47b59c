"""The pictures of a client's page: when it was here and when usually, how much it moved, from where."""

from dataclasses import dataclass

import pandas as pd
import streamlit as st

from ovpnmon import client_charts, formats, place_texts, runtime
from ovpnmon.queries import client
from ovpnmon.queries.client import Totals
from ovpnmon.ui import parts, whereabouts
from ovpnmon.ui.shared import Look, memo
from ovpnmon.ui.zones import At

HOURLY_DAYS = 3
HABIT_DAYS = 90


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom the pictures are about, on which servers (none: all), and since when (unix seconds; in words:
    range).
    """

    name: str
    servers: tuple[str, ...]
    known: Totals
    since: float
    range: str


def draw(seen: Look, subject: Subject, at: At) -> None:
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
        _addresses(subject, at)


def _timeline(seen: Look, subject: Subject, at: At) -> None:
    found = memo.get(
        seen.state,
        ("timeline", subject.name, subject.servers, subject.since // 60),
        lambda: client.sessions(runtime.store(), subject.name, subject.since, subject.servers),
    )
    limited = len(found) == client.MOST_SESSIONS
    said = f"the latest {formats.count(len(found))} sessions" if limited else subject.range
    st.markdown(f"**When connected** :gray[last {said}, :green[green] is now]")
    if found.empty:
        parts.note("No session in this range.")
        return
    st.vega_lite_chart(
        client_charts.timeline_data(found, subject.since, at.now, at.zone),
        client_charts.timeline(),
        key="timeline",
        alt="Sessions of each day by time of day",
    )


def _usual(seen: Look, subject: Subject, at: At) -> None:
    habit = at.now // 3600 * 3600 - HABIT_DAYS * 86_400
    hours = memo.get(
        seen.state,
        ("presence", subject.name, subject.servers, habit),
        lambda: client.presence(runtime.store(), subject.name, habit, subject.servers),
    )
    since = max(habit, subject.known.first_seen.timestamp())
    st.markdown("**Usually online** :gray[share of the hour, last 90 days]")
    st.vega_lite_chart(
        client_charts.usual_hours_data(hours, since, at.now, at.zone),
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
    since = subject.since if by != "Hour" else at.now - HOURLY_DAYS * 86_400
    since = since // 3600 * 3600
    hours = memo.get(
        seen.state,
        ("moved", subject.name, subject.servers, since),
        lambda: client.traffic(runtime.store(), subject.name, since, subject.servers),
    )
    if by == "Hour":
        parts.note(f"The last {HOURLY_DAYS} days")
    if hours.empty:
        parts.note("No traffic on record in this range.")
        return
    st.vega_lite_chart(
        client_charts.traffic_data(hours, since, at.now, at.zone, daily=by != "Hour"),
        client_charts.traffic_bars(),
        key="client_traffic",
        alt="Download and upload over time",
    )


def _addresses(subject: Subject, at: At) -> None:
    found = subject.known.addresses
    placed = whereabouts.located(found)
    limited = len(found) == client.MOST_ADDRESSES
    st.markdown(f"**Addresses** :gray[{'the latest ' if limited else ''}{len(found)}]")
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
