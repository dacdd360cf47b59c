"""A client's calendar months, in the viewer's zone."""

from datetime import tzinfo

import pandas as pd


def monthly(presence: pd.DataFrame, traffic: pd.DataFrame, zone: tzinfo) -> pd.DataFrame:
    """One row a month, latest first, from queries.client's presence() and traffic().

    Columns: month (YYYY-MM), seconds (of all sessions), bytes_received, bytes_sent. An hour belongs to
    the month that it begins in; zones whose midnight is no whole hour of UTC are off by that part.
    """
    online = presence["sessions_seconds"].groupby(_month(presence["at"], zone)).sum()
    moved = traffic[["bytes_received", "bytes_sent"]].groupby(_month(traffic["at"], zone)).sum()
    frame = pd.DataFrame({"seconds": online}).join(moved, how="outer").fillna(0).astype("int64")
    return frame.sort_index(ascending=False).rename_axis("month").reset_index()


def _month(at: "pd.Series[pd.Timestamp]", zone: tzinfo) -> pd.Index:
    return pd.DatetimeIndex(at).tz_convert(zone).strftime("%Y-%m")
