"""Sessions that were: filtered at the database, newest first, in pages that neither repeat nor skip."""

import base64
import binascii
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import pandas as pd
import pyarrow as pa

from ovpnmon.queries import sql
from ovpnmon.queries.filters import Sessions
from ovpnmon.store.reader import Store, Whole

COLUMNS = (
    "session_id, server, common_name, username, real_ip, real_port, vpn_ipv4, vpn_ipv6, cipher,"
    " connected_at, disconnected_at, last_seen_at, duration_seconds, bytes_received, bytes_sent,"
    " close_reason, imported"
)
EXPORT_SLICE_ROWS = 100_000
"""Rows sorted at a time in an export: what bounds its memory."""
FIRST_ROWS = 5_000
STILL_OPEN = 32_503_680_000
"""When an open session is taken to end where it is sorted by that: in the year 3000."""


class CursorError(Exception):
    """The cursor is not one that a page ended with."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page ended: the time it is ordered by, in microseconds, and the session."""

    at_us: int
    session_id: str

    def encode(self) -> str:
        """Text that is safe in a URL."""
        return base64.urlsafe_b64encode(f"{self.at_us} {self.session_id}".encode()).decode()

    @classmethod
    def decode(cls, text: str) -> "Cursor":
        """The cursor that encode() wrote. Raises CursorError on anything else."""
        try:
            us, _, session_id = base64.urlsafe_b64decode(text.encode()).decode().partition(" ")
            if not session_id or abs(int(us)) > 2**60:
                raise CursorError("incomplete")
            return cls(int(us), session_id)
        except (binascii.Error, ValueError) as error:
            raise CursorError(str(error)) from error


def newest(
    store: Store, wanted: Sessions, limit: int, after: Cursor | None = None
) -> tuple[pa.Table, Cursor | None]:
    """At most limit sessions, newest first, and where the next page begins, if there is one.

    Closed sessions alone come by their end: later ones come before every cursor. With open ones among
    them the order is by start, which does not change when a session ends between two pages.
    """
    at, where = _order(wanted), wanted.where()
    if after is not None:
        where += f" AND {_after(at, after)}"
    rows = store.sql(
        f"SELECT {COLUMNS}, cast({at} AS bigint) AS at_us FROM {wanted.source()} WHERE {where}"
        f" ORDER BY {at} DESC, session_id DESC LIMIT {int(limit) + 1}"
    )
    page = rows.slice(0, limit)
    if rows.num_rows <= limit:
        return page.drop_columns(["at_us"]), None
    last = page.select(["at_us", "session_id"]).slice(limit - 1).to_pylist()[0]
    return page.drop_columns(["at_us"]), Cursor(last["at_us"], last["session_id"])


@dataclass(frozen=True, slots=True)
class Sort:
    """One way to order sessions, descending unless turned round; equals by start, the latest first.

    expression: never NULL. kind: what it gives.
    """

    expression: str
    kind: Literal["time", "number", "text"] = "number"
    descending: bool = True

    def literal(self, value: Any) -> str:
        """What the expression gave, in SQL."""
        if self.kind == "time":
            return f"to_timestamp_micros({value})"
        return sql.text(value) if self.kind == "text" else str(int(value))

    def selected(self) -> str:
        """The expression as an answer's column: times as microseconds."""
        return f"cast({self.expression} AS bigint)" if self.kind == "time" else self.expression


SORTS = {
    "Connected": Sort("connected_at", "time"),
    "Disconnected": Sort(f"coalesce(disconnected_at, {sql.timestamp(STILL_OPEN)})", "time"),
    "Client": Sort("lower(common_name)", "text", descending=False),
    "Server": Sort("server", "text", descending=False),
    "Address": Sort("coalesce(real_ip_hex, '')", "text", descending=False),
    "Duration": Sort("duration_seconds"),
    "Downloaded": Sort("coalesce(bytes_sent, -1)"),
    "Uploaded": Sort("coalesce(bytes_received, -1)"),
}
"""By the name that people read, which is also what stands in URLs."""
USUAL_SORT = "Connected"
MAX_PAGES = 1_000
"""Beyond it the database would sort millions of rows to skip them; a filter or an export serves better."""


def rows(store: Store, wanted: Sessions, sort: str, reverse: bool, part: slice) -> pd.DataFrame:
    """One page of everything that matches, in an order over all of it; part: which rows of it.

    Columns as COLUMNS names them. Sessions still open count as ending last.
    """
    return store.at_once(lambda whole: _page(whole, wanted, SORTS[sort], reverse, part))


def _page(whole: Whole, wanted: Sessions, sort: Sort, reverse: bool, part: slice) -> pd.DataFrame:
    """Looked for by what it is sorted by alone; the other columns are read of this page's rows."""
    descending = sort.descending != reverse
    order = f"ORDER BY {sort.expression} {'DESC' if descending else 'ASC'}, connected_at DESC"
    matching = f"FROM {wanted.source()} WHERE {wanted.where()}"
    ends = whole.sql(
        f"SELECT {sort.selected()} AS key, cast(connected_at AS bigint) AS at_us {matching}"
        f" {order} LIMIT {part.stop - part.start} OFFSET {part.start}"
    )
    first, last = (ends.slice(n, 1).to_pylist() for n in (0, max(0, ends.num_rows - 1)))
    if not first:
        return _frame(whole, f"SELECT {COLUMNS} {matching} LIMIT 0")
    before = whole.sql(
        f"SELECT count(*) AS rows {matching} AND {_ahead(sort, descending, first[0], '>')}"
    )
    skipped = part.start - before["rows"][0].as_py()
    return _frame(
        whole,
        f"SELECT {COLUMNS} {matching} AND NOT {_ahead(sort, descending, first[0], '>')}"
        f" AND {_ahead(sort, descending, last[0], '>=')}"
        f" {order}, session_id LIMIT {ends.num_rows} OFFSET {skipped}",
    )


def _ahead(sort: Sort, descending: bool, row: Mapping[str, Any], by: Literal[">", ">="]) -> str:
    """Ahead of a row of what is sorted by, or (>=) no further behind than it.

    The plain bound beside the pair lets whole files go unread.
    """
    key, ahead = sort.literal(row["key"]), ">" if descending else "<"
    at = f"connected_at {by} to_timestamp_micros({row['at_us']})"
    return f"({sort.expression} {ahead}= {key} AND ({sort.expression} {ahead} {key} OR {at}))"


def _frame(whole: Whole, query: str) -> pd.DataFrame:
    page: pd.DataFrame = whole.sql(query).to_pandas()
    return page


def export(store: Store, wanted: Sessions) -> Iterator[pa.RecordBatch]:
    """Everything that matches in the order of newest(), in bounded memory; at least one batch.

    A first page at once, so that nobody waits; then slices of whole days, sorted each for itself.
    """
    rows, after = newest(store, wanted, FIRST_ROWS)
    yield from rows.combine_chunks().to_batches() or [_empty(rows.schema)]
    if after is None:
        return
    at = _order(wanted)
    rest = f"{wanted.source()} WHERE {wanted.where()} AND {_after(at, after)}"
    days = store.sql(
        f"SELECT date_trunc('day', {at}) AS day, count(*) AS sessions"
        f" FROM {rest} GROUP BY 1 ORDER BY 1 DESC"
    ).to_pylist()
    for first, last in slices([(row["day"], row["sessions"]) for row in days]):
        begin, end = sql.timestamp(first.timestamp()), sql.timestamp(last.timestamp())
        yield from store.stream(
            f"SELECT {COLUMNS} FROM {rest} AND {at} >= {begin} AND {at} < {end}"
            f" ORDER BY {at} DESC, session_id DESC"
        )


def slices(days: list[tuple[datetime, int]]) -> Iterator[tuple[datetime, datetime]]:
    """Newest days first -> spans [first, end) of whole days with about EXPORT_SLICE_ROWS each."""
    rows, end = 0, None
    for day, sessions in days:
        end = end or day + timedelta(days=1)
        rows += sessions
        if rows >= EXPORT_SLICE_ROWS:
            yield day.astimezone(UTC), end.astimezone(UTC)
            rows, end = 0, None
    if end is not None:
        yield days[-1][0].astimezone(UTC), end.astimezone(UTC)


def _order(wanted: Sessions) -> str:
    return "disconnected_at" if wanted.state == "ended" else "connected_at"


def _after(at: str, cursor: Cursor) -> str:
    """Behind the cursor. The plain bound beside the pair lets whole files go unread."""
    mark = f"to_timestamp_micros({cursor.at_us})"
    return f"{at} <= {mark} AND ({at} < {mark} OR session_id < {sql.text(cursor.session_id)})"


def _empty(schema: pa.Schema) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist([], schema)


def of_client(store: Store, common_name: str, limit: int) -> pa.Table:
    """The latest closed sessions of one name, newest end first."""
    wanted = replace(Sessions(state="ended"), clients=(common_name,))
    return newest(store, wanted, limit)[0]
