"""The feed: clients from the history and the live state, the rest from the collector's own notes."""

from pathlib import Path
from typing import Any

import pytest

from ovpnmon.queries.event_feed import MOST, Wanted, feed
from ovpnmon.store.events import Event
from ovpnmon.store.reader import Store
from tests.recording import START, Recording, make_settings


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """anna and bob come together; anna leaves; eve comes and is there with bob."""
    life = Recording(make_settings(tmp_path))
    life.tick({"anna": (100, 1000), "bob": (5, 5)})
    life.tick({"bob": (1, 1), "anna": (1, 1)}, close=["anna"])
    life.tick({"bob": (1, 1), "eve": (1, 1)})
    life.save()
    return Store(life.settings)


NOTES = [
    Event(START - 50, "openvpn", "file", "Cannot read it"),
    Event(START + 5, "openvpn", "restart", "OpenVPN was started anew"),
    Event(START + 6, "", "clock", "This host's clock was put back by 2 h"),
]


def told(store: Store, **wanted: Any) -> list[tuple[str, str]]:
    found = feed(store, NOTES, Wanted(**({"since": None} | wanted)))
    return [(row.kind, row.who or row.text) for row in found.itertuples()]


def test_everything_together_newest_first(store: Store) -> None:
    """Of all sources, by time."""
    found = feed(store, NOTES, Wanted(since=None))
    assert list(found["at"]) == sorted(found["at"], reverse=True)
    assert sorted(found["kind"]) == [
        *("clock", "connected", "connected", "connected", "file", "left", "restart"),
    ]
    left = found[found["kind"] == "left"].iloc[0]
    assert left["who"] == "anna"
    assert left["text"].startswith("after ")
    assert "↓ 1.00 kB ↑ 101 B" in left["text"]
    came = found[found["who"] == "eve"].iloc[0]
    assert came["text"].startswith("from ")


def test_kinds_server_and_range_narrow_it(store: Store) -> None:
    """Each by itself; the end of a range is not in it."""
    assert told(store, kinds=("left",)) == [("left", "anna")]
    assert {kind for kind, _ in told(store, kinds=("file", "clock"))} == {"file", "clock"}
    assert told(store, server="other") == []
    assert ("file", "Cannot read it") not in told(store, since=START - 49)
    assert told(store, since=START - 50, until=START - 49, kinds=("file",)) == [
        ("file", "Cannot read it")
    ]
    assert told(store, until=START - 50) == []


@pytest.mark.parametrize("kind", ["connected", "left"])
def test_a_range_of_clients_has_its_beginning_and_not_its_end(store: Store, kind: str) -> None:
    """Two ranges that meet tell each event once."""
    moments = [at.timestamp() for at in feed(store, [], Wanted(None, None, (kind,)))["at"]]
    last = max(moments)
    assert len(told(store, since=last, kinds=(kind,))) == moments.count(last)
    assert len(told(store, until=last, kinds=(kind,))) == len(moments) - moments.count(last)


def test_text_is_searched_in_names_addresses_and_notes(store: Store) -> None:
    """Whatever the case."""
    assert {who for _, who in told(store, text="ANNA")} == {"anna"}
    assert told(store, text="put back", kinds=("clock", "file")) == [
        ("clock", "This host's clock was put back by 2 h")
    ]


def test_of_very_many_the_newest_are_told(store: Store) -> None:
    """A page of thousands would tell nobody anything."""
    many = [Event(START + n, "", "clock", f"{n}") for n in range(MOST + 50)]
    found = feed(store, many, Wanted(since=None, kinds=("clock",)))
    assert len(found) == MOST
    assert found["text"].iloc[0] == str(MOST + 49)


def test_nothing_at_all(tmp_path: Path) -> None:
    """Before the first tick."""
    assert feed(Store(make_settings(tmp_path)), [], Wanted(since=None)).empty
