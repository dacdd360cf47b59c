"""The filter bar of the History page: every choice is in the URL and, once made, a chip to remove.

Keys begin with h_: Streamlit would carry a value over to another page's widget of the same key.
"""

from dataclasses import dataclass
from urllib.parse import urlencode

import streamlit as st

from ovpnmon import formats, ranges
from ovpnmon.queries.filters import FilterError, Sessions, network_bounds
from ovpnmon.ui import controls, whereabouts
from ovpnmon.ui.zones import At

USUAL_RANGE = "Last 7 days"
STATES = ("any", "ended", "open")
MOST_OPTIONS = 2_000
"""Names offered to pick from; the search and a typed name reach all others."""
UNSET: dict[str, dict[str, object]] = {
    "range": {"h_range": USUAL_RANGE, "h_from": None, "h_to": None},
    "client": {"h_client": []},
    "server": {"h_server": ""},
    "address": {"h_ip": ""},
    "country": {"h_country": ""},
    "duration": {"h_minutes": 0},
    "traffic": {"h_megabytes": 0},
    "search": {"h_q": ""},
    "state": {"h_state": "any"},
}
"""Session state (and URL) that takes each part of the filter away."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What is asked for, and each part of it that was set, in words."""

    wanted: Sessions
    chips: dict[str, str]

    def api_query(self) -> str:
        """The same filter for /api/history."""
        wanted = self.wanted
        pairs: list[tuple[str, str]] = []
        if wanted.since is not None:
            pairs.append(("from", f"{formats.utc(wanted.since)}"))
        if wanted.until is not None:
            pairs.append(("to", f"{formats.utc(wanted.until)}"))
        pairs += [("client", name) for name in wanted.clients]
        pairs += [("server", name) for name in wanted.servers]
        plain = {
            "ip": wanted.network,
            "country": wanted.country.code if wanted.country else "",
            "min_seconds": str(wanted.min_seconds or ""),
            "min_bytes": str(wanted.min_bytes or ""),
            "q": wanted.text,
            "include": "" if wanted.state == "ended" else "open",
        }
        return urlencode([*pairs, *((name, text) for name, text in plain.items() if text)])


def bar(names: list[str], servers: list[str], at: At, countries: dict[str, str]) -> Choice:
    """Draw the filters and return what they say.

    names: everyone, the latest first. countries: name by code, of those that anybody came from.
    """
    span, words = _range(at)
    text = controls.search("h_q", first_page)
    clients = controls.clients(names[:MOST_OPTIONS], "h_client", first_page)
    server = controls.server(servers, "h_server", first_page)
    country, network, minutes, megabytes, state = _more(countries)
    wanted = Sessions(
        since=span.since,
        until=span.until,
        clients=clients,
        servers=(server,) if server else (),
        network=network,
        min_seconds=minutes * 60,
        min_bytes=megabytes * 10**6,
        text=text,
        state=state,  # type: ignore[arg-type]  # one of STATES
        country=whereabouts.country(country) if country else None,
    )
    chips = {
        "range": words,
        "client": ", ".join(clients),
        "server": server,
        "address": network,
        "country": countries.get(country, country),
        "duration": f"at least {minutes} min" if minutes else "",
        "traffic": f"at least {megabytes} MB" if megabytes else "",
        "search": f"“{text}”" if text else "",
        "state": f"{state} only" if state != "any" else "",
    }
    return Choice(wanted, {part: said for part, said in chips.items() if said})


def chips(choice: Choice) -> None:
    """What is filtered, each removable; and a way to be rid of all of it."""
    shown = {part: said for part, said in choice.chips.items() if part != "range"}
    if not shown:
        return
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
        for part, said in shown.items():
            label = said if len(said) <= 40 else f"{said[:40]}…"
            st.button(
                f"{part.capitalize()}: {formats.literal(label)}",
                key=f"chip_{part}",
                icon=":material/close:",
                icon_position="right",
                on_click=remove,
                args=[part],
            )
        st.button("Reset", type="tertiary", key="reset", on_click=remove, args=[*shown])


def remove(*parts: str) -> None:
    """Take parts of the filter away."""
    for part in parts:
        st.session_state.update(UNSET[part])
    first_page()


def first_page() -> None:
    """Whatever changes what matches begins at the first page."""
    st.session_state["h_page"] = 1


def _range(at: At) -> tuple[ranges.Span, str]:
    name = st.selectbox(
        "Range",
        [*ranges.PRESETS, ranges.CUSTOM],
        index=list(ranges.PRESETS).index(USUAL_RANGE),
        key="h_range",
        bind="query-params",
        on_change=first_page,
        label_visibility="collapsed",
        icon=":material/calendar_today:",
        width=170,
    )
    if name != ranges.CUSTOM:
        words = name.lower() if name != "All" else ""
        return ranges.preset(name, at.zone, at.now), words
    ends = [
        st.datetime_input(
            label,
            value=None,
            key=key,
            bind="query-params",
            on_change=first_page,
            format="YYYY-MM-DD",
            label_visibility="collapsed",
            help=f"{label}, in the zone of this page",
            width=205,
        )
        for label, key in (("From", "h_from"), ("To", "h_to"))
    ]
    return ranges.custom(ends[0], ends[1], at.zone), "the chosen range"


def _more(countries: dict[str, str]) -> tuple[str, str, int, int, str]:
    """Country, address, minutes, megabytes and state, which are wanted more rarely."""
    with st.popover("More", icon=":material/tune:", key="more"):
        country = st.selectbox(
            "Country",
            ["", *countries.values()],
            format_func=lambda name: formats.plain(name) or "Any",
            key="h_country",
            bind="query-params",
            on_change=first_page,
        )
        network = st.text_input(
            "Real address or network",
            key="h_ip",
            bind="query-params",
            on_change=first_page,
            max_chars=60,
            placeholder="203.0.113.0/24",
        )
        network = (network or "").strip()
        try:
            if network:
                network_bounds(network)
        except FilterError as error:
            st.markdown(f":red[{formats.literal(str(error))}]")
            network = ""
        minutes = st.number_input(
            "Lasted at least (minutes)",
            0,
            10**6,
            key="h_minutes",
            bind="query-params",
            on_change=first_page,
        )
        megabytes = st.number_input(
            "Moved at least (MB)",
            0,
            10**9,
            key="h_megabytes",
            bind="query-params",
            on_change=first_page,
        )
        state = st.segmented_control(
            "State",
            STATES,
            default="any",
            required=True,
            format_func=str.capitalize,
            key="h_state",
            bind="query-params",
            on_change=first_page,
        )
    codes = {name: code for code, name in countries.items()}
    return (
        codes.get(country or "", ""),
        network,
        int(minutes or 0),
        int(megabytes or 0),
        state or "any",
    )
