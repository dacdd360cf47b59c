"""Holding the page still: what was seen when it was paused stays, whatever is searched or sorted."""

import streamlit as st

from ovpnmon.ui.shared import Look, look

KEY = "pause"
FROZEN = "pause_frozen"


def seen() -> Look:
    """The data to show: as they are, or as they were when this page was paused."""
    frozen = st.session_state.get(FROZEN)
    return frozen if isinstance(frozen, Look) else look()


def every(seconds: float) -> float | None:
    """How often a fragment refreshes itself; not at all while paused."""
    return None if FROZEN in st.session_state else seconds


def toggle() -> None:
    """The switch."""
    # On another page it is another switch, which knows nothing of this one.
    st.session_state[KEY] = FROZEN in st.session_state
    st.toggle("Pause", key=KEY, on_change=_switch)


def _switch() -> None:
    if st.session_state[KEY]:
        st.session_state[FROZEN] = look()
    else:
        st.session_state.pop(FROZEN, None)
    st.rerun()  # the whole page: how often its fragments refresh is settled there
