"""Traffic over time: of everybody together, by client or by server, with gaps left open."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from ovpnmon.queries import sql
from ovpnmon.queries.traffic_plan import Plan, Wanted
from ovpnmon.queries.traffic_rows import NOTHING, Floats, Spans, moved, observed, spread
from ovpnmon.store.reader import Store

Bools = npt.NDArray[np.bool_]
By = Literal["total", "client", "server"]


@dataclass(frozen=True, slots=True)
class Series:
    """Bytes of each step of a plan, for each of keys (None: everything else, or everything).

    received, sent: bytes as the server counts, shape (keys, steps), also of steps that nobody looked
    at (what was found moved afterwards). online: sessions, averaged, shape (steps,). looked: whether
    the servers were looked at, for each key. seconds: how long each step has lasted so far.
    """

    plan: Plan
    keys: list[str | None]
    received: Floats
    sent: Floats
    online: Floats
    looked: Bools
    seconds: Floats

    def rates(self) -> pd.DataFrame:
        """All keys together: at (UTC), receive_rate, send_rate (bytes/s), online; NaN in gaps."""
        seen: Bools = self.looked.any(axis=0)  # type: ignore[assignment]  # an array: there are two dimensions
        return pd.DataFrame(
            {
                "at": pd.to_datetime(self.plan.edges[:-1], unit="s", utc=True).as_unit("us"),
                "receive_rate": self._rate(self.received.sum(axis=0), seen),
                "send_rate": self._rate(self.sent.sum(axis=0), seen),
                "online": np.where(seen, self.online, np.nan),
            }
        )

    def rates_of(self, way: Literal["received", "sent", "both"]) -> Floats:
        """Bytes per second of each key, shape (keys, steps); NaN in gaps."""
        amount = {"received": self.received, "sent": self.sent}.get(way, self.received + self.sent)
        return self._rate(amount, self.looked)

    def gaps(self) -> list[tuple[float, float]]:
        """The stretches (unix seconds) between two looked-at steps at which nobody looked."""
        seen = np.flatnonzero(self.looked.any(axis=0))
        edges = self.plan.edges
        return [
            (edges[left + 1], edges[right]) for left, right in pairwise(seen) if right > left + 1
        ]

    def _rate(self, amount: Floats, seen: Bools) -> Floats:
        with np.errstate(divide="ignore", invalid="ignore"):
            rate: Floats = np.where(seen, amount / self.seconds, np.nan)
        return rate


def series(
    store: Store, plan: Plan, wanted: Wanted, by: By = "total", names: Sequence[str] = ()
) -> Series:
    """Traffic over the steps of a plan. names: with by="client", whom to tell apart from the others.

    Each step's bytes go over the whole step, as far as it has come: a long sample (of a session that
    was found late, or of the time that the collector was away) therefore raises no spike beside a gap.
    """
    edges = np.array(plan.edges, float)
    looks = observed(store, plan, wanted)
    seconds = np.diff(np.minimum(edges, _last_look(looks)))
    covered = {name: spread(looks.of(name), edges)[2] for name in looks.keys if name is not None}
    spans = moved(store, plan, wanted, _key(by, names))
    keys = _keys(by, names, spans, list(covered))
    sums = np.stack([spread(spans.of(key), edges) for key in keys], axis=1)
    of_sessions = sums[2].sum(axis=0)
    if not plan.samples and not wanted.clients:
        of_sessions = of_sessions - sum(covered.values())  # see traffic_rows.moved
    with np.errstate(divide="ignore", invalid="ignore"):
        online = np.where(seconds > 0, np.maximum(of_sessions, 0) / seconds, np.nan)
    return Series(
        plan,
        keys,
        sums[0],
        sums[1],
        online,
        np.stack([_looked(by, key, covered, seconds) for key in keys]),
        seconds,
    )


def talkers(store: Store, plan: Plan, wanted: Wanted) -> pd.DataFrame:
    """Who moved how much between the plan's edges, most first.

    Columns: common_name, bytes_received, bytes_sent. Whoever moved nothing is left out. A span over
    an edge counts by the part that lies within.
    """
    total = moved_within(plan, "received"), moved_within(plan, "sent")
    table = "traffic" if plan.samples else "traffic_5m"
    begin, end = sql.timestamp(plan.since), sql.timestamp(plan.until)
    near = f"date >= {sql.date(plan.since - 86_400)} AND date <= {sql.date(plan.until + 86_400)}"
    touching = (
        f"{near} AND to_at > {begin} AND from_at < {end}"
        if plan.samples
        else f"{near} AND bucket_at < {end} AND (bucket_at >= {begin} OR seconds > 300)"
    )
    found: pd.DataFrame = store.sql(
        "SELECT * FROM (SELECT common_name,"
        f" sum({total[0]}) AS bytes_received, sum({total[1]}) AS bytes_sent"
        f" FROM {table} WHERE {touching} AND {wanted.where()} GROUP BY common_name) AS moved"
        " WHERE bytes_received + bytes_sent > 0"
        " ORDER BY bytes_received + bytes_sent DESC, common_name"
    ).to_pandas()
    return found


def moved_within(plan: Plan, way: str) -> str:
    """SQL: a row's bytes, whole where it lies within the plan, else its part by time."""
    if plan.samples:
        began, ended = "cast(from_at AS bigint)", "cast(to_at AS bigint)"
    else:
        began = "cast(bucket_at AS bigint)"
        ended = f"{began} + cast(seconds * 1000000 AS bigint)"
    since, until = plan.since * 1_000_000, plan.until * 1_000_000
    part = f"greatest(0, least({ended}, {until}) - greatest({began}, {since}))"
    inside = f"{began} >= {since} AND {ended} <= {until}"
    return (
        f"CASE WHEN {inside} THEN bytes_{way} ELSE"
        f" cast(round(bytes_{way} * ({part} / (({ended}) - {began} + 0.0))) AS bigint) END"
    )


def _key(by: By, names: Sequence[str]) -> str:
    if by == "server":
        return "server"
    if by == "client" and names:
        return f"CASE WHEN common_name IN {sql.texts(names)} THEN common_name ELSE NULL END"
    return NOTHING


def _keys(by: By, names: Sequence[str], spans: Spans, servers: list[str]) -> list[str | None]:
    if by == "server":
        found = {one for one in [*servers, *spans.keys] if one is not None}
        return [*sorted(found)] or [None]
    if by == "client" and names:
        return [*names, None]
    return [None]


def _looked(
    by: By, key: str | None, covered: dict[str, Floats], seconds: Floats
) -> npt.NDArray[np.bool_]:
    servers = [key] if by == "server" else list(covered)
    looked = [covered[name] for name in servers if name in covered]
    if not looked:
        return np.zeros(len(seconds), bool)
    enough: npt.NDArray[np.bool_] = np.max(looked, axis=0) >= np.maximum(seconds, 1e-9) / 4
    return enough & (seconds > 0)


def _last_look(looks: Spans) -> float:
    """When a server was looked at last; in the 5-minute table only the time in each span is told."""
    if not len(looks.began):
        return 0.0
    return float(np.minimum(looks.began + looks.amounts[2], looks.ended).max())
