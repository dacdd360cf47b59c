"""Traffic of the last minutes, as the Live page shows it: from the samples, up to the last look."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ovpnmon.queries.traffic_plan import Plan, Wanted
from ovpnmon.queries.traffic_rows import moved, moved_by_sessions, observed, spread
from ovpnmon.store.reader import Store


def rates(store: Store, since: int, until: int, step_seconds: int) -> pd.DataFrame:
    """Rates of everything together in equal steps from since to until (unix seconds).

    Columns: at (UTC, left edge), receive_rate, send_rate (bytes per second, as the server counts)
    and online (clients, averaged over the step). NaN where nobody was looking: a gap is not zero.
    Each server's part is over the time that it was looked at: files that are written at different
    moments make no dip at the end.
    """
    plan = _plan(since, until, step_seconds)
    edges = np.array(plan.edges, float)
    looks, spans = (
        observed(store, plan, Wanted()),
        moved(store, plan, Wanted(), "server"),
    )
    totals = np.zeros((3, len(edges) - 1))
    looked = np.zeros(len(edges) - 1)
    for server in looks.keys:
        covered = spread(looks.of(server), edges)[2]
        looked = np.maximum(looked, covered)
        share = np.where(covered > 0, 1 / np.maximum(covered, 1e-9), 0)
        totals += spread(spans.of(server), edges) * share
    totals[:, looked < step_seconds / 4] = np.nan
    return pd.DataFrame(
        {
            "at": pd.to_datetime(plan.edges[:-1], unit="s", utc=True).as_unit("us"),
            "receive_rate": totals[0],
            "send_rate": totals[1],
            "online": totals[2],
        }
    )


def sparklines(
    store: Store, session_ids: Sequence[str], since: int, until: int, step_seconds: int
) -> dict[str, list[float]]:
    """Total bytes per second of each session in equal steps, for the few sessions in view.

    A session with no sample in the range has no entry; steps not measured are 0.
    """
    if not session_ids:
        return {}
    plan = _plan(since, until, step_seconds)
    edges = np.array(plan.edges, float)
    spans = moved_by_sessions(store, plan, session_ids)
    lines = {}
    for session_id in spans.keys:
        if session_id is not None:
            received, sent, _ = spread(spans.of(session_id), edges)
            lines[session_id] = ((received + sent) / step_seconds).round(1).tolist()
    return lines


def _plan(since: int, until: int, step_seconds: int) -> Plan:
    return Plan(tuple(range(since, until + 1, step_seconds)), step_seconds)
