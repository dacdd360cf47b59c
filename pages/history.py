"""History: who was here, when, for how long, with how much traffic."""

import streamlit as st

from ovpnmon import runtime
from ovpnmon.queries import overview
from ovpnmon.store.state import StateError
from ovpnmon.ui import history_filters, history_view, links, parts, people, whereabouts
from ovpnmon.ui.shared import look, memo
from ovpnmon.ui.zones import At

links.follow()
seen = look()
at = At.of(seen.now)
try:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        servers = [server.name for server in seen.servers]
        choice = history_filters.bar(people.names(seen), servers, at, whereabouts.countries(seen))
        st.space("stretch")
        history_view.on_map()
        history_view.export(choice)
    history_filters.chips(choice)
    summary = memo.get(
        seen.state,
        ("summary", choice.wanted),
        lambda: overview.summary(runtime.store(), choice.wanted),
    )
    if summary.sessions:
        history_view.figures(summary)
        history_view.over_time(seen, choice, summary, at)
        history_view.table(seen, choice, summary, at)
        whereabouts.attribution(seen.now)
    else:
        history_view.no_match(choice)
except (StateError, OSError) as error:
    parts.failure("The history cannot be read.", error)
