"""From a client's name to its page, wherever a table shows one."""

import streamlit as st

from ovpnmon import formats
from ovpnmon.ui import navigation

ASKED = "client_asked"


def remember(table: str, names: list[str]) -> None:
    """The names that a table was drawn with, by row, for clicked()."""
    st.session_state[f"{table}_names"] = names


def clicked(table: str, button: str) -> str | None:
    """The name that was clicked. Rows may have changed meanwhile: the label settles who was meant."""
    click = st.session_state[button]
    names: list[str] = st.session_state.get(f"{table}_names", [])
    for name in names[click["row"] : click["row"] + 1] + names:
        if formats.button_label(name) == click["label"]:
            return name
    return None


def ask(table: str, button: str) -> None:
    """Callback of a name's button: have follow() go to the page. A callback itself cannot."""
    st.session_state[ASKED] = clicked(table, button)


def follow() -> None:
    """Go to the client that was asked for, if one was. Call it where the page begins."""
    name = st.session_state.pop(ASKED, None)
    if name is not None:
        st.switch_page(navigation.page("client"), query_params={"name": name})
