"""Readers see live state and tables as one whole, whatever the writing side is doing."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from collector import flush, maintenance
from collector.flush import Flusher
from ovpnmon.model import ServerState
from ovpnmon.store import reader
from ovpnmon.store import state as states
from ovpnmon.store.reader import Store, StoreError, Whole
from ovpnmon.store.tables import TABLES
from ovpnmon.store.view import View
from tests.recording import START, Recording, eventually, make_session, make_settings

WHOLE = """
    SELECT 'session' AS what, session_id, count(*) AS times,
           sum(bytes_received) AS received, sum(bytes_sent) AS sent
    FROM (SELECT session_id, bytes_received, bytes_sent FROM session_history
          UNION ALL SELECT session_id, bytes_received, bytes_sent FROM open_sessions) AS known
    GROUP BY session_id
    UNION ALL
    SELECT 'traffic', session_id, 1, sum(bytes_received), sum(bytes_sent) FROM traffic
    WHERE session_id <> '' GROUP BY session_id
    UNION ALL
    SELECT 'traffic_5m', session_id, 1, sum(bytes_received), sum(bytes_sent) FROM traffic_5m
    WHERE session_id <> '' GROUP BY session_id
    UNION ALL
    SELECT 'traffic_1h', session_id, 1, sum(bytes_received), sum(bytes_sent) FROM traffic_1h
    WHERE session_id <> '' GROUP BY session_id
"""


@pytest.fixture
def recording(tmp_path: Path) -> Recording:
    """A recording in an empty data directory, whose old samples are not retired."""
    return Recording(make_settings(tmp_path, OPENVPN_MONITOR_TRAFFIC_DAYS="36500"))


def test_before_the_first_tick_everything_is_empty(tmp_path: Path) -> None:
    """No state and no tables: an app that was started first."""
    store = Store(make_settings(tmp_path))
    assert store.state() == states.State()
    for name in (*(table.name for table in TABLES), "open_sessions"):
        assert store.sql(f"SELECT * FROM {name}").num_rows == 0


def test_the_state_is_loaded_once_for_each_change(recording: Recording) -> None:
    """The same object until the file changes: it is asked for by every session of the app."""
    store = Store(recording.settings)
    first = store.state()
    assert store.state() is first
    recording.save()
    assert store.state() is not first
    assert store.state().seq == first.seq + 1


def test_a_state_that_disappears_or_breaks_is_told(recording: Recording) -> None:
    """Nothing stale is shown as if it were true; it is read again as soon as it is whole."""
    store = Store(recording.settings)
    store.state()
    recording.settings.active_sessions.write_bytes(b"{")
    with pytest.raises(states.StateError, match="not JSON"):
        store.state()
    with pytest.raises(states.StateError, match="not JSON"):
        store.sql("SELECT * FROM traffic")
    recording.save()
    assert store.state().epoch
    recording.settings.active_sessions.unlink()
    assert store.state() == states.State()


def test_open_sessions_in_sql(recording: Recording) -> None:
    """Everything the live state knows of them, and of their server."""
    ann = make_session("ann", receive_rate=12.5, real_ip="2001:db8::1")
    bob = make_session("bob", 2, established=False, missing_since=None)
    cat = make_session("cat", 3, missing_since=START + 10)
    server = ServerState(
        "openvpn",
        "/x",
        status="stale",
        time=START + 20,
        sessions={s.key: s for s in (ann, bob, cat)},
    )
    recording.state = replace(recording.state, servers={"openvpn": server})
    recording.save()
    found = (
        Store(recording.settings)
        .sql("SELECT * FROM open_sessions ORDER BY common_name")
        .to_pylist()
    )
    assert [(row["common_name"], row["state"]) for row in found] == [
        ("ann", "connected"),
        ("bob", "connecting"),
        ("cat", "leaving"),
    ]
    assert found[0]["receive_rate"] == 12.5
    assert found[0]["real_ip_hex"] == "20010db8000000000000000000000001"
    assert found[0]["server_status"] == "stale"
    assert found[0]["server_time"].timestamp() == START + 20
    assert (found[0]["missing_since"], found[2]["missing_since"].timestamp()) == (None, START + 10)


def test_answers_have_plain_text_columns(recording: Recording) -> None:
    """Not the engine's own kind of text, which other libraries do not know."""
    recording.tick({"ann": (1, 2)}, close=["ann"])
    recording.save()
    answer = Store(recording.settings).sql("SELECT common_name, bytes_sent FROM session_history")
    assert answer.schema.field("common_name").type == pa.string()
    assert answer.to_pylist() == [{"common_name": "ann", "bytes_sent": 2}]


def test_a_stream_gives_everything_in_pieces(recording: Recording) -> None:
    """Together the pieces are the whole answer."""
    recording.tick({f"client{n}": (n, 1) for n in range(20_000)})
    recording.save()
    pieces = list(Store(recording.settings).stream("SELECT bytes_received FROM traffic"))
    assert len(pieces) > 1
    assert sum(piece.num_rows for piece in pieces) == 20_001


def test_a_stream_of_nothing_still_tells_its_columns(recording: Recording) -> None:
    """An export without a match has a header all the same."""
    (piece,) = Store(recording.settings).stream(
        "SELECT common_name FROM traffic WHERE session_id = 'nobody'"
    )
    assert piece.num_rows == 0
    assert piece.schema.field("common_name").type == pa.string()


@pytest.mark.parametrize(
    "query", ["DROP TABLE pending_traffic", " copy (select 1) to '/tmp/x.csv'", "set a.b = 1", ""]
)
def test_only_questions_are_answered(recording: Recording, query: str) -> None:
    """Whatever text got into a query, the engine writes nothing."""
    with pytest.raises(ValueError, match="only SELECT"):
        Store(recording.settings).sql(query)


def test_a_second_statement_behind_the_first_is_refused(recording: Recording) -> None:
    """As an injection would try."""
    target = recording.settings.data / "written.csv"
    with pytest.raises(StoreError):
        Store(recording.settings).sql(f"SELECT 1 AS one; COPY (SELECT 1 AS one) TO '{target}'")
    assert not target.exists()


def test_a_query_that_makes_no_sense_is_refused_with_the_engines_reason(
    recording: Recording,
) -> None:
    """Instead of a traceback from somewhere inside."""
    with pytest.raises(StoreError, match="nonsense"):
        Store(recording.settings).sql("SELECT nonsense FROM traffic")


def test_tables_that_cannot_be_read_are_told(
    recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A damaged table while no collector runs to mend it."""
    monkeypatch.setattr(reader, "BUILD_ATTEMPTS", 2)
    recording.settings.traffic.joinpath("_delta_log", f"{0:020}.json").write_bytes(b"{")
    with pytest.raises(StoreError, match="tables cannot be read"):
        Store(recording.settings).sql("SELECT * FROM traffic")


def test_several_queries_of_one_whole_agree(recording: Recording) -> None:
    """A session that ends between two of them is counted once, whichever comes first."""
    recording.tick({"a": (1, 1)})
    recording.save()
    count = "SELECT count(*) AS n FROM {}"

    def ask(whole: Whole, *tables: str) -> list[int]:
        found = []
        for table in tables:
            found.append(whole.sql(count.format(table)).to_pylist()[0]["n"])
            recording.tick({}, close=["a"] if table == tables[0] and whole.state.seq == seq else ())
            recording.save()
        return found

    store, seq = Store(recording.settings), recording.state.seq
    assert store.at_once(lambda whole: ask(whole, "open_sessions", "session_history")) == [1, 0]
    assert store.at_once(lambda whole: ask(whole, "open_sessions", "session_history")) == [0, 1]


def test_what_asks_is_not_asked_again_for_a_fault_of_its_own(recording: Recording) -> None:
    """Only a failed query is tried once more."""
    asked = []

    def ask(whole: Whole) -> None:
        asked.append(whole.sql("SELECT 1 AS one"))
        raise KeyError("no such column")

    with pytest.raises(KeyError):
        Store(recording.settings).at_once(ask)
    assert len(asked) == 1


def test_a_file_that_is_gone_under_a_pinned_view_is_no_trouble(
    recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The query is repeated on the newest version, which does not need the file."""
    monkeypatch.setattr(maintenance, "KEEP_HOURS", 0)
    store = Store(recording.settings)
    for n in range(2):
        recording.tick({"ann": (n, n)})
        flush_all(recording)
    recording.check(store)
    handles = {
        t.name: flush.tables.open_or_create(recording.settings, t) for t in flush.tables.TABLES
    }
    list(maintenance.steps(recording.settings, handles, START, thorough=True))
    recording.check(store)


def flush_all(recording: Recording) -> None:
    """Put everything pending into the tables and take the results."""
    recording.seal()
    flusher = Flusher(recording.settings)
    flusher.start()
    flusher.submit(recording.save())
    flusher.stop()
    assert flusher.errors == 0, flusher.last_error
    recording.state = flusher.take_results(recording.state)
    recording.save()


def play(recording: Recording, flusher: Flusher, ticks: int) -> Iterator[int]:
    """Sessions come, go and come back, with a flush every other tick."""
    for n in range(ticks):
        recording.state = flusher.take_results(recording.state)
        present = {f"client{k}": (n + k, k) for k in range(n % 5, n % 5 + 6)}
        opened = recording.state.servers["openvpn"].sessions if n else {}
        recording.tick(present, close=[name for name in opened if name not in present])
        if n % 2:
            recording.seal()
        flusher.submit(recording.save())
        yield n


class Watching(threading.Thread):
    """A reader that asks all the time and remembers what it saw."""

    def __init__(self, store: Store) -> None:
        super().__init__()
        self.store = store
        self.wrong: list[str] = []
        self.reads = 0
        self.ended = threading.Event()

    def run(self) -> None:
        """Ask until told to end."""
        seen: set[str] = set()
        while not self.ended.is_set():
            seen = self.look(self.store.sql(WHOLE).to_pylist(), seen)
            self.reads += 1

    def look(self, rows: list[dict[str, Any]], seen: set[str]) -> set[str]:
        """Note what is wrong with one answer; the sessions in it."""
        known = {row["session_id"]: row for row in rows if row["what"] == "session"}
        self.wrong += [f"{one} twice" for one, row in known.items() if row["times"] != 1]
        self.wrong += [f"{one} missing" for one in seen - known.keys()]
        for row in rows:
            session = known[row["session_id"]]
            if (row["received"], row["sent"]) != (session["received"], session["sent"]):
                self.wrong.append(f"{row} is not {session}")
        return set(known)


def test_no_reader_sees_anything_twice_or_missing_during_flush_and_upkeep(
    recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Threads ask all the time while rows move to the tables, files are merged and deleted at once."""
    monkeypatch.setattr(flush, "FIRST_UPKEEP_SECONDS", 0.0)
    monkeypatch.setattr(flush, "UPKEEP_SECONDS", 0.0)
    monkeypatch.setattr(maintenance, "KEEP_HOURS", 0)
    upkeep: set[str] = set()
    real = maintenance.steps

    def steps(*arguments: Any, **named: Any) -> Iterator[str]:
        for step in real(*arguments, **named):
            upkeep.add(step.split()[-1])
            yield step

    monkeypatch.setattr(maintenance, "steps", steps)
    store = Store(recording.settings)
    readers = [Watching(store) for _ in range(3)]
    flusher = Flusher(recording.settings)
    flusher.start()
    ticks = play(recording, flusher, 120)
    next(ticks)
    for thread in readers:
        thread.start()
    for _ in ticks:
        pass

    def enough() -> bool:
        recording.state = flusher.take_results(recording.state)
        flusher.submit(recording.save())
        return {"files", "vacuum", "log"} <= upkeep and all(one.reads >= 20 for one in readers)

    eventually(enough)
    for thread in readers:
        thread.ended.set()
        thread.join()
    flusher.stop()
    assert [one.wrong for one in readers] == [[], [], []]
    assert flusher.errors == 0, flusher.last_error
    recording.state = flusher.take_results(recording.state)
    recording.save()
    recording.check()


def test_threads_share_one_view(recording: Recording, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fifty browsers cost one rebuilding per change, not fifty."""
    built = []

    class Counted(View):
        def __init__(self, *arguments: object) -> None:
            built.append(1)
            super().__init__(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(reader, "View", Counted)
    recording.tick({"ann": (1, 2)})
    recording.save()
    store = Store(recording.settings)
    threads = [
        threading.Thread(target=store.sql, args=("SELECT * FROM traffic",)) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(built) == 1


def test_a_table_that_is_ahead_of_the_state_is_not_used(
    recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The state that goes with it is on disk already: it is read again until both fit."""
    monkeypatch.setattr(reader, "BUILD_ATTEMPTS", 2)
    recording.tick({"ann": (1, 2)})
    older = recording.save()
    recording.tick({"ann": (3, 4)})
    flush_all(recording)
    newer = recording.state
    states.save(recording.settings.active_sessions, older)
    with pytest.raises(StoreError, match="do not fit together"):
        Store(recording.settings).sql("SELECT * FROM traffic")
    states.save(recording.settings.active_sessions, newer)
    recording.check()
