"""The hours of a week as a picture: a row a weekday, a column an hour of the day."""

from typing import Any

import altair as alt

from ovpnmon.charts import NEUTRAL, specification

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def grid(
    color: str, field: str, most: float | None, told: dict[str, str], height: int
) -> dict[str, Any]:
    """A Vega-Lite specification, for rows of `day` (one of DAYS), `hour`, `slot` (both in words).

    field: what makes an hour darker, up to most; None: up to the most there is. Hours without it, of
    which nothing is known, are grey.
    told: titles and fields of what else an hour says of itself.
    """
    hours = alt.Axis(
        labelAngle=0,
        labelExpr="datum.value % 3 == 0 ? format(datum.value, '02d') : ''",
        labelOverlap=False,
        ticks=False,
        domain=False,
    )
    shades = alt.Scale(
        range=[0.06, 1], domainMin=0, domainMax=alt.Undefined if most is None else most
    )
    every = alt.Chart(alt.NamedData("week")).encode(
        x=alt.X("hour:O", title=None, axis=hours, scale=alt.Scale(paddingInner=0.08)),
        y=alt.Y(
            "day:O",
            sort=list(DAYS),
            title=None,
            axis=alt.Axis(ticks=False, domain=False),
            scale=alt.Scale(paddingInner=0.12),
        ),
        tooltip=[
            alt.Tooltip("slot:N", title="When"),
            *(alt.Tooltip(f"{name}:N", title=title) for title, name in told.items()),
        ],
    )
    unknown = every.transform_filter(f"datum.{field} === null").encode(
        color=alt.value(NEUTRAL), opacity=alt.value(0.06)
    )
    known = every.transform_filter(f"datum.{field} !== null").encode(
        color=alt.value(color), opacity=alt.Opacity(f"{field}:Q", legend=None, scale=shades)
    )
    cells = (part.mark_rect(cornerRadius=2) for part in (unknown, known))
    return specification(alt.layer(*cells, height=height))
