"""What the gate knows of a request: where it came from, which host it asked for, who forwarded it."""

import ipaddress
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from ovpnmon.login_settings import Network

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[^\s:/@?#\[\]\\]+)(?::([0-9]{1,5}))?")
_DEFAULT_PORTS = {"http": "80", "https": "443"}


@dataclass(frozen=True, slots=True)
class Incoming:
    """One request or websocket handshake.

    here, peer: both ends of its socket, None for a Unix socket. headers: lower-case name -> every
    value it was sent with.
    """

    here: Address | None
    peer: Address | None
    http_version: str
    headers: Mapping[str, Sequence[str]]

    @classmethod
    def of(cls, scope: Mapping[str, Any]) -> "Incoming":
        """From an ASGI scope. The server must leave its addresses alone (no proxy headers)."""
        headers: dict[str, list[str]] = {}
        for name, value in scope["headers"]:
            headers.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))
        return cls(
            address(scope.get("server")),
            address(scope.get("client")),
            scope.get("http_version", "1.1"),
            headers,
        )

    def header(self, name: str) -> str | None:
        """The value of a header that was sent once; None for none, and for several: which is true?"""
        values = self.headers.get(name, ())
        return values[0].strip() if len(values) == 1 else None

    @property
    def host(self) -> str | None:
        """The host name asked for, lower-case, without port; None when there is no sane one."""
        match = _HOST.fullmatch((self.header("host") or "").lower())
        return match[1].strip("[]").rstrip(".") if match else None

    @property
    def is_local(self) -> bool:
        """Whether both ends of the socket are on this machine's loopback."""
        return all(end is not None and end.is_loopback for end in (self.here, self.peer))

    @property
    def asks_for_loopback(self) -> bool:
        """Whether the host asked for can only mean this machine.

        A page of a stranger whose name resolves to 127.0.0.1 (DNS rebinding) asks for that name.
        """
        host = self.host or ""
        parsed = parse_address(host)
        return host == "localhost" or (parsed is not None and parsed.is_loopback)

    @property
    def was_forwarded(self) -> bool:
        """Whether a proxy shows: it says so, or it speaks HTTP/1.0, which nginx does by default."""
        said = ("forwarded", "via", "x-real-ip", "cf-connecting-ip")
        return self.http_version == "1.0" or any(
            name in said or name.startswith("x-forwarded-") for name in self.headers
        )

    @property
    def is_foreign(self) -> bool:
        """Whether a browser says that a page of another origin sends this.

        A page may open websockets to any host, with the visitor's credentials.
        """
        if "origin" not in self.headers:
            return False
        try:
            origin = urlsplit((self.header("origin") or "").lower())
        except ValueError:
            return True
        default = _DEFAULT_PORTS.get(origin.scheme)
        here = _with_port((self.header("host") or "").lower(), default)
        return here is None or _with_port(origin.netloc, default) != here

    def client(self, proxies: Sequence[Network]) -> Address | None:
        """Who it came from: the peer, or where the peer is a known proxy, whom that one names."""
        client = self.peer
        named = ",".join(self.headers.get("x-forwarded-for", ())).split(",")
        while is_within(client, proxies) and named:
            # A proxy adds whom it was asked by at the end; what stands before may be made up.
            before = parse_address(named.pop())
            if before is None:
                break
            client = before
        return client


def address(end: Sequence[Any] | None) -> Address | None:
    """The address of (host, port) as ASGI servers give it; IPv4 in IPv6 clothes is IPv4."""
    return parse_address(str(end[0])) if end else None


def parse_address(text: str) -> Address | None:
    """An IP address, with or without brackets, or None."""
    try:
        parsed = ipaddress.ip_address(text.strip().strip("[]"))
    except ValueError:
        return None
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped:
        return parsed.ipv4_mapped
    return parsed


def is_within(client: Address | None, networks: Sequence[Network]) -> bool:
    """Whether one of the networks holds the address."""
    return client is not None and any(client in network for network in networks)


def _with_port(netloc: str, default: str | None) -> tuple[str, str | None] | None:
    match = _HOST.fullmatch(netloc)
    return (match[1].rstrip("."), match[2] or default) if match else None
