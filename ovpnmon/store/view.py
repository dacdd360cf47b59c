"""A View: tables and live state as one whole, pinned, to be asked in SQL as often as wanted."""

import tempfile
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import DeltaTable, QueryBuilder

from ovpnmon.store import rows
from ovpnmon.store.state import State
from ovpnmon.store.tables import REOPENED, TABLES, TIMESTAMP, marked

OPEN_SESSIONS = pa.schema(
    [
        pa.field("session_id", pa.string(), nullable=False),
        pa.field("server", pa.string(), nullable=False),
        pa.field("common_name", pa.string(), nullable=False),
        pa.field("username", pa.string()),
        pa.field("real_ip", pa.string(), nullable=False),
        pa.field("real_port", pa.string(), nullable=False),
        pa.field("real_ip_hex", pa.string()),
        pa.field("vpn_ipv4", pa.string()),
        pa.field("vpn_ipv6", pa.string()),
        pa.field("cipher", pa.string()),
        pa.field("client_id", pa.int64()),
        pa.field("connected_at", TIMESTAMP, nullable=False),
        pa.field("last_seen_at", TIMESTAMP, nullable=False),
        pa.field("missing_since", TIMESTAMP),
        pa.field("established", pa.bool_(), nullable=False),
        pa.field("state", pa.string(), nullable=False),
        pa.field("bytes_received", pa.int64(), nullable=False),
        pa.field("bytes_sent", pa.int64(), nullable=False),
        pa.field("receive_rate", pa.float64()),
        pa.field("send_rate", pa.float64()),
        pa.field("server_status", pa.string(), nullable=False),
        pa.field("server_time", TIMESTAMP),
    ]
)
"""Sessions not closed yet, also those connecting (established false) and leaving."""


def agrees(state: State, handles: Mapping[str, DeltaTable]) -> bool:
    """Whether state and tables are of one whole: every pending row either in a table or in the state.

    Not so when a table is ahead (a batch that is still open in this state, or sessions taken out of
    the history that it does not know to have gone on) or behind (a handle opened before a repair).
    """
    return all(
        state.flushed <= marked(handle) < state.open_batch
        and marked(handle, REOPENED) < state.open_batch
        for handle in handles.values()
    )


class View:
    """The tables at the versions of the handles, and the state's rows that are not in them yet.

    state: the state that it is of; treat as read-only.

    SQL names: those of TABLES, and open_sessions. Stays as it is whatever happens
    to the handles later; may be shared by threads. handles may be empty: no tables yet.
    """

    def __init__(self, state: State, handles: Mapping[str, DeltaTable]) -> None:
        self.state = state
        self._builder = QueryBuilder()
        with tempfile.TemporaryDirectory(prefix="ovpnmon-") as scratch:
            self._scratch = Path(scratch)
            self._load("open_sessions", open_sessions(state))
            flushed = {name: marked(handle) for name, handle in handles.items()}
            # The tables nearly always stand at the same batch: convert the pending rows once.
            pending = {
                since: rows.of_batches(state, [b for b in state.pending if b.batch > since])
                for since in {flushed.get(table.name, 0) for table in TABLES}
            }
            for table in TABLES:
                since = flushed.get(table.name, 0)
                self._load(f"pending_{table.name}", pending[since][table.name])
                self._define(table.name, handles.get(table.name), _reopened(state, since))

    def execute(self, query: str) -> pa.RecordBatchReader:
        """Start a query. Raises whatever the engine does, here or while the answer is read."""
        return self._builder.execute(query)

    def _load(self, name: str, table: pa.Table) -> None:
        # The engine takes Arrow data only from a file, and keeps a copy of what it has read.
        path = self._scratch / f"{name}.arrow"
        with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
            writer.write_table(table)
        quoted = str(path).replace("'", "''")
        for statement in (
            f"CREATE EXTERNAL TABLE loading STORED AS ARROW LOCATION '{quoted}'",
            f"CREATE TABLE {name} AS SELECT * FROM loading",
            "DROP TABLE loading",
        ):
            self._builder.execute(statement).read_all()

    def _define(self, name: str, handle: DeltaTable | None, reopened: list[str]) -> None:
        columns = ", ".join(next(t for t in TABLES if t.name == name).schema.names)
        parts = [f"SELECT {columns} FROM pending_{name}"]
        if handle is not None:
            self._builder.register(f"table_{name}", handle)
            kept = ""
            if name == "session_history" and reopened:
                listed = ", ".join("'" + one.replace("'", "''") + "'" for one in reopened)
                kept = f" WHERE session_id NOT IN ({listed})"
            parts.insert(0, f"SELECT {columns} FROM table_{name}{kept}")
        view = f"CREATE VIEW {name} AS {' UNION ALL '.join(parts)}"
        self._builder.execute(view).read_all()


def open_sessions(state: State) -> pa.Table:
    """The state's sessions as a table of OPEN_SESSIONS."""
    pairs = [(v, session) for v in state.servers.values() for session in v.sessions.values()]
    sessions = [session for _, session in pairs]
    columns: dict[str, list[object]] = {
        "real_ip_hex": [rows.ip_hex(session.real_ip) for session in sessions],
        "server_status": [server.status for server, _ in pairs],
        "server_time": [server.time for server, _ in pairs],
    }
    columns |= rows.fields_of(sessions, [n for n in OPEN_SESSIONS.names if n not in columns])
    arrays = []
    for field in OPEN_SESSIONS:
        values = columns[field.name]
        if field.type == TIMESTAMP:
            seconds = pa.array(values, pa.int64())
            arrays.append(pc.multiply(seconds, 1_000_000).cast(TIMESTAMP))
        else:
            arrays.append(pa.array(values, field.type))
    return pa.table(arrays, schema=OPEN_SESSIONS)


def _reopened(state: State, since: int) -> list[str]:
    return rows.folded(batch for batch in state.pending if batch.batch > since)[1]
