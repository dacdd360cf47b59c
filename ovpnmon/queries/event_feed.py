"""What happened, newest first: clients that came and went, servers, files and clocks."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from ovpnmon import formats
from ovpnmon.queries import sql
from ovpnmon.queries.filters import Sessions
from ovpnmon.store.events import Event
from ovpnmon.store.reader import Store

KINDS = {
    "connected": "Connected",
    "left": "Left",
    "restart": "Restart",
    "file": "Status file",
    "clock": "Clock",
}
"""Kind of an event, and its name."""
COLUMNS = ("at", "kind", "server", "who", "text")
REASONS = {
    "disconnected": "",
    "server_restarted": ", as the server was restarted",
    "gap": ", unseen: server or collector was away",
}
MOST = 500


@dataclass(frozen=True, slots=True)
class Wanted:
    """since, until: unix seconds, until may be None for now. Empty kinds, server and text: any."""

    since: float | None
    until: float | None = None
    kinds: tuple[str, ...] = ()
    server: str = ""
    text: str = ""

    def has(self, kind: str) -> bool:
        """Whether this kind is asked for."""
        return not self.kinds or kind in self.kinds


def feed(store: Store, events: Sequence[Event], wanted: Wanted) -> pd.DataFrame:
    """The newest MOST that match, with COLUMNS; at is a UTC timestamp, who a client's name or "".

    Raises StoreError, StateError or OSError.
    """
    parts = [_told(events, wanted)]
    if wanted.has("connected"):
        parts.append(_came(store, wanted))
    if wanted.has("left"):
        parts.append(_went(store, wanted))
    found = pd.concat([part for part in parts if not part.empty] or parts[:1], ignore_index=True)
    return found.sort_values("at", ascending=False, kind="stable").head(MOST)


def _told(events: Sequence[Event], wanted: Wanted) -> pd.DataFrame:
    """Of the collector's own feed. It names no client, so a text is searched in what it says."""
    text = wanted.text.casefold()
    rows = [
        (event.at, event.kind, event.server, "", event.text)
        for event in events
        if wanted.has(event.kind)
        and (wanted.since is None or event.at >= wanted.since)
        and (wanted.until is None or event.at < wanted.until)
        and wanted.server in {"", event.server}
        and text in f"{event.server} {event.text}".casefold()
    ]
    frame = pd.DataFrame.from_records(rows, columns=list(COLUMNS))
    frame["at"] = pd.to_datetime(frame["at"].astype("float64"), unit="s", utc=True).astype(
        "datetime64[us, UTC]"
    )
    return frame


def _came(store: Store, wanted: Wanted) -> pd.DataFrame:
    sessions = _sessions(wanted, "any")
    rows = store.sql(
        "SELECT connected_at AS at, server, common_name, real_ip, real_port"
        f" FROM {sessions.source()} WHERE {sessions.where()} AND {_within('connected_at', wanted)}"
        f" ORDER BY connected_at DESC LIMIT {MOST}"
    ).to_pylist()
    return _frame(
        [
            (
                row["at"],
                "connected",
                row["server"],
                row["common_name"],
                f"from {formats.endpoint(row['real_ip'], row['real_port'])}",
            )
            for row in rows
        ]
    )


def _went(store: Store, wanted: Wanted) -> pd.DataFrame:
    sessions = _sessions(wanted, "ended")
    rows = store.sql(
        "SELECT disconnected_at AS at, server, common_name, duration_seconds, bytes_received,"
        f" bytes_sent, close_reason FROM {sessions.source()}"
        f" WHERE {sessions.where()} AND {_within('disconnected_at', wanted)}"
        f" ORDER BY disconnected_at DESC LIMIT {MOST}"
    ).to_pylist()
    return _frame(
        [
            (
                row["at"],
                "left",
                row["server"],
                row["common_name"],
                f"after {formats.duration(row['duration_seconds'])}{_moved(row)}"
                f"{REASONS.get(row['close_reason'], '')}",
            )
            for row in rows
        ]
    )


def _sessions(wanted: Wanted, state: str) -> Sessions:
    return Sessions(
        since=wanted.since,
        until=wanted.until,
        servers=(wanted.server,) if wanted.server else (),
        text=wanted.text,
        state=state,  # type: ignore[arg-type]  # "any" or "ended"
    )


def _within(column: str, wanted: Wanted) -> str:
    bounds = []
    if wanted.since is not None:
        bounds.append(f"{column} >= {sql.timestamp(wanted.since)}")
    if wanted.until is not None:
        bounds.append(f"{column} < {sql.timestamp(wanted.until)}")
    return " AND ".join(bounds) or "TRUE"


def _moved(row: dict[str, int | None]) -> str:
    received, sent = row["bytes_received"], row["bytes_sent"]
    if received is None or sent is None:  # an imported session that never said
        return ""
    return f", ↓ {formats.volume(sent)} ↑ {formats.volume(received)}"


def _frame(rows: list[tuple[object, ...]]) -> pd.DataFrame:
    frame = pd.DataFrame.from_records(rows, columns=list(COLUMNS))
    frame["at"] = pd.to_datetime(frame["at"], utc=True).astype("datetime64[us, UTC]")
    return frame
