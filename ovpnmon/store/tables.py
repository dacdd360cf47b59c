"""The Delta tables: columns, partitions and settings, and the few ways in which they are opened and added to.

session_history  one row a finished session, by month of disconnected_at
traffic          what each session moved between two snapshots, by date of to_at; kept for weeks
traffic_5m       the same summed into 5-minute buckets, by date; kept as long as the history.
traffic_1h       and that into hours, by period; kept as long, for ranges of weeks to years. A period is
                 a day (YYYY-MM-DD, UTC), or a month (YYYY-MM) that is over and was put into one file.
                 Partial sums are appended to both, so queries SUM over (bucket_at, session_id).

In all traffic tables session_id '' is the server itself: a row says that it was observed then.
A row of traffic_5m covers bucket_at .. bucket_at + max(300, seconds): of a sample longer than some
hours nobody knows more than the sum, so it is stored in coarser pieces (see rows.py). One of
traffic_1h likewise, with 3600. Rows of one session in one hour add up to the same in both.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
from deltalake import (
    CommitProperties,
    DeltaTable,
    PostCommitHookProperties,
    Transaction,
    write_deltalake,
)

from ovpnmon.config import Settings
from ovpnmon.store import schema
from ovpnmon.store.atomic import sync_filesystem

TIMESTAMP = pa.timestamp("us", tz="UTC")

SESSION_HISTORY = pa.schema(
    [
        pa.field("session_id", pa.string(), nullable=False),
        pa.field("server", pa.string(), nullable=False),
        pa.field("common_name", pa.string(), nullable=False),
        pa.field("username", pa.string()),
        pa.field("real_ip", pa.string(), nullable=False),
        pa.field("real_port", pa.string(), nullable=False),
        pa.field("real_ip_hex", pa.string()),  # 32 digits, IPv4 as ::ffff:a.b.c.d: CIDR is a range
        pa.field("vpn_ipv4", pa.string()),
        pa.field("vpn_ipv6", pa.string()),
        pa.field("connected_at", TIMESTAMP, nullable=False),
        pa.field("disconnected_at", TIMESTAMP, nullable=False),
        pa.field("last_seen_at", TIMESTAMP, nullable=False),
        pa.field("duration_seconds", pa.int64(), nullable=False),
        pa.field("bytes_received", pa.int64()),  # null: an imported session that never said
        pa.field("bytes_sent", pa.int64()),
        pa.field("close_reason", pa.string(), nullable=False),
        pa.field("cipher", pa.string()),
        pa.field("imported", pa.bool_(), nullable=False),
        pa.field("month", pa.string(), nullable=False),  # YYYY-MM, UTC
    ]
)

TRAFFIC = pa.schema(
    [
        pa.field("server", pa.string(), nullable=False),
        pa.field("session_id", pa.string(), nullable=False),
        pa.field("common_name", pa.string(), nullable=False),
        pa.field("from_at", TIMESTAMP, nullable=False),
        pa.field("to_at", TIMESTAMP, nullable=False),
        pa.field("bytes_received", pa.int64(), nullable=False),
        pa.field("bytes_sent", pa.int64(), nullable=False),
        pa.field("date", pa.string(), nullable=False),  # YYYY-MM-DD, UTC
    ]
)

_BUCKETS = [
    pa.field("server", pa.string(), nullable=False),
    pa.field("session_id", pa.string(), nullable=False),
    pa.field("common_name", pa.string(), nullable=False),
    pa.field("bucket_at", TIMESTAMP, nullable=False),
    pa.field("bytes_received", pa.int64(), nullable=False),
    pa.field("bytes_sent", pa.int64(), nullable=False),
    pa.field("seconds", pa.float64(), nullable=False),  # how much of the bucket was measured
]
TRAFFIC_5M = pa.schema([*_BUCKETS, pa.field("date", pa.string(), nullable=False)])
TRAFFIC_1H = pa.schema([*_BUCKETS, pa.field("period", pa.string(), nullable=False)])


@dataclass(frozen=True, slots=True)
class Table:
    """One table: its name in SQL, its columns, and the column that divides it into directories."""

    name: str
    schema: pa.Schema
    partition: str

    def path(self, settings: Settings) -> Path:
        """Its directory."""
        return settings.history if self.name == "session_history" else settings.data / self.name


HISTORY = Table("session_history", SESSION_HISTORY, "month")
SAMPLES = Table("traffic", TRAFFIC, "date")
FIVE_MINUTES = Table("traffic_5m", TRAFFIC_5M, "date")
HOURS = Table("traffic_1h", TRAFFIC_1H, "period")
TABLES = (HISTORY, SAMPLES, FIVE_MINUTES, HOURS)
"""In the order in which a batch goes into them."""

FLUSHED = "ovpnmon"
"""Transaction that carries the number of the last batch whose rows a table holds."""
REOPENED = "ovpnmon-reopened"
"""Transaction that carries the number of the last batch whose reopened sessions were taken out."""

# Checkpoints and clean-up are left to maintenance, which knows when they cannot harm a recovery.
NO_HOOKS = PostCommitHookProperties(create_checkpoint=False, cleanup_expired_logs=False)
_CONFIGURATION: Mapping[str, str] = {
    "delta.checkpointInterval": "100",
    "delta.enableExpiredLogCleanup": "false",
    "delta.logRetentionDuration": "interval 1 hours",
    "delta.deletedFileRetentionDuration": "interval 1 hours",
    schema.TABLE_PROPERTY: str(schema.TABLE),
}


def open_or_create(settings: Settings, table: Table) -> DeltaTable:
    """A handle on the newest version. Raises DeltaError or OSError."""
    path = table.path(settings)
    return DeltaTable(path) if DeltaTable.is_deltatable(str(path)) else create(path, table)


def create(path: Path, table: Table) -> DeltaTable:
    """A new, empty one. Raises DeltaError or OSError."""
    return DeltaTable.create(
        path,
        table.schema,
        partition_by=[table.partition],
        name=table.name,
        configuration=dict(_CONFIGURATION),
        raise_if_key_not_exists=False,  # the engine does not know ours
    )


def refuse_newer(handle: DeltaTable, where: object) -> None:
    """Raise NewerDataError when a newer version has written the table. where: names it."""
    found = _schema(handle)
    if found > schema.TABLE:
        raise schema.NewerDataError(where, found, schema.TABLE)


def upgrade(handle: DeltaTable) -> None:
    """Bring a table of an older version up to date, in one commit. Raises DeltaError or OSError.

    Old rows stay as they are, in the table's own older versions: columns are only ever added.
    """
    if _schema(handle) < schema.TABLE:
        handle.alter.set_table_properties(
            {schema.TABLE_PROPERTY: str(schema.TABLE)}, raise_if_not_exists=False
        )


def _schema(handle: DeltaTable) -> int:
    return int(handle.metadata().configuration.get(schema.TABLE_PROPERTY, "0"))


def append(handle: DeltaTable, rows: pa.Table, app: str, version: int) -> None:
    """Add rows and mark app as having come to version, in one commit; no rows make the mark alone.

    The engine does not refuse a version that is there already: compare with marked() before.
    The handle comes to the new version. Not on disk for sure until sync(). Raises DeltaError or
    OSError, after which the handle is of no more use.
    """
    write_deltalake(
        handle,
        rows,
        mode="append",
        schema_mode="merge",  # an older program's narrower rows go on fitting a newer table
        commit_properties=CommitProperties(app_transactions=[Transaction(app, version)]),
        post_commithook_properties=NO_HOOKS,
    )


def remove_sessions(handle: DeltaTable, session_ids: list[str], batch: int) -> None:
    """Take the rows of sessions that go on out of the history; there need not be any.

    One commit, marked REOPENED with the batch: a reader whose state does not know yet that they go on
    must not use it. Raises as append() does.
    """
    listed = ", ".join("'" + one.replace("'", "''") + "'" for one in session_ids)
    handle.delete(
        f"session_id IN ({listed})",
        commit_properties=CommitProperties(app_transactions=[Transaction(REOPENED, batch)]),
        post_commithook_properties=NO_HOOKS,
    )


def marked(handle: DeltaTable, app: str = FLUSHED) -> int:
    """The version that app has come to in this table; 0 before the first."""
    return handle.transaction_version(app) or 0


def sync(settings: Settings) -> None:
    """Make all commits so far survive a power loss: the engine itself never syncs. Raises OSError."""
    for device_path in {
        path.stat().st_dev: path for path in (table.path(settings) for table in TABLES)
    }.values():
        sync_filesystem(device_path)
