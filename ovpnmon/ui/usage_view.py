"""Usage per client and calendar month: for whoever pays, or has to explain, the bill."""

from datetime import date
from typing import Any

import pandas as pd
import pyarrow as pa
import streamlit as st

from ovpnmon import export, formats, traffic_export
from ovpnmon.queries.local_days import month_after
from ovpnmon.queries.traffic_plan import Wanted
from ovpnmon.ui import links, parts, traffic_data
from ovpnmon.ui.shared import Look
from ovpnmon.ui.zones import At

TABLE = "usage"
MOST_ROWS = 500
"""On the page; the file has them all."""


def monthly(seen: Look, wanted: Wanted, at: At) -> None:
    """The month picked, the latest at first."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown("**Monthly usage**", width="content")
        months = traffic_data.months(seen, at)
        which = st.selectbox(
            "Month",
            months,
            format_func=_month_name,
            key="t_month",
            bind="query-params",
            label_visibility="collapsed",
            width=170,
        )
        frame = traffic_data.month(seen, which or months[0], wanted, at)
        total = frame["bytes_received"] + frame["bytes_sent"]
        st.space("stretch")
        parts.note(
            f"{formats.counted(len(frame), 'client')} · {formats.volume(total.sum())}"
            f" · {formats.volume(frame['bytes_sent'].sum())} down"
            f" · {formats.volume(frame['bytes_received'].sum())} up"
        )
        _csv(frame, which or months[0])
    if frame.empty:
        parts.panel("data_usage", "Nothing in this month", "Nobody was connected in it.")
        return
    _table(frame, total, which or months[0])


def _csv(frame: pd.DataFrame, which: str) -> None:
    def made() -> bytes:
        whole = frame.copy()
        whole.insert(0, "period", which)
        return export.csv(traffic_export.usage_frame(whole))

    st.download_button(
        "CSV",
        made,
        file_name=f"usage-{which}.csv",
        mime="text/csv",
        on_click="ignore",
        icon=":material/download:",
        type="tertiary",
        help="All clients of the month, exact bytes",
        key="usage_csv",
    )


def _table(frame: pd.DataFrame, total: "pd.Series[int]", which: str) -> None:
    shown, sums = frame.head(MOST_ROWS), total.head(MOST_ROWS)
    if len(frame) > MOST_ROWS:
        parts.note(f"The first {MOST_ROWS}; the file has them all.")
    names = list(shown["common_name"])
    links.remember(TABLE, names)
    earlier = f"vs {date.fromisoformat(month_after(which, -1) + '-01'):%B}"
    kinds = st.column_config
    widths = {"Download": 95, "Upload": 95, "Total": 95, earlier: 110, "Time online": 100}
    config: dict[str, Any] = {
        name: kinds.TextColumn(name, width=width, alignment="right")
        for name, width in {**widths, "Sessions": 80}.items()
    }
    config["Client"] = links.column(TABLE, 200)
    config["Share"] = kinds.ProgressColumn(
        "Share", min_value=0, max_value=100, format="%.0f%%", color="gray"
    )
    st.dataframe(
        pa.table(
            {
                "Client": [formats.button_label(name) for name in names],
                "Download": [formats.volume(one) for one in shown["bytes_sent"]],
                "Upload": [formats.volume(one) for one in shown["bytes_received"]],
                "Total": [formats.volume(one) for one in sums],
                "Share": (sums * 100 / max(1, int(total.sum()))).to_numpy(float),
                earlier: [
                    difference(now, before)
                    for now, before in zip(sums, shown["before"], strict=True)
                ],
                "Time online": [formats.duration(one) for one in shown["seconds"]],
                "Sessions": [formats.count(one) for one in shown["sessions"]],
            }
        ),
        hide_index=True,
        placeholder=formats.UNKNOWN,
        row_height=32,
        height=min(25, len(shown)) * 32 + 34,
        key=TABLE,
        column_config=config,
    )


def difference(now: float, before: float) -> str | None:
    """`+12 %`; `new` after a month with nothing, None (a dash) where that has no answer."""
    if before != before or before == 0:  # noqa: PLR0124 - NaN
        return "new" if now else None
    change = (now - before) / before
    if change >= 10:
        return f"× {now / before:.0f}"
    return f"{change:+.0%}".replace("-", "−").replace("%", " %")


def _month_name(month: str) -> str:
    return f"{date.fromisoformat(month + '-01'):%B %Y}"
