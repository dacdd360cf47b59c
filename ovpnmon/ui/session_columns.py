"""Sessions of many clients as a table: name first, then place and address, time, traffic."""

from collections.abc import Hashable, Sequence
from typing import Any

import pandas as pd
import pyarrow as pa
import streamlit as st

from ovpnmon import formats, place_texts
from ovpnmon.queries import troubles
from ovpnmon.queries.live import ServerView
from ovpnmon.ui import links, server_marks, whereabouts
from ovpnmon.ui.session_table import REASONS
from ovpnmon.ui.zones import At

WIDTHS = {
    "Client": 160,
    "Server": 85,
    "Place": 175,
    "Address": 180,
    "VPN address": 110,
    "Connected": 120,
    "Disconnected": 120,
    "Duration": 95,
    "Downloaded": 95,
    "Uploaded": 90,
    "Ended by": 130,
    "Network": 140,
}
SCHEMA = pa.schema(
    [(name, pa.list_(pa.string()) if name == "Server" else pa.string()) for name in WIDTHS]
)
NUMBERS = ("Connected", "Disconnected", "Duration", "Downloaded", "Uploaded")


def draw(
    sessions: pd.DataFrame, at: At, key: str, servers: Sequence[ServerView], *, named: bool = True
) -> None:
    """The table. named: with the client's name, which leads to the client's page."""
    fresh = troubles.fresh(servers)
    # Of one client, the times tell the sessions apart: they come first, which a phone shows.
    order = list(WIDTHS) if named else [*NUMBERS, *(name for name in WIDTHS if name not in NUMBERS)]
    located = whereabouts.located(sessions)
    hidden = {
        "Client": not named,
        "Server": len(servers) < 2,
        "Network": not located["organisation"].any(),
    }
    kinds = st.column_config
    config: dict[str, Any] = {
        name: kinds.TextColumn(name, width=width, alignment="right" if name in NUMBERS else "left")
        for name, width in WIDTHS.items()
    }
    config["Server"] = server_marks.column("Server", WIDTHS["Server"], server_marks.names(servers))
    config["Client"] = links.column(key, WIDTHS["Client"])
    st.dataframe(
        pa.Table.from_pylist(
            [_cells(row, at, fresh) for row in located.to_dict("records")],
            schema=SCHEMA,
        ),
        column_order=[name for name in order if not hidden.get(name, False)],
        column_config=config,
        hide_index=True,
        placeholder=formats.UNKNOWN,
        row_height=32,
        height="content",
        key=key,
    )


def _cells(row: dict[Hashable, Any], at: At, fresh: Sequence[str]) -> dict[str, Any]:
    ended = None if pd.isna(row["disconnected_at"]) else at.moment(row["disconnected_at"])
    reason = REASONS.get(row["close_reason"], row["close_reason"]) if ended else "open"
    if ended is None and row["server"] in fresh:
        ended = "now"
    elif ended is None:
        reason = f"open at {at.moment(row['last_seen_at'])}"
    vpn = row["vpn_ipv4"] if isinstance(row["vpn_ipv4"], str) else row["vpn_ipv6"]
    return {
        "Client": formats.button_label(row["common_name"]),
        "Server": [formats.plain(row["server"])],
        "Place": place_texts.place(row),
        "Address": formats.endpoint(row["real_ip"], row["real_port"]),
        "VPN address": formats.plain(vpn) if isinstance(vpn, str) else None,
        "Connected": at.moment(row["connected_at"]),
        "Disconnected": ended,
        "Duration": formats.duration(row["duration_seconds"]),
        "Downloaded": formats.volume(row["bytes_sent"]),
        "Uploaded": formats.volume(row["bytes_received"]),
        "Ended by": f"{reason}, imported" if row["imported"] else reason,
        "Network": place_texts.network(row),
    }
