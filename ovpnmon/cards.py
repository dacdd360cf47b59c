"""The headline figures of the Live page: frames to text and small histories, from the client's side."""

import math
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from ovpnmon import formats
from ovpnmon.queries.live_view import Totals
from ovpnmon.queries.today import Today


@dataclass(frozen=True, slots=True)
class Card:
    """One figure: what it is called, what it says, one fact beside it, how it came about."""

    label: str
    value: str
    fact: str
    color: Literal["gray", "blue", "orange"]
    history: list[float]
    shape: Literal["area", "bar"] = "area"


def now_cards(online: int, connecting: int, totals: Totals, rates: pd.DataFrame) -> list[Card]:
    """Who is online and how fast it goes, with the last minutes.

    rates: as queries.traffic.rates gives them.
    """
    return [
        Card(
            "Online",
            formats.count(online),
            f"{formats.count(connecting)} connecting" if connecting else _change(online, rates),
            "gray",
            _history(rates["online"]),
        ),
        _rate_card("Download", totals.download_rate, rates["send_rate"], "blue"),
        _rate_card("Upload", totals.upload_rate, rates["receive_rate"], "orange"),
    ]


def today_cards(today: Today) -> list[Card]:
    """What happened since the viewer's midnight."""
    down, up = formats.volume(today.bytes_sent), formats.volume(today.bytes_received)
    return [
        Card(
            "Traffic today",
            formats.volume(today.bytes_sent + today.bytes_received),
            f"↓ {down}  ↑ {up}",
            "gray",
            _shown([float(total) for total in today.cumulative_bytes]),
        ),
        Card(
            "Sessions today",
            formats.count(today.sessions),
            formats.counted(today.clients, "client"),
            "gray",
            _shown([float(begun) for begun in today.hourly_sessions]),
            "bar",
        ),
    ]


def _rate_card(
    label: str, rate: float, history: "pd.Series[float]", color: Literal["blue", "orange"]
) -> Card:
    peak = float(history.max())
    if math.isnan(rate) and math.isnan(peak):
        fact = "not measured yet"  # that takes two looks at the status file
    else:
        fact = f"peak {formats.rate(peak if math.isnan(rate) else max(rate, peak))}"
    return Card(
        label,
        formats.rate(rate),
        fact,
        color,
        _history(history),
    )


def _change(online: int, rates: pd.DataFrame) -> str:
    known = rates["online"].dropna()
    if known.empty:
        return "not measured yet"
    change = online - round(float(known.iloc[0]))
    return f"{change:+d}".replace("-", "−") + " in 15 min" if change else "steady for 15 min"


def _history(values: "pd.Series[float]", points: int = 45) -> list[float]:
    """Averaged to a few points; what is not known is left out, as sparklines know no gaps."""
    known = values.dropna().to_numpy(float)
    width = max(1, -(-len(known) // points))
    whole = [float(known[at : at + width].mean()) for at in range(0, len(known), width)]
    return _shown(whole)


def _shown(values: list[float]) -> list[float]:
    """At least two points, so that a card with nothing to show keeps its height."""
    return values if len(values) > 1 else values * 2 or [0.0, 0.0]
