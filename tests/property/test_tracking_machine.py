"""Whatever a server and its clients do, the history holds the sessions that happened, each once.

Hypothesis plays a server: clients come, go, roam and reconnect, counters are reset, the server is
restarted, lists are lost, torn or read twice, clocks step, the collector starts again. A plain model
of what was shown says what must come out; Tracked checks sums and purity at every step.
"""

from random import Random

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from ovpnmon.model import Client, Rejected
from ovpnmon.store.state import State, decode, encode
from tests.connections import Connection, identity
from tests.snapshots import T, Tracked, bad_row, client

SECONDS = st.integers(1, 30)
BYTES = st.integers(0, 10**6)


class Server(RuleBasedStateMachine):
    """A server whose files have Client IDs."""

    with_ids = True

    def __init__(self) -> None:
        super().__init__()
        self.tracked = Tracked()
        self.clock = T
        self.next_id = 0
        self.restarts = 0
        self.connections: list[Connection] = []
        self.just_doubled = False
        self.marks = 0

    # What clients and server do

    @rule(name=st.sampled_from(["alice", "bob", "UNDEF"]), routed=st.booleans())
    def connect(self, name: str, *, routed: bool) -> None:
        """Somebody connects, or tries to."""
        self._connect(name, self._free_second(), routed=routed)

    @rule(seed=st.integers(0, 9), seconds=SECONDS)
    def connect_twins(self, seed: int, seconds: int) -> None:
        """Two devices with one certificate connect in one second, and are listed."""
        since = self._free_second()
        for _ in range(2):
            self._connect("carol", since, routed=True).twin = True
        self.rewrite(seed, seconds)

    @precondition(lambda self: self._online())
    @rule(pick=st.integers(0), name=st.sampled_from(["alice", "bob"]))
    def establish(self, pick: int, name: str) -> None:
        """An attempt gets its name and address."""
        connection = self._pick(pick)
        if connection.routed:
            return
        connection.routed = True
        if not self.with_ids and connection.name != name:
            connection.forget()  # to version 1 that is another row
        connection.name = name

    @precondition(lambda self: self._online())
    @rule(pick=st.integers(0), received=BYTES, sent=BYTES)
    def move_bytes(self, pick: int, received: int, sent: int) -> None:
        """Traffic flows."""
        connection = self._pick(pick)
        connection.received += received
        connection.sent += sent

    @precondition(lambda self: self._online())
    @rule(pick=st.integers(0), ip=st.sampled_from(["192.0.2.1", "198.51.100.7"]))
    def roam(self, pick: int, ip: str) -> None:
        """A client goes on from another network."""
        connection = self._pick(pick)
        if self.with_ids or not connection.twin:
            connection.ip = ip

    @precondition(lambda self: self._online())
    @rule(pick=st.integers(0), received=st.integers(0, 99), sent=st.integers(0, 99))
    def reset_counters(self, pick: int, received: int, sent: int) -> None:
        """The server counts a connection from nothing again."""
        connection = self._pick(pick)
        connection.received = min(received, connection.received)
        connection.sent = min(sent, connection.sent)

    @precondition(lambda self: self._online())
    @rule(pick=st.integers(0))
    def leave(self, pick: int) -> None:
        """Somebody goes."""
        self._pick(pick).online = False

    @precondition(lambda self: self._online())
    @rule(pick=st.integers(0))
    def reconnect(self, pick: int) -> None:
        """Somebody goes and is back before the next list."""
        connection = self._pick(pick)
        connection.online = False
        self._connect(connection.name, self._free_second(), routed=True)

    @rule()
    def restart_server(self) -> None:
        """Everybody is thrown out, and Client IDs begin anew."""
        for connection in self._online():
            connection.online = False
        self.next_id = 0
        self.restarts += 1

    @rule(seconds=st.integers(1, 7200))
    def step_clock_back(self, seconds: int) -> None:
        """The server's clock is set."""
        self.clock -= seconds

    @rule(seconds=st.integers(1, 1500))
    def nobody_looks(self, seconds: int) -> None:
        """Lists are written that nobody reads."""
        self.clock += seconds

    # What is read

    @rule(seed=st.integers(0, 9), seconds=SECONDS)
    def rewrite(self, seed: int, seconds: int) -> None:
        """A whole list is written and read."""
        self._read(self._online(), seed, seconds)

    @precondition(lambda self: self.tracked.server.time is not None)
    @rule(seed=st.integers(0, 9))
    def read_again(self, seed: int) -> None:
        """The file has not been rewritten: nothing is new, whatever it is taken for."""
        rows = [connection.row() for connection in self._online()]
        time = self.tracked.server.time
        assert time is not None
        changes = self.tracked.see(time, *rows)
        assert (changes.closed, changes.reopened, changes.samples) == ([], [], [])

    @rule(seed=st.integers(0, 9), seconds=SECONDS)
    def read_torn(self, seed: int, seconds: int) -> None:
        """Part of the list is missing, and a row cut in two shows it."""
        self.marks += 1
        mark = "".join(chr(ord("a") + int(digit)) for digit in str(self.marks))
        some = [c for c in self._online() if Random(seed + int(c.port)).random() < 0.5]
        self._read(some, seed, seconds, rejected=(bad_row(mark),))

    @rule(seed=st.integers(0, 9), seconds=SECONDS)
    def read_torn_unnoticed(self, seed: int, seconds: int) -> None:
        """Part of the list is missing and nothing shows it, but not the same part twice in a row."""
        some = [
            c
            for c in self._online()
            if c.absent_since is not None or Random(seed + int(c.port)).random() < 0.5
        ]
        self._read(some, seed, seconds)

    @precondition(lambda self: self._online() and not self.just_doubled)
    @rule(seed=st.integers(0, 9), seconds=SECONDS, pick=st.integers(0))
    def read_doubled(self, seed: int, seconds: int, pick: int) -> None:
        """Part of the list is missing, and a client stands in it twice, once with older counters."""
        twice = self._pick(pick)
        if not twice.routed or twice.twin:
            return
        some = [
            c for c in self._online() if Random(seed + int(c.port)).random() < 0.5 or c is twice
        ]
        older = client(
            twice.name,
            twice.client_id,
            connected_at=twice.since,
            real_ip=twice.ip,
            real_port=twice.port,
            bytes_received=min(twice.shown_received, twice.received),
            bytes_sent=min(twice.shown_sent, twice.sent),
        )
        self._read(some, seed, seconds, older=(older,))
        self.just_doubled = True

    @rule()
    def restart_collector(self) -> None:
        """Only what was written down is still known."""
        tracked = self.tracked
        state = State(servers={"openvpn": tracked.server}, next_number=tracked.next_number)
        state = decode(encode(state))
        assert state.servers["openvpn"] == tracked.server
        tracked.server = state.servers["openvpn"]

    @rule(seed=st.integers(0, 9), days=st.integers(1, 30))
    def stay_away(self, seed: int, days: int) -> None:
        """The file stands still for days and is given up; then it goes on."""
        self.tracked.give_up()
        assert self.tracked.server.sessions == {}
        self._read(self._online(), seed, days * 86_400)

    # What must come out

    @invariant()
    def history_is_what_happened(self) -> None:
        """Every connection that was shown is there once, open or finished, with its totals."""
        sessions = {identity(s): s for s in self.tracked.server.sessions.values() if s.established}
        finished = {identity(r.session): r for r in self.tracked.history.values()}
        assert not sessions.keys() & finished.keys()
        wanted = {(c.since, c.port): c for c in self.connections if c.shown}
        assert sessions.keys() | finished.keys() == wanted.keys()
        for key, connection in wanted.items():
            session = finished[key].session if key in finished else sessions[key]
            assert session.bytes_received == connection.total_received
            assert session.bytes_sent == connection.total_sent

    @invariant()
    def ends_are_dated(self) -> None:
        """At the first absence, or at the last sight where that was too long before; never earlier."""
        wanted = {(c.since, c.port): c for c in self.connections}
        for row in self.tracked.history.values():
            connection = wanted[identity(row.session)]
            if row.close_reason == "gap":
                assert row.disconnected_at == max(row.session.last_seen_at, connection.since)
                continue
            assert connection.ended_at is not None
            assert row.disconnected_at >= max(row.session.last_seen_at, connection.since)
            assert row.disconnected_at in (
                connection.ended_at,
                row.session.last_seen_at,
                connection.since,
            )
            if self.with_ids and not self.restarts:
                assert row.close_reason == "disconnected"

    def teardown(self) -> None:
        """When all are gone for two lists, all that were ever shown are in the history."""
        for connection in self._online():
            connection.online = False
        for _ in range(3):  # one of them may have a TIME that the server's clock showed before
            self.rewrite(0, 10)
        assert self.tracked.server.sessions == {}
        self.history_is_what_happened()
        self.ends_are_dated()

    # Helpers

    def _online(self) -> list[Connection]:
        return [connection for connection in self.connections if connection.online]

    def _pick(self, pick: int) -> Connection:
        online = self._online()
        return online[pick % len(online)]

    def _free_second(self) -> int:
        """Two connections of one second are twins, which is a rule of its own."""
        taken = {connection.since for connection in self.connections}
        while self.clock in taken:
            self.clock += 1
        return self.clock

    def _connect(self, name: str, since: int, *, routed: bool) -> Connection:
        connection = Connection(
            name,
            self.next_id if self.with_ids else None,
            since,
            port=str(1000 + len(self.connections)),
            routed=routed,
        )
        self.next_id += 1
        self.connections.append(connection)
        return connection

    def _read(
        self,
        listed: list[Connection],
        seed: int,
        seconds: int,
        *,
        rejected: tuple[Rejected, ...] = (),
        older: tuple[Client, ...] = (),
    ) -> None:
        self.clock += seconds
        if self.clock == self.tracked.server.time:
            self.clock += 1
        rows = [*(connection.row() for connection in listed), *older]
        Random(seed).shuffle(rows)
        self.just_doubled = False
        self.tracked.see(self.clock, *rows, rejected=rejected)
        for connection in self.connections:
            if connection in listed:
                connection.show()
            elif not rejected and not older:
                connection.lack(self.clock)


class ServerWithoutIds(Server):
    """A server whose files are version 1, or of OpenVPN 2.3."""

    with_ids = False


LONG = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestServer = Server.TestCase
TestServer.settings = LONG
TestServerWithoutIds = ServerWithoutIds.TestCase
TestServerWithoutIds.settings = LONG
