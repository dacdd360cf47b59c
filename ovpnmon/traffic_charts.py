"""Traffic over time as a picture: with clients online under it, and a strip to zoom by.

It comes as a Vega-Lite specification, made once, and the table that it is drawn from. Times are
wall clock of the viewer's zone, shown on a UTC axis, so that the browser's own zone never enters.
"""

from datetime import tzinfo
from functools import lru_cache
from typing import Any

import altair as alt
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from ovpnmon import formats
from ovpnmon.charts import BITS_LABEL, DOWNLOAD, GAPS, NEUTRAL, UPLOAD, specification, wall_clock_ms
from ovpnmon.queries.local_days import offsets
from ovpnmon.queries.traffic_plan import Plan
from ovpnmon.queries.traffic_series import Series

Y_WIDTH = 62
"""Of every picture's y axis: the three share one time axis only if theirs are of one width."""
SHADES = 8
"""Colours of the theme for what is told apart; the last one, grey, is for the others."""
MOST_TOLD_APART = SHADES - 1
OTHERS = "Others"
LEGEND_COLUMNS = 3
TIME_LABEL = (
    "utchours(AT) == 0 && utcminutes(AT) == 0 && utcseconds(AT) == 0 ? utcFormat(AT, '%a %-d %b')"
    " : utcseconds(AT) == 0 ? utcFormat(AT, '%H:%M') : utcFormat(AT, '%H:%M:%S')"
)
EVEN_BELOW_SECONDS = 900
"""Below so many seconds a step, an hour that clocks repeat or leave out is too wide to be folded."""
TOTAL_TIP = (("Download", "download_text"), ("Upload", "upload_text"), ("Online", "online_text"))


@lru_cache(maxsize=200)
def over_time(
    parts: int = 0,
    colors: tuple[str, ...] = (),
    change: tuple[int, int] | None = None,
    height: int = 230,
) -> dict[str, Any]:
    """Download and upload, or parts of both stacked, of over_time_data(); clients online; a strip to zoom by.

    All on one time axis. parts: how many are told apart; 0 means download and upload. Their names come
    with the data: whoever is in the picture, it stays the same one and keeps its zoom. colors: one for
    each part; none: the theme's, and grey for the last one. change: as clock_change() gives it.
    """
    zoom = alt.selection_interval(
        name="zoom",
        encodings=["x"],
        mark=alt.BrushConfig(fill="#888", fillOpacity=0.18, stroke="#888", strokeOpacity=0.6),
    )
    base = alt.Chart(alt.NamedData("traffic"))
    above = base.encode(x=_time(zoom, change, labels=False))
    color = _shades(parts, colors)
    marks = _stacked(above, parts, color) if parts else _two_ways(above)
    tips = [alt.Tooltip("time_text:N", title="From")]
    # A bare number for a title would come before the time.
    each = [(f"#{n + 1}", f"text{n}") for n in range(parts)]
    shown = [*each, TOTAL_TIP[-1]] if parts else TOTAL_TIP
    tips += [alt.Tooltip(f"{field}:N", title=title) for title, field in shown]
    upper = alt.layer(*marks, *_pointer(above, "hover", tips), height=height)
    middle = base.encode(x=_time(zoom, change))
    online = alt.Y(
        "online:Q",
        title=None,
        scale=alt.Scale(zero=True),
        axis=_y_axis(tickCount=2, tickMinStep=1, format="d"),
    )
    lower = alt.layer(
        middle.mark_area(interpolate="step-after", opacity=0.18, invalid=GAPS, clip=True).encode(
            y=online, color=alt.value(NEUTRAL)
        ),
        middle.mark_line(interpolate="step-after", strokeWidth=1.2, invalid=GAPS, clip=True).encode(
            y=online, color=alt.value(NEUTRAL)
        ),
        *_pointer(middle, "hover_online", tips),
        height=56,
    )
    strip = (
        base.mark_area(opacity=0.35, invalid=GAPS)
        .encode(
            x=_time(None, change),
            y=alt.Y("both:Q", title=None, axis=None),
            color=alt.value(DOWNLOAD),
            tooltip=alt.value(None),
        )
        .properties(height=34)
        .add_params(zoom)
    )
    legend = [_legend(base, parts, color)] if parts else []
    chart = alt.vconcat(*legend, upper, lower, strip, spacing=8)
    return specification(chart)


def over_time_data(found: Series, zone: tzinfo) -> pa.Table:
    """What over_time() is drawn from; every step once more where the last one ends."""
    rates = found.rates()
    down, up = rates["send_rate"].to_numpy(float) * 8, rates["receive_rate"].to_numpy(float) * 8
    columns: dict[str, Any] = {
        "ms": _wall_ms(found, zone),
        "download": down,
        "upload": up,
        "both": down + up,
        "online": rates["online"].to_numpy(float),
        "time_text": [formats.exact(at, zone) for at in found.plan.edges[:-1]],
        "download_text": [_told(rate) for rate in rates["send_rate"]],
        "upload_text": [_told(rate) for rate in rates["receive_rate"]],
        "online_text": [
            formats.UNKNOWN if np.isnan(number) else formats.count(round(number))
            for number in rates["online"]
        ],
    }
    if found.keys != [None]:
        names = [_shown(name) for name in told_apart(found)]
        each = found.rates_of("both")
        tops = np.cumsum(np.nan_to_num(each), axis=0) * 8
        for n, rate in enumerate(each):
            gone = np.isnan(rate)
            bottom = tops[n - 1] if n else np.zeros(len(rate))
            columns[f"low{n}"] = np.where(gone, np.nan, bottom)
            columns[f"high{n}"] = np.where(gone, np.nan, tops[n])
            columns[f"text{n}"] = [f"{_told(one)} · {names[n]}" for one in rate]
            columns[f"name{n}"] = [names[n], *[""] * (len(rate) - 1)]
    return pa.table(columns)


def told_apart(found: Series) -> tuple[str, ...]:
    """The names of a stacked picture, in the order of its colours."""
    return tuple(OTHERS if key is None else key for key in found.keys)


def _two_ways(base: alt.Chart) -> list[alt.Chart]:
    down, up = _bits("download"), _bits("upload")
    blue, orange = alt.value(DOWNLOAD), alt.value(UPLOAD)
    return [
        base.mark_area(opacity=0.13, invalid=GAPS, clip=True).encode(y=down, color=blue),
        base.mark_line(invalid=GAPS, clip=True).encode(y=down, color=blue),
        base.mark_line(invalid=GAPS, clip=True).encode(y=up, color=orange),
    ]


def _shades(parts: int, colors: tuple[str, ...]) -> alt.Scale:
    """Colours of parts by their places. The theme's last one, grey, is for the last part."""
    places = [str(n) for n in range(parts)]
    if colors:
        return alt.Scale(domain=places, range=list(colors))
    unused = [f"none{n}" for n in range(SHADES - parts)]
    return alt.Scale(domain=[*places[:-1], *unused, *places[-1:]])  # its range is the theme's


def _stacked(base: alt.Chart, parts: int, color: alt.Scale) -> list[alt.Chart]:
    return [
        base.transform_calculate(place=f"'{n}'")
        .mark_area(opacity=0.85, invalid=GAPS, clip=True)
        .encode(
            y=_bits(f"low{n}"),
            y2=f"high{n}:Q",
            color=alt.Color("place:N", scale=color, legend=None),
        )
        for n in range(parts)
    ]


def _legend(base: alt.Chart, parts: int, color: alt.Scale) -> Any:
    """Names and their colours, drawn from the data: one of Vega's own would have them in the picture."""
    rows = (
        base.transform_filter("datum.name0 !== ''")
        .transform_fold([f"name{n}" for n in range(parts)], as_=["field", "name"])
        .transform_calculate(place="substring(datum.field, 4)")
        .transform_calculate(
            column=f"toNumber(datum.place) % {LEGEND_COLUMNS}",
            row=f"floor(toNumber(datum.place) / {LEGEND_COLUMNS})",
        )
        .encode(
            x=alt.X(
                "column:Q",
                axis=None,
                scale=alt.Scale(domain=[0, LEGEND_COLUMNS], rangeMin=-Y_WIDTH),
            ),
            y=alt.Y("row:O", axis=None),
            tooltip=alt.Tooltip("name:N", title="Name"),
        )
    )
    return alt.layer(
        rows.mark_square(size=70, opacity=1, xOffset=5).encode(
            color=alt.Color("place:N", scale=color, legend=None)
        ),
        rows.mark_text(
            align="left",
            dx=14,
            fontSize=11,
            limit=alt.ExprRef(f"(containerSize()[0] + {Y_WIDTH}) / {LEGEND_COLUMNS} - 18"),
        ).encode(text="name:N", color=alt.value(NEUTRAL)),
        height=18 * -(-parts // LEGEND_COLUMNS),
    )


def _shown(name: str) -> str:
    return formats.plain(name) or "(no name)"


def _pointer(base: alt.Chart, name: str, tips: list[alt.Tooltip]) -> list[alt.Chart]:
    """A line at the step nearest to the pointer, with the exact time and values."""
    hover = alt.selection_point(
        name=name, nearest=True, on="pointermove", clear="pointerout", fields=["ms"], empty=False
    )
    rule = base.mark_rule(strokeWidth=1, clip=True).encode(
        color=alt.value(NEUTRAL),
        opacity=alt.condition(hover, alt.value(0.7), alt.value(0)),
        tooltip=tips,
    )
    return [rule.add_params(hover)]


def _time(
    zoom: alt.Parameter | None, change: tuple[int, int] | None, *, labels: bool = True
) -> alt.X:
    scale = alt.Scale(type="utc", nice=False)
    if zoom is not None:
        scale = alt.Scale(type="utc", nice=False, domain=zoom)
    at = "datum.value"
    if change is not None:
        at = f"(datum.value + (datum.value < {change[0]} ? {change[1]} : 0))"
    axis = alt.Axis(
        labelExpr=TIME_LABEL.replace("AT", at),
        tickCount=8,
        labelOverlap="greedy",
        labels=labels,
        ticks=labels,
    )
    return alt.X("ms:T", title=None, scale=scale, axis=axis)


def _bits(field: str) -> alt.Y:
    axis = _y_axis(labelExpr=BITS_LABEL, tickCount=4)
    return alt.Y(f"{field}:Q", title=None, scale=alt.Scale(zero=True), axis=axis)


def _y_axis(**changes: Any) -> alt.Axis:
    return alt.Axis(ticks=False, domain=False, minExtent=Y_WIDTH, maxExtent=Y_WIDTH, **changes)


def clock_change(plan: Plan, zone: tzinfo) -> tuple[int, int] | None:
    """Where on an even axis zone's clocks are changed, and by how much labels before are off, in ms."""
    changes = offsets(plan.since, plan.until, zone)
    if plan.step_seconds >= EVEN_BELOW_SECONDS or len(changes) == 1:
        return None
    (_, before), (at, after) = changes[-2:]
    return (at + after) * 1000, (before - after) * 1000


def _wall_ms(found: Series, zone: tzinfo) -> npt.NDArray[np.int64]:
    """Where steps stand on the axis: at their own wall clock, days at their own date.

    In an hour that is repeated they stand one above the other. Short steps stand at even distances
    instead, by the offset at the end; clock_change() mends the labels before.
    """
    edges = found.plan.edges[:-1]
    if found.plan.step_seconds < EVEN_BELOW_SECONDS:
        return wall_clock_ms(pd.Series(pd.to_datetime(edges, unit="s", utc=True)), zone)
    changes = offsets(found.plan.since, found.plan.until, zone)
    place = np.searchsorted([at for at, _ in changes[1:]], edges, "right")
    shifts = np.array([shift for _, shift in changes])[place]
    moved: npt.NDArray[np.int64] = np.maximum.accumulate((np.array(edges) + shifts) * 1000)
    return moved


def _told(rate: float) -> str:
    return "no data" if np.isnan(rate) else formats.rate(rate)
