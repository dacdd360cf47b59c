"""Live: who is connected now, how fast, and whether the servers are well."""

import streamlit as st

from ovpnmon.ui import client_dialog, live_figures, live_table, pause

REFRESH_SECONDS = 5

st.fragment(live_figures.figures, run_every=pause.every(REFRESH_SECONDS), key="figures")()
st.fragment(live_table.table, run_every=pause.every(REFRESH_SECONDS), key="table")()
client_dialog.open_if_asked()
