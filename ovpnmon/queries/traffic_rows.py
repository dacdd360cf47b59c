"""Rows of the traffic tables as spans of time, summed by what a chart tells apart."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ovpnmon.queries import rollups, sql
from ovpnmon.queries.local_days import QUARTER_SECONDS
from ovpnmon.queries.rollups import BEGAN, ENDED, Rollup
from ovpnmon.queries.traffic_plan import Plan, Wanted
from ovpnmon.store.reader import Store
from ovpnmon.store.tables import FIVE_MINUTES, HOURS

Floats = npt.NDArray[np.float64]
NOTHING = "cast(NULL AS varchar)"
"""The key where nothing is told apart."""


@dataclass(frozen=True, slots=True)
class Spans:
    """Spans of time, each with its key and amounts: bytes received, bytes sent, seconds of sessions.

    keys: the different ones, None for everything that is not told apart; codes: each span's place in it.
    """

    keys: list[str | None]
    codes: npt.NDArray[np.int64]
    began: Floats
    ended: Floats
    amounts: Floats

    def of(self, key: str | None) -> "Spans":
        """Those of one key."""
        place = self.keys.index(key) if key in self.keys else -1
        rows = self.codes == place
        return Spans(
            [key], 0 * self.codes[rows], self.began[rows], self.ended[rows], self.amounts[:, rows]
        )


def moved(store: Store, plan: Plan, wanted: Wanted, key: str) -> Spans:
    """What was moved in spans that touch the plan; key: SQL of what is told apart, or NOTHING.

    From a rollup, and where no client was named, the seconds have those that the servers were observed
    among them: leaving their rows out would cost as much as all the rest.
    """
    where = wanted.where()
    if plan.samples:
        return _spans(store.sql(_samples(plan, where, key)))
    anybody = f"TRUE{wanted.of_clients()}{wanted.of_servers()}"
    parts = [
        part
        for rollup in of_plan(plan)
        for part in (
            _buckets(plan, rollup, f"{rollup.usual()} AND {anybody}", key),
            _long(rollup, where, key),
        )
    ]
    return _spans(store.sql(" UNION ALL ".join(parts)))


def moved_by_sessions(store: Store, plan: Plan, session_ids: Sequence[str]) -> Spans:
    """What these sessions moved, keyed by their ids, from the samples."""
    where = f"session_id IN {sql.texts(session_ids)}"
    return _spans(store.sql(_samples(plan, where, "session_id")))


def observed(store: Store, plan: Plan, wanted: Wanted) -> Spans:
    """When each server was looked at, keyed by its name; the amount in question is the seconds."""
    where = f"session_id = ''{wanted.of_servers()}"
    if plan.samples:
        return _spans(store.sql(_samples(plan, where, "server")))
    # Whatever its seconds: more than there are in a bucket when the server's clock was put back.
    parts = [
        _buckets(plan, rollup, f"{rollup.begun()} AND {where}", "server")
        for rollup in of_plan(plan)
    ]
    return _spans(store.sql(" UNION ALL ".join(parts)))


def last_look(store: Store, plan: Plan, wanted: Wanted, looks: Spans) -> float:
    """When a server was looked at last, given observed(); 0 for never.

    Of a bucket only the time looked at in it is told: an hour's last look is found in finer ones.
    """
    if not len(looks.began):
        return 0.0
    if plan.table == HOURS.name:
        hour = int(looks.began.max())
        finer = Plan((hour, hour + rollups.SECONDS[HOURS.name]), rollups.SECONDS[FIVE_MINUTES.name])
        looks = observed(store, finer, wanted)
    return float(np.minimum(looks.began + looks.amounts[2], looks.ended).max(initial=0.0))


def of_plan(plan: Plan) -> list[Rollup]:
    """What a plan that needs no samples is answered from."""
    return rollups.between(plan.since, plan.until, plan.edges, plan.table)


def spread(spans: Spans, edges: Floats) -> Floats:
    """Amounts by step between edges: what spans several steps is shared by time. Shape (3, steps)."""
    steps = len(edges) - 1
    first = np.maximum(np.searchsorted(edges, spans.began, "right") - 1, 0)
    last = np.minimum(np.searchsorted(edges, spans.ended, "left") - 1, steps - 1)
    count = np.maximum(0, last - first + 1)
    row = np.repeat(np.arange(len(first)), count)
    step = first[row] + np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    left = np.maximum(spans.began[row], edges[step])
    right = np.minimum(spans.ended[row], edges[step + 1])
    share = np.maximum(0, right - left) / (spans.ended - spans.began)[row]
    return np.stack(
        [np.bincount(step, amount[row] * share, minlength=steps) for amount in spans.amounts]
    )


def _samples(plan: Plan, where: str, key: str) -> str:
    return (
        f"SELECT {key} AS key, cast(from_at AS bigint) AS began, cast(to_at AS bigint) AS ended,"
        " sum(bytes_received) AS received, sum(bytes_sent) AS sent,"
        " count(*) * (cast(to_at AS bigint) - cast(from_at AS bigint)) / 1000000.0 AS seconds"
        f" FROM traffic WHERE date >= {sql.date(plan.since)} AND to_at > {sql.timestamp(plan.since)}"
        f" AND from_at < {sql.timestamp(plan.until)} AND {where} GROUP BY {key}, from_at, to_at"
    )


def _buckets(plan: Plan, rollup: Rollup, where: str, key: str) -> str:
    # No finer than a quarter of an hour is needed, and no coarser fits between all midnights.
    unit = max(rollup.bucket_seconds, min(plan.step_seconds, QUARTER_SECONDS)) * 1_000_000
    shown, told = (key, "") if key == NOTHING else ("key", f"{key} AS key, ")
    return (
        f"SELECT {shown} AS key, unit * {unit} AS began, (unit + 1) * {unit} AS ended,"
        " sum(bytes_received) AS received, sum(bytes_sent) AS sent, sum(seconds) AS seconds FROM ("
        f"SELECT {told}{BEGAN} / {unit} AS unit, bytes_received, bytes_sent, seconds"
        f" FROM {rollup.table} WHERE {where}) AS rows GROUP BY {'key, ' if told else ''}unit"
    )


def _long(rollup: Rollup, where: str, key: str) -> str:
    return (
        f"SELECT {key} AS key, {BEGAN} AS began, {ENDED} AS ended, bytes_received AS received,"
        f" bytes_sent AS sent, seconds FROM {rollup.table} WHERE {rollup.long()} AND {where}"
    )


def _spans(table: pa.Table) -> Spans:
    columns = {name: table[name] for name in table.column_names}
    began = columns["began"].to_numpy().astype(float) / 1e6
    # An instant (the server's clock stepped back) becomes a microsecond long.
    ended = np.maximum(columns["ended"].to_numpy().astype(float) / 1e6, began + 1e-6)
    amounts = [columns[name].to_numpy().astype(float) for name in ("received", "sent", "seconds")]
    coded = columns["key"].combine_chunks().dictionary_encode()
    keys = coded.dictionary.to_pylist()
    codes = np.asarray(coded.indices.fill_null(len(keys)), np.int64)
    return Spans([*keys, None], codes, began, ended, np.stack(amounts))
