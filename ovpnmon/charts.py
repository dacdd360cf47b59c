"""Frames to pictures. Colours are names ("blue"), which the browser's theme turns into its own shade."""

from datetime import tzinfo
from functools import cache
from typing import Any, Final

import altair as alt
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from ovpnmon import formats

DOWNLOAD, UPLOAD, NEUTRAL = "blue", "orange", "gray"
GAPS: Final = "break-paths-show-path-domains"
"""How marks treat NaN: the line stops, and a lone point between two gaps stays visible."""

LEAST_BITS = 1000
"""How high the axis reaches at least, in bit/s."""

BITS_LABEL = (
    "datum.value == 0 ? '0'"
    " : datum.value >= 1e9 ? format(datum.value / 1e9, '~r') + ' Gbit/s'"
    " : datum.value >= 1e6 ? format(datum.value / 1e6, '~r') + ' Mbit/s'"
    " : datum.value >= 1e3 ? format(datum.value / 1e3, '~r') + ' kbit/s'"
    " : format(datum.value, '~r') + ' bit/s'"
)
TIME_LABEL = (
    "utchours(datum.value) == 0 && utcminutes(datum.value) == 0"
    " ? utcFormat(datum.value, '%a %-d %b') : utcFormat(datum.value, '%H:%M')"
)
TICKS = alt.ExprRef("ceil(width / 110)")
"""As many marks in time as there is room for: else a phone would show every other label, or noon alone."""
STYLE: dict[str, Any] = {
    "axis": {"labelFontSize": 11, "titleFontSize": 11, "labelPadding": 6},
    "axisX": {
        "grid": False,
        "ticks": True,
        "tickSize": 4,
        "domain": True,
        "labelFlush": True,
        "labelBound": True,
    },
    "axisQuantitative": {"grid": True},
    "line": {"strokeWidth": 1.5, "strokeJoin": "round"},
    "mark": {"tooltip": None},  # the default one shows raw field names
    "view": {"stroke": None},
}
PADDING = {"left": 0, "right": 2, "top": 4, "bottom": 0}


def wall_clock_ms(at: "pd.Series[pd.Timestamp]", zone: tzinfo) -> npt.NDArray[np.int64]:
    """Instants as milliseconds that read, on a UTC axis, as the wall clock of zone.

    The browser's own zone never enters. One offset, of the last instant, serves the whole range:
    with one each, an hour would be drawn over another one when daylight saving ends.
    """
    utc = pd.DatetimeIndex(at).tz_convert("UTC").as_unit("ms")
    offset = utc[-1].to_pydatetime().astimezone(zone).utcoffset() if len(utc) else None
    shift = 0 if offset is None else round(offset.total_seconds() * 1000)
    moved: npt.NDArray[np.int64] = utc.asi8 + shift
    return moved


@cache
def rate_strip(height: int = 130) -> dict[str, Any]:
    """Download and upload over time, gaps left open, of strip_data(); a Vega-Lite specification.

    The tooltip names the exact time and values. Made once and treated as read-only: building and
    checking it takes a hundred times as long as the data do.
    """
    hover = alt.selection_point(
        name="hover",
        nearest=True,
        on="pointermove",
        clear="pointerout",
        fields=["ms"],
        empty=False,
    )
    base = alt.Chart(alt.NamedData("strip")).encode(
        x=alt.X(
            "ms:T",
            title=None,
            scale=alt.Scale(type="utc", nice=False),
            axis=alt.Axis(labelExpr=TIME_LABEL, tickCount=15, labelOverlap="greedy"),
        )
    )
    down, up = _bits("download"), _bits("upload")
    blue, orange = alt.value(DOWNLOAD), alt.value(UPLOAD)
    at_pointer = base.transform_filter(hover)
    # Unseen: without it an axis of zeros alone would run through the middle.
    floor = base.mark_point(opacity=0).encode(y=alt.YDatum(LEAST_BITS))
    layers = [
        floor,
        base.mark_area(opacity=0.13, invalid=GAPS).encode(y=down, color=blue),
        base.mark_line(invalid=GAPS).encode(y=down, color=blue),
        base.mark_line(invalid=GAPS).encode(y=up, color=orange),
        base.mark_rule(strokeWidth=1)
        .encode(
            color=alt.value(NEUTRAL),
            opacity=alt.condition(hover, alt.value(0.7), alt.value(0)),
            tooltip=[
                alt.Tooltip("time_text:N", title="Time"),
                alt.Tooltip("download_text:N", title="Download"),
                alt.Tooltip("upload_text:N", title="Upload"),
                alt.Tooltip("online_text:N", title="Online"),
            ],
        )
        .add_params(hover),
        at_pointer.mark_point(filled=True, size=36).encode(y=down, color=blue),
        at_pointer.mark_point(filled=True, size=36).encode(y=up, color=orange),
    ]
    chart = alt.layer(
        *layers,
        height=height,
        padding={"left": 0, "right": 2, "top": 4, "bottom": 0},
        config=alt.Config(**STYLE),
    )
    spec: dict[str, Any] = chart.to_dict()
    del spec["data"]  # comes with every picture
    return spec


def strip_data(rates: pd.DataFrame, zone: tzinfo) -> pa.Table:
    """What the strip is drawn from: wall-clock ms, bits per second, and the tooltip's texts.

    rates: columns at (UTC), receive_rate, send_rate (bytes per second, the server's view), online;
    NaN where nobody was looking.
    """
    seconds = pd.DatetimeIndex(rates["at"]).as_unit("ms").asi8 / 1000
    columns = {
        "ms": wall_clock_ms(rates["at"], zone),
        "download": rates["send_rate"].to_numpy(float) * 8,
        "upload": rates["receive_rate"].to_numpy(float) * 8,
        "time_text": [formats.exact(at, zone) for at in seconds],
        "download_text": [_known(rate) for rate in rates["send_rate"]],
        "upload_text": [_known(rate) for rate in rates["receive_rate"]],
        "online_text": [
            formats.UNKNOWN if np.isnan(online) else formats.count(round(online))
            for online in rates["online"]
        ],
    }
    return pa.table(columns)


def _known(rate: float) -> str:
    return "no data" if np.isnan(rate) else formats.rate(rate)


def _bits(field: str) -> alt.Y:
    return alt.Y(
        f"{field}:Q",
        title=None,
        scale=alt.Scale(zero=True),
        axis=alt.Axis(labelExpr=BITS_LABEL, tickCount=3, ticks=False, domain=False, minExtent=60),
    )


def specification(chart: Any) -> dict[str, Any]:
    """A chart in the style of all, without data, which come with every picture."""
    whole = chart.properties(padding=PADDING).configure(**STYLE, concat={"spacing": 6})
    spec: dict[str, Any] = whole.to_dict()
    del spec["data"]
    return spec
