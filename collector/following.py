"""What a snapshot tells of those it lists: new sessions, known ones gone on, the traffic in between."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from collector import pace
from collector.identity import session_id
from ovpnmon.model import Client, Sample, ServerState, Session


@dataclass(slots=True)
class Followed:
    """The sessions that a snapshot lists, and what came out of bringing them up to it."""

    sessions: dict[str, Session]
    samples: list[Sample]
    next_number: int
    reopened: dict[str, str] = field(default_factory=dict)
    """session_id by key of those that were closed and are there again."""
    begun: int = 0
    """How many were established for the first time."""
    bytes_received: int = 0
    bytes_sent: int = 0
    """All samples together."""


def follow(
    server: ServerState,
    rows: Mapping[str, Client],
    time: int,
    shown: Mapping[str, str],
    next_number: int,
) -> Followed:
    """Bring every listed session up to TIME. rows: by session key; shown: names to show, by name_key.

    A session gives a sample at every snapshot from the one on in which it is established: the first
    reaches back to its connection and holds all that it had moved by then.
    """
    steady = pace.went_on(server.time, time, server.interval_seconds)
    found = Followed({}, [], next_number)
    sessions, samples, opened = found.sessions, found.samples, server.sessions
    for key, row in rows.items():
        before = opened.get(key) or _known_or_new(server, key, row, time, found)
        name = shown.get(row.name_key, row.common_name) if shown else row.common_name
        after = sessions[key] = _brought_up(before, row, time, name, steady)
        if after.established:
            found.begun += not before.established
            samples.append(
                Sample(
                    after.number,
                    min(before.sampled_at, time),
                    time,
                    after.bytes_received - before.sampled_received,
                    after.bytes_sent - before.sampled_sent,
                )
            )
    found.bytes_received = sum(sample.bytes_received for sample in samples)
    found.bytes_sent = sum(sample.bytes_sent for sample in samples)
    return found


def _known_or_new(
    server: ServerState, key: str, row: Client, time: int, found: Followed
) -> Session:
    """A session that is not open: one closed lately goes on as itself, any other begins at nothing."""
    closed = server.closed.get(key)
    if closed is not None:
        found.reopened[key] = closed.session.session_id
        return closed.session
    number = found.next_number
    found.next_number += 1
    return Session(
        key=key,
        session_id=session_id(server.name, key),
        number=number,
        server=server.name,
        common_name=row.common_name,
        username=row.username,
        real_ip=row.real_ip,
        real_port=row.real_port,
        vpn_ipv4=row.vpn_ipv4,
        vpn_ipv6=row.vpn_ipv6,
        cipher=row.cipher,
        client_id=row.client_id,
        connected_at=row.connected_at,
        established=False,
        last_seen_at=time,
        missing_since=None,
        bytes_received=0,
        bytes_sent=0,
        counter_received=0,
        counter_sent=0,
        sampled_received=0,
        sampled_sent=0,
        sampled_at=row.connected_at,
        receive_rate=None,
        send_rate=None,
    )


def _brought_up(session: Session, row: Client, time: int, name: str, steady: bool) -> Session:
    """The session as row shows it at TIME.

    A counter that fell was set to 0 in between, so all that it shows is new. Either is judged alone:
    one that fails (kernel offload was seen to lose one direction) must not count the other twice.
    What a row no longer tells stays as last known. Connected Since stays as first read while time is
    steady: in the hour that version 1 writes twice when summer time ends, it was surest then.
    """
    received = row.bytes_received - session.counter_received
    if received < 0:
        received = row.bytes_received
    sent = row.bytes_sent - session.counter_sent
    if sent < 0:
        sent = row.bytes_sent
    total_received = session.bytes_received + received
    total_sent = session.bytes_sent + sent
    elapsed = time - session.last_seen_at
    established = session.established or row.routed
    connected_at = session.connected_at if steady else row.connected_at
    # By position, in the order of the fields: twice as fast as by name, and this is the hot spot.
    return Session(
        session.key,
        session.session_id,
        session.number,
        session.server,
        name,
        row.username or session.username,
        row.real_ip,
        row.real_port,
        row.vpn_ipv4 or session.vpn_ipv4,
        row.vpn_ipv6 or session.vpn_ipv6,
        row.cipher or session.cipher,
        session.client_id,
        connected_at,
        established,
        time,
        None,
        total_received,
        total_sent,
        row.bytes_received,
        row.bytes_sent,
        total_received if established else session.sampled_received,
        total_sent if established else session.sampled_sent,
        time if established else connected_at,
        received / elapsed if elapsed > 0 else None,
        sent / elapsed if elapsed > 0 else None,
    )
