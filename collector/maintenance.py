"""Upkeep of the tables: few files, old rows out, replaced files deleted. All of it in small steps.

What is to be done is counted from the tables, never remembered, so that being killed anywhere or
not running for weeks changes nothing. Every step leaves every query's answer as it was, but for the
rows that retention takes out.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
from deltalake import DeltaTable, QueryBuilder, WriterProperties, write_deltalake

from ovpnmon.config import Settings
from ovpnmon.store.tables import NO_HOOKS, SESSION_HISTORY, TABLES, TRAFFIC_5M, Table

KEEP_HOURS = 1
"""How long replaced files stay for readers that still use them."""
_PIECE_ROWS = 1_000_000
_COMPACT = WriterProperties(compression="ZSTD", compression_level=3)
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
    for partition, (files, rows) in sorted(partitions(handle, table).items()):
        if files > 1:
            if table.schema is TRAFFIC_5M:
                merge(handle, partition, rows)
            elif table.schema is SESSION_HISTORY:
                arrange(handle, partition, rows)
            else:
                compact(handle, table, partition)
            yield f"{partition} of {files} files"
    if handle.version() > version or _is_far_from_checkpoint(table.path(settings), version):
        handle.create_checkpoint()
        yield "checkpoint"


def partitions(handle: DeltaTable, table: Table) -> dict[str, tuple[int, int]]:
    """How many files and rows each partition has."""
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


def compact(handle: DeltaTable, table: Table, partition: str) -> None:
    """Join the small files of one partition."""
    handle.optimize.compact(
        partition_filters=[(table.partition, "=", partition)],
        writer_properties=_COMPACT,
        post_commithook_properties=NO_HOOKS,
    )


def merge(handle: DeltaTable, date: str, rows: int) -> None:
    """Replace one day of traffic_5m by its sums: one row a session and bucket, in one file.

    Read and summed in pieces of the day, so that memory stays bounded however many sessions.
    """
    builder = QueryBuilder().register("day", handle)
    summed = [
        pa.table(
            builder.execute(
                "SELECT server, session_id, common_name, bucket_at,"
                " sum(bytes_received) AS bytes_received, sum(bytes_sent) AS bytes_sent,"
                f" sum(seconds) AS seconds, date FROM day WHERE date = '{date}' AND {piece}"
                " GROUP BY server, session_id, common_name, bucket_at, date"
                " ORDER BY bucket_at, server, session_id"
            ).read_all()
        ).cast(TRAFFIC_5M)
        for piece in _pieces("bucket_at", date, 1, min(24, 1 + rows // _PIECE_ROWS))
    ]
    _replace(handle, f"date = '{date}'", pa.concat_tables(summed), _COMPACT)


def arrange(handle: DeltaTable, month: str, rows: int) -> None:
    """Join the small files of one month into one, in which each client's sessions lie together.

    Of a client's months only the pages with its rows are read then. Piece by piece of the month, so
    that of a few days not the whole month is read.
    """
    builder = QueryBuilder().register("months", handle)
    ordered = [
        pa.table(
            builder.execute(
                f"SELECT {', '.join(SESSION_HISTORY.names)} FROM months"
                f" WHERE month = '{month}' AND {piece} ORDER BY common_name, disconnected_at"
            ).read_all()
        ).cast(SESSION_HISTORY)
        for piece in _pieces("disconnected_at", f"{month}-01", 31, 1 + rows // _SORTED_ROWS)
    ]
    _replace(handle, f"month = '{month}'", pa.concat_tables(ordered), _SORTED)


def _pieces(column: str, first_day: str, days: int, count: int) -> Iterator[str]:
    """Conditions that cut the rows of so many days into count pieces of equal time."""
    begin = int(datetime.fromisoformat(first_day).replace(tzinfo=UTC).timestamp())
    edges = [begin + days * 86_400 * n // count for n in range(1, count)]
    marks = [f"to_timestamp_micros({edge * 10**6})" for edge in edges]
    # The outermost pieces are open, so that no row whatever can fall out.
    since = ["TRUE", *(f"{column} >= {mark}" for mark in marks)]
    until = [*(f"{column} < {mark}" for mark in marks), "TRUE"]
    yield from (f"{left} AND {right}" for left, right in zip(since, until, strict=True))


def _replace(handle: DeltaTable, where: str, rows: pa.Table, properties: WriterProperties) -> None:
    write_deltalake(
        handle,
        rows.combine_chunks(),  # of several chunks, the engine would mix the order
        mode="overwrite",
        predicate=where,
        target_file_size=2**30,  # more than one file would be joined again for ever
        writer_properties=properties,
        post_commithook_properties=NO_HOOKS,
    )


def retire(handle: DeltaTable, table: Table, oldest_day: str) -> bool:
    """Take out the rows of days before oldest_day (YYYY-MM-DD, UTC); whether there were any.

    Sessions still open have no row in the history, so none of them is touched, however old.
    """
    before = handle.version()
    if table.partition == "date":
        predicate = f"date < '{oldest_day}'"
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
    return (datetime.fromtimestamp(now, UTC) - timedelta(days=days)).strftime("%Y-%m-%d")


def _is_far_from_checkpoint(path: Path, version: int) -> bool:
    """Whether opening the table means reading many commits."""
    names = [file.name for file in (path / "_delta_log").glob("*.checkpoint*.parquet")]
    return version - max((int(name.partition(".")[0]) for name in names), default=0) >= 50
