"""The live state: what a tick is acknowledged by."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from ovpnmon.model import ClosedSession, Rejected, Sample, ServerState
from ovpnmon.store import state as states
from ovpnmon.store.state import State, StateError
from ovpnmon.store.waiting import Batch, SampleGroup
from tests.recording import START, News, make_session

ANN, BOB = make_session("ann", 1), make_session("bob", 2)
SERVER = ServerState("openvpn", "/x", sessions={"ann": ANN, "bob": BOB})


def full_state() -> State:
    """A state with something of everything."""
    server = replace(
        SERVER,
        status="up",
        rejected=[Rejected(3, "a,b", "2 fields")],
        closed={"cat": ClosedSession(make_session("cat", 3), START + 5, "gap")},
        names={"a\ufffd": "\0ff"},
        intervals=[10, 10],
    )
    return State(
        epoch="e",
        seq=7,
        open_batch=2,
        synced={"traffic": 3},
        pending=[
            Batch(
                1,
                [ClosedSession(make_session("dan", 4), START + 9, "disconnected")],
                ["id-eve"],
                [SampleGroup("openvpn", START, START + 10, [0, 1], [0, 5], [0, 6])],
            ),
            Batch(2),
        ],
        servers={"openvpn": server},
        imports={"/old.json": {"size": 5}},
        counted={"id-fay": [1, 2, 3]},
    )


def test_what_is_saved_is_what_is_loaded(tmp_path: Path) -> None:
    """All of it, with its types."""
    path = tmp_path / "state.json"
    states.save(path, full_state())
    assert states.load(path) == full_state()


def test_it_is_readable_json(tmp_path: Path) -> None:
    """An operator may look into it, or a script."""
    path = tmp_path / "state.json"
    states.save(path, full_state())
    raw = json.loads(path.read_text())
    assert raw["schema"] == 1
    assert raw["servers"]["openvpn"]["sessions"]["ann"]["common_name"] == "ann"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not JSON"),
        (b'{"schema": 1', "not JSON"),
        (b"null", "not a state"),
        (b'{"ann": {}}', "not a state"),
        (b'{"schema": "2"}', "damaged"),
        (b'{"schema": 1}', "damaged"),
        (b'{"schema": 1, "pending": [], "servers": {}, "nonsense": 1}', "damaged"),
        (b'{"schema": 1, "pending": [{}], "servers": {}}', "damaged"),
        (b'{"schema": 1, "pending": [], "servers": []}', "damaged"),
    ],
)
def test_anything_else_is_refused_with_the_reason(content: bytes, reason: str) -> None:
    """Damaged, of another program, or of another version."""
    with pytest.raises(StateError, match=reason):
        states.decode(content)


def test_rows_of_a_tick_enter_the_open_batch() -> None:
    """Samples of one span lie together as columns; the old state is not touched."""
    before = State()
    news = News(
        SERVER,
        samples=[
            Sample(1, START, START + 10, 5, 6),
            Sample(0, START, START + 10, 0, 0),
            Sample(2, START - 70, START + 10, 7, 8),
        ],
        closed=[ClosedSession(BOB, START, "gap")],
        next_number=3,
    )
    after = states.extend(before, news)
    assert after.pending == [
        Batch(
            1,
            [ClosedSession(BOB, START, "gap")],
            [],
            [
                SampleGroup("openvpn", START, START + 10, [1, 0], [5, 0], [6, 0]),
                SampleGroup("openvpn", START - 70, START + 10, [2], [7], [8]),
            ],
        )
    ]
    assert after.next_number == 3
    assert before == State()


def test_a_session_seen_again_takes_its_row_out_of_the_open_batch() -> None:
    """And is named, in case an earlier batch has it in the tables."""
    closed = states.extend(State(), News(SERVER, closed=[ClosedSession(BOB, START, "gap")]))
    back = states.extend(closed, News(SERVER, reopened=["id-bob"]))
    assert back.pending == [Batch(1, [], ["id-bob"], [])]
    assert len(closed.pending[0].closed) == 1


def test_a_row_that_is_written_anew_replaces_the_one_before() -> None:
    """Reopened and closed in one tick: the reason turned out to be another."""
    first = ClosedSession(BOB, START, "disconnected")
    second = ClosedSession(BOB, START, "server_restarted")
    state = states.extend(State(), News(SERVER, closed=[first]))
    state = states.extend(state, News(SERVER, closed=[second], reopened=["id-bob"]))
    assert state.pending == [Batch(1, [second], ["id-bob"], [])]


def test_traffic_that_the_tables_hold_already_is_taken_off_the_next_sample() -> None:
    """Once, from the session it belongs to, and never below zero."""
    state = State(counted={"id-ann": [100, 10, START - 5], "id-bob": [9, 9, START + 99]})
    news = News(
        SERVER,
        samples=[Sample(1, START - 50, START, 130, 15), Sample(2, START - 50, START, 5, 10)],
    )
    once = states.extend(state, news)
    assert once.pending[0].samples == [
        SampleGroup("openvpn", START - 5, START, [1], [30], [5]),
        SampleGroup("openvpn", START, START, [2], [0], [1]),
    ]
    assert once.counted == {}
    assert states.extend(once, news).pending[0].samples[2].bytes_received == [130, 5]


def test_sealing_opens_the_next_batch() -> None:
    """The rows so far never change again."""
    state = states.extend(State(), News(SERVER, reopened=["id-bob"]))
    sealed = states.seal(state)
    assert sealed.open_batch == 2
    assert sealed.pending == [Batch(1, [], ["id-bob"], []), Batch(2)]
    assert state.open_batch == 1
