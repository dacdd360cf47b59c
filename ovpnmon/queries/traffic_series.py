"""Traffic over time: of everybody together, by client or by server, with gaps left open."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from ovpnmon.queries import sql
from ovpnmon.queries.local_days import DAY_SECONDS
from ovpnmon.queries.rollups import BEGAN, ENDED
from ovpnmon.queries.traffic_plan import Plan, Wanted
from ovpnmon.queries.traffic_rows import (
    NOTHING,
    Floats,
    Spans,
    last_look,
    moved,
    observed,
    of_plan,
    spread,
)
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
    seconds = np.diff(np.minimum(edges, last_look(store, plan, wanted, looks)))
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
    found: pd.DataFrame = store.sql(
        "SELECT * FROM (SELECT common_name, sum(received) AS bytes_received, sum(sent) AS bytes_sent"
        f" FROM ({' UNION ALL '.join(_moved_within(plan, wanted))}) AS rows GROUP BY common_name"
        ") AS moved WHERE bytes_received + bytes_sent > 0"
        " ORDER BY bytes_received + bytes_sent DESC, common_name"
    ).to_pandas()
    return found


def _moved_within(plan: Plan, wanted: Wanted) -> list[str]:
    """Queries of common_name, received, sent: a row's bytes, or the part of them within the plan."""
    if plan.samples:
        touching = (
            f"date >= {sql.date(plan.since)} AND date <= {sql.date(plan.until + DAY_SECONDS)}"
            f" AND to_at > {sql.timestamp(plan.since)} AND from_at < {sql.timestamp(plan.until)}"
        )
        parts = _parts(plan, "cast(from_at AS bigint)", "cast(to_at AS bigint)")
        return [f"SELECT {parts} FROM traffic WHERE {touching} AND {wanted.where()}"]
    whole = "common_name, bytes_received AS received, bytes_sent AS sent"
    return [
        f"SELECT {columns} FROM {rollup.table} WHERE {rows} AND {wanted.where()}"
        for rollup in of_plan(plan)
        for columns, rows in (
            (whole, rollup.usual()),
            (_parts(plan, BEGAN, ENDED), rollup.long()),
        )
    ]


def _parts(plan: Plan, began: str, ended: str) -> str:
    since, until = plan.since * 1_000_000, plan.until * 1_000_000
    part = f"greatest(0, least({ended}, {until}) - greatest({began}, {since}))"
    inside = f"{began} >= {since} AND {ended} <= {until}"
    return "common_name, " + ", ".join(
        f"CASE WHEN {inside} THEN bytes_{way} ELSE"
        f" cast(round(bytes_{way} * ({part} / (({ended}) - {began} + 0.0))) AS bigint) END AS {way}"
        for way in ("received", "sent")
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
