"""Frames to files that people take away."""

import re
from datetime import tzinfo

import pandas as pd

FORMULA_STARTS = tuple("=+-@＝＋－＠")
"""What a spreadsheet may take for the beginning of a formula, full-width forms included."""
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")

LIVE_COLUMNS = (
    "common_name",
    "username",
    "server",
    "state",
    "real_ip",
    "real_port",
    "vpn_ipv4",
    "vpn_ipv6",
    "cipher",
    "connected_at",
    "duration_seconds",
    "download_rate",
    "upload_rate",
    "downloaded_bytes",
    "uploaded_bytes",
    "session_id",
)
CLIENT_COLUMNS = {
    "common_name": "common_name",
    "servers": "servers",
    "sessions": "sessions",
    "seconds": "online_seconds",
    "bytes_received": "uploaded_bytes",
    "bytes_sent": "downloaded_bytes",
    "first_seen": "first_seen",
    "last_seen": "last_seen",
    "last_ip": "last_ip",
    "online": "sessions_online",
}
"""Of queries.clients.Clients.all(), with the names that they have in the file."""
PLACE_COLUMNS = ("country_code", "country", "city", "asn", "organisation")
"""Of rows that queries.place_rows.located() has seen; empty for others."""


def csv(frame: pd.DataFrame) -> bytes:
    """UTF-8 with a byte order mark, without which spreadsheets garble names.

    Text that would be a formula gets an apostrophe in front; numbers stay numbers.
    """
    safe = frame.copy()
    for column in safe.columns:
        if not pd.api.types.is_numeric_dtype(safe[column]):
            safe[column] = safe[column].map(_harmless, na_action="ignore")
    return b"\xef\xbb\xbf" + safe.to_csv(index=False).encode("utf-8", "replace")


def live_csv(rows: pd.DataFrame, zone: tzinfo) -> bytes:
    """The live list: rates in bytes per second, times in zone with their offset, places."""
    frame = _with_places(rows, LIVE_COLUMNS)
    frame["connected_at"] = [at.astimezone(zone).isoformat() for at in frame["connected_at"]]
    rates = {f"{way}_rate": f"{way}_bytes_per_second" for way in ("download", "upload")}
    return csv(frame.round(dict.fromkeys(rates, 1)).rename(columns=rates))


def clients_csv(rows: pd.DataFrame, zone: tzinfo) -> bytes:
    """Everyone's totals: exact bytes, times in zone, places of the last addresses."""
    frame = _with_places(rows, tuple(CLIENT_COLUMNS)).rename(columns=CLIENT_COLUMNS)
    for column in ("first_seen", "last_seen"):
        frame[column] = [at.astimezone(zone).isoformat() for at in frame[column]]
    return csv(frame)


def places_csv(frame: pd.DataFrame) -> bytes:
    """Places or countries of the map: rates in bytes per second."""
    names = ["name", "country", "country_code", "latitude", "longitude", "precision", "source"]
    figures = ["clients", "addresses", "sessions"]
    sums = [name for name in frame if str(name).endswith(("_rate", "_bytes"))]
    frame = frame[[name for name in [*names, *figures, *sums] if name in frame]]
    return csv(
        frame.rename(
            columns={f"{way}_rate": f"{way}_bytes_per_second" for way in ("download", "upload")}
        )
    )


def _with_places(rows: pd.DataFrame, columns: tuple[str, ...]) -> pd.DataFrame:
    frame = rows.reindex(columns=[*columns, *PLACE_COLUMNS])
    return frame.assign(asn=frame["asn"].astype("Int64"))


def _harmless(value: object) -> str:
    """No formula, and no character that would end a row: a lone carriage return goes out unquoted."""
    text = CONTROL.sub(" ", str(value))
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA_STARTS) else text
