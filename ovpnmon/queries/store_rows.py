"""How many rows are kept."""

from ovpnmon.store.reader import Store
from ovpnmon.store.state import State
from ovpnmon.store.tables import TABLES


def pending_rows(state: State) -> int:
    """Rows that are acknowledged and wait in the live state to go into the tables."""
    return sum(
        len(batch.closed) + sum(len(group.number) for group in batch.samples)
        for batch in state.pending
    )


def table_rows(store: Store) -> dict[str, int]:
    """Rows of each table, those pending included. Raises StoreError, StateError or OSError."""
    return {
        table.name: store.sql(f"SELECT count(*) AS rows FROM {table.name}").to_pylist()[0]["rows"]
        for table in TABLES
    }
