"""Who moves most and when most is moved, as pictures: a Vega-Lite specification and its table each."""

from datetime import datetime, tzinfo
from functools import cache
from typing import Any

import altair as alt
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from ovpnmon import formats, week
from ovpnmon.charts import DOWNLOAD, NEUTRAL, UPLOAD, specification
from ovpnmon.queries.traffic_series import Series


@cache
def talkers(rows: int) -> dict[str, Any]:
    """Bars of download and upload, most first, of talkers_data() with so many rows."""
    y = alt.Y(
        "name:N",
        sort=alt.EncodingSortField("rank"),
        title=None,
        axis=alt.Axis(ticks=False, domain=False, labelLimit=150, labelOverlap=False),
        scale=alt.Scale(paddingInner=0.35),
    )
    x = alt.X("from:Q", title=None, axis=None, scale=alt.Scale(domainMin=0, padding=0))
    base = alt.Chart(alt.NamedData("talkers"))
    bars = base.mark_bar(height=10).encode(
        y=y,
        x=x,
        x2="to:Q",
        color=alt.Color(
            "way:N",
            scale=alt.Scale(domain=["Download", "Upload"], range=[DOWNLOAD, UPLOAD]),
            legend=None,
        ),
        tooltip=[
            alt.Tooltip("told:N", title="Client"),
            alt.Tooltip("down:N", title="Download"),
            alt.Tooltip("up:N", title="Upload"),
            alt.Tooltip("total:N", title="Total"),
        ],
    )
    # Room for the texts beside the longest bar.
    room = base.mark_point(opacity=0).encode(x=alt.X("room:Q"), y=y)
    texts = (
        base.transform_filter("datum.way == 'Upload'")
        .mark_text(align="left", dx=6, fontSize=11)
        .encode(y=y, x="to:Q", text="total:N", color=alt.value(NEUTRAL))
    )
    return specification(alt.layer(bars, texts, room, height=24 * max(1, rows)))


def talkers_data(moved: pd.DataFrame) -> pa.Table:
    """moved: as queries.traffic_series.talkers gives them, already cut to the rows to draw."""
    rows = []
    most = int((moved["bytes_sent"] + moved["bytes_received"]).max()) if len(moved) else 0
    for rank, row in enumerate(moved.to_dict("records")):
        down, up = int(row["bytes_sent"]), int(row["bytes_received"])
        told = formats.plain(row["common_name"]) or "(no name)"
        shared = {
            # Two names that look alike stay two rows.
            "name": told + formats.WORD_JOINER * rank,
            "told": told,
            "rank": rank,
            "down": formats.volume(down),
            "up": formats.volume(up),
            "total": formats.volume(down + up),
            "room": most * 1.35,
        }
        rows.append(shared | {"way": "Download", "from": 0, "to": down})
        rows.append(shared | {"way": "Upload", "from": down, "to": down + up})
    return pa.Table.from_pylist(rows)


@cache
def busiest_hours() -> dict[str, Any]:
    """Weekday by hour, the darker the more was moved on average."""
    return week.grid(DOWNLOAD, "rate", None, {"Download": "down", "Upload": "up"}, height=200)


def busiest_hours_data(hourly: Series, zone: tzinfo) -> pa.Table:
    """Average rates of each hour of the week in zone. hourly: a series of steps of an hour."""
    seen = np.any(hourly.looked, axis=0)
    sums: dict[tuple[int, int], npt.NDArray[np.float64]] = {}
    amounts = np.stack(
        [hourly.sent.sum(axis=0), hourly.received.sum(axis=0), np.maximum(hourly.seconds, 0)]
    )
    for n in np.flatnonzero(seen):
        local = datetime.fromtimestamp(hourly.plan.edges[n], zone)
        slot = local.weekday(), local.hour
        sums[slot] = sums.get(slot, np.zeros(3)) + amounts[:, n]
    rows = []
    for day, name in enumerate(week.DAYS):
        for hour in range(24):
            told = {"day": name, "hour": hour, "slot": f"{name} {hour:02d}:00–{hour:02d}:59"}
            if (day, hour) in sums:
                sent, received, seconds = sums[day, hour].tolist()
                down, up = sent / seconds, received / seconds
                rates = {"down": formats.rate(down), "up": formats.rate(up), "rate": down + up}
                rows.append(told | rates)
            else:
                rows.append(told | {"down": "no data", "up": "no data", "rate": None})
    return pa.Table.from_pylist(rows)
