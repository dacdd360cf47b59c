"""One client's life as pictures: when it was connected, when it usually is, how much it moved.

Each comes as a Vega-Lite specification, made once, and the table that it is drawn from. Times are
wall clock of the viewer's zone, shown on a UTC axis, so that the browser's own zone never enters.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache
from typing import Any

import altair as alt
import pandas as pd
import pyarrow as pa

from ovpnmon import formats, week
from ovpnmon.charts import DOWNLOAD, TICKS, TIME_LABEL, UPLOAD, specification
from ovpnmon.ranges import midnight

VOLUME_LABEL = (
    "datum.value == 0 ? '0'"
    " : datum.value >= 1e12 ? format(datum.value / 1e12, '~r') + ' TB'"
    " : datum.value >= 1e9 ? format(datum.value / 1e9, '~r') + ' GB'"
    " : datum.value >= 1e6 ? format(datum.value / 1e6, '~r') + ' MB'"
    " : datum.value >= 1e3 ? format(datum.value / 1e3, '~r') + ' kB'"
    " : format(datum.value, '~r') + ' B'"
)
DAY_MS = 86_400_000


@cache
def timeline(height: int = 250) -> dict[str, Any]:
    """Sessions as bars: a column a day, midnight at the top; those still open in green."""
    chart = (
        alt.Chart(alt.NamedData("timeline"))
        .mark_bar(cornerRadius=1)
        .encode(
            x=alt.X(
                "day:T",
                title=None,
                scale=alt.Scale(type="utc", nice=False),
                axis=alt.Axis(format="%-d %b", tickCount=TICKS, labelOverlap="greedy"),
            ),
            x2="day_end:T",
            y=alt.Y(
                "from:Q",
                title=None,
                scale=alt.Scale(domain=[24, 0], nice=False),
                axis=alt.Axis(
                    values=[0, 6, 12, 18, 24],
                    labelExpr="format(datum.value, '02d') + ':00'",
                    ticks=False,
                    domain=False,
                ),
            ),
            y2="to:Q",
            color=alt.Color(
                "open:N",
                scale=alt.Scale(domain=[False, True], range=["blue", "green"]),
                legend=None,
            ),
            opacity=alt.value(0.75),
            tooltip=[
                alt.Tooltip("span:N", title="Session"),
                alt.Tooltip("duration:N", title="Duration"),
                alt.Tooltip("down:N", title="Download"),
                alt.Tooltip("up:N", title="Upload"),
            ],
        )
    )
    return specification(chart.properties(height=height))


def timeline_data(sessions: pd.DataFrame, since: float, until: float, zone: tzinfo) -> pa.Table:
    """sessions: as queries.client.sessions gives them; cut at midnight, where days may be long or short."""
    first = midnight(datetime.fromtimestamp(since, zone))
    # Of no height, on the first day and the last one: the axis is of the whole range.
    rows: list[dict[str, Any]] = [
        _on_day(_day_ms(datetime.fromtimestamp(at, zone)), 0.0, 0.0) for at in (since, until)
    ]
    for row in sessions.to_dict("records"):
        began, ended = row["began"].astimezone(zone), row["ended"].astimezone(zone)
        said = "now" if row["open"] else formats.exact(ended.timestamp(), zone)
        told = {
            "span": f"{formats.exact(began.timestamp(), zone)} – {said}",
            "duration": formats.duration((ended - began).total_seconds()),
            "down": formats.volume(row["bytes_sent"]),
            "up": formats.volume(row["bytes_received"]),
            "open": bool(row["open"]),
        }
        rows += [told | piece for piece in _by_day(max(began, first), ended)]
    schema = [(name, pa.string()) for name in ("span", "duration", "down", "up")]
    schema += [("open", pa.bool_()), ("day", pa.int64()), ("day_end", pa.int64())]
    schema += [("from", pa.float64()), ("to", pa.float64())]
    return pa.Table.from_pylist(rows, schema=pa.schema(schema))


def _by_day(began: datetime, ended: datetime) -> Iterator[dict[str, Any]]:
    """A session's hours on each of its days; at least five minutes, as less could not be seen."""
    day = midnight(began)
    while day <= ended:
        following = midnight(day + timedelta(days=1, hours=3))
        low = _hour(began) if began > day else 0.0
        high = 24.0 if ended >= following else _hour(ended)
        yield _on_day(_day_ms(day), low, max(high, low + 1 / 12))
        day = following


def _on_day(ms: int, low: float, high: float) -> dict[str, Any]:
    return {"day": ms + DAY_MS // 12, "day_end": ms + DAY_MS * 11 // 12, "from": low, "to": high}


@cache
def usual_hours() -> dict[str, Any]:
    """Weekday by hour, the darker the more of that hour."""
    return week.grid("green", "share", 1, {"Online": "told"}, height=210)


def usual_hours_data(presence: pd.DataFrame, since: float, now: float, zone: tzinfo) -> pa.Table:
    """Share of each hour of the week that the client was online, over the range.

    presence: as queries.client.presence gives it. An hour of the week counts as often as it came.
    """
    hours = pd.date_range(
        pd.Timestamp(since // 3600 * 3600, unit="s", tz="UTC"),
        pd.Timestamp(now // 3600 * 3600, unit="s", tz="UTC"),
        freq="h",
    ).tz_convert(zone)
    came = pd.Series(1, index=hours).groupby([hours.day_of_week, hours.hour]).sum()
    local = pd.DatetimeIndex(presence["at"]).tz_convert(zone)
    seconds = presence["seconds"].groupby([local.day_of_week, local.hour]).sum()
    rows = []
    for day, name in enumerate(week.DAYS):
        for hour in range(24):
            possible = 3600 * int(came.get((day, hour), 0))
            share = float(seconds.get((day, hour), 0.0)) / possible if possible else 0.0
            rows.append(
                {
                    "day": name,
                    "hour": hour,
                    "share": min(share, 1.0),
                    "slot": f"{name} {hour:02d}:00–{(hour + 1) % 24:02d}:00",
                    "told": f"{min(share, 1.0):.0%} of the time" if possible else "not yet",
                }
            )
    return pa.Table.from_pylist(rows)


@cache
def traffic_bars(height: int = 190) -> dict[str, Any]:
    """Download and upload stacked, a bar a day or an hour."""
    chart = (
        alt.Chart(alt.NamedData("traffic"))
        .mark_bar()
        .encode(
            x=alt.X(
                "ms:T",
                title=None,
                scale=alt.Scale(type="utc", nice=False),
                axis=alt.Axis(
                    labelExpr=TIME_LABEL, tickCount=TICKS, labelOverlap="greedy", ticks=False
                ),
            ),
            x2="end_ms:T",
            y=alt.Y(
                "low:Q",
                title=None,
                axis=alt.Axis(labelExpr=VOLUME_LABEL, tickCount=3, ticks=False, domain=False),
            ),
            y2="high:Q",
            color=alt.Color(
                "way:N",
                scale=alt.Scale(domain=["Download", "Upload"], range=[DOWNLOAD, UPLOAD]),
                legend=None,
            ),
            tooltip=[
                alt.Tooltip("when:N", title="When"),
                alt.Tooltip("down:N", title="Download"),
                alt.Tooltip("up:N", title="Upload"),
            ],
        )
    )
    return specification(chart.properties(height=height))


def traffic_data(
    hours: pd.DataFrame, since: float, until: float, zone: tzinfo, *, daily: bool
) -> pa.Table:
    """hours: as queries.client.traffic gives them; summed into days of zone where daily."""
    local = pd.DatetimeIndex(hours["at"]).tz_convert(zone)
    keys = [
        (_day_ms(at) if daily else _day_ms(at) + at.hour * 3_600_000)
        for at in local.to_pydatetime()
    ]
    sums = hours[["bytes_received", "bytes_sent"]].groupby(pd.Index(keys, name="ms")).sum()
    width = round((DAY_MS if daily else 3_600_000) * 0.85)
    form = "%a %-d %b %Y" if daily else "%a %-d %b %Y, %H:00"
    # Of no height, as in timeline_data().
    rows: list[dict[str, Any]] = [
        {"ms": ms, "end_ms": ms, "low": 0, "high": 0, "way": "Download"}
        for ms in (_day_ms(datetime.fromtimestamp(at, zone)) for at in (since, until))
    ]
    for key, up, down in zip(sums.index, sums["bytes_received"], sums["bytes_sent"], strict=True):
        ms = int(key)
        told = {
            "ms": ms,
            "end_ms": ms + width,
            "when": f"{pd.Timestamp(ms, unit='ms'):{form}}",
            "down": formats.volume(down),
            "up": formats.volume(up),
        }
        rows.append(told | {"way": "Download", "low": 0, "high": int(down)})
        rows.append(told | {"way": "Upload", "low": int(down), "high": int(down + up)})
    texts = [(name, pa.string()) for name in ("when", "down", "up", "way")]
    numbers = [(name, pa.int64()) for name in ("ms", "end_ms", "low", "high")]
    return pa.Table.from_pylist(rows, schema=pa.schema(texts + numbers))


def _hour(at: datetime) -> float:
    return at.hour + at.minute / 60 + at.second / 3600


def _day_ms(day: datetime) -> int:
    """The wall-clock date as milliseconds on a UTC axis."""
    return round(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000)
