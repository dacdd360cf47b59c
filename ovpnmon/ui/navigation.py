"""The pages there are. A new one is a file in pages/ and a line here."""

from pathlib import Path

import streamlit as st
from streamlit.navigation.page import Page

DIRECTORY = Path(__file__).parents[2] / "pages"

PAGES = {
    "live": ("Live", "sensors"),
    "clients": ("Clients", "group"),
    "history": ("History", "history"),
    "traffic": ("Traffic", "show_chart"),
    "map": ("Map", "public"),
    "server": ("Server", "dns"),
    "client": ("Client", "person"),
}
"""File name (and path in the URL): title, icon. The first one answers at / as well."""
HIDDEN = ("client",)
"""Reached from a name, not from the navigation."""


def page(name: str) -> Page:
    """A page by its file name, for st.navigation and st.switch_page alike."""
    title, icon = PAGES[name]
    return st.Page(
        DIRECTORY / f"{name}.py",
        title=title,
        icon=f":material/{icon}:",
        default=name == next(iter(PAGES)),
        visibility="hidden" if name in HIDDEN else "visible",
    )


def pages() -> list[Page]:
    """All of them, in the order of the navigation."""
    return [page(name) for name in PAGES]
