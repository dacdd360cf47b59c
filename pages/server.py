"""Server: is each server well, and the collector; routing table, events, settings, versions."""

import streamlit as st

from ovpnmon.ui import server_cards, server_tables

REFRESH_SECONDS = 5

st.fragment(server_cards.overview, run_every=REFRESH_SECONDS, key="overview")()
st.fragment(server_tables.routing, key="routing")()
st.fragment(server_tables.events, key="events")()
server_cards.settings_in_force()
