"""One client: what it has open, when it was here, how much it moved and from where."""

import streamlit as st

from ovpnmon import formats
from ovpnmon.store.state import StateError
from ovpnmon.ui import (
    client_pictures,
    client_view,
    navigation,
    parts,
    whereabouts,
)
from ovpnmon.ui.client_pictures import Subject
from ovpnmon.ui.shared import look
from ovpnmon.ui.zones import At

name = st.query_params.get("name", "")
seen = look()
at = At.of(seen.now)
with st.container(horizontal=True, vertical_alignment="center", gap="small"):
    if st.button("Clients", icon=":material/arrow_back:", type="tertiary"):
        st.switch_page(navigation.page("clients"))
    st.space("stretch")
    servers = client_view.server(seen)
try:
    known = client_view.totals(seen, name, servers)
    if known is None and servers and client_view.totals(seen, name) is not None:
        client_view.nothing_there(servers)
    elif known is None:
        parts.panel(
            "person_off",
            "No such client",
            f"No session of **{formats.literal(name) or '(no name)'}** is on record.",
        )
    else:
        chosen = client_view.head(seen, name, known, at)
        client_view.figures(known, at)
        client_view.open_sessions(seen, name, servers, at)
        since = at.now - client_view.RANGES[chosen] * 86_400
        client_pictures.draw(seen, Subject(name, servers, known, since, chosen), at)
        months = st.container()  # they take longest
        client_view.table(seen, name, servers, known.sessions, at)
        with months:
            client_view.monthly(seen, name, servers, at)
        whereabouts.attribution(seen.now)
except (StateError, OSError) as error:
    parts.failure("This client's history cannot be read.", error)
