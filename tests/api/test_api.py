"""The JSON API on a recorded life: what it answers, and how it refuses."""

import csv
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from ovpnmon.store import heartbeat
from tests.api_client import Client
from tests.recording import START, Recording, make_settings


@pytest.fixture
def life(tmp_path: Path) -> Recording:
    """Five sessions that ended, one after the other, and two that go on."""
    recording = Recording(make_settings(tmp_path, OPENVPN_MONITOR_TZ="Europe/Berlin"))
    names = ["anna", "bob, O'Brien", "=cmd|'/C calc'!A0", "Кирилл", "eve"]
    recording.tick({name: (100 * (i + 1), 1000) for i, name in enumerate([*names, "on1", "on2"])})
    for name in names:
        recording.tick({"on1": (5, 5), "on2": (7, 7), name: (1, 1)}, close=[name])
    recording.save()
    return recording


@pytest.fixture
def client(life: Recording) -> Client:
    return Client(life.settings)


def names_of(rows: list[dict[str, Any]]) -> list[str]:
    return [row["name"] for row in rows]


def follow(client: Client, url: str) -> list[dict[str, Any]]:
    """All pages, by their Link headers."""
    rows = []
    while url:
        answer = client.get(url)
        rows += answer.json()
        url = answer.links.get("next", {}).get("url", "")
    return rows


def test_history_is_newest_end_first(client: Client) -> None:
    """Without open sessions unless asked."""
    rows = client.json("/api/history")
    assert names_of(rows) == ["eve", "Кирилл", "=cmd|'/C calc'!A0", "bob, O'Brien", "anna"]


def test_a_closed_session_has_the_old_keys_and_the_new(client: Client) -> None:
    """MB and local times as the old panel wrote them; exact bytes and ISO times beside."""
    row = client.json("/api/history")[-1]
    assert row == {
        "timestamp": "2025-06-15 17:06:40",
        "name": "anna",
        "ip": "203.0.113.7",
        "port": "1194",
        "session_id": "id-anna",
        "rx": 0.0,
        "tx": 0.0,
        "vpn_ip": "10.8.0.2",
        "vpn_ipv4": "10.8.0.2",
        "vpn_ipv6": "",
        "session_end": "2025-06-15 17:07:00",
        "duration": "0:00:20",
        "server": "openvpn",
        "username": None,
        "connected_at": "2025-06-15T17:06:40+02:00",
        "disconnected_at": "2025-06-15T17:07:00+02:00",
        "last_seen_at": row["last_seen_at"],
        "duration_seconds": 20,
        "bytes_received": 101,
        "bytes_sent": 1001,
        "close_reason": "disconnected",
        "cipher": "AES-256-GCM",
        "imported": False,
    }


def test_open_sessions_come_when_asked_for(client: Client) -> None:
    """They have no end yet and no reason for it."""
    rows = client.json("/api/history?include=open")
    still = [row for row in rows if row["session_end"] is None]
    assert sorted(names_of(still)) == ["on1", "on2"]
    assert all(row["disconnected_at"] is None and row["close_reason"] is None for row in still)
    assert len(rows) == 7


@pytest.mark.parametrize("extra", ["", "&include=open"])
@pytest.mark.parametrize("limit", [1, 2, 5, 7])
def test_pages_hold_every_session_once(client: Client, limit: int, extra: str) -> None:
    """Whatever the size of a page."""
    whole = client.json(f"/api/history?{extra}")
    assert follow(client, f"/api/history?limit={limit}{extra}") == whole


def test_pages_neither_repeat_nor_skip_while_sessions_end(life: Recording, client: Client) -> None:
    """A session that ends between two pages comes before them, not into them."""
    first = client.get("/api/history?limit=2")
    life.tick({"on2": (1, 1)}, close=["on2"])
    life.save()
    rest = follow(client, first.links["next"]["url"])
    assert names_of(first.json() + rest) == [
        "eve",
        "Кирилл",
        "=cmd|'/C calc'!A0",
        "bob, O'Brien",
        "anna",
    ]


def test_pages_with_open_sessions_keep_their_order_when_one_of_them_ends(
    life: Recording, client: Client
) -> None:
    """They are ordered by start, which the end does not change."""
    first = client.get("/api/history?limit=1&include=open")
    life.tick({"on1": (1, 1), "on2": (1, 1)}, close=["on1", "on2"])
    life.save()
    rest = follow(client, first.links["next"]["url"])
    ids = [row["session_id"] for row in first.json() + rest]
    assert len(ids) == len(set(ids)) == 7


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("client=anna", ["anna"]),
        ("client=anna&client=eve", ["eve", "anna"]),
        ("client=bob%2C%20O%27Brien", ["bob, O'Brien"]),
        ("client=nobody", []),
        ("server=other", []),
        ("server=openvpn&client=eve", ["eve"]),
        ("q=кирилл", ["Кирилл"]),
        ("q=%25", []),
        ("q=O%27B", ["bob, O'Brien"]),
        ("q=10.8.0.2&client=eve", ["eve"]),
        ("ip=203.0.113.7&client=eve", ["eve"]),
        ("ip=203.0.113.0/24&client=eve", ["eve"]),
        ("ip=203.0.114.0/24", []),
        ("ip=2001:db8::/32", []),
        ("min_bytes=1301", ["eve", "Кирилл", "=cmd|'/C calc'!A0"]),
        ("min_seconds=60", ["eve"]),
        ("from=2025-06-15T15:07:35Z", ["eve"]),
        ("to=2025-06-15T15:06:40Z", []),
        ("from=2025-06-15&to=2025-06-16&client=anna", ["anna"]),
        ("from=2025-06-16", []),
        ("from=2025-06-15T17:07:40%2B02:00", ["eve"]),
        ("from=2025-06-15T17:07:40+02:00", ["eve"]),
    ],
)
def test_filters(client: Client, query: str, expected: list[str]) -> None:
    """Each parameter narrows, several together narrow further; times without a zone are local."""
    assert names_of(client.json(f"/api/history?{query}")) == expected


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("limit=0", ["limit", "10000"]),
        ("limit=10001", ["limit", "10000"]),
        ("limit=ten", ["limit", "whole number"]),
        ("limit=%D9%A1", ["limit"]),
        ("cursor=%00", ["cursor", "Link"]),
        ("cursor=abc", ["cursor"]),
        ("from=yesterday", ["from", "2026-11-22"]),
        ("from=2026-01-02&to=2026-01-01", ["to", "after from"]),
        ("ip=300.1.2.3", ["ip", "203.0.113.7"]),
        ("min_bytes=-1", ["min_bytes"]),
        ("min_seconds=1.5", ["min_seconds"]),
        ("include=all", ["include", "open"]),
        ("format=xml", ["format", "csv"]),
        ("format=csv&limit=5", ["limit"]),
        ("name=alice", ["name", "client"]),
    ],
)
def test_a_bad_parameter_is_named_with_what_is_accepted(
    client: Client, query: str, names: list[str]
) -> None:
    """A 400 that its sender can act on."""
    error = client.refused(f"/api/history?{query}", 400)
    assert error["code"] == "bad_parameter"
    for name in names:
        assert name in error["message"]


def test_a_cache_buster_is_let_through(client: Client) -> None:
    """Scripts append _=123."""
    assert len(client.json("/api/history?_=123")) == 5


def test_csv_holds_every_row_and_no_formula(client: Client) -> None:
    """A spreadsheet shows the name that looks like a command, and does not run it."""
    answer = client.get("/api/history?format=csv")
    assert 'filename="openvpn-sessions-' in answer.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [row["common_name"] for row in rows] == [
        "eve",
        "Кирилл",
        "'=cmd|'/C calc'!A0",
        "bob, O'Brien",
        "anna",
    ]
    assert rows[-1]["bytes_received"] == "101"
    assert rows[-1]["connected_at"] == "2025-06-15T17:06:40+02:00"


def test_ndjson_is_the_json_line_by_line(client: Client) -> None:
    """The same objects as in pages."""
    answer = client.get("/api/history?format=ndjson&include=open")
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert lines == client.json("/api/history?include=open")


def test_parquet_keeps_types_and_text_as_they_are(client: Client) -> None:
    """Names are not altered where no spreadsheet runs them."""
    answer = client.get("/api/history?format=parquet")
    table = pq.read_table(io.BytesIO(answer.content))
    assert table["common_name"].to_pylist()[2] == "=cmd|'/C calc'!A0"
    assert table["bytes_received"].to_pylist() == [501, 401, 301, 201, 101]


@pytest.mark.parametrize("kind", ["csv", "ndjson", "parquet"])
def test_an_export_of_nothing_is_a_file_without_rows(client: Client, kind: str) -> None:
    """Not an error: the filter may well match nothing."""
    answer = client.get(f"/api/history?format={kind}&client=nobody")
    assert answer.status_code == 200
    if kind == "parquet":
        assert pq.read_table(io.BytesIO(answer.content)).num_rows == 0
    else:
        assert len(answer.text.splitlines()) == (1 if kind == "csv" else 0)


def test_an_export_goes_on_behind_its_first_rows(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """First page, slices of days: together every session once, in order."""
    monkeypatch.setattr("ovpnmon.queries.history.FIRST_ROWS", 2)
    monkeypatch.setattr("ovpnmon.queries.history.EXPORT_SLICE_ROWS", 1)
    lines = client.get("/api/history?format=ndjson").text.splitlines()
    assert [json.loads(line) for line in lines] == client.json("/api/history")


def test_the_summary_adds_closed_and_open_sessions_exactly(life: Recording, client: Client) -> None:
    """A client's second session counts beside its first; totals are sums to the byte."""
    life.tick({"on1": (1, 1), "anna2": (1, 1)})
    sessions = life.state.servers["openvpn"].sessions
    sessions["anna2"] = replace(sessions["anna2"], common_name="anna")
    life.save()
    anna = next(r for r in client.json("/api/clients/summary")["clients"] if r["name"] == "anna")
    assert anna["sessions"] == 2
    assert anna["bytes_received"] == 101 + 1
    assert anna["total_duration_seconds"] == 20 + 10
    assert anna["is_online"] is True
    assert anna["first_seen"] == "2025-06-15T17:06:40+02:00"
    assert anna["current_session"]["connected_since"] == "2025-06-15 17:07:40"


def test_clients_tell_state_and_rates(life: Recording, client: Client) -> None:
    """One that has no address yet is connecting; one missing from the file is not online."""
    server = life.state.servers["openvpn"]
    on1, on2 = server.sessions["on1"], server.sessions["on2"]
    server.sessions["on1"] = replace(on1, established=False)
    server.sessions["gone"] = replace(on2, session_id="gone", missing_since=START)
    server.sessions["on2"] = replace(on2, receive_rate=0.7, send_rate=0.7)
    life.save()
    rows = client.json("/api/clients")["clients"]
    assert [(row["common_name"], row["state"]) for row in rows] == [
        ("on1", "connecting"),
        ("on2", "connected"),
    ]
    assert (rows[1]["receive_rate"], rows[0]["receive_rate"]) == (0.7, None)


def test_clients_follow_the_state(life: Recording, client: Client) -> None:
    """The answer is remembered only until the next tick."""
    assert len(client.json("/api/clients")["clients"]) == 2
    life.tick({"on1": (1, 1), "on2": (1, 1), "on3": (1, 1)})
    life.save()
    assert len(client.json("/api/clients")["clients"]) == 3


def test_a_data_directory_that_nobody_wrote_to_yet_is_empty_not_broken(tmp_path: Path) -> None:
    """First start: the app may be up before the collector."""
    client = Client(make_settings(tmp_path))
    assert client.json("/api/clients") == {"clients": [], "as_of": None, "servers": []}
    assert client.json("/api/history") == []
    assert client.json("/api/clients/summary") == {"clients": []}
    assert client.json("/api/server-status")["clients"] == 0


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/nothing", "/api/clients/nobody"])
def test_an_unknown_path_is_a_json_404(client: Client, path: str) -> None:
    """Never the app's HTML."""
    assert client.refused(path, 404)["code"] == "not_found"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_only_get_is_answered(client: Client, method: str) -> None:
    """Nothing here changes anything."""
    assert client.refused("/api/clients", 405, method)["code"] == "method_not_allowed"


@pytest.mark.parametrize("path", ["clients", "history", "server-status", "clients/summary"])
def test_a_state_that_cannot_be_read_is_said_to_be_so(
    life: Recording, client: Client, path: str
) -> None:
    """503 with the reason, not an empty list that looks like nobody was there."""
    life.settings.active_sessions.write_bytes(b"{")
    assert "not JSON" in client.refused(f"/api/{path}", 503)["message"]


def beat(life: Recording, **changes: Any) -> None:
    now = 1_800_000_000.0
    saved = heartbeat.Heartbeat(pid=1, tick_at=now, interval_seconds=10)
    heartbeat.save(life.settings.heartbeat, replace(saved, **changes))


def test_health_while_the_collector_ticks(
    life: Recording, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """200 within three intervals; then 503 with how long it has been, and no more: nobody logged in."""
    beat(life, last_error="[Errno 28] No space left on device: '/srv/secret/state.json'")
    monkeypatch.setattr("ovpnmon.api.app.time.time", lambda: 1_800_000_030.0)
    assert client.json("/healthz") == {"status": "ok"}
    monkeypatch.setattr("ovpnmon.api.app.time.time", lambda: 1_800_000_031.0)
    assert client.refused("/healthz", 503)["message"] == "no tick of the collector for 31 s"


def test_health_tells_strangers_no_path(life: Recording, client: Client) -> None:
    """Of a heartbeat that cannot be read, the error would name the file."""
    life.settings.heartbeat.unlink(missing_ok=True)
    life.settings.heartbeat.mkdir()
    message = client.refused("/healthz", 503)["message"]
    assert message == "the collector's heartbeat cannot be read"


def test_health_before_the_collector_ever_ran(client: Client) -> None:
    """503: nothing is being recorded."""
    assert "not run yet" in client.refused("/healthz", 503)["message"]


def test_the_next_page_is_named_relative_behind_a_proxy(client: Client) -> None:
    """A proxy may serve us under a prefix that we do not know."""
    direct = client.get("/api/history?limit=1").headers["link"]
    proxied = client.get("/api/history?limit=1", **{"x-forwarded-for": "192.0.2.1"}).headers["link"]
    assert direct.startswith("<http://test/api/history?limit=1&cursor=")
    assert proxied.startswith("<?limit=1&cursor=")
