"""What the History page and /api/history can ask for, as one WHERE clause that both share."""

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from ovpnmon.queries import sql

SESSIONS = (
    "session_id, server, common_name, username, real_ip, real_port, real_ip_hex, vpn_ipv4, vpn_ipv6,"
    " cipher, connected_at, disconnected_at, last_seen_at, duration_seconds, bytes_received,"
    " bytes_sent, close_reason, imported"
)

OPEN_SECONDS = (
    "greatest((cast(last_seen_at AS bigint) - cast(connected_at AS bigint)) / 1000000, 0)"
)
"""How long an open session lasts so far, by its server's clock."""


class FilterError(Exception):
    """A filter value that means nothing; the message says what is accepted."""


@dataclass(frozen=True, slots=True)
class Country:
    """A country: its two-letter code, and the condition on real_ip that means it.

    The condition comes from queries.place_rows.Addresses: places are known to no table.
    """

    code: str
    condition: str


@dataclass(frozen=True, slots=True)
class Sessions:
    """Which sessions are meant; the default is all of them, open ones too.

    since, until: unix seconds; a session matches that was open at some time in [since, until).
    network: real address or CIDR. min_bytes counts both ways. text is searched in names and addresses.
    """

    since: float | None = None
    until: float | None = None
    clients: tuple[str, ...] = ()
    servers: tuple[str, ...] = ()
    network: str = ""
    min_seconds: int = 0
    min_bytes: int = 0
    text: str = ""
    state: Literal["any", "ended", "open"] = "any"
    country: Country | None = None

    def source(self) -> str:
        """The rows to look at, closed and open alike, as a subquery.

        An open session has no disconnected_at and no close_reason; it lasts until last_seen_at.
        """
        parts = []
        if self.state != "open":
            parts.append(f"SELECT {SESSIONS} FROM session_history WHERE {self._closed_in_range()}")
        if self.state != "ended":
            parts.append(
                "SELECT session_id, server, common_name, username, real_ip, real_port, real_ip_hex,"
                " vpn_ipv4, vpn_ipv6, cipher, connected_at, NULL AS disconnected_at, last_seen_at,"
                f" {OPEN_SECONDS} AS duration_seconds, bytes_received, bytes_sent,"
                " NULL AS close_reason, false AS imported"
                f" FROM open_sessions WHERE established AND {self._open_in_range()}"
            )
        return f"({' UNION ALL '.join(parts)}) AS sessions"

    def where(self) -> str:
        """The condition on source(); range and state are in there already."""
        return " AND ".join(self._conditions()) or "TRUE"

    def _closed_in_range(self) -> str:
        conditions = []
        if self.since is not None:
            conditions += [
                f"month >= {sql.month(self.since)}",
                f"disconnected_at >= {sql.timestamp(self.since)}",
            ]
        if self.until is not None:
            conditions.append(f"connected_at < {sql.timestamp(self.until)}")
        return " AND ".join(conditions) or "TRUE"

    def _open_in_range(self) -> str:
        conditions = []
        if self.since is not None:
            conditions.append(f"last_seen_at >= {sql.timestamp(self.since)}")
        if self.until is not None:
            conditions.append(f"connected_at < {sql.timestamp(self.until)}")
        return " AND ".join(conditions) or "TRUE"

    def _conditions(self) -> Iterable[str]:
        if self.clients:
            yield f"common_name IN {sql.texts(self.clients)}"
        if self.servers:
            yield f"server IN {sql.texts(self.servers)}"
        if self.network:
            low, high = network_bounds(self.network)
            yield f"real_ip_hex BETWEEN {sql.text(low)} AND {sql.text(high)}"
        if self.country:
            yield self.country.condition
        if self.min_seconds:
            yield f"duration_seconds >= {int(self.min_seconds)}"
        if self.min_bytes:
            yield f"bytes_received + bytes_sent >= {int(self.min_bytes)}"
        if self.text:
            yield f"({' OR '.join(_found(self.text))})"


def _found(text: str) -> Iterable[str]:
    """Where text may be found. Addresses are searched only for what can be part of one: it is half
    the cost of a search that finds nothing."""
    pattern = sql.containing(text)
    yield f"common_name ILIKE {pattern}"
    yield f"username ILIKE {pattern}"
    if re.fullmatch(r"[0-9A-Fa-f.:]+", text):
        yield from (f"{column} ILIKE {pattern}" for column in ("real_ip", "vpn_ipv4", "vpn_ipv6"))


def network_bounds(text: str) -> tuple[str, str]:
    """First and last address of an address or CIDR as real_ip_hex has them. Raises FilterError."""
    try:
        network = ipaddress.ip_network(text.strip(), strict=False)
    except ValueError as error:
        raise FilterError(
            "an address or a network is accepted, such as 203.0.113.7 or 2001:db8::/32"
        ) from error
    mapped = 0xFFFF << 32 if network.version == 4 else 0
    return tuple(  # type: ignore[return-value]  # two items, which tuple() cannot tell
        f"{mapped | int(address):032x}"
        for address in (network.network_address, network.broadcast_address)
    )
