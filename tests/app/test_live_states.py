"""The Live page in each of its states: every one says which it is and what to do."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from ovpnmon.model import Rejected, Status
from ovpnmon.store import details
from ovpnmon.store.details import Details
from tests import worlds
from tests.app import app_reading as read
from tests.app.conftest import Open


def test_before_the_collector_ever_ran(open_app: Open):
    """No state, no heartbeat: no data yet, where they will come from, how to start the collector."""
    app = open_app(None, collector=False)
    assert not app.exception
    assert "**No data yet**" in read.text(app)
    assert "udp\\.log" in read.text(app)
    assert "python -m collector" in read.text(app)
    assert not app.metric
    assert not app.dataframe


def test_before_a_status_file_was_read(open_app: Open, now: int):
    """The collector runs and has seen nothing: waiting, which is not the same as nobody connected."""
    app = open_app(worlds.state([worlds.server("udp", [], now, "waiting", time=None)], now))
    assert not app.exception
    assert "udp waiting" in read.text(app)
    assert "**No data yet**" in read.text(app)
    assert "collector is not running" not in read.text(app)


def test_normal(open_app: Open, now: int):
    """Badges, five figures, the strip, and the first page of clients with their totals."""
    app = open_app(worlds.normal(now))
    assert not app.exception
    assert "udp up" in read.text(app)
    assert list(read.cards(app)) == [
        "Online",
        "Download",
        "Upload",
        "Traffic today",
        "Sessions today",
    ]
    assert read.cards(app)["Online"] == "60"
    assert len(read.clients(app)) == 25
    assert app.dataframe[-1].value["client"].iloc[-1] == "Total of 60"
    assert len(app.get("vega_lite_chart")) == 1


def test_the_figures_agree_with_the_table(open_app: Open, now: int):
    """The cards' rates are the totals row's rates."""
    app = open_app(worlds.normal(now))
    totals = app.dataframe[-1].value.iloc[-1]
    assert read.cards(app)["Download"] == totals["download"]
    assert read.cards(app)["Upload"] == totals["upload"]


def test_a_row_says_what_the_state_says(open_app: Open, now: int):
    """Addresses, times, rates and volumes of one client, from the client's side."""
    anna = worlds.session(1, "udp", "anna", now - 11_520, now, receive_rate=1e6, send_rate=2e6)
    anna = replace(anna, bytes_received=1_420_000_000, bytes_sent=999, vpn_ipv6="fd00::1")
    app = open_app(worlds.state([worlds.server("udp", [anna], now)], now))
    row = read.row(app, "anna")
    assert row["address"] == "203.0.113.2:40001"
    assert (row["vpn"], row["vpn6"]) == ("10.8.0.3", "fd00::1")
    assert row["online"] == "3 h 12 min"
    assert (row["download"], row["upload"]) == ("16.0 Mbit/s", "8.00 Mbit/s")
    assert (row["downloaded"], row["uploaded"]) == ("999 B", "1.42 GB")
    assert row["cipher"] == "AES-256-GCM"
    assert row["share"] == 100
    assert len(row["recent"]) == 30


def test_columns_with_nothing_to_say_are_left_out(open_app: Open, now: int):
    """One server, no IPv6 inside, no cipher (an old server): three columns and a filter less."""
    anna = worlds.session(1, "udp", "anna", now - 100, now, cipher=None)
    app = open_app(worlds.state([worlds.server("udp", [anna], now)], now))
    order = list(app.dataframe[-1].proto.column_order)
    assert {"client", "address", "vpn"} <= set(order)
    assert not {"server", "vpn6", "cipher"} & set(order)
    assert [control.key for control in app.segmented_control] == ["size"]


def test_a_file_that_is_ahead_of_time(open_app: Open, now: int):
    """A wrong zone does not pass for data of this second."""
    world = worlds.normal(now)
    world.servers["tcp"] = replace(world.servers["tcp"], time=now + 7205)
    text = read.text(open_app(world))
    assert "tcp up · time 2 h ahead" in text
    assert re.search(r"udp up · \d+ s ago", text)


def test_stale(open_app: Open, now: int):
    """The last known clients stay, marked, with no rates that would pass for now."""
    world = worlds.normal(now)
    world.servers["tcp"] = replace(world.servers["tcp"], status="stale", time=now - 360)
    app = open_app(world, server="tcp")
    assert not app.exception
    assert "tcp stale · 6 min ago" in read.text(app)
    assert "the status file has stopped changing" in read.text(app)
    row = read.row(app, read.clients(app)[0])
    assert (list(row["server"]), row["download"]) == (["tcp, then"], "–")
    assert row["share"] is None or row["share"] != row["share"]
    assert app.dataframe[-1].value["download"].iloc[-1] == "–"


@pytest.mark.parametrize(
    ("status", "word", "command"),
    [
        ("missing", "file missing", "ls -l /var/log/openvpn"),
        ("forbidden", "not readable", "sudo chgrp ovpnmon /var/log/openvpn/udp.log"),
        ("empty", "file empty", "openvpn"),
        ("malformed", "not understood", "python -m collector check /var/log/openvpn/udp.log"),
        ("client_mode", "not a server", "/etc/openvpn"),
        ("busy", "busy", ""),
    ],
)
def test_each_trouble_says_what_to_do(
    open_app: Open, now: int, status: Status, word: str, command: str
):
    """A badge with the word, a row with the collector's message, and what to type."""
    world = worlds.normal(now)
    world.servers["udp"] = replace(world.servers["udp"], status=status, message="It went wrong.")
    app = open_app(world)
    assert not app.exception
    assert f"udp {word}" in read.text(app)
    assert "It went wrong\\." in read.text(app)
    assert command in read.text(app)
    assert len(read.clients(app)) == 25


def test_trouble_with_the_only_file_from_the_start(open_app: Open, now: int):
    """A file that was never readable: its own row says why, and no figure pretends to be one."""
    app = open_app(worlds.state([worlds.server("udp", [], now, "forbidden", time=None)], now))
    assert "the status file cannot be read" in read.text(app)
    assert "**No data yet**" in read.text(app)
    assert not app.metric


def test_the_collector_is_down(open_app: Open, now: int):
    """An old state is not shown as the present: the badge says stale, the row how to start it."""
    app = open_app(worlds.normal(now), collector=False)
    assert "**The collector is not running\\.**" in read.text(app)
    assert "udp stale" in read.text(app)
    assert "collector down" in read.text(app)
    assert read.cards(app)["Download"] == "–"


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"schema": 99}', b"\xff\xfe"])
def test_a_damaged_state(open_app: Open, data: Path, now: int, damage: bytes):
    """Broken is told apart from empty, without a traceback."""
    app = open_app(worlds.normal(now))
    (data / "active_sessions.json").write_bytes(damage)
    app.run()
    assert not app.exception
    assert "data unreadable" in read.text(app)
    assert "**The live data cannot be read\\.**" in read.text(app)
    assert "No data yet" not in read.text(app)


def test_damaged_tables(open_app: Open, data: Path, now: int):
    """The live list needs no table: it stays, and the rest says what cannot be read."""
    log = data / "traffic" / "_delta_log"
    log.mkdir(parents=True)
    (log / "00000000000000000000.json").write_text("{oops")
    app = open_app(worlds.normal(now))
    assert not app.exception
    assert "**The recorded traffic cannot be read\\.**" in read.text(app)
    assert len(read.clients(app)) == 25


def test_nobody_is_connected(open_app: Open, now: int):
    """Zero is a figure: the cards say 0, the table says nobody."""
    app = open_app(worlds.state([worlds.server("udp", [], now)], now))
    assert read.cards(app)["Online"] == "0"
    assert read.cards(app)["Download"] == "0"
    assert "**No client is connected**" in read.text(app)
    assert not app.dataframe


def test_nobody_matches(open_app: Open, now: int):
    """A filter that excludes everybody says so and offers to be removed; the figures stay."""
    app = open_app(worlds.normal(now), q="nobody at all")
    assert "**No client matches**" in read.text(app)
    assert "60 clients would" in read.text(app)
    app.button(key="remove_filter").click().run()
    assert len(read.clients(app)) == 25


def test_of_two_filters_the_one_that_excludes_most_is_offered(open_app: Open, now: int):
    """Removing that one brings back the most clients."""
    app = open_app(worlds.normal(now), q="anna.schmidt", server="tcp")
    assert "**No client matches**" in read.text(app)
    assert read.buttons(app) == ["Remove search: anna\\.schmidt"]


def test_connecting_clients_are_listed_with_their_state(open_app: Open, now: int):
    """An attempt is counted apart from those online and has no figures yet."""
    world = worlds.normal(now, clients=3)
    attempt = worlds.session(
        99,
        "udp",
        "UNDEF",
        now - 5,
        now,
        established=False,
        vpn_ipv4=None,
        receive_rate=None,
        send_rate=None,
    )
    world.servers["udp"].sessions[attempt.key] = attempt
    app = open_app(world)
    assert read.cards(app)["Online"] == "3"
    assert app.metric[0].delta == "1 connecting"
    row = read.row(app, "UNDEF")
    assert (row["vpn"], row["download"]) == ("connecting", "–")


def test_rates_before_the_second_look_are_a_dash(open_app: Open, now: int):
    """Not measured is not zero."""
    anna = worlds.session(1, "udp", "anna", now - 100, now, receive_rate=None, send_rate=None)
    app = open_app(worlds.state([worlds.server("udp", [anna], now)], now, minutes=0))
    assert read.cards(app)["Download"] == "–"
    assert app.metric[1].delta == "not measured yet"


def test_rows_set_aside_are_shown_with_their_reason(open_app: Open, now: int):
    """Line, reason and text of each; a duplicate has no single line."""
    world = worlds.normal(now)
    world.servers["udp"].rejected = [
        Rejected(7, "CLIENT_LIST,<b>", "too few fields"),
        Rejected(0, "anna", "listed twice"),
    ]
    app = open_app(world)
    assert "2 rows of the status file could not be read" in read.text(app)
    shown = app.dataframe[0].value
    assert shown["Line"].isna().tolist() == [False, True]
    assert shown["Reason"].tolist() == ["too few fields", "listed twice"]


def test_advice_for_a_slow_status_file(open_app: Open, now: int):
    """OpenVPN's default of 60 s gets the line that changes it, below the table."""
    world = worlds.normal(now)
    world.servers["udp"].interval_seconds = 60
    app = open_app(world)
    assert "only every 1 min" in read.text(app)
    assert app.code[-1].value == "status /var/log/openvpn/udp.log 10"


def test_demo_data_are_called_so(
    open_app: Open, data: Path, now: int, monkeypatch: pytest.MonkeyPatch
):
    """A page of simulated clients says that it is one; a real one does not."""
    assert "simulated" not in read.text(open_app(worlds.normal(now)))
    monkeypatch.setenv("OPENVPN_MONITOR_DEMO", "on")
    worlds.forget_settings()
    assert "simulated" in read.text(open_app(worlds.normal(now)))


def test_hostile_names_are_shown_as_they_are(open_app: Open, now: int):
    """Nothing of a name reaches Markdown; the table has every one of them."""
    sessions = [
        worlds.session(n, "udp", name, now - 1000, now, username=name, cipher=name, vpn_ipv6=name)
        for n, name in enumerate(worlds.HOSTILE, 1)
    ]
    app = open_app(worlds.state([worlds.server("udp", sessions, now)], now))
    assert not app.exception
    assert len(read.clients(app)) == len(worlds.HOSTILE)
    assert "evil" not in read.text(app)


def test_a_wrong_zone_is_told_where_its_times_are_shown(open_app: Open, data: Path, now: int):
    """Found out by the collector; advice that concerns no figure here stays on the Server page."""
    odd = Details(zone_off_seconds=3600, fitting_zones=["Europe/Moscow"])
    details.save(data / "details.json", {"udp": odd})
    world = worlds.normal(now)
    world.servers["tcp"] = replace(world.servers["tcp"], dco_enabled=True)
    text = read.text(open_app(world))
    assert "the time zone is wrong" in text
    assert "OPENVPN_MONITOR_TZ=Europe/Moscow" in text
    assert "offload" not in text
