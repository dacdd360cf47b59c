"""Status files as OpenVPN 2.6 and 2.7 write them: line by line over the old bytes, never renamed."""

import os
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from scripts.simulation.people import Device, Server
from scripts.simulation.servers import Connection

HANDSHAKE_SECONDS = 2
"""How long somebody new has no address yet."""
_BUILD = (
    "x86_64-pc-linux-gnu [SSL (OpenSSL)] [LZO] [LZ4] [EPOLL] [PKCS11] [MH/PKTINFO] [AEAD] [DCO]"
)
_TITLE = {"udp": f"OpenVPN 2.6.14 {_BUILD}", "tcp": f"OpenVPN 2.7.6 {_BUILD}"}
_CLIENT_COLUMNS = [
    "Common Name",
    "Real Address",
    "Virtual Address",
    "Virtual IPv6 Address",
    "Bytes Received",
    "Bytes Sent",
    "Connected Since",
    "Connected Since (time_t)",
    "Username",
    "Client ID",
    "Peer ID",
    "Data Channel Cipher",
]
_ROUTE_COLUMNS = ["Virtual Address", "Common Name", "Real Address", "Last Ref", "Last Ref (time_t)"]


def lines(
    server: Server, here: Sequence[Connection], moved: Sequence[tuple[int, int]], now: int
) -> list[bytes]:
    """The file at now, as one write for each line. moved: bytes received and sent by each connection.

    Server udp writes version 3 (tabs) like OpenVPN 2.6, tcp version 2 (commas) with the address
    prefixes of 2.7. Local time is UTC.
    """
    # OpenVPN lists by hash of the address: an order that means nothing.
    order = sorted(range(len(here)), key=lambda n: here[n].visit.seed)
    rows = [
        ["TITLE", _TITLE[server]],
        ["TIME", _text(now), str(now)],
        ["HEADER", "CLIENT_LIST", *_CLIENT_COLUMNS],
        *(["CLIENT_LIST", *_client(server, here[n], moved[n], now)] for n in order),
        ["HEADER", "ROUTING_TABLE", *_ROUTE_COLUMNS],
        *(["ROUTING_TABLE", *row] for n in order for row in _routes(server, here[n], now)),
        ["GLOBAL_STATS", "Max bcast/mcast queue length", "3"],
        ["GLOBAL_STATS", "dco_enabled", "0"],
        ["END"],
    ]
    mark = "\t" if server == "udp" else ","
    return [f"{mark.join(row)}\n".encode() for row in rows]


class StatusFile:
    """An open status file that is rewritten in place, as OpenVPN does: a reader may see it half done."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)

    def rewrite(self, content: Sequence[bytes]) -> None:
        """One write for each line from the beginning on, then cut off what was longer. Raises OSError."""
        os.lseek(self._fd, 0, os.SEEK_SET)
        for line in content:
            os.write(self._fd, line)
        os.ftruncate(self._fd, sum(map(len, content)))

    def close(self) -> None:
        """The last content stays, as after a kill."""
        os.close(self._fd)


def _client(server: Server, one: Connection, moved: tuple[int, int], now: int) -> list[str]:
    visit, device = one.visit, _admitted(one, now)
    return [
        device.name if device else "UNDEF",
        _address(server, one, now),
        device.vpn_ipv4 if device else "",
        device.vpn_ipv6 if device else "",
        str(moved[0]),
        str(moved[1]),
        _text(visit.started_at),
        str(visit.started_at),
        (device.username if device else "") or "UNDEF",
        str(one.client_id),
        str(one.client_id % 65536),
        "AES-256-GCM" if device else "BF-CBC",
    ]


def _routes(server: Server, one: Connection, now: int) -> Iterator[list[str]]:
    device = _admitted(one, now)
    if device is None:
        return
    seen_at = max(one.visit.started_at, now - one.visit.seed % 40)
    networks = [text for network in device.networks for text in (network, _host_in(network))]
    for text in (device.vpn_ipv4, device.vpn_ipv6, *networks):
        if text:
            yield [text, device.name, _address(server, one, now), _text(seen_at), str(seen_at)]


def _host_in(network: str) -> str:
    """A host behind a client as OpenVPN caches it: marked with C."""
    return network.rpartition(".")[0] + ".17C"


def _admitted(one: Connection, now: int) -> Device | None:
    return one.visit.device if now - one.visit.started_at >= HANDSHAKE_SECONDS else None


def _address(server: Server, one: Connection, now: int) -> str:
    _, ip, port = next(place for place in reversed(one.visit.places) if place[0] <= now)
    is_ipv6 = ":" in ip
    if server == "udp":
        return ip if is_ipv6 else f"{ip}:{port}"  # 2.6 shows no port with IPv6
    return f"tcp6-server:[{ip}]:{port}" if is_ipv6 else f"tcp4-server:{ip}:{port}"


def _text(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S")
