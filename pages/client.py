"""One client: what it has open, when it was here, how much it moved and from where."""

import streamlit as st

from ovpnmon import formats, runtime
from ovpnmon.queries import overview
from ovpnmon.queries.filters import Sessions
from ovpnmon.store.state import StateError
from ovpnmon.ui import client_view, navigation, parts, people, server_marks, whereabouts
from ovpnmon.ui.shared import look, memo
from ovpnmon.ui.zones import At

name = st.query_params.get("name", "")
seen = look()
at = At.of(seen.now)
if st.button("Clients", icon=":material/arrow_back:", type="tertiary"):
    st.switch_page(navigation.page("clients"))
try:
    found = people.one(seen, name)
    if found.empty:
        parts.panel(
            "person_off",
            "No such client",
            f"No session of **{formats.literal(name) or '(no name)'}** is on record.",
        )
    else:
        row = found.to_dict("records")[0]
        chosen = client_view.head(name, row, server_marks.names(seen.servers), at)
        summary = memo.get(
            seen.state,
            ("client_summary", name),
            lambda: overview.summary(runtime.store(), Sessions(clients=(name,))),
        )
        client_view.figures(row, at, summary.longest_seconds)
        client_view.open_sessions(seen, name, at)
        since = at.now - client_view.RANGES[chosen] * 86_400
        subject = client_view.Subject(name, row, since, chosen)
        client_view.pictures(seen, subject, at)
        client_view.monthly(seen, subject, at)
        client_view.table(seen, subject, at)
        whereabouts.attribution(seen.now)
except (StateError, OSError) as error:
    parts.failure("This client's history cannot be read.", error)
