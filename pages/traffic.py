"""Traffic: how much was moved when and by whom, and each client's use of a month."""

import streamlit as st

from ovpnmon.store.state import StateError
from ovpnmon.ui import links, parts, people, traffic_data, traffic_filters, traffic_view, usage_view
from ovpnmon.ui.shared import Look, look
from ovpnmon.ui.traffic_filters import Choice
from ovpnmon.ui.zones import At


def pictures(choice: Choice, first: Look) -> None:
    """What depends on the range. Refreshes itself while the range goes on."""
    seen = look() if choice.live else first
    at = At.of(seen.now)
    try:
        asked = traffic_data.question(seen, choice, at)
        traffic_view.over_time(seen, asked, at)
        left, right = st.columns(2, gap="small")
        with left.container(border=True, height="stretch", gap="xsmall"):
            traffic_view.talkers(seen, asked)
        with right.container(border=True, height="stretch", gap="xsmall"):
            traffic_view.busiest_hours(seen, asked, at)
    except (StateError, OSError) as error:
        parts.failure("The traffic cannot be read.", error)


links.follow()
st.html(traffic_view.STYLE)
seen = look()
at = At.of(seen.now)
try:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        names, servers = people.names(seen), [server.name for server in seen.servers]
        choice = traffic_filters.bar(names, servers, at)
        st.space("stretch")
        asked = traffic_data.question(seen, choice, at)
        traffic_view.chart_csv(seen, asked, at)
    if people.everyone(seen).empty:
        parts.panel("show_chart", "No traffic yet", "It appears here as clients connect.")
    else:
        st.fragment(pictures, run_every=choice.refresh_seconds, key="pictures")(choice, seen)
        traffic_view.talkers_table(seen, asked)
        usage_view.monthly(seen, choice.wanted, at)
except (StateError, OSError) as error:
    parts.failure("The traffic cannot be read.", error)
