"""Which row of a snapshot is which session: the key that stays while everything else may change."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import chain, product

from collector.quarantine import newly_rejected
from ovpnmon.model import Client, Rejected, ServerState, Session

LISTED_TWICE = "listed twice: part of the list may be an older one"

Identified = tuple[dict[str, Client], list[Rejected]]
"""Rows by session key, and rows set aside because their key was there already."""


def session_id(server: str, key: str) -> str:
    """UUID-shaped, and the same for one session in every run, on every machine, after every replay."""
    digest = hashlib.blake2b(f"{server}\n{key}".encode(), digest_size=16).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:]}"


def identify(clients: Sequence[Client], server: ServerState) -> Identified:
    """The session key of every row.

    With a Client ID it is Connected Since (unix time) and that ID, which OpenVPN gives out once in a
    run. Without, it is Connected Since as written, so that no zone setting enters it, and the name;
    twins of one second are told apart by an ordinal, given at first sight. A file has Client IDs in
    all its rows or in none.
    """
    if clients and clients[0].client_id is None:
        return _without_ids(clients, server)
    rows = {f"{row.connected_at}#{row.client_id}": row for row in clients}
    if len(rows) == len(clients):
        return rows, []
    return _furthest_of_each(clients)


def _furthest_of_each(clients: Sequence[Client]) -> Identified:
    """Of rows with one key, the one that has counted further is the newer."""
    rows: dict[str, Client] = {}
    doubled: list[Rejected] = []
    for row in sorted(clients, key=_bytes):
        key = f"{row.connected_at}#{row.client_id}"
        if key in rows:
            doubled.append(_twice(rows[key]))
        rows[key] = row
    return rows, doubled


def _without_ids(clients: Sequence[Client], server: ServerState) -> Identified:
    twins = _known_twins(server)
    rows = {_base(row): row for row in clients}
    if len(rows) == len(clients) and not twins:
        return rows, []
    groups: defaultdict[str, list[Client]] = defaultdict(list)
    for row in clients:
        groups[_base(row)].append(row)
    doubled: list[Rejected] = []
    for base, group in groups.items():
        if len(group) > 1 or base in twins:
            del rows[base]
            known = _known([base, *twins[base]], server)
            group, twice = _without_copies(group, known, server)  # noqa: PLW2901 - the same, fewer
            rows |= _matched(base, group, known, server)
            doubled += twice
    return rows, doubled


def _base(row: Client) -> str:
    return f"{row.since_text}#{row.name_key}"


def _twin(base: str, ordinal: int) -> str:
    return f"+{ordinal} {base}" if ordinal else base


def _ordinal(key: str) -> int:
    return int(key[1:].partition(" ")[0]) if key.startswith("+") else 0


def _known_twins(server: ServerState) -> defaultdict[str, list[str]]:
    """Keys with an ordinal, by what they have in common. Connected Since never begins with a +."""
    twins: defaultdict[str, list[str]] = defaultdict(list)
    for key in chain(server.sessions, server.closed):
        if key.startswith("+"):
            twins[key.partition(" ")[2]].append(key)
    return twins


def _known(keys: list[str], server: ServerState) -> dict[str, Session]:
    closed = {key: server.closed[key].session for key in keys if key in server.closed}
    return closed | {key: server.sessions[key] for key in keys if key in server.sessions}


def _without_copies(
    group: list[Client], known: dict[str, Session], server: ServerState
) -> tuple[list[Client], list[Rejected]]:
    """Rows of one name, second and address are one client listed twice, or twins behind one address.

    Twins are still there in the next snapshot: only then are they taken for two sessions. Attempts
    to connect are not worth the doubt: they end up in no history.
    """
    kept = [row for row in group if not row.routed]
    copies: list[Client] = []
    room = Counter(_address(session) for session in known.values())
    for row in sorted((row for row in group if row.routed), key=_bytes, reverse=True):
        room.setdefault(_address(row), 1)
        room[_address(row)] -= 1
        (kept if room[_address(row)] >= 0 else copies).append(row)
    doubled = [_twice(row) for row in copies]
    if newly_rejected(doubled, server.rejected):
        return kept, doubled
    return group, []


def _matched(
    base: str, group: list[Client], known: dict[str, Session], server: ServerState
) -> dict[str, Client]:
    """Twins by key: who has the address and has counted on, then the address, then counted least."""
    pairs = []
    for (index, row), (key, session) in product(enumerate(group), known.items()):
        here = _address(row) == _address(session)
        risen = (
            row.bytes_received >= session.counter_received
            and row.bytes_sent >= session.counter_sent
        )
        if here or risen:
            further = abs(_bytes(row) - session.counter_received - session.counter_sent)
            pairs.append((not here, not risen, key not in server.sessions, further, index, key))
    rows: dict[str, Client] = {}
    left = dict(enumerate(group))
    for *_, index, key in sorted(pairs):
        if index in left and key not in rows:
            rows[key] = left.pop(index)
    free = max((_ordinal(key) + 1 for key in known), default=0)
    for row in sorted(left.values(), key=_address):
        rows[_twin(base, free)] = row
        free += 1
    return rows


def _address(of: Client | Session) -> tuple[str, str]:
    return of.real_ip, of.real_port


def _bytes(row: Client) -> int:
    return row.bytes_received + row.bytes_sent


def _twice(row: Client) -> Rejected:
    text = f"{row.common_name} {row.real_ip} {row.real_port} {row.since_text}"
    return Rejected(0, text, LISTED_TWICE)
