"""Map: where clients are, or were, and how much they move from there."""

import streamlit as st

from ovpnmon.store.state import StateError
from ovpnmon.ui import (
    client_dialog,
    links,
    map_filters,
    map_view,
    parts,
    pause,
    people,
    server_marks,
    whereabouts,
)
from ovpnmon.ui.zones import At

REFRESH_SECONDS = 5

links.follow()
st.html(map_view.STYLE)
seen = pause.seen()
at = At.of(seen.now)
try:
    servers = server_marks.names(seen.servers)
    choice = map_filters.bar(people.names(seen), servers, whereabouts.countries(seen), at)
    refresh = pause.every(REFRESH_SECONDS) if choice.past is None else None
    st.fragment(map_view.draw, run_every=refresh, key="map_fragment")(choice, seen)
    client_dialog.open_if_asked()
except (StateError, OSError) as error:
    parts.failure("The places cannot be read.", error)
