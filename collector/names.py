"""Names: what OpenVPN wrote as bytes, what they are told apart by, and how they are shown.

OpenVPN passes on any byte from 32 up but 127, so a name need not be UTF-8.
"""

from collections.abc import Mapping, Sequence

from ovpnmon.model import Client

REPLACEMENT = "\ufffd"


def shown(name: str) -> str:
    """A name decoded with surrogateescape, with U+FFFD for what is not UTF-8."""
    return _bytes(name).decode("utf-8", "replace")


def name_key(name: str) -> str:
    """A name decoded with surrogateescape as identity: itself, or NUL and its bytes in hexadecimal.

    No real name begins with NUL: OpenVPN writes control characters as `_`.
    """
    try:
        name.encode()
    except UnicodeEncodeError:
        return "\0" + _bytes(name).hex()
    return name


def distinct_names(
    clients: Sequence[Client], claims: dict[str, str]
) -> tuple[Mapping[str, str], dict[str, str]]:
    """How to show names that would look alike while their bytes differ: `caf\ufffd [636166e9]`.

    Who was shown under a name first keeps it, now and later: claims holds name_key by shown name and
    is to be given again at the next snapshot. Only names with U+FFFD can look alike.

    Returns shown names by name_key, without those shown as their common_name, and the new claims: the
    same object where nothing was added.
    """
    unclear = {row.name_key: row.common_name for row in clients if REPLACEMENT in row.common_name}
    if not unclear:
        return {}, claims
    taken = dict(claims)
    # Names that are UTF-8 come first: they can be written as they are shown.
    for key in sorted(unclear, key=lambda key: (key.startswith("\0"), key)):
        name = unclear[key]
        while taken.setdefault(name, key) != key:
            name += f" [{_hex(key)}]"
        unclear[key] = name
    different = {
        row.name_key: unclear[row.name_key]
        for row in clients
        if unclear.get(row.name_key, row.common_name) != row.common_name
    }
    return different, claims if len(taken) == len(claims) else taken


def _bytes(name: str) -> bytes:
    return name.encode("utf-8", "surrogateescape")


def _hex(key: str) -> str:
    return key[1:] if key.startswith("\0") else key.encode().hex()
