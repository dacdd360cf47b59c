"""The columns of the live table: which there are, how wide, and what stands in their cells."""

import math
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd
import pyarrow as pa
import streamlit as st

from ovpnmon import formats, place_texts
from ovpnmon.queries.live_view import Totals, View
from ovpnmon.ui import links, server_marks
from ovpnmon.ui.zones import At

TABLE = "live"
"""By which ui.links knows the table."""
ROW_HEIGHT = 32
DOWN, UP = "\u2193", "\u2191"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its title, its width in pixels, how it is drawn, what its header sorts by."""

    title: str
    width: int
    kind: Literal["button", "servers", "text", "number", "area", "share"] = "text"
    help: str | None = None
    sort: str = ""
    marked: bool = True

    @property
    def sorts_by(self) -> str:
        """A name in SORTS."""
        return self.sort or self.title

    def head(self, view: View) -> str:
        """The title, with an arrow where the list is sorted by it."""
        if not (self.marked and self.sorts_by == view.sort):
            return self.title
        return f"{self.title} {DOWN if view.descending else UP}"


COLUMNS = {
    "client": Column("Client", 150, "button"),
    "server": Column("Server", 75, "servers"),
    "place": Column("Place", 140, help="Of the address; approximate"),
    "address": Column("Address", 145, help="Where the client connects from"),
    "vpn": Column("VPN address", 90, help="Inside the VPN; `connecting` until there is one"),
    "vpn6": Column("VPN IPv6", 105),
    "since": Column("Since", 96, "number"),
    "online": Column("Online", 82, "number"),
    "download": Column("Download", 88, "number", "From the server to the client"),
    "upload": Column("Upload", 84, "number", "From the client to the server"),
    "recent": Column("Last 5 min", 78, "area", sort="Traffic now", marked=False),
    "share": Column("Share", 75, "share", "Of all clients' traffic now", sort="Traffic now"),
    "downloaded": Column("Downloaded", 92, "number", "In this session"),
    "uploaded": Column("Uploaded", 82, "number", "In this session"),
    "cipher": Column("Cipher", 100),
    "network": Column("Network", 130, help="Whose network the address is in"),
}
"""Widths fit 1440 pixels with all of them there; what is left over is shared out."""


def present(clients: pd.DataFrame, servers: int) -> list[str]:
    """The columns that have anything to say here: of all clients, so that no page looks different."""
    empty = {
        "server": servers < 2,
        "place": bool(clients["place"].isna().all()),
        "vpn6": bool(clients["vpn_ipv6"].isna().all()),
        "cipher": bool(clients["cipher"].isna().all()),
        "network": bool(clients["organisation"].isna().all()),
    }
    return [name for name in COLUMNS if not empty.get(name, False)]


def config(view: View, servers: Sequence[str], clicked: Callable[[str], None]) -> dict[str, Any]:
    """How each column is drawn; an arrow shows which one the list is sorted by."""
    return {name: _config(column, view, servers, clicked) for name, column in COLUMNS.items()}


def _config(
    column: Column, view: View, servers: Sequence[str], clicked: Callable[[str], None]
) -> Any:
    kinds = st.column_config
    title = column.head(view)
    width = column.width
    match column.kind:
        case "button":
            return links.column(TABLE, width, title, clicked)
        case "servers":
            return server_marks.column(title, width, servers, also=[_then(s) for s in servers])
        case "area":
            return kinds.AreaChartColumn(title, width=width, color="blue", y_min=0)
        case "share":
            return kinds.ProgressColumn(
                title,
                width=width,
                help=column.help,
                color="blue",
                format="%.0f%%",
                min_value=0,
                max_value=100,
            )
        case "number":
            return kinds.TextColumn(title, width=width, help=column.help, alignment="right")
        case "text":
            return kinds.TextColumn(title, width=width, help=column.help)


def display(
    shown: pd.DataFrame,
    totals: Totals,
    recent: dict[str, list[float]],
    fresh: tuple[str, ...],
    at: At,
) -> pa.Table:
    """One page of rows as texts and small pictures, and a last row with the sums over all pages.

    recent: bytes per second by session; fresh: servers whose rows are of now. Numbers may be texts,
    as it is not the browser that sorts. An Arrow table: it is sent ten times as fast as a frame.
    """
    rows = [_cells(row, recent, fresh, at) for row in shown.to_dict("records")]
    return pa.Table.from_pylist([*rows, _sums(totals)], schema=SCHEMA)


def _cells(
    row: dict[Hashable, Any], recent: dict[str, list[float]], fresh: tuple[str, ...], at: At
) -> dict[str, Any]:
    server = row["server"]
    return {
        "client": formats.button_label(row["common_name"]),
        "server": [formats.plain(server if server in fresh else _then(server))],
        "place": place_texts.place(row),
        "address": formats.endpoint(row["real_ip"], row["real_port"]),
        "vpn": "connecting" if row["state"] == "connecting" else _plain(row["vpn_ipv4"]),
        "vpn6": _plain(row["vpn_ipv6"]),
        "since": at.moment(row["connected_at"]),
        "online": formats.duration(row["duration_seconds"]),
        "download": formats.rate(row["download_rate"]),
        "upload": formats.rate(row["upload_rate"]),
        "recent": recent.get(row["session_id"]),
        "share": _known(row["share"]),
        "downloaded": formats.volume(row["downloaded_bytes"]),
        "uploaded": formats.volume(row["uploaded_bytes"]),
        "cipher": _plain(row["cipher"]),
        "network": _plain(row["organisation"]),
    }


def _then(server: str) -> str:
    """Of a row that is not of now."""
    return f"{server}, then"


def _sums(totals: Totals) -> dict[str, Any]:
    return dict.fromkeys(SCHEMA.names, "") | {
        "client": f"Total of {formats.count(totals.clients)}",
        "download": formats.rate(totals.download_rate),
        "upload": formats.rate(totals.upload_rate),
        "server": None,
        "recent": None,
        "share": _known(totals.share),
        "downloaded": formats.volume(totals.downloaded_bytes),
        "uploaded": formats.volume(totals.uploaded_bytes),
    }


def _known(number: float) -> float | None:
    """NaN would be drawn as an error."""
    return None if math.isnan(number) else number


def _plain(text: object) -> str | None:
    """None stays unknown; a frame may have made a NaN of it."""
    return formats.plain(text) if isinstance(text, str) else None


_KINDS = {
    "servers": pa.list_(pa.string()),
    "area": pa.list_(pa.float64()),
    "share": pa.float64(),
}
SCHEMA = pa.schema(
    [pa.field(name, _KINDS.get(column.kind, pa.string())) for name, column in COLUMNS.items()]
)
