"""The frame around every page: Streamlit runs this file at every visit and interaction.

It lies apart from pages/: beside that directory, a first visit by deep link would skip it.
"""

import time
from pathlib import Path

import streamlit as st

from ovpnmon import runtime
from ovpnmon.ui import navigation, server_marks, status, zones

STATIC = Path(__file__).parent / "static"
ABOUT = """**OpenVPN Monitor** shows who is connected to your OpenVPN servers, who was, and how much
they moved. Figures are the client's: download is what the server sent. For scripts there is an
[API](api/docs).

Fonts: Inter (SIL Open Font License 1.1); flags by Twemoji (CC BY 4.0). See ovpnmon/ui/static/NOTICE.
"""

st.set_page_config(
    page_title="OpenVPN Monitor",
    page_icon=str(STATIC / "logo.svg"),  # a :material/ icon would be fetched from another host
    layout="wide",
    menu_items={"About": ABOUT},
)
st.logo(str(STATIC / "logo.svg"), size="medium")
chosen = st.navigation(navigation.pages(), position="top")
st.html(STATIC / "style.css")
st.html(f"<style>{server_marks.STYLE}</style>")
settings = runtime.settings()
if settings.demo:
    st.markdown(":blue-badge[:material/science: Demo] A simulated server: no client here is real.")
with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="status"):
    status.badges()
    zones.picker(time.time())
chosen.run()
