"""The upper half of the Live page: what is wrong, five figures, the last quarter of an hour."""

import streamlit as st

from ovpnmon import cards, charts, formats, runtime
from ovpnmon.cards import Card
from ovpnmon.queries import live_view, troubles
from ovpnmon.store.state import StateError
from ovpnmon.ui import live_data, parts, pause, server_data, status
from ovpnmon.ui.shared import Look
from ovpnmon.ui.zones import At


def figures() -> None:
    """Everything above the table, in the one of its states that applies."""
    seen = pause.seen()
    with st.container(gap="small"):
        if seen.broken:
            parts.failure(
                "The live data cannot be read.",
                f"{seen.broken}. When the collector starts it moves a damaged file aside and begins"
                " a new one; its log says more.",
            )
        else:
            odd = server_data.oddities(seen, troubles.LEVELS[:-1])
            status.rows(troubles.troubles(seen.servers, seen.collector) + odd)
    if seen.broken:
        return
    if seen.waiting:
        _no_data_yet()
        return
    at = At.of(seen.now)
    try:
        rates = live_data.rates(seen)
        today = live_data.since_midnight(seen, at)
    except (StateError, OSError) as error:
        parts.failure("The recorded traffic cannot be read.", error)
        return
    totals = live_view.totals(live_data.clients(seen))
    online = sum(view.clients for view in seen.servers)
    connecting = sum(view.connecting for view in seen.servers)
    _cards(cards.now_cards(online, connecting, totals, rates) + cards.today_cards(today))
    _strip(seen, at)


def _cards(shown: list[Card]) -> None:
    with st.grid(len(shown), min_column_width=150, gap="small"):
        for card in shown:
            st.metric(
                card.label,
                card.value,
                card.fact,
                delta_color=card.color,
                delta_arrow="off",
                border=True,
                height="stretch",
                chart_data=card.history,
                chart_type=card.shape,
            )


def _strip(seen: Look, at: At) -> None:
    with st.container(border=True, gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown("**Last 15 minutes**", width="content")
            parts.legend()
        st.vega_lite_chart(
            live_data.strip(seen, at),
            charts.rate_strip(),
            key="strip",
            alt="Download and upload of all clients together over the last 15 minutes",
        )


def _no_data_yet() -> None:
    """The rows above say what to do about each file; this says what happens next."""
    settings = runtime.settings()
    paths = ", ".join(str(file.path) for file in settings.status_files)
    parts.panel(
        "hourglass_empty",
        "No data yet",
        f"Nothing has been read so far from {formats.literal(paths)}. The collector looks every"
        f" {formats.duration(settings.interval_seconds)}; this page fills by itself.",
    )
