"""Clients: everyone ever seen, and who has not been seen for long."""

import streamlit as st

from ovpnmon import formats
from ovpnmon.queries import clients_view
from ovpnmon.store.state import StateError
from ovpnmon.ui import clients_table, links, parts, people, whereabouts
from ovpnmon.ui.shared import look
from ovpnmon.ui.zones import At

links.follow()
seen = look()
at = At.of(seen.now)
try:
    everyone = people.everyone(seen)
    if everyone.empty:
        parts.panel("group_off", "No client yet", "Everyone who connects stays on record here.")
    else:
        clients_table.figures(seen, everyone)
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            servers = [server.name for server in seen.servers]
            view = clients_table.filters(servers, whereabouts.countries(seen))
            there = people.everyone(seen, view.server)
            if view.country:
                there = whereabouts.located(there, "last_ip")
            rows = clients_view.matching(there, view, seen.now)
            st.space("stretch")
            if len(rows) < len(everyone):
                parts.note(f"{formats.count(len(rows))} of {formats.count(len(everyone))}")
            clients_table.download(rows, at)
        if rows.empty:
            clients_table.no_match(view)
        else:
            clients_table.table(seen, rows, at)
            whereabouts.attribution(seen.now)
except (StateError, OSError) as error:
    parts.failure("The list of clients cannot be read.", error)
