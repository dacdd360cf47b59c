"""Servers in their colours: as chips in tables, and as a bar at the side of what is about one of them."""

import html
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import streamlit as st

from ovpnmon import formats, server_colors
from ovpnmon.queries.live import ServerView
from ovpnmon.server_colors import COLORS

STYLE = "".join(
    f'[class*="st-key-server_{place}_"] {{ box-shadow: inset 3px 0 {color}; border-radius: 6px; }}'
    for place, color in enumerate(COLORS)
)


def names(servers: Sequence[ServerView]) -> list[str]:
    """As the settings have them, which settles the colours."""
    return [view.name for view in servers]


def column(title: str, width: int, servers: Sequence[str], also: Sequence[str] = ()) -> Any:
    """A column of chips; its cells are lists of names. also: other texts, one for each server, which
    are to have the same colours.
    """
    colors = server_colors.of(servers) or dict.fromkeys(servers, server_colors.UNKNOWN)
    return st.column_config.MultiselectColumn(
        title,
        width=width,
        options=[formats.plain(name) for name in [*servers, *also]],
        color=list(colors.values()) * (2 if also else 1),
        disabled=True,
    )


@contextmanager
def bar(server: str, servers: Sequence[str], what: str, **layout: Any) -> Iterator[None]:
    """A container with the server's colour at its side; without where there is but one server.

    what: tells apart the containers of one page.
    """
    if len(servers) < 2 or server not in servers:
        with st.container(**layout):
            yield
        return
    place = servers.index(server)
    with st.container(key=f"server_{place % len(COLORS)}_{what}_{place}", **layout):
        yield


def legend(servers: Sequence[str]) -> None:
    """Which colour is whose; nothing where there is but one server."""
    colors = server_colors.of(servers)
    if not colors:
        return
    told = [(formats.plain(name), color) for name, color in colors.items()]
    marks = " &nbsp; ".join(
        f'<span style="color:{color}">&#9679;</span> {html.escape(name)}'
        for name, color in [*told, ("several", server_colors.UNKNOWN)]
    )
    st.html(f'<span style="font-size:0.875em;white-space:nowrap">{marks}</span>', width="content")
