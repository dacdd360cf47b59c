"""Upkeep of the tables: few files, old rows out, replaced files deleted. All of it in small steps.

What is to be done is counted from the tables, never remembered, so that being killed anywhere or
not running for weeks changes nothing. Every step leaves every query's answer as it was, but for the
rows that retention takes out.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
from deltalake import DeltaTable, QueryBuilder, WriterProperties, write_deltalake

from ovpnmon.config import Settings
from ovpnmon.store.tables import FIVE_MINUTES, HISTORY, HOURS, NO_HOOKS, TABLES, Table

KEEP_HOURS = 1
"""How long replaced files stay for readers that still use them."""
_PIECE_ROWS = 1_000_000
Partitions = Mapping[str, tuple[int, int]]
"""How many files and rows each partition has."""
_COMPACT = WriterProperties(compression="ZSTD", compression_level=3)
_WAITING = "rows#1.arrow"
"""Where rows wait to be written; a name that sweep() knows."""
_SORTED_ROWS = 250_000
_SORTED = WriterProperties(compression="LZ4_RAW", max_row_group_size=131_072)
"""The history is read whole for everyone's totals: this is read in half the time, in a third more space."""


def steps(
    settings: Settings, handles: Mapping[str, DeltaTable], now: float, *, thorough: bool
) -> Iterator[str]:
    """Do one step at each turn and say which. now: unix seconds.

    Go on only when the state on disk knows of every commit so far: files are deleted that only an
    older version of a table needs, and a start that checks newer commits must not miss them.
    thorough: also look for files that no version knows (left by a kill). Raises DeltaError, OSError.
    """
    for table in TABLES:
        for step in _prepare(settings, table, handles[table.name], now):
            yield f"{table.name} {step}"
    for table in TABLES:
        handle = handles[table.name]
        vacuum(handle, thorough=thorough)
        yield f"{table.name} vacuum"
        handle.cleanup_metadata()
        sweep(table.path(settings))
        yield f"{table.name} log"


def _prepare(settings: Settings, table: Table, handle: DeltaTable, now: float) -> Iterator[str]:
    version = handle.version()
    if retire(handle, table, _oldest_day(settings, table, now)):
        yield "retention"
    for partition, group in untidy(table, handle, now):
        tidy(settings, table, handle, partition, group)
        yield f"{partition} of {sum(files for files, _ in group.values())} files"
    if handle.version() > version or _is_far_from_checkpoint(table.path(settings), version):
        handle.create_checkpoint()
        yield "checkpoint"


def partitions(handle: DeltaTable, table: Table) -> Partitions:
    """What partitions there are."""
    adds = pa.table(handle.get_add_actions(flatten=True))
    files: Counter[str] = Counter()
    rows: Counter[str] = Counter()
    for partition, records in zip(
        adds[f"partition.{table.partition}"].to_pylist(),
        adds["num_records"].to_pylist(),
        strict=True,
    ):
        files[partition] += 1
        rows[partition] += records or 0
    return {partition: (count, rows[partition]) for partition, count in files.items()}


def untidy(table: Table, handle: DeltaTable, now: float) -> list[tuple[str, Partitions]]:
    """Partitions of more than one file, after the name of the one that they are to become."""
    groups: dict[str, dict[str, tuple[int, int]]] = defaultdict(dict)
    month = _day(now)[:7]
    for partition, sizes in partitions(handle, table).items():
        is_over = table is HOURS and partition[:7] < month
        groups[partition[:7] if is_over else partition][partition] = sizes
    return [
        (becomes, group)
        for becomes, group in sorted(groups.items())
        if sum(files for files, _ in group.values()) > 1 or becomes not in group
    ]


def tidy(
    settings: Settings, table: Table, handle: DeltaTable, becomes: str, group: Partitions
) -> None:
    """Make one file of what untidy() has found."""
    if table in (FIVE_MINUTES, HOURS):
        merge(handle, table, becomes, group, table.path(settings) / _WAITING)
    elif table is HISTORY:
        arrange(handle, table, becomes, group, table.path(settings) / _WAITING)
    else:
        compact(handle, table, becomes)


def compact(handle: DeltaTable, table: Table, partition: str) -> None:
    """Join the small files of one partition."""
    handle.optimize.compact(
        partition_filters=[(table.partition, "=", partition)],
        writer_properties=_COMPACT,
        post_commithook_properties=NO_HOOKS,
    )


def merge(handle: DeltaTable, table: Table, becomes: str, group: Partitions, waiting: Path) -> None:
    """Replace partitions of a rollup by their sums: one row a session and bucket, in one file.

    Rows are sorted by name, so that a question about one client reads little of the file; and read and
    summed in pieces of time, so that memory stays bounded however many sessions.
    """
    queries = [
        "SELECT server, session_id, common_name, bucket_at, sum(bytes_received) AS bytes_received,"
        f" sum(bytes_sent) AS bytes_sent, sum(seconds) AS seconds, '{becomes}' AS {table.partition}"
        f" FROM rows WHERE {_among(table, group)} AND {piece}"
        " GROUP BY server, session_id, common_name, bucket_at"
        " ORDER BY common_name, bucket_at, session_id"
        for piece in pieces("bucket_at", becomes, 1 + _rows(group) // _PIECE_ROWS)
    ]
    _replace(handle, table, _among(table, {*group, becomes}), queries, waiting, _COMPACT)


def arrange(handle: DeltaTable, table: Table, month: str, group: Partitions, waiting: Path) -> None:
    """Join the small files of one month into one, in which each client's sessions lie together.

    Of a client's months only the pages with its rows are read then. Piece by piece of the month, so
    that of a few days not the whole month is read.
    """
    queries = [
        f"SELECT {', '.join(table.schema.names)} FROM rows"
        f" WHERE {_among(table, group)} AND {piece} ORDER BY common_name, disconnected_at"
        for piece in pieces("disconnected_at", month, 1 + _rows(group) // _SORTED_ROWS)
    ]
    _replace(handle, table, _among(table, group), queries, waiting, _SORTED)


def pieces(column: str, period: str, count: int) -> list[str]:
    """Conditions that cut the rows of a day (YYYY-MM-DD) or month (YYYY-MM) into pieces of equal time."""
    first = datetime.fromisoformat(f"{period}-01"[:10]).replace(tzinfo=UTC)
    length = timedelta(days=1 if len(period) == len("2026-11-01") else 31)
    edges = [int((first + length * n / count).timestamp()) for n in range(1, count)]
    marks = [f"to_timestamp_micros({edge * 10**6})" for edge in edges]
    # The outermost pieces are open, so that no row whatever can fall out.
    since = ["TRUE", *(f"{column} >= {mark}" for mark in marks)]
    until = [*(f"{column} < {mark}" for mark in marks), "TRUE"]
    return [f"{left} AND {right}" for left, right in zip(since, until, strict=True)]


def _among(table: Table, partitions: Iterable[str]) -> str:
    listed = ", ".join(f"'{name}'" for name in sorted(partitions))
    return f"{table.partition} IN ({listed})"


def _rows(group: Partitions) -> int:
    return sum(rows for _, rows in group.values())


def _replace(
    handle: DeltaTable,
    table: Table,
    where: str,
    queries: Sequence[str],
    waiting: Path,
    properties: WriterProperties,
) -> None:
    """Put what the queries of "rows" answer in the place of the rows where, as one file.

    Each answer stays together in its order, the answers come in any. They wait in a file until all are
    there: the engine cannot be asked for more while it writes, and in memory they would be too many.
    """
    builder = QueryBuilder().register("rows", handle)
    with pa.ipc.new_file(str(waiting), table.schema) as sink:
        for query in queries:
            found = pa.table(builder.execute(query).read_all()).cast(table.schema)
            sink.write_table(found.combine_chunks())  # a batch stays together
    with pa.memory_map(str(waiting)) as source:
        file = pa.ipc.open_file(source)
        batches = map(file.get_batch, range(file.num_record_batches))
        write_deltalake(
            handle,
            pa.RecordBatchReader.from_batches(table.schema, batches),
            mode="overwrite",
            predicate=where,
            target_file_size=2**30,  # more than one file would be joined again for ever
            writer_properties=properties,
            post_commithook_properties=NO_HOOKS,
        )
    waiting.unlink()


def retire(handle: DeltaTable, table: Table, oldest_day: str) -> bool:
    """Take out the rows of days before oldest_day (YYYY-MM-DD, UTC); whether there were any.

    Sessions still open have no row in the history, so none of them is touched, however old.
    """
    before = handle.version()
    if table.partition == "date":
        predicate = f"date < '{oldest_day}'"
    elif table is HOURS:
        predicate = f"period < '{oldest_day}' AND bucket_at < '{oldest_day}T00:00:00Z'"
    else:
        predicate = f"month <= '{oldest_day[:7]}' AND disconnected_at < '{oldest_day}T00:00:00Z'"
    handle.delete(predicate, post_commithook_properties=NO_HOOKS)
    return handle.version() > before


def vacuum(handle: DeltaTable, *, thorough: bool) -> None:
    """Delete files that were replaced more than KEEP_HOURS ago."""
    handle.vacuum(
        retention_hours=KEEP_HOURS,
        enforce_retention_duration=False,
        dry_run=False,
        full=thorough,
        post_commithook_properties=NO_HOOKS,
    )


def sweep(path: Path) -> None:
    """Delete temporary files that a kill left, which vacuum does not know, and empty directories.

    Only in the thread that makes all commits: then no temporary file is in use.
    """
    for leftover in path.rglob("*#[0-9]*"):
        leftover.unlink(missing_ok=True)
    for directory in path.glob("*=*"):
        if directory.is_dir() and not any(directory.iterdir()):
            directory.rmdir()


def _oldest_day(settings: Settings, table: Table, now: float) -> str:
    days = settings.traffic_days if table.name == "traffic" else settings.retention_days
    return _day(now - days * 86_400)


def _day(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d")


def _is_far_from_checkpoint(path: Path, version: int) -> bool:
    """Whether opening the table means reading many commits."""
    names = [file.name for file in (path / "_delta_log").glob("*.checkpoint*.parquet")]
    return version - max((int(name.partition(".")[0]) for name in names), default=0) >= 50
