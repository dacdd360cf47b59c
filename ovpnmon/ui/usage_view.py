"""Usage per client or day of a calendar month: for whoever pays, or has to explain, the bill."""

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
BY_CLIENT, BY_DAY = "By client", "By day"
WIDTHS = {"Download": 95, "Upload": 95, "Total": 95, "Time online": 100, "Sessions": 80}


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
        which = which or months[0]
        shown = st.segmented_control(
            "Rows",
            [BY_CLIENT, BY_DAY],
            default=BY_CLIENT,
            required=True,
            key="t_rows",
            bind="query-params",
            label_visibility="collapsed",
        )
        frame = traffic_data.month(seen, which, wanted, at)
        total = frame["bytes_received"] + frame["bytes_sent"]
        st.space("stretch")
        parts.note(
            f"{formats.counted(len(frame), 'client')} · {formats.volume(total.sum())}"
            f" · {formats.volume(frame['bytes_sent'].sum())} down"
            f" · {formats.volume(frame['bytes_received'].sum())} up"
        )
        daily = traffic_data.days(seen, which, wanted, at) if shown == BY_DAY else None
        if daily is None:
            whole = frame.assign(period=which)
            _csv(whole, f"usage-{which}", "All clients of the month, exact bytes")
        else:
            _csv(daily, f"usage-{which}-days", "Every client and day of the month, exact bytes")
    if frame.empty:
        parts.panel("data_usage", "Nothing in this month", "Nobody was connected in it.")
    elif daily is None:
        _table(frame, total, which)
    else:
        _days(daily)


def _csv(frame: pd.DataFrame, name: str, told: str) -> None:
    st.download_button(
        "CSV",
        lambda: export.csv(traffic_export.usage_frame(frame)),
        file_name=f"{name}.csv",
        mime="text/csv",
        on_click="ignore",
        icon=":material/download:",
        type="tertiary",
        help=told,
        key="usage_csv",
    )


def _days(daily: pd.DataFrame) -> None:
    """A row a day, the latest first. A session over midnight is one of either day."""
    figures = ["bytes_received", "bytes_sent", "seconds", "sessions"]
    sums = daily.groupby("period")[figures].sum().sort_index(ascending=False)
    clients = daily.groupby("period").size().reindex(sums.index)
    days = [f"{date.fromisoformat(str(day)):%a %-d %b}" for day in sums.index]
    moved = sums["bytes_received"] + sums["bytes_sent"]
    amounts = _amounts(sums, moved, int(moved.sum()), {})
    config = _right({**WIDTHS, "Clients": 80})
    config["Day"] = st.column_config.TextColumn("Day", width=120, pinned=True)
    counted = {"Clients": [formats.count(one) for one in clients]}
    _draw({"Day": days, **amounts, **counted}, config, "usage_days")


def _table(frame: pd.DataFrame, total: "pd.Series[int]", which: str) -> None:
    shown, sums = frame.head(MOST_ROWS), total.head(MOST_ROWS)
    if len(frame) > MOST_ROWS:
        parts.note(f"The first {MOST_ROWS}; the file has them all.")
    names = list(shown["common_name"])
    links.remember(TABLE, names)
    earlier = f"vs {date.fromisoformat(month_after(which, -1) + '-01'):%B}"
    columns = {"Client": [formats.button_label(name) for name in names]}
    changes = [difference(*pair) for pair in zip(sums, shown["before"], strict=True)]
    amounts = _amounts(shown, sums, int(total.sum()), {earlier: changes})
    config = _right({**WIDTHS, earlier: 110})
    config["Client"] = links.column(TABLE, 200)
    _draw(columns | amounts, config, TABLE)


def _amounts(
    shown: pd.DataFrame, sums: "pd.Series[int]", whole: int, more: dict[str, Any]
) -> dict[str, Any]:
    """Columns of what was moved, as a share of the whole too, more of that, and how long it took."""
    return {
        "Download": [formats.volume(one) for one in shown["bytes_sent"]],
        "Upload": [formats.volume(one) for one in shown["bytes_received"]],
        "Total": [formats.volume(one) for one in sums],
        "Share": (sums * 100 / max(1, whole)).to_numpy(float),
        **more,
        "Time online": [formats.duration(one) for one in shown["seconds"]],
        "Sessions": [formats.count(one) for one in shown["sessions"]],
    }


def _right(widths: dict[str, int]) -> dict[str, Any]:
    return {
        name: st.column_config.TextColumn(name, width=width, alignment="right")
        for name, width in widths.items()
    }


def _draw(columns: dict[str, Any], config: dict[str, Any], key: str) -> None:
    share = st.column_config.ProgressColumn(
        "Share", min_value=0, max_value=100, format="%.0f%%", color="gray"
    )
    rows = len(columns["Total"])
    st.dataframe(
        pa.table(columns),
        hide_index=True,
        placeholder=formats.UNKNOWN,
        row_height=32,
        height=min(25, rows) * 32 + 34,
        key=key,
        column_config={**config, "Share": share},
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
