"""Rows that wait while the tables cannot be written: nothing is lost, and they do not pile up."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

from ovpnmon.store import rows
from ovpnmon.store.state import State
from ovpnmon.store.waiting import Batch, SampleGroup, thinned
from tests.recording import Recording, make_settings

BUCKET = 1_750_000_200
"""The beginning of 5 minutes."""


def group(from_at: int, to_at: int, moved: dict[int, int]) -> SampleGroup:
    """Samples of server `a`, which was observed (number 0); each sends twice what it receives."""
    numbers = {0: 0} | moved
    sent = [2 * received for received in numbers.values()]
    return SampleGroup("a", from_at, to_at, [*numbers], [*numbers.values()], sent)


def five_minute_rows(batch: Batch) -> dict[object, int]:
    """Bytes received, by 5 minutes and session, as they will be in the table."""
    sums: Counter[object] = Counter()
    for row in rows.of_batches(State(pending=[batch]), [batch])["traffic_5m"].to_pylist():
        sums[row["bucket_at"], row["session_id"]] += row["bytes_received"]
    return dict(sums)


def test_an_hour_of_waiting_is_a_sample_for_every_five_minutes(tmp_path: Path) -> None:
    """And every client still has moved, to the byte, what it has."""
    played = Recording(make_settings(tmp_path))
    played.tick({"ann": (5, 6)})
    played.seal()
    for number in range(360):
        played.tick(
            {"ann": (number, 1), "bob": (1, number)}, close=["bob"] if number == 200 else []
        )
        if number % 6 == 0:
            played.seal()
    played.save()
    assert len(played.state.pending[-1].samples) < 30
    played.check()


def test_thinning_moves_nothing_into_other_five_minutes() -> None:
    groups = [
        group(at, at + 10, {1: at % 77, 2: at % 13}) for at in range(BUCKET - 50, BUCKET + 650, 10)
    ]
    batch = Batch(1, samples=groups)
    assert five_minute_rows(thinned(batch)) == five_minute_rows(batch)
    assert len(thinned(batch).samples) == 4


def test_a_gap_stays_a_gap() -> None:
    """Nobody looked between 20 and 60 s: no sample may say that somebody did."""
    apart = [group(BUCKET, BUCKET + 20, {1: 5}), group(BUCKET + 60, BUCKET + 70, {1: 6})]
    kept = thinned(Batch(1, samples=apart)).samples
    assert sorted(kept, key=lambda one: one.from_at) == apart


def test_what_a_new_session_moved_before_it_was_seen_keeps_its_own_span() -> None:
    """It reaches back to the connection, and is no time that anybody observed."""
    first = replace(
        group(BUCKET - 900, BUCKET + 10, {}), number=[3], bytes_received=[7], bytes_sent=[8]
    )
    seen = [group(BUCKET, BUCKET + 10, {1: 5}), group(BUCKET + 10, BUCKET + 20, {1: 6})]
    assert thinned(Batch(1, samples=[first, *seen])).samples == [
        first,
        group(BUCKET, BUCKET + 20, {1: 11}),
    ]


def test_thinning_again_changes_nothing() -> None:
    """It is done once a minute, for days if need be."""
    once = thinned(
        Batch(1, samples=[group(BUCKET + n, BUCKET + n + 10, {1: n}) for n in range(0, 900, 10)])
    )
    assert thinned(once) == once
