"""The words everything speaks: what a status file tells, and what is remembered of it.

Times are unix seconds, UTC. "Received" and "sent" are the server's view, as OpenVPN counts: what a
client uploads is received. A field that the file does not tell is None (real_port: "").
"""

from dataclasses import dataclass, field
from typing import Literal

Status = Literal[
    "waiting", "up", "stale", "busy", "missing", "forbidden", "empty", "malformed", "client_mode"
]
"""State of one status file. `waiting`: nothing read yet; `busy`: caught in the middle of rewrites."""

CloseReason = Literal["disconnected", "server_restarted", "gap"]
"""`gap`: the end was not seen (server or collector was away), so it is dated at the last sight."""


class StatusError(Exception):
    """A status file that gives no snapshot.

    code: the Status that the server gets; message: what happened, to what, and what to do.
    """

    def __init__(self, code: Status, message: str) -> None:
        super().__init__(message)
        self.code: Status = code
        self.message = message


@dataclass(slots=True)
class Client:
    """One row of the client list. Treated as a value; freezing makes parsing three times as slow."""

    common_name: str
    """As shown: invalid UTF-8 replaced by U+FFFD."""
    name_key: str
    """The name as identity: common_name, or NUL and hexadecimal bytes where those are not UTF-8."""
    username: str | None
    real_ip: str
    real_port: str
    vpn_ipv4: str | None
    vpn_ipv6: str | None
    bytes_received: int
    bytes_sent: int
    connected_at: int
    since_text: str
    """Connected Since as written; part of a version 1 identity, so that no zone setting enters it."""
    client_id: int | None
    cipher: str | None
    routed: bool
    """Has a virtual address or a route (tap: a learnt MAC). Without, it is still connecting."""


@dataclass(slots=True)
class Route:
    """One row of the routing table. virtual_address as written: address, net/bits, `...C` or MAC@vlan.

    Treated as a value, as Client is.
    """

    virtual_address: str
    common_name: str
    name_key: str
    real_ip: str
    real_port: str
    last_ref_at: int


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that could not be read and was set aside. line counts from 1."""

    line: int
    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything one good read of a status file tells."""

    version: int
    title: str
    time: int
    time_text: str
    clients: tuple[Client, ...]
    routes: tuple[Route, ...]
    rejected: tuple[Rejected, ...]
    """All rows set aside, client and routing table."""
    rejected_clients: tuple[Rejected, ...]
    """Those of them that were, or may have been, client rows."""
    dco_enabled: bool | None = None
    global_stats: tuple[tuple[str, str], ...] = ()
    """Names and values of the lines before END, as written."""


@dataclass  # no slots: the live state, of which these are most, is encoded three times as fast
class Session:
    """One client's connection, as far as it is known. Treated as a value: changes make a new one."""

    key: str
    """Identity within its server; never changes while attributes do."""
    session_id: str
    """Derived from server and key, so that a replay or a restart finds the same session."""
    number: int
    """Small integer that names it in pending samples; unique within a data directory."""
    server: str
    common_name: str
    username: str | None
    real_ip: str
    real_port: str
    vpn_ipv4: str | None
    vpn_ipv6: str | None
    cipher: str | None
    client_id: int | None
    connected_at: int
    established: bool
    """Has had a virtual address or route at some time. Without, it never enters the history."""
    last_seen_at: int
    """TIME of the last snapshot that had it."""
    missing_since: int | None
    """TIME of the first good snapshot that had it not; None while present."""
    bytes_received: int
    bytes_sent: int
    """Totals of the session; they never shrink."""
    counter_received: int
    counter_sent: int
    """The counters last read, which a server may reset."""
    sampled_received: int
    sampled_sent: int
    """How much of the totals has gone into traffic samples."""
    sampled_at: int
    """Where the next sample begins."""
    receive_rate: float | None
    send_rate: float | None
    """Bytes per second between the last two snapshots; None until two are known."""

    @property
    def state(self) -> str:
        """`connected`, `connecting` (no address yet) or `leaving` (missing once, not yet closed)."""
        if self.missing_since is not None:
            return "leaving"
        return "connected" if self.established else "connecting"


@dataclass(frozen=True, slots=True)
class ClosedSession:
    """A finished session: one row of the history."""

    session: Session
    disconnected_at: int
    close_reason: CloseReason


@dataclass(slots=True)
class Sample:
    """Traffic of one session between two snapshots. Treated as a value; freezing triples its cost."""

    number: int
    from_at: int
    to_at: int
    bytes_received: int
    bytes_sent: int


@dataclass(slots=True)
class ServerState:
    """What is known of one server: its file, and its open sessions by key."""

    name: str
    path: str
    status: Status = "waiting"
    message: str = ""
    status_since: int = 0
    """When (our clock) the present status began."""
    version: int | None = None
    title: str = ""
    dco_enabled: bool | None = None
    time: int | None = None
    """TIME of the last good snapshot."""
    time_text: str = ""
    seen_at: int = 0
    """When (our clock) a snapshot with a new TIME was last read."""
    intervals: list[int] = field(default_factory=list)
    """Seconds between the TIMEs last observed, newest last."""
    interval_seconds: float | None = None
    """How often the file is usually rewritten: their median, which one outage does not move."""
    max_client_id: int | None = None
    """The highest Client ID of the server's present run: one below it that is new means a restart."""
    restarted_at: int | None = None
    """TIME of the snapshot that first showed a new run of the server."""
    rejected: list[Rejected] = field(default_factory=list)
    """Rows of the last good snapshot that were set aside; line 0: a client listed twice."""
    sessions: dict[str, Session] = field(default_factory=dict)
    closed: dict[str, ClosedSession] = field(default_factory=dict)
    """Lately closed sessions by key: one seen again goes on as the same row."""
    names: dict[str, str] = field(default_factory=dict)
    """Shown name -> name_key, for names that are not UTF-8, so that two never share one."""
    total_sessions: int = 0
    total_bytes_received: int = 0
    total_bytes_sent: int = 0
    """Over everything ever tracked; these never fall, whatever retention removes."""
