"""Cutting samples into buckets loses and invents nothing, whatever their spans."""

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from ovpnmon.store import rows
from ovpnmon.store.state import State
from ovpnmon.store.waiting import SampleGroup

SPANS = st.tuples(
    st.integers(0, 4_000_000_000),
    st.one_of(st.integers(-100, 2000), st.integers(0, 40 * 86400)),
    st.lists(
        st.tuples(st.integers(1, 5), st.integers(0, 2**53), st.integers(0, 2**53)), max_size=4
    ),
)


def by_hour(table: pa.Table) -> dict[tuple[str, float], tuple[int, int, float]]:
    """Bytes and seconds by session and hour."""
    sums: dict[tuple[str, float], tuple[int, int, float]] = {}
    for row in table.to_pylist():
        key = row["session_id"], row["bucket_at"].timestamp() // 3600
        received, sent, seconds = sums.get(key, (0, 0, 0.0))
        sums[key] = (
            received + row["bytes_received"],
            sent + row["bytes_sent"],
            seconds + row["seconds"],
        )
    return sums


@given(st.lists(SPANS, max_size=5))
def test_every_byte_and_second_is_in_exactly_one_bucket(
    spans: list[tuple[int, int, list[tuple[int, int, int]]]],
) -> None:
    """Sums by session agree to the byte, no piece is negative, every row lies in its bucket and date."""
    groups = [
        SampleGroup(
            "s",
            began,
            began + length,
            [number for number, _, _ in samples],
            [received for _, received, _ in samples],
            [sent for _, _, sent in samples],
        )
        for began, length, samples in spans
    ]
    buckets = rows.traffic_5m(groups, rows.Names(State()))
    assert by_hour(rows.traffic_1h(buckets)) == by_hour(buckets)
    found = buckets.to_pylist()
    for number in range(1, 6):
        mine = [row for row in found if row["session_id"] == f"unknown-{number}"]
        for column, position in (("bytes_received", 1), ("bytes_sent", 2)):
            assert sum(row[column] for row in mine) == sum(
                sample[position] for _, _, s in spans for sample in s if sample[0] == number
            )
        assert sum(row["seconds"] for row in mine) == sum(
            max(0, length) for _, length, s in spans for sample in s if sample[0] == number
        )
    for row in found:
        assert row["bytes_received"] >= 0
        assert row["bytes_sent"] >= 0
        assert row["bucket_at"].timestamp() % 300 == 0
        assert row["date"] == row["bucket_at"].strftime("%Y-%m-%d")
    keys = [(row["session_id"], row["bucket_at"]) for row in found]
    assert len(keys) == len(set(keys))
