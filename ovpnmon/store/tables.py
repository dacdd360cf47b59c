"""The Delta tables: their names, columns and partitions, and how rows of the state become theirs.

session_history  one row a finished session, by month of disconnected_at
traffic          what each session moved between two snapshots, by date of to_at; kept for weeks
traffic_5m       the same summed into 5-minute buckets, by month; kept as long as the history.
                 Partial sums are appended, so queries SUM over (bucket_at, session_id).

In both traffic tables session_id '' is the server itself: a row says that it was observed then.
"""

import pyarrow as pa

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

TRAFFIC_5M = pa.schema(
    [
        pa.field("server", pa.string(), nullable=False),
        pa.field("session_id", pa.string(), nullable=False),
        pa.field("common_name", pa.string(), nullable=False),
        pa.field("bucket_at", TIMESTAMP, nullable=False),
        pa.field("bytes_received", pa.int64(), nullable=False),
        pa.field("bytes_sent", pa.int64(), nullable=False),
        pa.field("seconds", pa.float64(), nullable=False),  # how much of the bucket was measured
        pa.field("month", pa.string(), nullable=False),  # YYYY-MM, UTC
    ]
)
