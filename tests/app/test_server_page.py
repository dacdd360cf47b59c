"""The Server page: verdicts with reasons, what is known of file, collector and store, routes, events."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from ovpnmon.model import Rejected, Route
from ovpnmon.store import details, events, heartbeat
from ovpnmon.store.details import Details
from ovpnmon.store.events import Event
from ovpnmon.store.heartbeat import Heartbeat
from ovpnmon.store.state import State
from tests import geo_files, worlds
from tests.app import app_reading as read
from tests.app.conftest import Open

PAGE = str(Path("../../pages/server.py"))
Visit = Callable[..., AppTest]


def route(address: str, name: str) -> Route:
    return Route(address, name, name, "203.0.113.9", "1194", 1_800_000_000)


@pytest.fixture
def visit(open_app: Open, data: Path, now: int) -> Visit:
    """Open the page on two servers: udp is well, tcp has stopped as its host says too."""

    def open_page(world: State | None = None, **query: str) -> AppTest:
        world = world or worlds.normal(now, clients=14, minutes=1)
        tcp = world.servers["tcp"]
        world.servers["tcp"] = replace(
            tcp,
            status="stale",
            seen_at=now - 600,
            time=now - 600,
            rejected=[Rejected(4, "alice,1", "has too few fields")],
        )
        report = {
            "host": "gate",
            "public_ip": "198.51.100.1",
            "servers": {
                "udp": {"status": "CONNECTED", "pid": 4242, "ping_ms": 0.31, "pingable": "Yes"},
                "tcp": {"status": "DISCONNECTED", "reason": "no OpenVPN server process runs here"},
            },
        }
        (data / "server_status.json").write_text(json.dumps(report))
        routes = [route(f"10.8.0.{n}", f"client{n}") for n in range(2, 32)]
        made = {
            "udp": Details(size_bytes=12_345, modified_at=now - 4, retries=7, routes=routes),
            "tcp": Details(routes=[route("10.99.0.0/24", "branch")]),
        }
        details.save(data / "details.json", made)
        happened = [
            Event(now - 500, "tcp", "file", "udp.log has not been rewritten"),
            Event(now - 400, "", "clock", "This host's clock was put back by 2 h"),
        ]
        events.save(data / "events.json", happened)
        app = open_app(world)
        beat = Heartbeat(pid=7, started_at=now - 60, tick_at=now, interval_seconds=10, ticks=6)
        beat.last_error = "OSError: No space left on device"
        heartbeat.save(data / "heartbeat.json", beat)
        app.switch_page(PAGE)
        app.query_params = dict(query)
        app.run()
        assert not app.exception
        return app

    return open_page


def facts(app: AppTest) -> dict[str, str]:
    """All facts of all tables, as they are read; of the same label the first."""
    found: dict[str, str] = {}
    for table in app.table:
        for label, text in zip(table.value["label"], table.value["text"], strict=True):
            plain = label.removeprefix(":gray[").removesuffix("]").replace("\\", "")
            found.setdefault(plain, text.replace("\\", "").replace("\u2060", ""))
    return found


def frames(app: AppTest) -> list[list[str]]:
    """First column of each table of rows: virtual addresses, then times of events."""
    return [list(frame.value.iloc[:, 0]) for frame in app.dataframe]


def test_each_server_has_a_verdict_with_its_reason(visit: Visit):
    """Told from its file and its host."""
    text = read.text(visit())
    assert "CONNECTED" in text
    assert "DISCONNECTED" in text
    assert "No OpenVPN server process runs here" in text
    assert "the status file has stopped changing" in text


def test_the_location_database_with_its_age(visit: Visit, data: Path, now: int):
    """Of which day it is; past half a year, that it should be replaced. Without one, how to get one."""
    found = facts(visit())
    assert found["Location database"] == "none"
    assert "make geoip" in found["What is wrong with places"]
    geo_files.write_database(data / "geoip.mmdb", build=now - 200 * 86_400)
    worlds.forget_settings()
    app = visit()
    assert re.fullmatch(
        r"DBIP-City-Lite of \d{4}-\d\d-\d\d, 200 days old", facts(app)["Location database"]
    )
    assert "Places may be wrong" in read.text(app)


def test_what_is_known_of_a_server_and_its_file(visit: Visit):
    """From the host's report, the state, the details and the heartbeat."""
    shown = facts(visit())
    assert shown["Process"] == "4242 on gate"
    assert shown["Public address"] == "198.51.100.1"
    assert shown["Size"].startswith("12.3 kB · written ")
    assert shown["Torn reads repeated"] == "7"
    assert shown["Last error"] == "OSError: No space left on device"
    assert shown["Traffic, 10 s"].endswith("rows")
    assert shown["OPENVPN_MONITOR_TZ"] == "Europe/Bucharest"


def test_troubles_come_first_with_what_to_do(visit: Visit):
    """Here a file that stands still, and a row of it that could not be read."""
    app = visit()
    assert "systemctl status 'openvpn*'" in read.text(app)
    assert "1 row of the status file could not be read" in read.text(app)
    assert "has too few fields" in list(app.dataframe[0].value["Reason"])


def test_routes_are_searched_and_paged(visit: Visit):
    """By address or name, server and kind; what is chosen is in the URL."""
    app = visit()
    assert "31 of 31 routes" in read.text(app)
    assert len(frames(app)[1]) == 25
    app = visit(s_q="client7")
    assert frames(app)[1] == ["10.8.0.7"]
    assert "1 of 31 routes" in read.text(app)
    app = visit(s_kind="Network behind it")
    assert frames(app)[1] == ["10.99.0.0/24"]
    app = visit(s_q="nobody")
    assert "Nothing matches" in read.text(app)
    app.button(key="reset_s_q").click().run()
    assert "31 of 31 routes" in read.text(app)


def test_events_of_all_kinds_newest_first(visit: Visit):
    """Clients from the history, files and clocks from the collector."""
    app = visit(s_range="Last 7 days")
    kinds = [event.split(" ", 1)[1] for event in app.dataframe[2].value["Event"]]
    assert {"Connected", "Left", "Status file", "Clock"} == set(kinds)
    app = visit(s_kinds="Clock")
    (message,) = app.dataframe[2].value["Message"]
    assert message == "This host's clock was put back by 2 h"
    app = visit(s_event_q="no such thing")
    assert "Nothing matches" in read.text(app)


def test_nothing_hostile_is_rendered(visit: Visit, now: int):
    """Names, paths and titles mean themselves; control characters are gone."""
    world = worlds.normal(now, clients=2, minutes=1)
    evil = "![x](http://evil.example/x.png)\x1b[31m"
    world.servers["udp"] = replace(world.servers["udp"], title=f"OpenVPN 2 {evil}", path=evil)
    app = visit(world)
    cells = [text for table in app.table for text in table.value["text"]]
    assert not [text for text in cells if "](http" in text or "\x1b" in text]
    assert facts(app)["OpenVPN"] == "OpenVPN 2 ![x](http://evil.example/x.png)[31m"


def test_the_page_as_text_has_everything_and_no_secret(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
):
    """For a bug report."""
    monkeypatch.setenv("OPENVPN_MONITOR_PASSWORD", "open-sesame-1")
    worlds.forget_settings()
    text = visit().code[-1].value
    for part in ("Server udp", "Server tcp", "Collector", "Store", "Settings", "Versions", "4242"):
        assert part in text
    assert "sesame" not in text


def test_damaged_files_of_the_collector_are_as_if_not_there(visit: Visit, data: Path):
    """They are only shown: the page is there without them."""
    app = visit()
    for name in ("details.json", "events.json", "server_status.json"):
        (data / name).write_text("{")
    app.run()
    assert not app.exception
    assert "No routes" in read.text(app)
