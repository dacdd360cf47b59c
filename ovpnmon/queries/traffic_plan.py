"""At which resolution a range of time is looked at, and from which of the traffic tables."""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import timedelta, tzinfo

from ovpnmon.queries import sql
from ovpnmon.queries.local_days import DAY_SECONDS, days, midnight, offsets
from ovpnmon.store.state import State
from ovpnmon.store.tables import FIVE_MINUTES, HOURS, SAMPLES

MAX_POINTS = 1_500
SAMPLE_STEPS = (10, 15, 30, 60, 120)
BUCKET_STEPS = (300, 900, 3600, 6 * 3600, DAY_SECONDS)
STEPS = SAMPLE_STEPS + BUCKET_STEPS
"""Seconds a point may stand for. Those of SAMPLE_STEPS need the samples, which are kept for weeks."""
HOUR_SECONDS = 3600
LONGEST_FROM_SAMPLES = 2 * DAY_SECONDS
MOST_SAMPLES = 1_500_000
"""So many are summed, for all pictures of a page, in well under half a second; beyond, the 5-minute table
answers: but for the last hour, of which it would have 12 points."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whose traffic is meant; empty: everybody's, of all servers."""

    clients: tuple[str, ...] = ()
    servers: tuple[str, ...] = ()

    def where(self) -> str:
        """A condition on either traffic table's rows of sessions."""
        return f"session_id <> ''{self.of_clients()}{self.of_servers()}"

    def of_clients(self) -> str:
        """The part of it that chooses clients."""
        return f" AND common_name IN {sql.texts(self.clients)}" if self.clients else ""

    def of_servers(self) -> str:
        """The part of it that rows about the server itself are chosen by too."""
        return f" AND server IN {sql.texts(self.servers)}" if self.servers else ""


@dataclass(frozen=True, slots=True)
class Plan:
    """Points between these edges (unix seconds, one more than there are points).

    step_seconds is a point's usual width: one in which clocks change may be an hour longer or shorter.
    """

    edges: tuple[int, ...]
    step_seconds: int

    @property
    def table(self) -> str:
        """The name of the table that is asked: the coarsest whose rows fit into a point."""
        if self.samples:
            return SAMPLES.name
        return FIVE_MINUTES.name if self.step_seconds < HOUR_SECONDS else HOURS.name

    @property
    def samples(self) -> bool:
        """Whether it needs the 10-second samples, which are kept for weeks only."""
        return self.step_seconds < BUCKET_STEPS[0]

    @property
    def since(self) -> int:
        """Where the first point begins."""
        return self.edges[0]

    @property
    def until(self) -> int:
        """Where the last point ends."""
        return self.edges[-1]


def samples_per_second(state: State) -> float:
    """About how many rows the samples grow by, to judge what reading them would cost."""
    return sum(
        (len(server.sessions) + 1) / max(1.0, server.interval_seconds or 10)
        for server in state.servers.values()
    )


def automatic(
    since: float, until: float, zone: tzinfo, samples_since: float, per_second: float
) -> Plan:
    """The finest plan of at most MAX_POINTS (give or take one) that is answered quickly.

    samples_since: from when on samples are kept; per_second: as samples_per_second() tells.
    """
    seconds = max(1.0, until - since)
    fine = (
        since >= samples_since
        and seconds <= LONGEST_FROM_SAMPLES
        and (seconds <= HOUR_SECONDS or seconds * per_second <= MOST_SAMPLES)
    )
    for step in STEPS if fine else BUCKET_STEPS:
        if seconds / step <= MAX_POINTS:
            return stepped(since, until, step, zone)
    return stepped(since, until, STEPS[-1], zone)


def stepped(since: float, until: float, step_seconds: int, zone: tzinfo) -> Plan:
    """Points of this width over [since, until), widened to whole ones that begin with zone's clock,
    also after that has been changed on the way.

    Days begin at zone's midnights. step_seconds: one of STEPS.
    """
    if step_seconds == DAY_SECONDS:
        touched = days(since, until, zone)
        edges = [midnight(day, zone) for day in [*touched, touched[-1] + timedelta(days=1)]]
        return Plan(tuple(edges), step_seconds)
    room = 2 * step_seconds
    changes = offsets(since - room, until + room, zone)
    begins = [int(since) - room, *(at for at, _ in changes[1:])]
    ends = [*begins[1:], int(until) + room + 1]
    edges = []
    for (_, shift), begin, end in zip(changes, begins, ends, strict=True):
        first = -(-(begin + shift) // step_seconds) * step_seconds - shift
        edges.extend(range(first, end, step_seconds))
    left = bisect_right(edges, since) - 1
    right = max(bisect_left(edges, until), left + 1)
    return Plan(tuple(edges[left : right + 1]), step_seconds)
