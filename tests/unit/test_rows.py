"""Samples and finished sessions as columns of the tables."""

from collections import Counter
from datetime import UTC, datetime

from ovpnmon.model import ClosedSession, ServerState
from ovpnmon.store import rows, tables
from ovpnmon.store.state import State
from ovpnmon.store.waiting import Batch, SampleGroup
from tests.recording import START, make_session

ANN, BOB = make_session("ann", 1), make_session("bob", 2)
STATE = State(servers={"openvpn": ServerState("openvpn", "/x", sessions={"ann": ANN, "bob": BOB})})
NAMES = rows.Names(STATE)
NOON = 1_750_032_000 // 86400 * 86400 + 43200


def cut(
    began: int, ended: int, received: int = 0, sent: int = 0
) -> list[tuple[int, int, int, float]]:
    """bucket, received, sent, seconds of one sample's pieces, in order of time."""
    group = SampleGroup("openvpn", began, ended, [1], [received], [sent])
    found = rows.traffic_5m([group], NAMES).sort_by("bucket_at").to_pylist()
    return [
        (int(r["bucket_at"].timestamp()), r["bytes_received"], r["bytes_sent"], r["seconds"])
        for r in found
    ]


def test_a_sample_within_a_bucket_stays_whole() -> None:
    """Ten seconds inside five minutes."""
    assert cut(NOON + 10, NOON + 20, 100, 7) == [(NOON, 100, 7, 10)]


def test_a_sample_over_an_edge_is_shared_in_proportion_to_time() -> None:
    """Four of its ten seconds before the edge; what does not divide goes to the later part."""
    assert cut(NOON + 296, NOON + 306, 101, 3) == [(NOON, 40, 1, 4), (NOON + 300, 61, 2, 6)]


def test_a_sample_that_ends_on_an_edge_does_not_touch_the_next_bucket() -> None:
    """Spans are half open."""
    assert cut(NOON + 290, NOON + 300, 5) == [(NOON, 5, 0, 10)]


def test_a_sample_of_no_length_keeps_its_bytes() -> None:
    """A clock that was set back must not lose traffic; the same goes for one that ends before it begins."""
    assert cut(NOON + 17, NOON + 17, 5, 6) == [(NOON, 5, 6, 0)]
    assert cut(NOON + 27, NOON + 17, 5, 6) == [(NOON, 5, 6, 0)]


def test_hours_of_downtime_are_cut_at_hours_and_days_at_days() -> None:
    """Beyond some hours the finer distribution would be a guess that costs a row every 5 minutes."""
    six_hours = cut(NOON, NOON + 6 * 3600, 72_000)
    assert len(six_hours) == 72
    assert {received for _, received, _, _ in six_hours} == {1000}
    seven_hours = cut(NOON + 600, NOON + 7 * 3600, 6 * 3600 + 3000)
    assert seven_hours[0] == (NOON + 600, 3000, 0, 3000)
    assert seven_hours[1] == (NOON + 3600, 3600, 0, 3600)
    assert len(seven_hours) == 7
    a_year = cut(NOON, NOON + 365 * 86400, 365 * 86400)
    assert a_year[0] == (NOON, 43200, 0, 43200)
    assert a_year[1] == (NOON + 43200, 86400, 0, 86400)
    assert len(a_year) == 366


def test_petabytes_over_years_are_shared_without_overflow() -> None:
    """Products beyond 64 bits would turn into negative traffic."""
    pieces = cut(NOON, NOON + 20 * 365 * 86400, 2**53, 2**53 - 1)
    assert sum(received for _, received, _, _ in pieces) == 2**53
    assert sum(sent for _, _, sent, _ in pieces) == 2**53 - 1
    assert min(received for _, received, _, _ in pieces) > 0


def test_samples_of_one_session_and_bucket_become_one_row() -> None:
    """Six ticks of a minute; the two sessions and the server itself stay apart."""
    groups = [
        SampleGroup("openvpn", NOON + 10 * n, NOON + 10 * n + 10, [0, 1, 2], [0, 1, 100], [0, 2, 3])
        for n in range(6)
    ]
    found = rows.traffic_5m(groups, NAMES).sort_by("session_id").to_pylist()
    assert [
        (r["session_id"], r["common_name"], r["bytes_received"], r["bytes_sent"], r["seconds"])
        for r in found
    ] == [("", "", 0, 0, 60), ("id-ann", "ann", 6, 12, 60), ("id-bob", "bob", 600, 18, 60)]


def test_buckets_become_hours_of_the_same_bytes_and_seconds() -> None:
    """What begins in an hour is counted there; a day's piece of a long sample stays the one row it is."""
    groups = [
        SampleGroup("openvpn", NOON + 600 * n, NOON + 600 * n + 600, [0, 1], [0, 10], [0, 1])
        for n in range(9)
    ]
    groups.append(SampleGroup("openvpn", NOON + 5400, NOON + 5 * 86400, [1], [9**9], [7]))
    hours = rows.traffic_1h(rows.traffic_5m(groups, NAMES)).to_pylist()
    seconds: Counter[tuple[str, int, str]] = Counter()
    for row in hours:
        seconds[row["session_id"], int(row["bucket_at"].timestamp()), row["period"]] += row[
            "seconds"
        ]
    day = NOON + 43_200
    assert seconds == {
        ("", NOON, "2025-06-16"): 3600,
        ("", NOON + 3600, "2025-06-16"): 1800,
        ("id-ann", NOON, "2025-06-16"): 3600,
        ("id-ann", NOON + 3600, "2025-06-16"): 1800 + 43_200 - 5400,
        ("id-ann", day, "2025-06-17"): 86_400,
        ("id-ann", day + 86_400, "2025-06-18"): 86_400,
        ("id-ann", day + 2 * 86_400, "2025-06-19"): 86_400,
        ("id-ann", day + 3 * 86_400, "2025-06-20"): 86_400,
        ("id-ann", day + 4 * 86_400, "2025-06-21"): 43_200,
    }
    ann = [row for row in hours if row["session_id"] == "id-ann"]
    assert sum(r["bytes_received"] for r in ann) == 90 + 9**9
    assert sum(r["bytes_sent"] for r in ann) == 9 + 7


def test_servers_observed_at_one_time_stay_apart() -> None:
    """Number 0 means another server in another group."""
    groups = [SampleGroup(name, NOON, NOON + 10, [0], [0], [0]) for name in ("a", "b")]
    found = rows.traffic_5m(groups, NAMES).to_pylist()
    assert sorted((r["server"], r["seconds"]) for r in found) == [("a", 10), ("b", 10)]


def test_samples_as_they_are_lie_under_the_date_of_their_end() -> None:
    """In UTC: the last seconds of a day belong to the next if they end in it."""
    midnight = NOON + 43200
    group = SampleGroup("openvpn", midnight - 5, midnight + 5, [1, 2], [10, 20], [30, 40])
    first, second = rows.traffic([group], NAMES).to_pylist()
    assert first == {
        "server": "openvpn",
        "session_id": "id-ann",
        "common_name": "ann",
        "from_at": datetime.fromtimestamp(midnight - 5, UTC),
        "to_at": datetime.fromtimestamp(midnight + 5, UTC),
        "bytes_received": 10,
        "bytes_sent": 30,
        "date": "2025-06-17",
    }
    assert (second["session_id"], second["bytes_received"]) == ("id-bob", 20)


def test_a_finished_session_as_a_row_of_the_history() -> None:
    """Its month is that of its end, in UTC; its duration never negative, whatever the clocks did."""
    session = make_session(
        "ann", real_ip="2001:db8::1", bytes_received=5, bytes_sent=6, username="Ann", cipher=None
    )
    july = int(datetime(2025, 7, 1, tzinfo=UTC).timestamp())
    (row,) = rows.session_history([ClosedSession(session, july, "gap")]).to_pylist()
    assert row["month"] == "2025-07"
    assert row["duration_seconds"] == july - START
    assert row["real_ip_hex"] == "20010db8000000000000000000000001"
    assert (row["bytes_received"], row["bytes_sent"]) == (5, 6)
    assert (row["username"], row["cipher"], row["close_reason"]) == ("Ann", None, "gap")
    assert row["imported"] is False
    (odd,) = rows.session_history([ClosedSession(session, START - 5, "gap")]).to_pylist()
    assert odd["duration_seconds"] == 0


def test_addresses_as_digits_sort_as_addresses_do() -> None:
    """So that a network is one range; what is no address has none."""
    assert rows.ip_hex("203.0.113.7") == "00000000000000000000ffffcb007107"
    assert rows.ip_hex("::ffff:203.0.113.7") == rows.ip_hex("203.0.113.7")
    assert rows.ip_hex("fe80::1%eth0") == "fe80" + "0" * 27 + "1"
    assert rows.ip_hex("") is None
    assert rows.ip_hex("203.0.113") is None
    assert rows.ip_hex("a\0b") is None


def test_no_rows_make_empty_tables_of_the_right_columns() -> None:
    """A batch in which only other tables get rows."""
    found = rows.of_batches(State(), [Batch(1)])
    assert {t.name: t.schema for t in tables.TABLES} == {n: t.schema for n, t in found.items()}
    assert all(table.num_rows == 0 for table in found.values())


def test_names_are_found_wherever_a_session_may_be_by_then() -> None:
    """Open, lately closed, or closed in a batch that still waits."""
    waiting = make_session("cat", 3)
    lately = make_session("dan", 4)
    state = State(
        pending=[Batch(1, closed=[ClosedSession(waiting, NOON, "gap")])],
        servers={
            "openvpn": ServerState(
                "openvpn",
                "/x",
                sessions={"ann": ANN},
                closed={"dan": ClosedSession(lately, NOON, "gap")},
            )
        },
    )
    group = SampleGroup("openvpn", NOON, NOON + 10, [1, 3, 4, 9], [1] * 4, [1] * 4)
    found = rows.traffic([group], rows.Names(state)).to_pylist()
    assert [(r["session_id"], r["common_name"]) for r in found] == [
        ("id-ann", "ann"),
        ("id-cat", "cat"),
        ("id-dan", "dan"),
        ("unknown-9", ""),
    ]
