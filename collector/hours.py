"""Data of a version that kept no hourly sums: they are made from the 5-minute ones, once, at the start."""

import logging
import shutil
from pathlib import Path

import pyarrow as pa
from deltalake import DeltaTable, QueryBuilder

from collector import maintenance
from collector.log import fields
from ovpnmon.config import Settings
from ovpnmon.store import atomic, tables
from ovpnmon.store.tables import FIVE_MINUTES, FLUSHED, HOURS, append, marked

log = logging.getLogger("collector")
PIECE_ROWS = 1_000_000
"""Of the 5-minute table, looked at together."""


def fill(settings: Settings, flushed: int | None) -> None:
    """Make traffic_1h from traffic_5m where it is missing or lacks what nothing else will bring.

    flushed: batches up to this one are in the tables and nowhere else; None: all are, the live state
    is lost. They are lacking after an older version, which does not know this table, has run for a
    while. It is made beside its place and put there whole: whoever is killed meanwhile begins again.
    Raises DeltaError or OSError.
    """
    place, source = HOURS.path(settings), FIVE_MINUTES.path(settings)
    making = place.with_name(f".{place.name}.making")
    shutil.rmtree(making, ignore_errors=True)
    if not DeltaTable.is_deltatable(str(source)):
        return
    buckets = DeltaTable(source)
    needed = marked(buckets) if flushed is None else min(flushed, marked(buckets))
    if _landed(place) >= needed:
        return
    log.info("making hourly sums of all 5-minute traffic, once%s", fields(table=place))
    _fill(buckets, making)
    atomic.sync_filesystem(making)
    shutil.rmtree(place, ignore_errors=True)
    making.rename(place)
    atomic.sync_directory(place.parent)


def _landed(place: Path) -> int:
    return marked(DeltaTable(place)) if DeltaTable.is_deltatable(str(place)) else -1


def _fill(buckets: DeltaTable, making: Path) -> None:
    hours = tables.create(making, HOURS)
    builder = QueryBuilder().register("buckets", buckets)
    for date, (_, count) in sorted(maintenance.partitions(buckets, FIVE_MINUTES).items()):
        for piece in maintenance.pieces("bucket_at", date, 1 + count // PIECE_ROWS):
            found = builder.execute(
                "SELECT server, session_id, common_name, date_trunc('hour', bucket_at) AS bucket_at,"
                " sum(bytes_received) AS bytes_received, sum(bytes_sent) AS bytes_sent,"
                f" sum(seconds) AS seconds, date AS period FROM buckets WHERE date = '{date}'"
                f" AND {piece} GROUP BY server, session_id, common_name, date_trunc('hour', bucket_at), date"
            )
            some = pa.table(found.read_all()).cast(HOURS.schema)
            append(hours, some, FLUSHED, marked(buckets))
