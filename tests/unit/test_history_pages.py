"""Pages of the history, sorted over everything: together they are all of it, in order, each session once."""

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ovpnmon.queries import history
from ovpnmon.queries.filters import Sessions
from ovpnmon.store.reader import Store
from tests import worlds
from tests.app.past import past
from tests.recording import make_settings

FAR = 2**40
KEYS = {
    "Connected": lambda row: row["connected_at"].timestamp(),
    "Disconnected": lambda row: (
        row["disconnected_at"].timestamp() if row["disconnected_at"] else FAR
    ),
    "Client": lambda row: row["common_name"].lower(),
    "Server": lambda row: row["server"],
    "Duration": lambda row: row["duration_seconds"],
    "Downloaded": lambda row: row["bytes_sent"],
    "Uploaded": lambda row: row["bytes_received"],
}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Forty-two sessions, two of them open; every three ended ones are alike but for their names."""
    directory: Path = tmp_path_factory.mktemp("pages")
    now = int(time.time())
    world = past(now)
    closed = world.pending[0].closed
    for n in range(0, 39, 3):
        for other in (n + 1, n + 2):
            one = closed[n].session
            alike = {"connected_at": one.connected_at, "bytes_sent": one.bytes_sent}
            closed[other] = replace(
                closed[other],
                session=replace(closed[other].session, **alike),
                disconnected_at=closed[n].disconnected_at,
            )
    settings = make_settings(directory)
    worlds.save(settings.data, world, now)
    return Store(settings)


def everything(store: Store, sort: str, reverse: bool) -> list[str]:
    """Sorted by Python: what is sorted by, then the latest start, then the session."""
    rows: list[dict[str, Any]] = history.newest(store, Sessions(), 1000)[0].to_pylist()
    rows.sort(key=lambda row: row["session_id"])
    rows.sort(key=lambda row: row["connected_at"], reverse=True)
    rows.sort(key=KEYS[sort], reverse=history.SORTS[sort].descending != reverse)
    return [row["session_id"] for row in rows]


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("sort", KEYS)
@pytest.mark.parametrize("size", [5, 25, 100])
def test_pages_together_are_everything_in_order(
    store: Store, sort: str, reverse: bool, size: int
) -> None:
    """Also where a page ends among sessions that are alike."""
    found: list[str] = []
    for start in range(0, 42, size):
        page = history.rows(store, Sessions(), sort, reverse, slice(start, start + size))
        found += page["session_id"].to_list()
    assert found == everything(store, sort, reverse)


def test_a_page_beyond_the_last_is_empty(store: Store) -> None:
    """With all columns, as any other."""
    page = history.rows(store, Sessions(), "Duration", False, slice(100, 125))
    assert page.empty
    assert list(page)[:2] == ["session_id", "server"]


def test_addresses_are_sorted_as_numbers(store: Store) -> None:
    """198.51.100.9 comes before 198.51.100.10, and IPv4 before 2001:db8::."""
    page = history.rows(store, Sessions(state="ended"), "Address", False, slice(0, 40))
    addresses = page["real_ip"].to_list()
    assert addresses[:3] == ["198.51.100.1", "198.51.100.2", "198.51.100.3"]
    assert addresses[-1] == "2001:db8::40"
