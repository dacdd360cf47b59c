"""The upper part of the Server page: what is wrong, a card a server, the collector, the store."""

from collections.abc import Iterable

import pandas as pd
import streamlit as st

from ovpnmon import formats, runtime, server_facts
from ovpnmon.model import ServerState
from ovpnmon.queries import troubles
from ovpnmon.queries.live import ServerView
from ovpnmon.queries.server_health import Verdict
from ovpnmon.queries.troubles import Trouble
from ovpnmon.server_facts import Facts, When
from ovpnmon.settings_facts import settings_facts, version_facts
from ovpnmon.ui import parts, server_data, server_marks, status
from ovpnmon.ui.server_data import Seen
from ovpnmon.ui.shared import look
from ovpnmon.ui.zones import At

VERDICTS: dict[Verdict, tuple[str, str]] = {
    "CONNECTED": ("check_circle", "green"),
    "DISCONNECTED": ("error", "red"),
    "Unknown": ("help", "yellow"),
}
"""Icon and colour of a verdict, beside its word."""
HEADLINES = ("Up", "Clients", "Ping")
"""Facts of a server that are shown large."""


def overview() -> None:
    """Everything that changes with the ticks."""
    seen = server_data.seen(look())
    now = seen.look
    when = When(At.of(now.now).zone, now.now)
    if now.broken:
        parts.failure("The live data cannot be read.", now.broken)
    status.rows(_troubles(seen))
    names = server_marks.names(now.servers)
    with st.grid(min(len(now.servers) + 1, 3), min_column_width=400, gap="small"):
        for view in now.servers:
            with server_marks.bar(
                view.name, names, "card", border=True, gap="xsmall", height="stretch"
            ):
                _server(seen, now.state.servers[view.name], view, when)
        with st.container(border=True, gap="xsmall", height="stretch"):
            _collector(seen, when)
    if not now.servers and not now.broken:
        parts.panel(
            "hourglass_empty",
            "No server has been looked at yet",
            "A card for each appears once the collector has had its first look.",
        )


def settings_in_force() -> None:
    """Every variable, in two columns."""
    facts = list(settings_facts(runtime.settings()).items())
    half = (len(facts) + 1) // 2
    with st.container(border=True, gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown("**Settings in force**", width="content")
            st.space("stretch")
            _as_text()
        with st.grid(2, min_column_width=340, gap="medium"):
            for part in (facts[:half], facts[half:]):
                _table(dict(part))


def _as_text() -> None:
    """Everything on the page as text, for a bug report."""
    label = "Page as text"
    with st.popover(label, icon=":material/content_copy:", type="tertiary", key="as_text"):
        seen = server_data.seen(look())
        when = When(At.of(seen.look.now).zone, seen.look.now)
        sections: dict[str, Facts] = {}
        for view in seen.look.servers:
            server = seen.look.state.servers[view.name]
            found = seen.health[view.name]
            verdict = {"Status": f"{found.status}: {found.reason}"}
            sections[f"Server {view.name}"] = (
                verdict | _of_server(seen, server, view, when) | _of_file(seen, server, when)
            )
        sections["Collector"] = server_facts.of_collector(seen.beat, seen.look.state, when)
        sections["Store"] = _of_store()
        sections["Places"] = server_facts.of_places(runtime.places().about(when.now))
        sections["Settings"] = settings_facts(runtime.settings())
        sections["Versions"] = version_facts()
        st.code(server_facts.as_text(sections), language=None)


def _troubles(seen: Seen) -> list[Trouble]:
    """The worst first; the advice that other pages give as well is last."""
    now = seen.look
    odd = server_data.oddities(now, troubles.LEVELS)
    found = troubles.troubles(now.servers, now.collector) + odd + troubles.advice(now.servers)
    if warning := runtime.places().about(now.now).warning:
        found.append(Trouble("warning", "Places may be wrong:", f"{warning}."))
    return sorted(found, key=lambda trouble: troubles.LEVELS.index(trouble.level))


def _server(seen: Seen, server: ServerState, view: ServerView, when: When) -> None:
    found = seen.health[view.name]
    icon, color = VERDICTS[found.status]
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.subheader(formats.literal(view.name), anchor=False, width="content")
        st.badge(found.status, icon=f":material/{icon}:", color=color)  # type: ignore[arg-type]  # a Literal there
        st.space("stretch")
        parts.note(when.ago(found.at) if found.at else formats.UNKNOWN)
    parts.note(formats.literal(found.reason[:1].upper() + found.reason[1:]))
    facts = _of_server(seen, server, view, when)
    with st.grid(len(HEADLINES), min_column_width=90, gap="small"):
        for label in HEADLINES:
            st.metric(label, formats.literal(facts.pop(label)))
    _table(facts)
    st.markdown("**Status file**")
    _table(_of_file(seen, server, when))


def _collector(seen: Seen, when: When) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.subheader("Collector", anchor=False, width="content")
        if seen.look.collector:
            st.badge("not recording", icon=":material/error:", color="red")
        else:
            st.badge("recording", icon=":material/check_circle:", color="green")
    if seen.look.collector:
        parts.note(formats.literal(seen.look.collector))
    _table(server_facts.of_collector(seen.beat, seen.look.state, when))
    st.markdown("**Store**")
    _table(_of_store())
    st.markdown("**Places**")
    _table(server_facts.of_places(runtime.places().about(when.now)))
    st.markdown("**Versions**")
    _table(version_facts())


def _of_server(seen: Seen, server: ServerState, view: ServerView, when: When) -> Facts:
    return server_facts.of_server(server, view, seen.entry(view.name), seen.report, when)


def _of_file(seen: Seen, server: ServerState, when: When) -> Facts:
    return server_facts.of_file(server, seen.of(server.name), seen.beat, when)


def _of_store() -> Facts:
    sizes, free_bytes = server_data.store_bytes()
    return server_facts.of_store(sizes, server_data.table_rows(), free_bytes)


def _table(facts: Facts) -> None:
    """Label and text a line. Its cells read Markdown."""
    st.table(
        pd.DataFrame(
            {
                "label": [f":gray[{formats.literal(label)}]" for label in facts],
                "text": _literal(facts.values()),
            }
        ),
        border="horizontal",
        hide_index=True,
        hide_header=True,
    )


def _literal(texts: Iterable[str]) -> list[str]:
    return [formats.literal(text) for text in texts]
