"""Sessions over time as pictures."""

from datetime import tzinfo
from functools import cache
from typing import Any

import altair as alt
import pandas as pd
import pyarrow as pa

from ovpnmon import formats
from ovpnmon.charts import NEUTRAL, TICKS, TIME_LABEL, specification, wall_clock_ms


@cache
def over_time(height: int = 120) -> dict[str, Any]:
    """Sessions open (line) and begun (bars) of over_time_data(); a Vega-Lite specification."""
    hover = alt.selection_point(
        name="hover", nearest=True, on="pointermove", clear="pointerout", fields=["ms"], empty=False
    )
    base = alt.Chart(alt.NamedData("sessions")).encode(
        x=alt.X(
            "ms:T",
            title=None,
            scale=alt.Scale(type="utc", nice=False),
            axis=alt.Axis(labelExpr=TIME_LABEL, tickCount=TICKS, labelOverlap="greedy"),
        )
    )
    axis = alt.Axis(tickCount=3, ticks=False, domain=False, minExtent=40, tickMinStep=1, format="d")
    up = alt.Y("open:Q", title=None, scale=alt.Scale(zero=True), axis=axis)
    layers = [
        base.mark_bar(opacity=0.35, clip=True).encode(
            y=alt.Y("started:Q", title=None, axis=axis),
            x2="end_ms:T",
            y2=alt.datum(0),
            color=alt.value("blue"),
        ),
        base.mark_area(interpolate="step-after", opacity=0.1).encode(
            y=up, color=alt.value(NEUTRAL)
        ),
        base.mark_line(interpolate="step-after").encode(y=up, color=alt.value(NEUTRAL)),
        base.mark_rule(strokeWidth=1)
        .encode(
            color=alt.value(NEUTRAL),
            opacity=alt.condition(hover, alt.value(0.7), alt.value(0)),
            tooltip=[
                alt.Tooltip("time_text:N", title="From"),
                alt.Tooltip("open_text:N", title="Open at the end"),
                alt.Tooltip("started_text:N", title="Begun"),
            ],
        )
        .add_params(hover),
    ]
    return specification(alt.layer(*layers, height=height))


def over_time_data(frame: pd.DataFrame, step_seconds: int, zone: tzinfo) -> pa.Table:
    """What the picture is drawn from. frame: as queries.overview.over_time gives it."""
    ms = wall_clock_ms(frame["at"], zone)
    seconds = pd.DatetimeIndex(frame["at"]).as_unit("ms").asi8 / 1000
    return pa.table(
        {
            "ms": ms,
            "end_ms": ms + round(step_seconds * 850),
            "open": frame["open"].to_numpy(),
            "started": frame["started"].to_numpy(),
            "time_text": [formats.exact(at, zone) for at in seconds],
            "open_text": [formats.count(int(number)) for number in frame["open"]],
            "started_text": [formats.count(int(number)) for number in frame["started"]],
        }
    )
