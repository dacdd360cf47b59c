"""What one viewer of the live list sees: searched, filtered, sorted over all rows, cut into pages."""

import ipaddress
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

SIZES = (25, 50, 100)
"""Rows a page. The cost of a refresh grows with the rows sent, so there is no "all"."""


@dataclass(frozen=True, slots=True)
class Sort:
    """One way to order the list, by a column of prepare(); descending unless turned round."""

    column: str
    descending: bool = True


SORTS = {
    "Traffic now": Sort("total_rate"),
    "Client": Sort("common_name", descending=False),
    "Server": Sort("server", descending=False),
    "Place": Sort("place", descending=False),
    "Address": Sort("real_ip", descending=False),
    "VPN address": Sort("vpn_ipv4", descending=False),
    "VPN IPv6": Sort("vpn_ipv6", descending=False),
    "Since": Sort("connected_at"),
    "Online": Sort("duration_seconds"),
    "Download": Sort("download_rate"),
    "Upload": Sort("upload_rate"),
    "Downloaded": Sort("downloaded_bytes"),
    "Uploaded": Sort("uploaded_bytes"),
    "Cipher": Sort("cipher", descending=False),
    "Network": Sort("organisation", descending=False),
}
"""By the name that people read, which is also what stands in URLs."""
USUAL_SORT = "Traffic now"

SEARCHED = (
    "common_name",
    "username",
    "real_ip",
    "vpn_ipv4",
    "vpn_ipv6",
    "named_place",
    "organisation",
)


@dataclass(frozen=True, slots=True)
class View:
    """What the viewer has chosen. server "" means all, country (a code) "" any; reverse turns the sort's
    own order round.
    """

    search: str = ""
    server: str = ""
    country: str = ""
    sort: str = USUAL_SORT
    reverse: bool = False
    page: int = 1
    size: int = SIZES[0]

    @property
    def descending(self) -> bool:
        """Whether the highest comes first."""
        return SORTS[self.sort].descending != self.reverse


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over clients: rates in bytes per second, NaN where none is known; share in percent."""

    clients: int
    download_rate: float
    upload_rate: float
    downloaded_bytes: int
    uploaded_bytes: int
    share: float


def prepare(clients: pd.DataFrame, fresh: Iterable[str]) -> pd.DataFrame:
    """The live list (queries.live.live_clients) from the client's side, ready to be viewed.

    Adds download_rate, upload_rate, total_rate (bytes per second), downloaded_bytes, uploaded_bytes,
    share (percent of all traffic now), place (None where unknown; rows that place_rows.located() has
    seen bring it as label), organisation (None where unknown) and text to search in. Rates are known for the servers in
    fresh only: what a stale file says was minutes ago, not now.
    """
    known = clients["server"].isin(list(fresh))
    frame = clients.assign(
        download_rate=clients["send_rate"].where(known),
        upload_rate=clients["receive_rate"].where(known),
        downloaded_bytes=clients["bytes_sent"],
        uploaded_bytes=clients["bytes_received"],
    )
    frame["total_rate"] = frame["download_rate"] + frame["upload_rate"]
    everything = float(frame["total_rate"].sum())
    frame["share"] = frame["total_rate"] / everything * 100 if everything else np.nan
    frame["place"] = clients["label"].replace("", None) if "label" in clients else ""
    frame["organisation"] = (
        clients["organisation"].replace("", None) if "organisation" in clients else ""
    )
    # A kind of address ("private network") is no place that anybody searches for.
    frame["named_place"] = frame["place"].where(clients["kind"] == "") if "kind" in clients else ""
    frame["search_text"] = _search_text(frame)
    return frame


def matching(frame: pd.DataFrame, view: View) -> pd.DataFrame:
    """All rows that the filters leave, in the view's order."""
    rows = frame[frame["server"] == view.server] if view.server else frame
    if view.country:
        rows = rows[rows["country_code"] == view.country]
    for word in view.search.casefold().split():
        rows = rows[rows["search_text"].str.contains(word, regex=False)]
    return _sorted(rows, view)


def page_count(rows: int, size: int) -> int:
    """How many pages; at least one, which may be empty."""
    return max(1, -(-rows // size))


def page(rows: pd.DataFrame, view: View) -> pd.DataFrame:
    """The rows of one page. A page beyond the last, as clients leave, is the last."""
    number = min(max(1, view.page), page_count(len(rows), view.size))
    return rows.iloc[(number - 1) * view.size : number * view.size]


def totals(rows: pd.DataFrame) -> Totals:
    """Sums over the given rows: 0 over none, unknown where none of them is known."""
    return Totals(
        clients=len(rows),
        download_rate=_sum(rows["download_rate"]),
        upload_rate=_sum(rows["upload_rate"]),
        downloaded_bytes=int(rows["downloaded_bytes"].sum()),
        uploaded_bytes=int(rows["uploaded_bytes"].sum()),
        share=_sum(rows["share"]),
    )


def _sum(values: "pd.Series[float]") -> float:
    return float(values.sum(min_count=0 if values.empty else 1))


def without_filters(frame: pd.DataFrame, view: View) -> dict[str, int]:
    """How many rows would match without each filter that is set: which one excludes most."""
    relaxed = {
        "search": replace(view, search=""),
        "server": replace(view, server=""),
        "country": replace(view, country=""),
    }
    return {
        name: len(matching(frame, other)) for name, other in relaxed.items() if getattr(view, name)
    }


def _search_text(clients: pd.DataFrame) -> "pd.Series[str]":
    text = pd.Series("", index=clients.index, dtype="str")
    for column in SEARCHED:
        # NUL keeps a search from matching across two fields.
        text = text + clients[column].fillna("").astype("str") + "\0"
    return text.str.casefold()


def _sorted(rows: pd.DataFrame, view: View) -> pd.DataFrame:
    """In a stable order: equals by name, then session, so that no refresh shuffles them.

    The unknown comes last either way.
    """
    column = SORTS[view.sort].column
    wanted, key = rows[column], _KEYS.get(column)
    keys = pd.DataFrame(
        {
            "wanted": wanted if key is None else wanted.map(key, na_action="ignore"),
            "name": rows["common_name"].str.casefold(),
            "session_id": rows["session_id"],
        },
        index=rows.index,
    )
    order = keys.sort_values(
        ["wanted", "name", "session_id"],
        ascending=[not view.descending, True, True],
        na_position="last",
    )
    return rows.loc[order.index]


def _address_key(text: str) -> str:
    """Addresses by number, IPv4 before IPv6; anything else after them, as text."""
    try:
        address = ipaddress.ip_address(text.partition("/")[0])
    except ValueError:
        return f"9{text}"
    return f"{address.version}{int(address):039d}"


_KEYS: dict[str, Callable[[str], str]] = {
    "common_name": str.casefold,
    "server": str.casefold,
    "cipher": str.casefold,
    "organisation": str.casefold,
    "real_ip": _address_key,
    "vpn_ipv4": _address_key,
    "vpn_ipv6": _address_key,
}
