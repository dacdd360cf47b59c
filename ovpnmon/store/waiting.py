"""Rows that wait for the tables, as part of the live state."""

from dataclasses import dataclass, field, replace

from ovpnmon.model import ClosedSession

BUCKET_SECONDS = 300
"""The span of a row of the 5-minute table, and of thinned samples."""


@dataclass(slots=True)
class SampleGroup:
    """Samples of one server over one span, as columns: a third smaller and faster than rows.

    number[i] names the session; 0 is the server itself, observed, so that "nobody was connected"
    and "nobody was looking" stay apart.
    """

    server: str
    from_at: int
    to_at: int
    number: list[int]
    bytes_received: list[int]
    bytes_sent: list[int]


@dataclass(slots=True)
class Batch:
    """Rows of some consecutive ticks, which go into the tables together.

    Only the last batch grows; earlier ones are sealed. reopened: session_ids whose row, if in the
    history already, is to be taken out, because the session goes on.
    """

    batch: int
    closed: list[ClosedSession] = field(default_factory=list)
    reopened: list[str] = field(default_factory=list)
    samples: list[SampleGroup] = field(default_factory=list)


def thinned(batch: Batch) -> Batch:
    """The batch with the samples of 5 minutes as one: no byte is lost, only when it was in them.

    Only spans that join are put together: one not observed stays a gap.
    """
    groups: dict[tuple[str, int], SampleGroup] = {}
    rest: list[SampleGroup] = []
    for group in batch.samples:
        bucket = (group.to_at - 1) // BUCKET_SECONDS
        before = groups.get((group.server, bucket))
        if group.from_at < bucket * BUCKET_SECONDS or 0 not in group.number:
            rest.append(group)
        elif before is None:
            groups[group.server, bucket] = group
        elif before.to_at == group.from_at:
            groups[group.server, bucket] = _joined(before, group)
        else:
            rest.append(group)
    return replace(batch, samples=[*rest, *groups.values()])


def _joined(first: SampleGroup, second: SampleGroup) -> SampleGroup:
    sums: dict[int, list[int]] = {}
    for one in (first, second):
        columns = zip(one.number, one.bytes_received, one.bytes_sent, strict=True)
        for number, received, sent in columns:
            known = sums.setdefault(number, [0, 0])
            known[0] += received
            known[1] += sent
    return SampleGroup(
        first.server,
        first.from_at,
        second.to_at,
        [*sums],
        [received for received, _ in sums.values()],
        [sent for _, sent in sums.values()],
    )
