"""The History page below its filters: figures, sessions over time, the table, and files of it all."""

from dataclasses import dataclass

import streamlit as st

from ovpnmon import formats, runtime, session_charts
from ovpnmon.queries import history, narrowing, overview
from ovpnmon.queries.overview import Summary
from ovpnmon.ui import (
    controls,
    history_filters,
    links,
    navigation,
    parts,
    session_columns,
)
from ovpnmon.ui.history_filters import Choice
from ovpnmon.ui.shared import Look, memo
from ovpnmon.ui.zones import At

TABLE = "history"


@dataclass(frozen=True, slots=True)
class Order:
    """How the table is sorted, and which page of it is shown."""

    sort: str
    reverse: bool
    page: int
    size: int


def export(choice: Choice) -> None:
    """Everything that matches as a file, streamed by the API."""
    query = choice.api_query()
    with st.popover("Export", icon=":material/download:", key="export"):
        parts.note("Every session that matches, not only this page")
        for kind, label in (("csv", "CSV"), ("parquet", "Parquet"), ("ndjson", "NDJSON")):
            st.link_button(label, f"api/history?{query}&format={kind}", width="stretch")


def on_map() -> None:
    """The same sessions on the map: its filters have the same keys, so that Streamlit carries them
    over. (It refuses parameters of the URL that are bound to widgets of this page.)"""
    if st.button("On map", icon=":material/public:", type="tertiary", key="on_map"):
        st.switch_page(navigation.page("map"), query_params={"m_time": "History"})


def figures(summary: Summary) -> None:
    """What matches, in six figures."""
    shown = {
        "Sessions": formats.count(summary.sessions),
        "Clients": formats.count(summary.clients),
        "Time online": formats.duration(summary.seconds),
        "Download": formats.volume(summary.bytes_sent),
        "Upload": formats.volume(summary.bytes_received),
        "Longest": formats.duration(summary.longest_seconds),
    }
    with st.grid(len(shown), min_column_width=140, gap="small"):
        for label, value in shown.items():
            st.metric(label, value, border=True, height="stretch")


def over_time(seen: Look, choice: Choice, summary: Summary, at: At) -> None:
    """Sessions begun and open over the range that matches."""
    wanted = choice.wanted
    since = wanted.since if wanted.since is not None else summary.first_at or at.now
    since = max(since, summary.first_at or since) if wanted.since is None else since
    until = min(wanted.until or at.now, at.now)
    if until <= since:
        return
    frame = memo.get(
        seen.state,
        ("over_time", wanted),
        lambda: overview.over_time(runtime.store(), wanted, since, until),
    )
    step = overview.step_seconds(since, until)
    most = frame["open"].max()
    with st.container(border=True, gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            peak_at = frame["at"].iloc[int(frame["open"].to_numpy().argmax())]
            when = formats.moment(peak_at.timestamp(), at.zone, at.now)
            st.markdown(
                f"**At most {formats.counted(int(most), 'session')} at once**"
                f" :gray[{formats.literal(when)}, seen every {formats.age(step)}]",
                width="content",
            )
            st.space("stretch")
            parts.note(":gray[**—**] open &nbsp;&nbsp; :blue[**▮**] begun in each step")
        st.vega_lite_chart(
            session_charts.over_time_data(frame, step, at.zone),
            session_charts.over_time(),
            key="sessions_over_time",
            alt="Sessions open and begun over the chosen range",
        )


def table(seen: Look, choice: Choice, summary: Summary, at: At) -> None:
    """The sessions, a page at a time, sorted over all that match."""
    above = st.container()
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        extent = st.container(width="content")
        order = _order(summary.sessions)
    part = slice((order.page - 1) * order.size, order.page * order.size)
    shown = memo.get(
        seen.state,
        ("history", choice.wanted, order),
        lambda: history.rows(runtime.store(), choice.wanted, order.sort, order.reverse, part),
    )
    links.remember(TABLE, shown["common_name"].to_list())
    with extent:
        parts.note(
            f"{formats.count(part.start + 1)}–{formats.count(part.start + len(shown))}"
            f" of {formats.count(summary.sessions)}"
        )
    with above:
        session_columns.draw(shown, at, TABLE, seen.servers)


def no_match(choice: Choice) -> None:
    """Which part of the filter excludes most, and a way to take it away."""
    found = narrowing.without(runtime.store(), choice.wanted)
    if not found or not max(found.values()):
        parts.panel("history", "No session yet", "Sessions appear here as clients connect.")
        return
    most = max(found, key=lambda part: found[part])
    said = formats.literal(choice.chips.get(most, most))
    parts.panel(
        "filter_alt_off",
        "No session matches",
        f"Without **{most}: {said}** {formats.counted(found[most], 'session')} would.",
    )
    with st.container(horizontal_alignment="center"):
        if most == "range":
            st.button("Look at all times", key="remove_filter", on_click=_all_times)
        else:
            st.button(
                f"Remove {most}: {said}",
                key="remove_filter",
                on_click=history_filters.remove,
                args=[most],
            )


def _all_times() -> None:
    st.session_state["h_range"] = "All"
    history_filters.first_page()


def _order(sessions: int) -> Order:
    sort, reverse = controls.order(
        history.SORTS, history.USUAL_SORT, "h_", history_filters.first_page
    )
    size = controls.page_size("h_size", history_filters.first_page)
    st.space("stretch")
    pages = max(1, min(-(-sessions // size), history.MAX_PAGES))
    return Order(sort, reverse, st.pagination(pages, key="h_page", bind="query-params"), size)
