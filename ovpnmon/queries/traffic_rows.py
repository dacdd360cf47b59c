"""Rows of the traffic tables as spans of time, summed by what a chart tells apart."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ovpnmon.queries import sql
from ovpnmon.queries.local_days import DAY_SECONDS, QUARTER_SECONDS
from ovpnmon.queries.traffic_plan import Plan, Wanted
from ovpnmon.store.reader import Store

Floats = npt.NDArray[np.float64]
NOTHING = "cast(NULL AS varchar)"
"""The key where nothing is told apart."""
BUCKET_SECONDS = 300
"""A row of the 5-minute table with more seconds is a coarse piece of one long sample."""
_BEGAN = "cast(bucket_at AS bigint)"
_ENDED = f"{_BEGAN} + cast(seconds * 1000000 AS bigint)"


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

    From the 5-minute table, and where no client was named, the seconds have those that the servers
    were observed among them: leaving their rows out would cost as much as all the rest.
    """
    where = wanted.where()
    if plan.samples:
        return _spans(store.sql(_samples(plan, where, key)))
    anybody = f"TRUE{wanted.of_clients()}{wanted.of_servers()}"
    return _spans(store.sql(f"{_buckets(plan, anybody, key)} UNION ALL {_long(plan, where, key)}"))


def observed(store: Store, plan: Plan, wanted: Wanted) -> Spans:
    """When each server was looked at, keyed by its name; the amount in question is the seconds."""
    where = f"session_id = ''{wanted.of_servers()}"
    query = _samples if plan.samples else _buckets
    return _spans(store.sql(query(plan, where, "server")))


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


def _buckets(plan: Plan, where: str, key: str) -> str:
    unit = min(plan.step_seconds, QUARTER_SECONDS) * 1_000_000
    shown, told = (key, "") if key == NOTHING else ("key", f"{key} AS key, ")
    return (
        f"SELECT {shown} AS key, unit * {unit} AS began, (unit + 1) * {unit} AS ended,"
        " sum(bytes_received) AS received, sum(bytes_sent) AS sent, sum(seconds) AS seconds FROM ("
        f"SELECT {told}{_BEGAN} / {unit} AS unit, bytes_received, bytes_sent, seconds"
        f" FROM traffic_5m WHERE {_dates(plan.since, plan.until)}"
        f" AND bucket_at >= {sql.timestamp(plan.since)} AND bucket_at < {sql.timestamp(plan.until)}"
        f" AND seconds <= {BUCKET_SECONDS} AND {where}) AS rows GROUP BY {'key, ' if told else ''}unit"
    )


def _long(plan: Plan, where: str, key: str) -> str:
    return (
        f"SELECT {key} AS key, {_BEGAN} AS began, {_ENDED} AS ended, bytes_received AS received,"
        f" bytes_sent AS sent, seconds FROM traffic_5m WHERE {long_rows(plan.since, plan.until)}"
        f" AND {where}"
    )


def long_rows(since: float, until: float) -> str:
    """The condition for coarse pieces of long samples that touch [since, until)."""
    return (
        f"{_dates(since - DAY_SECONDS, until)} AND seconds > {BUCKET_SECONDS}"
        f" AND bucket_at < {sql.timestamp(until)} AND {_ENDED} > {int(since * 1_000_000)}"
    )


def _dates(since: float, until: float) -> str:
    return f"date >= {sql.date(since)} AND date <= {sql.date(until)}"


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
