"""Snapshots by hand, and a tracker that keeps what it is told, for tests of collector.tracking."""

from collections import defaultdict
from copy import deepcopy
from dataclasses import replace

from collector.tracking import Changes, abandon, advance
from ovpnmon.model import Client, ClosedSession, Rejected, Sample, ServerState, Session, Snapshot

T = 1_800_000_000
"""Some moment; tests count from it."""


def client(name: str = "alice", client_id: int | None = 0, **fields: object) -> Client:
    """A working client, connected at T; every field can be given another value."""
    ordinary = Client(
        common_name=name,
        name_key=name,
        username=None,
        real_ip="192.0.2.1",
        real_port="40000",
        vpn_ipv4="10.8.0.2",
        vpn_ipv6=None,
        bytes_received=0,
        bytes_sent=0,
        connected_at=T,
        since_text="",
        client_id=client_id,
        cipher="AES-256-GCM",
        routed=True,
    )
    row = replace(ordinary, **fields)  # type: ignore[arg-type]
    return row if row.since_text else replace(row, since_text=f"text of {row.connected_at}")


def v1_client(name: str = "alice", **fields: object) -> Client:
    """The same in a file without Client IDs."""
    return client(name, None, **fields)


def bad_row(text: str, line: int = 7) -> Rejected:
    """A client row that could not be read."""
    return Rejected(line, text, "5 fields, 13 expected")


def snapshot(time: int, *clients: Client, rejected: tuple[Rejected, ...] = ()) -> Snapshot:
    """A good read whose TIME is time; rejected: client rows that were set aside."""
    return Snapshot(
        version=3 if all(row.client_id is not None for row in clients) else 1,
        title="OpenVPN 2.6.14",
        time=time,
        time_text=f"text of {time}",
        clients=clients,
        routes=(),
        rejected=rejected,
        rejected_clients=rejected,
    )


class Tracked:
    """One server, tracked from snapshot to snapshot, with all that the store would have been told.

    Every step checks what holds always: arguments are left alone, samples add up, spans are not
    negative, the totals of the server never fall.
    """

    def __init__(self, name: str = "openvpn") -> None:
        self.server = ServerState(name, f"/run/{name}.log")
        self.next_number = 1
        self.now = float(T)
        self.history: dict[str, ClosedSession] = {}
        self.samples: dict[int, list[Sample]] = defaultdict(list)
        self.last = Changes(self.server, [], [], [], 1)

    def see(self, time: int, *clients: Client, rejected: tuple[Rejected, ...] = ()) -> Changes:
        """Take in a snapshot."""
        return self.take(snapshot(time, *clients, rejected=rejected))

    def take(self, good: Snapshot) -> Changes:
        """Take in a snapshot, checking what must hold whatever it says."""
        before = deepcopy(self.server), deepcopy(good)
        changes = advance(self.server, good, self.next_number, self.now)
        assert (self.server, good) == before
        return self._keep(changes)

    def give_up(self) -> Changes:
        """Abandon the server."""
        before = deepcopy(self.server)
        changes = abandon(self.server, self.next_number)
        assert self.server == before
        return self._keep(changes)

    def session(self, name: str = "alice") -> Session:
        """The one open session of that name."""
        (session,) = [s for s in self.server.sessions.values() if s.common_name == name]
        return session

    def closed(self, name: str = "alice") -> ClosedSession:
        """The one finished session of that name."""
        (row,) = [row for row in self.history.values() if row.session.common_name == name]
        return row

    def _keep(self, changes: Changes) -> Changes:
        for session_id in changes.reopened:
            del self.history[session_id]  # a KeyError: reopened what was never closed
        for row in changes.closed:
            assert row.session.session_id not in self.history
            self.history[row.session.session_id] = row
        for sample in changes.samples:
            assert sample.from_at <= sample.to_at
            assert min(sample.bytes_received, sample.bytes_sent) >= 0
            self.samples[sample.number].append(sample)
        self._check_sums(changes.server)
        self.server, self.next_number, self.last = changes.server, changes.next_number, changes
        return changes

    def _check_sums(self, server: ServerState) -> None:
        finished = [row.session for row in self.history.values()]
        sessions = [s for s in server.sessions.values() if s.established] + finished
        for session in sessions:
            assert self.moved(session) == (session.bytes_received, session.bytes_sent)
        assert len({session.number for session in sessions}) == len(sessions)
        assert len({session.session_id for session in sessions}) == len(sessions)
        assert server.total_sessions == len(sessions)
        assert server.total_bytes_received == sum(s.bytes_received for s in sessions)
        assert server.total_bytes_sent == sum(s.bytes_sent for s in sessions)

    def moved(self, session: Session) -> tuple[int, int]:
        """Received and sent, as the samples of a session add up."""
        samples = self.samples[session.number]
        return sum(s.bytes_received for s in samples), sum(s.bytes_sent for s in samples)


def ticking(*times: int) -> Tracked:
    """A server that has shown alice (and nobody else) at these seconds after T."""
    tracked = Tracked()
    for at in times:
        tracked.see(T + at, client())
    return tracked
