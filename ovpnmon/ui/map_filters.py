"""What the Map page is asked for. All of it is in the URL.

A range is chosen by the History page's own filters, under their own keys: a link to either page with
the same query shows the same sessions.
"""

from dataclasses import dataclass

import streamlit as st

from ovpnmon.ui import controls, history_filters, pause
from ovpnmon.ui.history_filters import Choice as Past
from ovpnmon.ui.zones import At

PLACES, COUNTRIES = "Places", "Countries"
LIVE, PAST = "Live", "History"
CLIENTS, TRAFFIC = "Clients", "Traffic"
CHOSEN = "m_chosen"
"""In the URL: the place_id or country code whose clients are listed."""


@dataclass(frozen=True, slots=True)
class Choice:
    """show: PLACES or COUNTRIES; by: CLIENTS or TRAFFIC. past: the range's filter, None for live.

    server, search and country (a code) narrow the live clients.
    """

    show: str
    by: str
    past: Past | None
    server: str = ""
    search: str = ""
    country: str = ""

    @property
    def columns(self) -> tuple[str, str]:
        """What is added up: download and upload."""
        if self.past is None:
            return "download_rate", "upload_rate"
        return "downloaded_bytes", "uploaded_bytes"


def bar(names: list[str], servers: list[str], countries: dict[str, str], at: At) -> Choice:
    """Draw the controls and return what they say."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        show = _one_of("Show", (PLACES, COUNTRIES), "m_show")
        by = _one_of("Size", (CLIENTS, TRAFFIC), "m_by")
        time = _one_of("Time", (LIVE, PAST), "m_time")
        server = search = country = ""
        if time == LIVE:
            server = controls.server(servers, "m_server")
            country = controls.country(countries, "m_country")
            search = controls.search("m_q", width=200)
        if time == LIVE:
            st.space("stretch")
            pause.toggle()
    if time == LIVE:
        return Choice(show, by, None, server, search, country)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        past = history_filters.bar(names, servers, at, countries)
    history_filters.chips(past)
    return Choice(show, by, past)


def _one_of(label: str, options: tuple[str, str], key: str) -> str:
    picked = st.segmented_control(
        label,
        options,
        default=options[0],
        required=True,
        key=key,
        bind="query-params",
        label_visibility="collapsed",
    )
    return picked or options[0]
