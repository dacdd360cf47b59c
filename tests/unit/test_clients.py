"""Everyone's totals: closed and open sessions together, of one moment."""

from pathlib import Path

import pyarrow as pa
import pytest

from ovpnmon.queries import client
from ovpnmon.queries.clients import Clients
from ovpnmon.store.reader import Store, Whole
from tests.recording import Recording, make_settings


@pytest.fixture
def life(tmp_path: Path) -> Recording:
    return Recording(make_settings(tmp_path))


def test_a_session_that_ends_while_it_is_asked_for_is_counted_once(
    life: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither missing nor twice, to the byte."""
    life.tick({"a": (10, 100)})
    life.save()
    ask = Whole.sql

    def then_end_it(self: Whole, query: str) -> pa.Table:
        answer = ask(self, query)
        if "a" in life.state.servers["openvpn"].sessions:
            life.tick({"a": (1, 1)}, close=["a"])
            life.save()
        return answer

    monkeypatch.setattr(Whole, "sql", then_end_it)
    (row,) = Clients(Store(life.settings)).all().to_dict("records")
    assert (row["sessions"], row["bytes_received"], row["bytes_sent"]) == (1, 10, 100)


def test_what_is_remembered_of_ended_sessions_follows_them(life: Recording) -> None:
    """One more has ended, one goes on: the totals know."""
    store = Store(life.settings)
    everyone = Clients(store)
    life.tick({"a": (10, 100), "b": (1, 1)}, close=["a"])
    life.save()
    assert everyone.all()["sessions"].sum() == 2
    life.tick({"b": (1, 1)}, close=["b"])
    life.save()
    rows = everyone.all().set_index("common_name")
    assert rows.loc["b", ["sessions", "bytes_sent", "online"]].to_list() == [1, 2, 0]
    life.tick({"a": (5, 5)})
    life.save()
    rows = everyone.all().set_index("common_name")
    assert rows.loc["a", ["sessions", "bytes_sent", "online"]].to_list() == [1, 105, 1]


def test_one_client_over_servers_and_addresses(life: Recording) -> None:
    """Sums over all of them; the latest address first, each with its share of the time."""
    life.tick({"a": (10, 100)}, close=["a"], seconds=30)
    session = life.closed["id-a"].session
    life.tick({"a2": (1, 1)}, seconds=90)
    life.state.servers["openvpn"].sessions["a2"].common_name = "a"
    life.state.servers["openvpn"].sessions["a2"].real_ip = "203.0.113.8"
    life.save()
    known = client.totals(Store(life.settings), session.common_name)
    assert known is not None
    assert (known.sessions, known.online, known.servers) == (2, 1, ["openvpn"])
    assert (known.bytes_received, known.bytes_sent) == (11, 101)
    assert (known.seconds, known.longest_seconds) == (120, 90)
    assert known.addresses["real_ip"].to_list() == ["203.0.113.8", "203.0.113.7"]
    assert known.addresses["share"].to_list() == [0.75, 0.25]
