"""Small pieces that every page is put together from."""

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from ovpnmon import formats

MUTED = "gray"


def note(text: str) -> None:
    """Small grey Markdown, beside other things; hostile text goes through formats.literal first."""
    st.markdown(f":small[:{MUTED}[{text}]]", width="content")


def legend() -> None:
    """Which colour is which way, from the client's side, said once per chart."""
    st.markdown(
        ":small[:blue[**—**] Download &nbsp;&nbsp; :orange[**—**] Upload]",
        width="content",
        help="As the client sees it: what OpenVPN calls sent is the client's download.",
    )


@contextmanager
def row(icon: str, color: str, title: str, text: str, command: str = "") -> Iterator[None]:
    """A bordered line: what is the matter, and what to type. All of it is shown literally.

    What is drawn inside `with` comes below.
    """
    with st.container(border=True, horizontal=True, wrap=False, gap="small"):
        st.markdown(f":{color}[:material/{icon}:]", width="content")
        with st.container(gap="xsmall"):
            st.markdown(f"**{formats.literal(title)}** {formats.literal(text)}")
            if command:
                st.code(command, language="bash", wrap_lines=True)
            yield


def failure(title: str, error: Exception | str) -> None:
    """A line about data that could not be read."""
    with row("error", "red", title, f"{error}"):
        pass


def panel(icon: str, title: str, text: str, command: str = "") -> None:
    """What stands in place of the data when there are none: which state this is, and what to do.

    text is Markdown: hostile parts go through formats.literal first.
    """
    with st.container(border=True, horizontal_alignment="center", gap="xsmall"):
        st.space("xsmall")
        st.markdown(f":{MUTED}[:material/{icon}:]", width="content")
        st.markdown(f"**{title}**", width="content")
        with st.container(width=460, horizontal_alignment="center", gap="xsmall"):
            st.markdown(f":{MUTED}[{text}]", text_alignment="center")
            if command:
                st.code(command, language="bash", wrap_lines=True)
        st.space("xsmall")
