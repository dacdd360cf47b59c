"""Which rows of the two rollups answer for a range of time: hours where they fit, 5 minutes elsewhere.

Rows of one session in one hour add up to the same in both tables. So a range is answered by the hourly
one but for those hours that are cut: by the range's ends, or by midnights of zones whose offset is not
of whole hours. Of these all rows come from the 5-minute table, whose buckets no midnight cuts.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from ovpnmon.queries import sql
from ovpnmon.queries.local_days import DAY_SECONDS
from ovpnmon.store.tables import FIVE_MINUTES, HOURS

SECONDS = {FIVE_MINUTES.name: 300, HOURS.name: 3600}
"""How long a bucket is. A row with more seconds is a coarse piece of one long sample."""
BEGAN = "cast(bucket_at AS bigint)"
ENDED = f"{BEGAN} + cast(seconds * 1000000 AS bigint)"
_HOUR = f"{BEGAN} / 3600000000"


@dataclass(frozen=True, slots=True)
class Rollup:
    """A rollup's part of the answer for [since, until): conditions, as SQL, on the rows of its table.

    where: which files and hours of the table it is about.
    """

    table: str
    where: str
    since: float
    until: float

    @property
    def bucket_seconds(self) -> int:
        """How long its buckets are."""
        return SECONDS[self.table]

    def begun(self) -> str:
        """Rows whose bucket begins in the range."""
        return (
            f"{self.where} AND bucket_at >= {sql.timestamp(self.since)}"
            f" AND bucket_at < {sql.timestamp(self.until)}"
        )

    def usual(self) -> str:
        """Of these, all but pieces of long samples: they lie wholly in their bucket."""
        return f"{self.begun()} AND seconds <= {self.bucket_seconds}"

    def long(self) -> str:
        """Pieces of long samples that touch the range, BEGAN to ENDED."""
        return (
            f"{self.where} AND seconds > {self.bucket_seconds}"
            f" AND bucket_at < {sql.timestamp(self.until)} AND {ENDED} > {int(self.since * 1e6)}"
        )


def between(
    since: float, until: float, cuts: Iterable[float], coarsest: str = HOURS.name
) -> list[Rollup]:
    """The parts that answer for [since, until), which cuts (and its ends) divide, unix seconds.

    coarsest: the table whose buckets are small enough.
    """
    # A piece of a long sample may be a day long.
    dates = f"date >= {sql.date(since - DAY_SECONDS)} AND date <= {sql.date(until)}"
    if coarsest == FIVE_MINUTES.name:
        return [Rollup(FIVE_MINUTES.name, dates, since, until)]
    periods = f"period >= {sql.month(since - DAY_SECONDS)} AND period <= {sql.date(until)}"
    cut = sorted({int(at // 3600) for at in (since, until, *cuts) if at % 3600})
    if not cut:
        return [Rollup(HOURS.name, periods, since, until)]
    hours = f"({', '.join(map(str, cut))})"
    days = ", ".join(sorted({sql.date(hour * 3600) for hour in cut}))
    return [
        Rollup(HOURS.name, f"{periods} AND {_HOUR} NOT IN {hours}", since, until),
        Rollup(FIVE_MINUTES.name, f"date IN ({days}) AND {_HOUR} IN {hours}", since, until),
    ]
