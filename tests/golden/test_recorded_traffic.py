"""Recorded lives of real servers through the store: at every level the same bytes as the sessions'."""

import json
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from collector.parser import parse
from collector.recovery import recover
from collector.tracking import advance
from ovpnmon.model import ServerState
from ovpnmon.queries import traffic_series, usage
from ovpnmon.queries.traffic_plan import STEPS, Wanted, stepped
from ovpnmon.store import state as states
from ovpnmon.store.reader import Store
from tests.recording import make_settings, sums

RECORDED = Path(__file__).parents[1] / "fixtures" / "openvpn"
ZONE = ZoneInfo("UTC")
ALL = Wanted()


@pytest.fixture(params=["2.6.14-debian/gold-v3", "2.4.12/gold-v1"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """What the collector would have recorded of the series."""
    settings = make_settings(tmp_path)
    state = recover(settings)
    server = ServerState("openvpn", "/run/status.log")
    series = RECORDED / str(request.param) / "series"
    for line in (series / "index.jsonl").read_text().splitlines():
        copy = json.loads(line)
        snapshot = parse((series / f"{copy['n']:04d}.log").read_bytes(), ZONE, copy["mtime"])
        changes = advance(server, snapshot, state.next_number, float(copy["mtime"]))
        state = states.extend(state, changes)
        server = changes.server
        state.servers["openvpn"] = server
    states.save(settings.active_sessions, state)
    return Store(settings)


def test_samples_buckets_pictures_and_accounts_agree_with_the_sessions(store: Store) -> None:
    """Through roaming, reconnects, restarts and a kill: to the byte, and nothing below zero."""
    sessions = store.sql(
        "SELECT session_id, bytes_received AS received, bytes_sent AS sent FROM session_history"
        " UNION ALL SELECT session_id, bytes_received, bytes_sent FROM open_sessions WHERE established"
    ).to_pylist()
    expected = {row["session_id"]: (row["received"], row["sent"]) for row in sessions}
    assert len(expected) > 10
    assert sums(store, "traffic") == expected
    assert sums(store, "traffic_5m") == expected
    assert sums(store, "traffic_1h") == expected
    total = tuple(map(sum, zip(*expected.values(), strict=True)))
    extent = store.sql(
        "SELECT cast(min(from_at) AS bigint) AS first, cast(max(to_at) AS bigint) AS last FROM traffic"
    ).to_pylist()[0]
    since, until = extent["first"] / 1e6, extent["last"] / 1e6
    for step in STEPS:
        plan = stepped(since, until + 1, step, ZONE)
        found = traffic_series.series(store, plan, ALL)
        assert (found.received >= 0).all()
        assert (found.sent >= 0).all()
        assert (round(found.received.sum(), 3), round(found.sent.sum(), 3)) == total
        moved = traffic_series.talkers(store, plan, ALL)
        assert (moved["bytes_received"].sum(), moved["bytes_sent"].sum()) == total
    for zone in (ZONE, ZoneInfo("Asia/Kathmandu")):
        accounts = usage.usage(store, since - 86_400, until + 86_400, zone, ALL, "day")
        assert (accounts["bytes_received"].sum(), accounts["bytes_sent"].sum()) == total


def test_no_step_is_faster_than_the_fastest_sample(store: Store) -> None:
    """A reconnect, a counter that begins anew or a restart raises no spike, at any resolution."""
    # No average of a session is above its fastest sample, nor of all above all of those together.
    fastest = store.sql(
        "SELECT sum(rate) AS rate FROM (SELECT session_id, max((bytes_received + bytes_sent)"
        " / greatest((cast(to_at AS bigint) - cast(from_at AS bigint)) / 1000000.0, 1)) AS rate"
        " FROM traffic WHERE session_id <> '' GROUP BY session_id) AS each"
    ).to_pylist()[0]["rate"]
    extent = store.sql("SELECT cast(max(to_at) AS bigint) AS last FROM traffic").to_pylist()[0]
    until = extent["last"] / 1e6
    for step in STEPS:
        plan = stepped(until - 900, until + 1, step, ZONE)
        rates = traffic_series.series(store, plan, ALL).rates()
        both = rates["receive_rate"] + rates["send_rate"]
        assert both.fillna(0).max() <= fastest
        assert both.notna().any() or step > 900, "an hour may have been looked at too little"
