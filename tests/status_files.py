"""Status files written as OpenVPN writes them, byte for byte, from a list of who is connected."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from pathlib import Path

FIXTURES = Path(__file__).parent / "fixtures" / "openvpn"
AT = 1_795_362_700
"""TIME of the files, 2026-11-22 15:51:40 UTC."""


@dataclass(frozen=True)
class Peer:
    """One connected client. name and username are what OpenVPN would write, at least one byte."""

    name: bytes = b"alice"
    address: str = "192.0.2.1:40000"
    ipv4: str = "10.8.0.2"
    ipv6: str = "fd00:8::1000"
    received: int = 1000
    sent: int = 2000
    since: int = AT - 60
    username: bytes = b"UNDEF"
    client_id: int = 0
    cipher: str = "AES-256-GCM"

    def but(self, **fields: object) -> "Peer":
        """The same with other values."""
        return replace(self, **fields)  # type: ignore[arg-type]

    def routes(self) -> list[str]:
        """What is routed to it: its own addresses."""
        return [address for address in (self.ipv4, self.ipv6) if address]


def iso(at: int, zone: tzinfo = UTC) -> str:
    """Time as 2.5 and later write it."""
    return datetime.fromtimestamp(at, zone).strftime("%Y-%m-%d %H:%M:%S")


def ctime(at: int, zone: tzinfo = UTC) -> str:
    """Time as 2.3 and 2.4 write it, the day padded with a space."""
    when = datetime.fromtimestamp(at, zone)
    return when.strftime("%a %b ") + f"{when.day:2d}" + when.strftime(" %H:%M:%S %Y")


def render(version: int, peers: Sequence[Peer], at: int = AT, zone: tzinfo = UTC) -> bytes:
    """The whole file of OpenVPN 2.6 for a status version, its routes in the order of the clients."""
    return _version_1(peers, at, zone) if version == 1 else _tagged(version, peers, at, zone)


def _version_1(peers: Sequence[Peer], at: int, zone: tzinfo) -> bytes:
    lines = [
        b"OpenVPN CLIENT LIST",
        b"Updated," + iso(at, zone).encode(),
        b"Common Name,Real Address,Bytes Received,Bytes Sent,Connected Since",
        *(
            b",".join([p.name, f"{p.address},{p.received},{p.sent},{iso(p.since, zone)}".encode()])
            for p in peers
        ),
        b"ROUTING TABLE",
        b"Virtual Address,Common Name,Real Address,Last Ref",
        *(
            b",".join([route.encode(), p.name, f"{p.address},{iso(at, zone)}".encode()])
            for p in peers
            for route in p.routes()
        ),
        b"GLOBAL STATS",
        b"Max bcast/mcast queue length,0",
        b"END",
    ]
    return b"\n".join(lines) + b"\n"


def _tagged(version: int, peers: Sequence[Peer], at: int, zone: tzinfo) -> bytes:
    def line(*fields: bytes | str | int) -> bytes:
        separator = b"\t" if version == 3 else b","
        return separator.join(f if isinstance(f, bytes) else str(f).encode() for f in fields)

    return b"\n".join([
        line("TITLE", "OpenVPN 2.6.14 x86_64-pc-linux-gnu"),
        line("TIME", iso(at, zone), at),
        line(
            *("HEADER", "CLIENT_LIST", "Common Name", "Real Address", "Virtual Address"),
            *("Virtual IPv6 Address", "Bytes Received", "Bytes Sent", "Connected Since"),
            *("Connected Since (time_t)", "Username", "Client ID", "Peer ID", "Data Channel Cipher"),
        ),
        *(
            line(
                *("CLIENT_LIST", p.name, p.address, p.ipv4, p.ipv6, p.received, p.sent),
                *(iso(p.since, zone), p.since, p.username, p.client_id, 0, p.cipher),
            )
            for p in peers
        ),
        line(
            *("HEADER", "ROUTING_TABLE", "Virtual Address", "Common Name", "Real Address"),
            *("Last Ref", "Last Ref (time_t)"),
        ),
        *(
            line("ROUTING_TABLE", route, p.name, p.address, iso(at, zone), at)
            for p in peers
            for route in p.routes()
        ),
        line("GLOBAL_STATS", "Max bcast/mcast queue length", 0),
        line("GLOBAL_STATS", "dco_enabled", 0),
        b"END",
        b"",
    ])  # fmt: skip
