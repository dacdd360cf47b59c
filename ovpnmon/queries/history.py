"""Sessions that were: filtered at the database, newest first, in pages that neither repeat nor skip."""

import base64
import binascii
from dataclasses import dataclass

import pyarrow as pa

from ovpnmon.queries import sql
from ovpnmon.store.reader import Store

COLUMNS = (
    "session_id, server, common_name, username, real_ip, real_port, vpn_ipv4, vpn_ipv6, cipher,"
    " connected_at, disconnected_at, last_seen_at, duration_seconds, bytes_received, bytes_sent,"
    " close_reason, imported"
)


class CursorError(Exception):
    """The cursor is not one that a page ended with."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page ended. Sessions closed later come before it, so they shift no later page."""

    disconnected_us: int
    session_id: str

    def encode(self) -> str:
        """Text that is safe in a URL."""
        return base64.urlsafe_b64encode(
            f"{self.disconnected_us} {self.session_id}".encode()
        ).decode()

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


def newest(store: Store, limit: int, after: Cursor | None = None) -> tuple[pa.Table, Cursor | None]:
    """At most limit closed sessions, newest end first, and where the next page begins, if any."""
    where = "TRUE"
    if after is not None:
        at = f"to_timestamp_micros({after.disconnected_us})"
        where = (
            f"(disconnected_at < {at} OR"
            f" (disconnected_at = {at} AND session_id < {sql.text(after.session_id)}))"
        )
    rows = store.sql(
        f"SELECT {COLUMNS} FROM session_history WHERE {where}"
        f" ORDER BY disconnected_at DESC, session_id DESC LIMIT {limit + 1}"
    )
    if rows.num_rows <= limit:
        return rows, None
    rows = rows.slice(0, limit)
    last = rows.slice(limit - 1).to_pylist()[0]
    return rows, Cursor(int(last["disconnected_at"].timestamp() * 1e6), last["session_id"])


def of_client(store: Store, common_name: str, limit: int) -> pa.Table:
    """The latest closed sessions of one name, newest first."""
    return store.sql(
        f"SELECT {COLUMNS} FROM session_history WHERE common_name = {sql.text(common_name)}"
        f" ORDER BY disconnected_at DESC, session_id DESC LIMIT {int(limit)}"
    )
