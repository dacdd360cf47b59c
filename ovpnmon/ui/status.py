"""How the servers are: a badge each on every page, and rows that say what to do."""

import pandas as pd
import streamlit as st

from ovpnmon import formats
from ovpnmon.model import Rejected, Status
from ovpnmon.queries.live import ServerView
from ovpnmon.queries.troubles import Level, Trouble
from ovpnmon.ui import parts, server_marks
from ovpnmon.ui.shared import look

BADGES: dict[Status, tuple[str, str, str]] = {
    "up": ("check_circle", "green", "up"),
    "busy": ("sync_problem", "yellow", "busy"),
    "stale": ("schedule", "yellow", "stale"),
    "missing": ("error", "red", "file missing"),
    "forbidden": ("lock", "red", "not readable"),
    "empty": ("error", "red", "file empty"),
    "malformed": ("error", "red", "not understood"),
    "client_mode": ("error", "red", "not a server"),
    "waiting": ("hourglass_empty", "gray", "waiting"),
}
"""Icon, colour and word: never the colour alone."""

ROWS: dict[Level, tuple[str, str]] = {
    "bad": ("error", "red"),
    "warning": ("schedule", "yellow"),
    "waiting": ("hourglass_empty", "gray"),
    "advice": ("info", "blue"),
}


@st.fragment(run_every=3, key="badges")
def badges() -> None:
    """One badge a server, with the age of its data, which ticks also while the page is paused."""
    now = look()
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
        if now.broken:
            st.badge("data unreadable", icon=":material/error:", color="red")
        elif not now.servers:
            st.badge("no data yet", icon=":material/hourglass_empty:", color="gray")
        names = server_marks.names(now.servers)
        for view in now.servers:
            icon, color, _ = BADGES[view.status]
            with server_marks.bar(view.name, names, "badge", width="content"):
                st.badge(badge_text(view), icon=f":material/{icon}:", color=color)  # type: ignore[arg-type]  # a Literal there
        if now.collector and now.servers:
            st.badge("collector down", icon=":material/error:", color="red")


def badge_text(view: ServerView) -> str:
    """`udp up · 4 s ago`, as Markdown; of a wrong zone or clock `udp up · time 2 h ahead`."""
    said = f"{formats.literal(view.name)} {BADGES[view.status][2]}"
    if view.age_seconds is None:
        return said
    data_age = formats.since(view.age_seconds)
    return f"{said} · {'time ' if data_age.endswith('ahead') else ''}{data_age}"


def rows(found: list[Trouble]) -> None:
    """What to tell, each with what to do about it."""
    for trouble in found:
        icon, color = ROWS[trouble.level]
        with parts.row(icon, color, trouble.title, trouble.text, trouble.command):
            if trouble.rejected:
                _rejected(trouble.rejected)


def _rejected(found: list[Rejected]) -> None:
    lines = [(row.line or None, row.reason, formats.plain(row.text)) for row in found]
    with st.popover("Show them", type="tertiary"):
        st.dataframe(
            pd.DataFrame(lines, columns=["Line", "Reason", "Text"]),
            hide_index=True,
            placeholder=formats.UNKNOWN,
        )
