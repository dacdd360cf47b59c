"""Addresses as a status file writes them: real ones with or without port, virtual ones of every kind."""

import re
import socket
from functools import lru_cache

from collector.numbers import whole

REMEMBERED = 1 << 18
PROTOCOL = re.compile(r"(?:udp|tcp)[46]?(?:-server|-client)?:")
MAC = re.compile(r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}(?:@[0-9]{1,5})?")
MAPPED = "::ffff:"


@lru_cache(REMEMBERED)
def ipv4_address(text: str) -> str | None:
    """An IPv4 address, None where there is none. Raises ValueError for anything else."""
    if text and not _is_ipv4(text):
        raise ValueError(f"no IPv4 address: {text!r}")
    return text or None


@lru_cache(REMEMBERED)
def ipv6_address(text: str) -> str | None:
    """An IPv6 address, None where there is none. Raises ValueError for anything else."""
    if text and not _is_ipv6(text):
        raise ValueError(f"no IPv6 address: {text!r}")
    return text or None


@lru_cache(REMEMBERED)
def real_address(text: str) -> tuple[str, str]:
    """Address and port of a Real Address; the port is "" where OpenVPN does not write it.

    2.3 to 2.6 write `1.2.3.4:5`, `2001:db8::1` and, 2.3 on a dual-stack socket, `::ffff:1.2.3.4`; 2.7
    `udp4:1.2.3.4:5` and `tcp6-server:[2001:db8::1]:5`. Raises ValueError for anything else.
    """
    prefix = PROTOCOL.match(text)
    rest = text[prefix.end() :] if prefix else text
    if rest.startswith("["):
        host, closed, after = rest[1:].partition("]")
        if not closed or after[:1] not in ("", ":") or not _is_ipv6(host):
            raise _no_address(text)
        port = after[1:] if after else None
    elif rest.count(":") > 1:
        host, port = rest, None
    else:
        host, colon, after = rest.partition(":")
        port = after if colon else None
    if host.lower().startswith(MAPPED) and _is_ipv4(host[len(MAPPED) :]):
        host = host[len(MAPPED) :]
    if not (_is_ipv4(host) or _is_ipv6(host)) or (port is not None and not _is_port(port)):
        raise _no_address(text)
    return host, port or ""


@lru_cache(REMEMBERED)
def address_family(text: str) -> int:
    """4 or 6 for a virtual address of a client itself, 0 for what merely lies behind one.

    That is a network (`net/bits`), a host learnt behind one (`10.8.1.5C`), a MAC in tap mode (with
    `@vlan` since 2.5). Raises ValueError for anything else.
    """
    # The flag first: with it `fd00::5` reads `fd00::5C`, an address, too. OpenVPN writes hex in small.
    host = text.removesuffix("C")
    if _is_ipv4(text):
        return 4
    if host == text and _is_ipv6(text):
        return 6
    network, slash, bits = text.partition("/")
    if slash:
        # OpenVPN writes the network 0.0.0.0 as nothing.
        known = (not network or _is_ipv4(network)) and _up_to(bits, 32)
        known = known or (_is_ipv6(network) and _up_to(bits, 128))
    else:
        known = (host != text and (_is_ipv4(host) or _is_ipv6(host))) or bool(MAC.fullmatch(host))
    if not known:
        raise ValueError(f"no virtual address: {text!r}")
    return 0


def _is_ipv4(text: str) -> bool:
    return _is_address(socket.AF_INET, text)


def _is_ipv6(text: str) -> bool:
    return _is_address(socket.AF_INET6, text)


def _is_address(family: socket.AddressFamily, text: str) -> bool:
    try:
        socket.inet_pton(family, text)
    except (OSError, ValueError):  # ValueError: bytes that are not UTF-8
        return False
    return True


def _is_port(text: str) -> bool:
    return _up_to(text, 65535)


def _up_to(text: str, limit: int) -> bool:
    try:
        return whole(text) <= limit
    except ValueError:
        return False


def _no_address(text: str) -> ValueError:
    return ValueError(f"no address: {text!r}")
