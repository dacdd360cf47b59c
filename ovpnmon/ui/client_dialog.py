"""One client in a dialog: the sessions it has now, and the last ones that ended."""

import streamlit as st

from ovpnmon import formats, runtime
from ovpnmon.queries import history
from ovpnmon.store.state import StateError
from ovpnmon.ui import live_data, navigation, parts, pause, server_marks, session_table
from ovpnmon.ui.zones import At

PARAMETER = "client"
"""In the URL, so that a link can point at a client."""
LATEST = 10
TITLE_LENGTH = 60


def ask_for(name: str) -> None:
    """Have the dialog opened at the next run of the page."""
    st.query_params[PARAMETER] = name


def open_if_asked() -> None:
    """Call it once in a page, outside of fragments: a fragment's refresh would close the dialog."""
    name = st.query_params.get(PARAMETER)
    if not name:
        return
    shown = name if len(name) <= TITLE_LENGTH else f"{name[:TITLE_LENGTH]}…"
    title = formats.literal(shown) or "(no name)"
    st.dialog(title, width="large", on_dismiss=_closed)(_client)(name)


def _closed() -> None:
    st.query_params.pop(PARAMETER, None)


def _client(name: str) -> None:
    if st.button("Everything about this client", icon=":material/arrow_forward:", type="tertiary"):
        st.switch_page(navigation.page("client"), query_params={"name": name})
    seen = pause.seen()
    at, servers = At.of(seen.now), server_marks.names(seen.servers)
    clients = live_data.clients(seen)
    now = clients[clients["common_name"] == name]
    if now.empty:
        st.markdown("**Not connected now**")
    else:
        st.markdown(f"**{formats.counted(len(now), 'session')} now**")
        session_table.draw(now, at, "client_now", servers)
    try:
        ended = history.of_client(runtime.store(), name, LATEST).to_pandas()
    except (StateError, OSError) as error:
        parts.failure("The history cannot be read.", error)
        return
    if ended.empty:
        st.markdown(":gray[No ended session is on record.]")
    else:
        st.markdown(f"**Last {formats.counted(len(ended), 'ended session')}**")
        session_table.draw(ended, at, "client_ended", servers)
