"""Two names whose bytes differ are never shown alike, now or later."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from collector.names import distinct_names, name_key, shown
from ovpnmon.model import Client
from tests.snapshots import client
from tests.strategies import names


def of(*names: bytes) -> list[Client]:
    """Clients with these names, as the parser gives them."""
    texts = [name.decode("utf-8", "surrogateescape") for name in names]
    return [replace(client(shown(text)), name_key=name_key(text)) for text in texts]


def all_shown(clients: list[Client], claims: dict[str, str]) -> tuple[list[str], dict[str, str]]:
    """How each is shown, and the claims from then on."""
    different, claims = distinct_names(clients, claims)
    return [different.get(row.name_key, row.common_name) for row in clients], claims


def test_ordinary_names_cost_nothing() -> None:
    """No entry, and the claims are the same object."""
    claims = {"caf\ufffd": "\x00636166e9"}
    different, after = distinct_names(of(b"alice", "Жанна".encode(), b"UNDEF"), claims)
    assert (different, after is claims) == ({}, True)


def test_names_shown_alike_get_their_bytes() -> None:
    """The first keeps the plain one; each client of a name is shown the same."""
    told, claims = all_shown(of(b"caf\xe9", b"caf\xe8", b"caf\xe9"), {})
    assert told == ["caf\ufffd [636166e9]", "caf\ufffd", "caf\ufffd [636166e9]"]
    assert claims == {"caf\ufffd": "\x00636166e8", "caf\ufffd [636166e9]": "\x00636166e9"}


def test_who_was_first_keeps_the_plain_name() -> None:
    """Also while gone: what history calls by that name stays one client."""
    first, claims = all_shown(of(b"caf\xe9"), {})
    later, claims = all_shown(of(b"caf\xe8"), claims)
    again, unchanged = all_shown(of(b"caf\xe8", b"caf\xe9"), claims)
    assert (first, later) == (["caf\ufffd"], ["caf\ufffd [636166e8]"])
    assert again == ["caf\ufffd [636166e8]", "caf\ufffd"]
    assert unchanged is claims


def test_a_name_that_holds_the_replacement_character_itself_is_another() -> None:
    """UTF-8 can write U+FFFD: such a name is told from one that is merely shown with it."""
    told, _ = all_shown(of(b"caf\xe9", "caf\ufffd".encode()), {})
    assert told == ["caf\ufffd [636166e9]", "caf\ufffd"]


def test_a_name_made_to_look_like_a_suffixed_one_gets_its_own() -> None:
    """Whatever somebody calls himself."""
    forged = "caf\ufffd [636166e9]"
    told, _ = all_shown(of(b"caf\xe9", b"caf\xe8", forged.encode()), {})
    assert len(set(told)) == 3


@given(st.lists(st.lists(names, max_size=5), max_size=5))
def test_no_two_names_are_ever_shown_alike(snapshots: list[list[bytes]]) -> None:
    """And no name is ever shown in two ways, over any number of snapshots."""
    claims: dict[str, str] = {}
    seen: dict[str, str] = {}
    for snapshot in snapshots:
        clients = of(*snapshot)
        told, claims = all_shown(clients, claims)
        for row, text in zip(clients, told, strict=True):
            assert seen.setdefault(row.name_key, text) == text
    assert len(set(seen.values())) == len(seen)
