"""/metrics, read back by Prometheus' own parsers: what is told, of whom, and that counters only rise."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from prometheus_client.core import Metric
from prometheus_client.openmetrics.parser import (
    text_string_to_metric_families as read_openmetrics,
)
from prometheus_client.parser import text_string_to_metric_families as read_text

from ovpnmon import __version__
from ovpnmon.api.metrics import Figures, exposition
from ovpnmon.config import Settings
from ovpnmon.model import Rejected, ServerState, Session
from ovpnmon.store import heartbeat
from ovpnmon.store.heartbeat import Heartbeat
from ovpnmon.store.state import State
from tests import worlds
from tests.api_client import Client

Key = tuple[str, tuple[tuple[str, str], ...]]
Reader = Callable[[str], Iterator[Metric]]


def samples(page: str, read: Reader = read_text) -> dict[Key, float]:
    """Every sample of a page by name and labels; the same one twice is an error."""
    found: dict[Key, float] = {}
    for family in read(page):
        assert family.documentation, family.name
        assert family.type != "unknown", family.name
        for sample in family.samples:
            key = (sample.name, tuple(sorted(sample.labels.items())))
            assert key not in found
            found[key] = sample.value
    return found


def value(page: str, name: str, **labels: str) -> float:
    """One sample."""
    return samples(page)[name, tuple(sorted(labels.items()))]


def labels_of(page: str, name: str) -> list[dict[str, str]]:
    return [dict(labels) for metric, labels in samples(page) if metric == name]


@pytest.fixture
def now() -> int:
    return int(time.time())


def asked(data: Path, **environ: str) -> Client:
    return Client(
        Settings.from_env(
            {
                "OPENVPN_MONITOR_DATA": str(data),
                "OPENVPN_STATUS_LOG": "udp=/run/udp.log,tcp=/run/tcp.log",
            }
            | environ
        )
    )


@pytest.fixture
def page(tmp_path: Path, now: int) -> str:
    """Two servers of a world with 21 clients, three of them on tcp, which has stopped."""
    world = worlds.normal(now, clients=21)
    udp, tcp = world.servers["udp"], world.servers["tcp"]
    first = next(iter(udp.sessions.values()))
    connecting = replace(first, key="c", session_id="c", number=99, established=False)
    world.servers["udp"] = replace(
        udp,
        sessions=udp.sessions | {"c": connecting},
        rejected=[Rejected(3, "x", "short"), Rejected(4, "y", "short")],
        total_sessions=40,
        total_bytes_received=2**53 - 1,
        total_bytes_sent=123,
    )
    world.servers["tcp"] = replace(tcp, status="stale", time=now - 600, seen_at=now - 600)
    worlds.save(tmp_path, world, now)
    beat = Heartbeat(7, now - 60, now, 0.1, 10.0, 6, 2, 1, "disk full", 6, 0.5, 2**20, now - 30)
    for seconds in (0.06, 0.06, 20.0):
        beat.count_tick(seconds)
    beat.count_read_failure("tcp", "missing")
    heartbeat.save(tmp_path / "heartbeat.json", beat)
    report = {
        "servers": {"udp": {"status": "CONNECTED", "started_at": "2027-01-15T08:00:00+00:00"}}
    }
    (tmp_path / "server_status.json").write_text(json.dumps(report))
    return asked(tmp_path).get("/metrics").text


def test_clients_and_totals_of_each_server(page: str) -> None:
    """Counters are those kept in the state, exact beyond what a 32-bit reader would take."""
    assert value(page, "openvpn_clients", server="udp") == 18
    assert value(page, "openvpn_clients", server="tcp") == 3
    assert value(page, "openvpn_clients_connecting", server="udp") == 1
    assert value(page, "openvpn_sessions_total", server="udp") == 40
    assert value(page, "openvpn_received_bytes_total", server="udp") == 2**53 - 1
    assert value(page, "openvpn_sent_bytes_total", server="udp") == 123
    assert value(page, "openvpn_rejected_rows", server="udp") == 2


def test_whether_a_server_is_up_and_why_not(page: str) -> None:
    """One number to alert on, and which of the states it is beside it."""
    assert value(page, "openvpn_up", server="udp") == 1
    assert value(page, "openvpn_up", server="tcp") == 0
    assert value(page, "openvpn_health", server="tcp", openvpn_health="Unknown") == 1
    assert value(page, "openvpn_health", server="tcp", openvpn_health="DISCONNECTED") == 0
    assert value(page, "openvpn_status_file", server="tcp", openvpn_status_file="stale") == 1
    assert value(page, "openvpn_status_file", server="tcp", openvpn_status_file="up") == 0
    assert 600 <= value(page, "openvpn_status_age_seconds", server="tcp") < 660
    assert value(page, "openvpn_status_interval_seconds", server="udp") == 10
    assert value(page, "openvpn_start_time_seconds", server="udp") == 1_800_000_000
    assert labels_of(page, "openvpn_start_time_seconds") == [{"server": "udp"}]


def test_how_the_collector_fares(page: str, now: int) -> None:
    """Ticks, errors by kind, times of what it last did, and what it weighs."""
    assert value(page, "openvpn_monitor_collector_up") == 1
    assert value(page, "openvpn_monitor_ticks_total") == 6
    assert value(page, "openvpn_monitor_errors_total", kind="tick") == 2
    assert value(page, "openvpn_monitor_errors_total", kind="flush") == 1
    assert value(page, "openvpn_status_read_failures_total", server="tcp", kind="missing") == 1
    assert value(page, "openvpn_monitor_last_tick_time_seconds") == now
    assert value(page, "openvpn_monitor_last_flush_time_seconds") == now - 30
    assert value(page, "openvpn_monitor_collector_memory_bytes") == 2**20
    assert value(page, "openvpn_monitor_info", version=__version__) == 1
    assert labels_of(page, "openvpn_monitor_last_upkeep_time_seconds") == []


def test_ticks_by_duration_are_a_histogram(page: str) -> None:
    """Cumulative counts, whose last is all ticks."""
    buckets = "openvpn_monitor_tick_duration_seconds_bucket"
    assert value(page, buckets, le="0.05") == 0
    assert value(page, buckets, le="0.075") == 2
    assert value(page, buckets, le="10.0") == 2
    assert value(page, buckets, le="+Inf") == 3
    assert value(page, "openvpn_monitor_tick_duration_seconds_count") == 3
    assert value(page, "openvpn_monitor_tick_duration_seconds_sum") == pytest.approx(20.12)


def test_what_the_store_takes_on_disk(page: str, tmp_path: Path) -> None:
    """Tables that are not there yet are 0."""
    size = (tmp_path / "active_sessions.json").stat().st_size
    assert value(page, "openvpn_monitor_store_bytes", part="active_sessions") == size
    assert value(page, "openvpn_monitor_store_bytes", part="traffic") == 0
    assert value(page, "openvpn_monitor_disk_free_bytes") > 0
    assert value(page, "openvpn_monitor_pending_rows") > 100


def test_the_size_of_the_page_does_not_depend_on_the_clients(tmp_path: Path, now: int) -> None:
    """No label per client, address or session unless asked for."""
    pages = []
    for number in (10, 500):
        worlds.save(tmp_path, worlds.normal(now, clients=number, minutes=0), now)
        pages.append(asked(tmp_path).get("/metrics").text)
    few, many = (samples(each).keys() for each in pages)
    assert few == many
    assert "anna.schmidt" not in pages[1]


@pytest.mark.parametrize(
    ("accept", "content_type", "read"),
    [
        ("", "text/plain; version=0.0.4; charset=utf-8", read_text),
        ("text/html,*/*;q=0.8", "text/plain; version=0.0.4; charset=utf-8", read_text),
        (
            "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,*/*;q=0.1",
            "application/openmetrics-text; version=1.0.0",
            read_openmetrics,
        ),
    ],
)
def test_both_formats_are_valid_and_tell_the_same(
    tmp_path: Path, now: int, accept: str, content_type: str, read: Reader
) -> None:
    """What Prometheus asks for, a browser gets as text."""
    worlds.save(tmp_path, worlds.normal(now), now)
    client = asked(tmp_path, OPENVPN_MONITOR_METRICS_CLIENTS="on")
    answer = client.get("/metrics", accept=accept)
    assert answer.headers["content-type"].startswith(content_type)
    assert answer.headers["cache-control"] == "no-store"
    found = samples(answer.text, read)
    assert found["openvpn_clients", (("server", "udp"),)] == 52
    lively = ("seconds", "free_bytes")
    plain = samples(client.get("/metrics").text)
    assert {k: v for k, v in found.items() if not k[0].endswith(lively)} == {
        k: v for k, v in plain.items() if not k[0].endswith(lively)
    }


def test_before_the_first_tick_there_are_no_servers_and_no_error(tmp_path: Path) -> None:
    """The app may be scraped before the collector has run."""
    page = asked(tmp_path).get("/metrics").text
    assert value(page, "openvpn_monitor_collector_up") == 0
    assert value(page, "openvpn_monitor_state_readable") == 1
    assert labels_of(page, "openvpn_up") == []


def test_a_state_that_cannot_be_read_is_a_metric_and_not_a_failed_scrape(
    tmp_path: Path, now: int
) -> None:
    """What else is known is still told, so that alerts say more than that the target is down."""
    worlds.save(tmp_path, worlds.normal(now), now)
    (tmp_path / "active_sessions.json").write_text("{")
    page = asked(tmp_path).get("/metrics").text
    assert value(page, "openvpn_monitor_state_readable") == 0
    assert value(page, "openvpn_monitor_collector_up") == 1
    assert labels_of(page, "openvpn_clients") == []


class TestPerClient:
    """With OPENVPN_MONITOR_METRICS_CLIENTS=on: one set of series a name, whatever sessions it has."""

    @staticmethod
    def with_sessions(server: ServerState, *sessions: Session) -> State:
        return State(
            seq=1, servers={server.name: replace(server, sessions={s.key: s for s in sessions})}
        )

    def test_sessions_of_one_name_are_summed_from_the_first_scrape_on(
        self, tmp_path: Path, now: int
    ) -> None:
        """A session that ends, and one that begins, between scrapes count with all they moved."""
        first = worlds.session(1, "udp", "anna", now - 100, now, bytes_received=1000, bytes_sent=1)
        twin = replace(first, key="2", session_id="s2", number=2, bytes_received=500)
        server = worlds.server("udp", [], now)
        client = asked(tmp_path, OPENVPN_MONITOR_METRICS_CLIENTS="on")

        def counted(state: State) -> tuple[float, float]:
            worlds.save(tmp_path, state, now)
            page = client.get("/metrics").text
            name = {"server": "udp", "common_name": "anna"}
            return (
                value(page, "openvpn_client_received_bytes_total", **name),
                value(page, "openvpn_client_sessions", **name),
            )

        assert counted(self.with_sessions(server, first, twin)) == (1500, 2)
        first = replace(first, bytes_received=1070)
        assert counted(self.with_sessions(server, first, twin)) == (1570, 2)
        over = worlds.ended(first, now - 100, now)
        over = replace(over, session=replace(first, bytes_received=1100))
        server = replace(server, closed={first.key: over})
        new = replace(first, key="3", session_id="s3", number=3, bytes_received=9)
        assert counted(self.with_sessions(server, twin, new)) == (1609, 2)
        assert counted(self.with_sessions(replace(server, closed={}), twin, new)) == (1609, 2)
        assert counted(self.with_sessions(replace(server, closed={}))) == (1609, 0)

    def test_an_app_started_anew_goes_on_from_the_history(self, tmp_path: Path, now: int) -> None:
        """Rates drawn over the restart see what was moved meanwhile, and no reset."""
        open_now = worlds.session(1, "udp", "anna", now - 100, now, bytes_received=70)
        before = worlds.session(2, "udp", "anna", now - 900, now - 500, bytes_received=1000)
        world = worlds.state([worlds.server("udp", [open_now], now)], now)
        world.pending[0].closed[:] = [worlds.ended(before, now - 900, now - 500)]

        def started_anew() -> float:
            worlds.save(tmp_path, world, now)
            page = asked(tmp_path, OPENVPN_MONITOR_METRICS_CLIENTS="on").get("/metrics").text
            name = {"server": "udp", "common_name": "anna"}
            return value(page, "openvpn_client_received_bytes_total", **name)

        assert started_anew() == 1070
        (grown,) = world.servers["udp"].sessions.values()
        grown.bytes_received = 100
        assert started_anew() == 1100

    def test_a_scrape_after_a_long_pause_misses_nothing(self, tmp_path: Path, now: int) -> None:
        """What began, ended and left the state meanwhile is in the history."""
        anna = worlds.session(1, "udp", "anna", now - 100, now, bytes_received=70)
        client = asked(tmp_path, OPENVPN_MONITOR_METRICS_CLIENTS="on")

        def counted(world: State, at: int) -> float:
            worlds.save(tmp_path, world, at)
            name = {"server": "udp", "common_name": "anna"}
            page = client.get("/metrics").text
            return value(page, "openvpn_client_received_bytes_total", **name)

        first = worlds.state([worlds.server("udp", [anna], now)], now)
        first.pending[0].closed.clear()
        assert counted(first, now) == 70
        later = now + 7200
        missed = replace(anna, key="9", session_id="s9", number=9, bytes_received=500)
        world = worlds.state([worlds.server("udp", [anna], later)], later)
        world.pending[0].closed[:] = [worlds.ended(missed, now + 60, now + 600)]
        assert counted(world, later) == 570

    def test_hostile_names_are_labels_like_any_other(self, tmp_path: Path, now: int) -> None:
        """They come out of the parser as they went in, and make no lines of their own."""
        names = [*worlds.HOSTILE, 'quote"', "back\\slash", 'a"} 1\nopenvpn_up{server="x"', "Кирилл"]
        world = worlds.normal(now, clients=len(names))
        world.pending[0].closed.clear()
        for one, name in zip(
            [s for server in world.servers.values() for s in server.sessions.values()],
            names,
            strict=True,
        ):
            one.common_name = name
        worlds.save(tmp_path, world, now)
        page = asked(tmp_path, OPENVPN_MONITOR_METRICS_CLIENTS="on").get("/metrics").text
        shown = {labels["common_name"] for labels in labels_of(page, "openvpn_client_sessions")}
        assert shown == set(names)
        assert {labels["server"] for labels in labels_of(page, "openvpn_up")} == {"udp", "tcp"}


def test_counters_never_fall_from_one_scrape_to_the_next(now: int) -> None:
    """Each family that calls itself a counter, over a life in which sessions come and go."""
    world = worlds.normal(now, clients=10, minutes=0)
    lived = []
    for step in range(3):
        for server in world.servers.values():
            server.sessions = dict(list(server.sessions.items())[step:])
            server.total_bytes_received += 100 * step
        page, _ = exposition(Figures(now=now + step, version="1", state=world), "")
        lived.append(samples(page.decode()))
    for earlier, later in pairwise(lived):
        counters = [key for key in earlier if key[0].endswith(("_total", "_count", "_bucket"))]
        assert counters
        assert all(later[key] >= earlier[key] for key in counters)
