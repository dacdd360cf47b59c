"""Sessions, open or ended, as rows of a table."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from ovpnmon import formats
from ovpnmon.ui import server_marks
from ovpnmon.ui.zones import At

RIGHT = {"Duration": 90, "Down now": 85, "Up now": 85, "Downloaded": 90, "Uploaded": 90}
REASONS = {
    "disconnected": "disconnected",
    "server_restarted": "server restarted",
    "gap": "not seen ending",
}
"""`gap`: server or collector was away, so the end is dated at the last sight."""


def rows(sessions: pd.DataFrame, at: At) -> pd.DataFrame:
    """One row a session. Columns needed: server, real_ip, real_port, vpn_ipv4, vpn_ipv6,
    connected_at, duration_seconds, bytes_received, bytes_sent; of open ones download_rate and
    upload_rate as well, of ended ones disconnected_at and close_reason.
    """
    texts = {
        "Server": [[formats.plain(name)] for name in sessions["server"]],
        "Address": [
            formats.endpoint(ip, port)
            for ip, port in zip(sessions["real_ip"], sessions["real_port"], strict=True)
        ],
        "VPN address": sessions["vpn_ipv4"].fillna(sessions["vpn_ipv6"]),
        "Connected": sessions["connected_at"].map(at.moment),
    }
    if "disconnected_at" in sessions:
        texts["Disconnected"] = sessions["disconnected_at"].map(at.moment)
    texts["Duration"] = sessions["duration_seconds"].map(formats.duration)
    if "download_rate" in sessions:
        texts["Down now"] = sessions["download_rate"].map(formats.rate)
        texts["Up now"] = sessions["upload_rate"].map(formats.rate)
    texts["Downloaded"] = sessions["bytes_sent"].map(formats.volume)
    texts["Uploaded"] = sessions["bytes_received"].map(formats.volume)
    if "close_reason" in sessions:
        texts["Ended by"] = sessions["close_reason"].map(lambda code: REASONS.get(code, code))
    frame = pd.DataFrame(texts, index=sessions.index)
    frame["VPN address"] = frame["VPN address"].map(formats.plain, na_action="ignore")
    return frame


def draw(sessions: pd.DataFrame, at: At, key: str, servers: Sequence[str]) -> None:
    """The table. servers: those of the settings."""
    columns = st.column_config
    shown = rows(sessions, at)
    right = {
        name: columns.TextColumn(name, width=width, alignment="right")
        for name, width in RIGHT.items()
    }
    st.dataframe(
        shown,
        column_order=[str(name) for name in shown if name != "Server" or len(servers) > 1],
        key=key,
        hide_index=True,
        placeholder=formats.UNKNOWN,
        row_height=32,
        height="content",
        column_config=right | {"Server": server_marks.column("Server", 85, servers)},
    )
