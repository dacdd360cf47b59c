"""Traffic over time, from samples whose spans never fit a clock's buckets exactly."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from ovpnmon.queries import sql
from ovpnmon.store.reader import Store

Floats = npt.NDArray[np.float64]


def rates(store: Store, since: float, until: float, step_seconds: float) -> pd.DataFrame:
    """Rates of everything together in equal steps from since to until (unix seconds).

    Columns: at (UTC, left edge), receive_rate, send_rate (bytes per second, as the server counts)
    and online (clients, averaged over the step). NaN where nobody was looking: a gap is not zero.
    A sample is spread over the steps it spans; one reaching beyond what was observed (a session
    first seen long after it began) raises no bar in one instant.
    """
    spans = _numbers(
        store.sql(
            "SELECT server, cast(from_at AS bigint) AS from_us, cast(to_at AS bigint) AS to_us,"
            " session_id = '' AS observed, sum(bytes_received) AS rx, sum(bytes_sent) AS tx,"
            f" count(*) AS sessions FROM traffic WHERE {_between(since, until)}"
            " GROUP BY server, from_at, to_at, session_id = ''"
        ).to_pandas()
    )
    edges = np.arange(since, until + step_seconds / 2, step_seconds)
    steps = len(edges) - 1
    totals = np.zeros((3, steps))
    looked = np.zeros(steps)
    for _, of_server in spans.groupby("server"):
        seen = of_server[of_server["observed"]]
        covered = _spread(seen, seen["to"] - seen["from"], edges)
        looked = np.maximum(looked, covered)
        moved = of_server[~of_server["observed"]]
        # Only spans that were observed tell how many were online: a first sample reaches further back.
        usual = moved.merge(seen[["from", "to"]], on=["from", "to"])
        with np.errstate(divide="ignore", invalid="ignore"):
            totals += np.vstack(
                [
                    np.where(covered > 0, _spread(moved, moved["rx"], edges) / covered, 0),
                    np.where(covered > 0, _spread(moved, moved["tx"], edges) / covered, 0),
                    np.where(
                        covered > 0,
                        _spread(usual, usual["sessions"] * (usual["to"] - usual["from"]), edges)
                        / covered,
                        0,
                    ),
                ]
            )
    totals[:, looked < step_seconds / 4] = np.nan
    return pd.DataFrame(
        {
            "at": pd.to_datetime(edges[:-1] * 1e9, utc=True).as_unit("us"),
            "receive_rate": totals[0],
            "send_rate": totals[1],
            "online": totals[2],
        }
    )


def sparklines(
    store: Store, session_ids: Sequence[str], since: float, until: float, step_seconds: float
) -> dict[str, list[float]]:
    """Total bytes per second of each session in equal steps, for the few sessions in view.

    A session with no sample in the range has no entry; steps not measured are 0.
    """
    if not session_ids:
        return {}
    samples = _numbers(
        store.sql(
            "SELECT session_id, cast(from_at AS bigint) AS from_us, cast(to_at AS bigint) AS to_us,"
            " bytes_received + bytes_sent AS total FROM traffic"
            f" WHERE {_between(since, until)} AND session_id IN {sql.texts(session_ids)}"
        ).to_pandas()
    )
    edges = np.arange(since, until + step_seconds / 2, step_seconds)
    return {
        str(session_id): (_spread(rows, rows["total"], edges) / step_seconds).round(1).tolist()
        for session_id, rows in samples.groupby("session_id")
    }


def _between(since: float, until: float) -> str:
    """Samples that touch the range; the date bound lets whole partitions go unread."""
    return (
        f"date >= {sql.date(since)} AND to_at > {sql.timestamp(since)}"
        f" AND from_at < {sql.timestamp(until)}"
    )


def _numbers(frame: pd.DataFrame) -> pd.DataFrame:
    """Spans in unix seconds; an instant (after a clock stepped back) becomes a microsecond long."""
    frame["from"] = frame["from_us"] / 1e6
    frame["to"] = np.maximum(frame["to_us"] / 1e6, frame["from"] + 1e-6)
    return frame


def _spread(spans: pd.DataFrame, amounts: "pd.Series[float]", edges: Floats) -> Floats:
    """Share each amount among the steps its span touches, in proportion to time.

    Works on the running total: the total up to an edge is what lies wholly or partly before it.
    """
    if spans.empty:
        return np.zeros(len(edges) - 1)
    start = spans["from"].to_numpy(float)[:, None]
    end = spans["to"].to_numpy(float)[:, None]
    until_edge = np.clip((edges[None, :] - start) / (end - start), 0, 1)
    running: Floats = amounts.to_numpy(float) @ until_edge
    return np.diff(running)
