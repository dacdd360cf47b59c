"""No query hands over more rows than are shown or charted, however long the history is."""

import pytest

from ovpnmon.queries import client, clients_view, history, narrowing, overview
from ovpnmon.queries.clients import Clients
from ovpnmon.queries.filters import Sessions
from ovpnmon.store.reader import Store
from scripts.bench import generate
from tests.recording import make_settings

SESSIONS = 20_000
NOW = 1_780_000_000.0


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Two years of two thousand clients, one of whom has some thousands of sessions."""
    settings = make_settings(tmp_path_factory.mktemp("bounded"))
    generate.sessions(settings, SESSIONS, NOW)
    return Store(settings)


@pytest.fixture
def largest(store: Store, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many rows each query gave."""
    sizes: list[int] = []
    ask = Store.sql

    def watched(self: Store, query: str):
        answer = ask(self, query)
        sizes.append(answer.num_rows)
        return answer

    monkeypatch.setattr(Store, "sql", watched)
    return sizes


def test_a_page_of_the_history(store: Store, largest: list[int]) -> None:
    """As many rows as the page has, sorted over all of them."""
    rows = history.rows(store, Sessions(), "Duration", False, slice(50, 75))
    assert len(rows) == 25
    page, _ = history.newest(store, Sessions(state="ended"), 100)
    assert page.num_rows == 100
    assert max(largest) <= 101


def test_figures_and_sessions_over_time(store: Store, largest: list[int]) -> None:
    """A row of figures, and a row for each point of the chart."""
    assert overview.summary(store, Sessions()).sessions == SESSIONS
    frame = overview.over_time(store, Sessions(), NOW - 730 * 86_400, NOW)
    assert frame["started"].sum() > 0
    assert max(largest) <= overview.MAX_POINTS + 2


def test_one_client(store: Store, largest: list[int]) -> None:
    """Its thousands of sessions come as hours, addresses and the latest of them."""
    busiest = store.sql(
        "SELECT common_name, count(*) AS n FROM session_history GROUP BY 1 ORDER BY n DESC LIMIT 1"
    ).to_pylist()[0]
    assert busiest["n"] > client.MOST_SESSIONS
    year = NOW - 365 * 86_400
    client.sessions(store, busiest["common_name"], year)
    client.totals(store, busiest["common_name"])
    assert max(largest) <= client.MOST_SESSIONS
    hours = client.presence(store, busiest["common_name"], year)
    assert len(hours) <= 366 * 24


def test_everyone(store: Store, largest: list[int]) -> None:
    """A row for each name and server; little pictures for the page alone."""
    everyone = Clients(store).all()
    clients_view.daily_bytes(store, list(everyone["common_name"][:25]), NOW)
    assert len(everyone) <= generate.NAMES
    assert max(largest) <= 2 * generate.NAMES


def test_what_excludes_most(store: Store, largest: list[int]) -> None:
    """Counts alone."""
    found = narrowing.without(store, Sessions(clients=("nobody",), min_seconds=10))
    assert set(found) == {"client", "duration"}
    assert max(largest) == 1


def test_an_export_comes_in_pieces(store: Store) -> None:
    """No piece is the whole, and together they are."""
    pieces = [batch.num_rows for batch in history.export(store, Sessions(state="ended"))]
    assert sum(pieces) == SESSIONS
    assert max(pieces) < SESSIONS


def test_one_client_is_the_same_as_among_everyone(store: Store) -> None:
    """Asked for alone, without the others being looked at."""
    everyone = Clients(store).all().set_index("common_name")
    for name in everyone.index[:10]:
        alone, row = client.totals(store, name), everyone.loc[name]
        assert alone is not None
        assert ", ".join(alone.servers) == row["servers"]
        assert alone.addresses["real_ip"].iloc[0] == row["last_ip"]
        for figure in ("sessions", "seconds", "bytes_received", "bytes_sent", "online"):
            assert getattr(alone, figure) == row[figure]
        assert (alone.first_seen, alone.last_seen) == (row["first_seen"], row["last_seen"])
        assert (
            alone.longest_seconds
            == overview.summary(store, Sessions(clients=(name,))).longest_seconds
        )
    assert client.totals(store, "nobody' OR '1'='1") is None
