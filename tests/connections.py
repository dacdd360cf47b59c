"""Connections as they really are, and what the lists have shown of them: a model to hold tracking to."""

from dataclasses import dataclass

from ovpnmon.model import Client, Session
from tests.snapshots import client


@dataclass
class Connection:
    """One client's connection as it really is, and as the lists have shown it."""

    name: str
    client_id: int | None
    since: int
    port: str
    ip: str = "192.0.2.1"
    routed: bool = True
    online: bool = True
    twin: bool = False
    received: int = 0
    sent: int = 0
    shown: bool = False
    """Has been in a list, with an address: must be in the history some day."""
    shown_received: int = 0
    shown_sent: int = 0
    total_received: int = 0
    total_sent: int = 0
    absent_since: int | None = None
    ended_at: int | None = None

    def row(self) -> Client:
        """The row of the client list."""
        return client(
            self.name,
            self.client_id,
            connected_at=self.since,
            real_ip=self.ip,
            real_port=self.port,
            routed=self.routed,
            vpn_ipv4="10.8.0.2" if self.routed else None,
            bytes_received=self.received,
            bytes_sent=self.sent,
        )

    def show(self) -> None:
        """A list has shown the connection as it is."""
        fell_received = self.received < self.shown_received
        fell_sent = self.sent < self.shown_sent
        self.total_received += self.received - (0 if fell_received else self.shown_received)
        self.total_sent += self.sent - (0 if fell_sent else self.shown_sent)
        self.shown_received, self.shown_sent = self.received, self.sent
        self.shown = self.shown or self.routed
        self.absent_since = self.ended_at = None

    def lack(self, time: int) -> None:
        """A list to be trusted does not show it."""
        if not self.shown:
            self.forget()
        elif self.absent_since is None:
            self.absent_since = time
        elif self.ended_at is None:
            self.ended_at = self.absent_since

    def forget(self) -> None:
        """Nothing was known of it after all."""
        self.shown_received = self.shown_sent = self.total_received = self.total_sent = 0


def identity(session: Session) -> tuple[int, str]:
    """What tells connections apart in this world: every one has a port of its own."""
    return session.connected_at, session.real_port
