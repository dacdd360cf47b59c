"""Traffic over time and usage as frames for files: exact bytes, times with their offset."""

from datetime import datetime, tzinfo

import numpy as np
import pandas as pd

from ovpnmon.queries.traffic_series import Series

TOGETHER, OTHERS = "(all)", "(others)"


def traffic_frame(found: Series, zone: tzinfo) -> pd.DataFrame:
    """One row a step and key. Columns: from, to, series, downloaded_bytes, uploaded_bytes,
    download_bytes_per_second, upload_bytes_per_second, online.

    Rates and online are empty where nobody looked; the bytes found moved afterwards are there.
    """
    edges = [datetime.fromtimestamp(at, zone).isoformat() for at in found.plan.edges]
    online = found.rates()["online"].round(2)
    down, up = found.rates_of("sent"), found.rates_of("received")
    whole = TOGETHER if found.keys == [None] else OTHERS
    return pd.concat(
        pd.DataFrame(
            {
                "from": edges[:-1],
                "to": edges[1:],
                "series": whole if key is None else key,
                "downloaded_bytes": np.rint(found.sent[n]).astype("int64"),
                "uploaded_bytes": np.rint(found.received[n]).astype("int64"),
                "download_bytes_per_second": down[n].round(1),
                "upload_bytes_per_second": up[n].round(1),
                "online": online,
            }
        )
        for n, key in enumerate(found.keys)
    )


def usage_frame(frame: pd.DataFrame) -> pd.DataFrame:
    """queries.usage as a file has it, from the client's side; with the month before where there is one."""
    shown = pd.DataFrame(
        {
            "period": frame["period"],
            "client": frame["common_name"],
            "downloaded_bytes": frame["bytes_sent"],
            "uploaded_bytes": frame["bytes_received"],
            "total_bytes": frame["bytes_received"] + frame["bytes_sent"],
            "online_seconds": frame["seconds"],
            "sessions": frame["sessions"],
        }
    )
    if "before" in frame:
        before = frame["before"].astype("Int64")
        shown["month_before_bytes"] = before
        shown["difference_bytes"] = shown["total_bytes"] - before
    return shown
