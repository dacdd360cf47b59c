"""The Traffic page's pictures: over time with a zoom, who moves most, the busiest hours."""

from datetime import datetime
from pathlib import Path

import pandas as pd
import pyarrow as pa
import streamlit as st

from ovpnmon import export, formats, server_colors, talker_charts, traffic_charts, traffic_export
from ovpnmon.queries.local_days import DAY_SECONDS
from ovpnmon.queries.traffic_series import Series
from ovpnmon.ui import links, parts, server_marks, traffic_data
from ovpnmon.ui.shared import Look
from ovpnmon.ui.traffic_data import Question
from ovpnmon.ui.zones import At

STYLE = Path(__file__).parent / "static" / "traffic.css"
BARS = 8
MOST_ROWS = 500
"""Of the table of talkers on the page; the file has them all."""
MOST_GAPS = 3
TABLE = "talkers"
STEP_WORDS = {3600: "1-hour", 6 * 3600: "6-hour", DAY_SECONDS: "daily"}


def over_time(seen: Look, asked: Question, at: At) -> None:
    """The picture, what it adds up to, and its gaps."""
    found = traffic_data.series(seen, asked)
    if not found.looked.any():
        if found.received.any() or found.sent.any():
            parts.panel(
                "hourglass_top",
                "Too little was recorded in this range for a picture",
                f"It would be one of {_said(asked)}: choose a shorter range.",
            )
        else:
            parts.panel(
                "timer_off", "Nothing was recorded in this range", _why_nothing(seen, asked, at)
            )
        return
    names = () if found.keys == [None] else traffic_charts.told_apart(found)
    with st.container(border=True, gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"**How much traffic?** :gray[{_said(asked)}]", width="content")
            down, up = (formats.volume(part.sum()) for part in (found.sent, found.received))
            st.markdown(
                f":small[:blue[**—**] Download **{down}** &nbsp;&nbsp; "
                f":orange[**—**] Upload **{up}**]"
                if not names
                else f":small[Download **{down}** &nbsp;&nbsp; Upload **{up}**]",
                width="content",
                help="As the client sees it: what OpenVPN calls sent is the client's download.",
            )
        with st.container(key="zoom"):
            st.vega_lite_chart(
                traffic_data.picture(seen, asked, at),
                traffic_charts.over_time(
                    len(names),
                    _colors(seen, asked, names),
                    traffic_charts.clock_change(asked.plan, at.zone),
                ),
                width="stretch",  # a picture of several parts would not be by itself
                key=f"traffic_{len(names)}",
                alt="Download and upload over time, and clients online",
            )
        parts.note(
            "Below: clients online on the same axis. Drag on the lowest strip to zoom, double-click"
            f" there to see all.{_gaps(found, at)}"
        )


def _colors(seen: Look, asked: Question, names: tuple[str, ...]) -> tuple[str, ...]:
    """Servers have theirs, whatever else is in the picture."""
    if asked.by != "server":
        return ()
    known = server_colors.of(server_marks.names(seen.servers))
    return tuple(known.get(name, server_colors.UNKNOWN) for name in names)


def chart_csv(seen: Look, asked: Question, at: At) -> None:
    """The picture's data as a file."""
    st.download_button(
        "CSV",
        lambda: export.csv(traffic_export.traffic_frame(traffic_data.series(seen, asked), at.zone)),
        file_name=f"traffic-{datetime.fromtimestamp(asked.plan.since, at.zone):%Y-%m-%d-%H%M}.csv",
        mime="text/csv",
        on_click="ignore",
        icon=":material/download:",
        type="tertiary",
        help="What the chart is drawn from, with exact bytes",
        key="chart_csv",
    )


def talkers(seen: Look, asked: Question) -> None:
    """Bars of those who moved most."""
    moved = traffic_data.talkers(seen, asked)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**Top talkers** :gray[{_concentration(moved)}]", width="content")
        parts.legend()
    if moved.empty:
        parts.note("Nothing was moved in this range.")
        return
    shown = moved.head(BARS)
    st.vega_lite_chart(
        talker_charts.talkers_data(shown),
        talker_charts.talkers(len(shown)),
        key="talkers_bars",
        alt="Download and upload of those who moved most",
    )
    rest = moved.iloc[BARS:]
    if len(rest):
        volume = formats.volume(rest["bytes_sent"].sum() + rest["bytes_received"].sum())
        parts.note(f"{formats.counted(len(rest), 'other')} together {volume}")


def talkers_table(seen: Look, asked: Question) -> None:
    """Everyone who moved anything in the range, as a table that leads to each."""
    moved = traffic_data.talkers(seen, asked)
    if moved.empty:
        return
    total = moved["bytes_sent"] + moved["bytes_received"]
    shown = moved.head(MOST_ROWS)
    names = list(shown["common_name"])
    links.remember(TABLE, names)
    kinds = st.column_config
    right = {
        name: kinds.TextColumn(name, width=95, alignment="right")
        for name in ("Download", "Upload", "Total")
    }
    with st.expander(f"All {formats.counted(len(moved), 'client')} of this range as a table"):
        if len(moved) > MOST_ROWS:
            parts.note(f"The first {MOST_ROWS}; the file has them all.")
        st.download_button(
            "CSV",
            lambda: export.csv(_talkers_frame(moved)),
            file_name="top-talkers.csv",
            mime="text/csv",
            on_click="ignore",
            icon=":material/download:",
            type="tertiary",
            key="talkers_csv",
        )
        st.dataframe(
            pa.table(
                {
                    "Client": [formats.button_label(name) for name in names],
                    "Download": [formats.volume(one) for one in shown["bytes_sent"]],
                    "Upload": [formats.volume(one) for one in shown["bytes_received"]],
                    "Total": [formats.volume(one) for one in total.head(MOST_ROWS)],
                    "Share": (total.head(MOST_ROWS) * 100 / total.sum()).to_numpy(float),
                }
            ),
            hide_index=True,
            row_height=32,
            height=min(12, len(shown)) * 32 + 34,
            key=TABLE,
            column_config={
                **right,
                "Client": links.column(TABLE, 200),
                "Share": kinds.ProgressColumn(
                    "Share", min_value=0, max_value=100, format="%.0f%%", color="gray"
                ),
            },
        )


def busiest_hours(seen: Look, asked: Question, at: At) -> None:
    """When most is moved."""
    hourly = traffic_data.hours(seen, asked, at)
    days = round((hourly.plan.until - hourly.plan.since) / DAY_SECONDS)
    st.markdown(f"**Busiest hours** :gray[average of both ways, last {days} days]")
    st.vega_lite_chart(
        talker_charts.busiest_hours_data(hourly, at.zone),
        talker_charts.busiest_hours(),
        key="busiest_hours",
        alt="Average traffic of each hour of the week",
    )


def _why_nothing(seen: Look, asked: Question, at: At) -> str:
    read = max((view.time for view in seen.servers if view.time is not None), default=0)
    if 0 < read <= asked.plan.since:
        moment = formats.literal(formats.moment(read, at.zone, at.now))
        return f"The status files were last rewritten at {moment}: choose a longer range."
    return "Nobody looked then: the collector was not running, or could not read the status files."


def _said(asked: Question) -> str:
    step = asked.plan.step_seconds
    words = STEP_WORDS.get(step) or (f"{step}-second" if step < 60 else f"{step // 60}-minute")
    apart = {"client": ", both ways, by client", "server": ", both ways, by server"}
    return f"{words} averages{apart.get(asked.by, '')}"


def _gaps(found: Series, at: At) -> str:
    gaps = found.gaps()
    if not gaps:
        return ""
    longest = sorted(sorted(gaps, key=lambda gap: gap[0] - gap[1])[:MOST_GAPS])
    said = ", ".join(
        f"{formats.moment(begin, at.zone, at.now)}–"
        f"{datetime.fromtimestamp(end, at.zone):%H:%M}"
        + (f" ({formats.duration(end - begin)})" if end - begin >= DAY_SECONDS else "")
        for begin, end in longest
    )
    more = f" and {len(gaps) - MOST_GAPS} shorter ones" if len(gaps) > MOST_GAPS else ""
    return f" Gaps, when nothing was recorded: {formats.literal(said)}{more}."


def _concentration(moved: pd.DataFrame) -> str:
    """How few make most of it."""
    if len(moved) < 5:
        return ""
    total = (moved["bytes_sent"] + moved["bytes_received"]).cumsum()
    few = int((total < total.iloc[-1] * 0.8).sum()) + 1
    return f"{formats.counted(few, 'client')} of {formats.count(len(moved))} make 80 %"


def _talkers_frame(moved: pd.DataFrame) -> pd.DataFrame:
    return moved.rename(
        columns={
            "common_name": "client",
            "bytes_received": "uploaded_bytes",
            "bytes_sent": "downloaded_bytes",
        }
    )
