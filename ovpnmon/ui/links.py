"""From a client's name to its page, wherever a table shows one."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from ovpnmon import formats
from ovpnmon.ui import navigation

ASKED = "client_asked"


def column(
    table: str, width: int, title: str = "Client", to: Callable[[str], None] | None = None
) -> Any:
    """A first column whose cells are buttons. remember() beside it what they mean.

    A click leads to the client's page, by follow(), or does what `to` does with what was meant.
    """
    button = f"{table}_clicked"

    def clicked() -> None:
        meant = _clicked(table, button)
        if meant is not None:
            (to or _ask)(meant)

    return st.column_config.ButtonColumn(
        title,
        width=width,
        pinned=True,
        type="tertiary",
        alignment="left",
        key=button,
        on_click=clicked,
    )


def remember(table: str, meant: list[str], labels: list[str] | None = None) -> None:
    """What the buttons of a table mean, by row: client names, unless labels tell what stands on them."""
    labels = [formats.button_label(name) for name in meant] if labels is None else labels
    st.session_state[f"{table}_meant"] = list(zip(labels, meant, strict=True))


def _clicked(table: str, button: str) -> str | None:
    """What was clicked. Rows may have changed meanwhile: the label settles what was meant.

    None where the browser tells of no click, or of one on a table that is gone: a callback that raises
    in a fragment would break the page's layout for good.
    """
    click = st.session_state.get(button)
    if not click:
        return None
    rows: list[tuple[str, str]] = st.session_state.get(f"{table}_meant", [])
    for label, meant in rows[click["row"] : click["row"] + 1] + rows:
        if label == click["label"]:
            return meant
    return None


def _ask(name: str) -> None:
    """Have follow() go to the page. A callback itself cannot."""
    st.session_state[ASKED] = name


def follow() -> None:
    """Go to the client that was asked for, if one was. Call it where the page begins."""
    name = st.session_state.pop(ASKED, None)
    if name is not None:
        st.switch_page(navigation.page("client"), query_params={"name": name})
