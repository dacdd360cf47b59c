"""What is told about servers and collector, and in which order."""

import pytest

from ovpnmon.model import Rejected, Status
from ovpnmon.queries.live import servers
from ovpnmon.queries.troubles import advice, fresh, seen_through, troubles
from tests import worlds

NOW = 1_795_000_000


def views(*statuses: Status, **changes: object) -> list:
    """One server for each status, named after it."""
    anna = worlds.session(1, "x", "anna", NOW - 100, NOW)
    made = [worlds.server(status, [anna], NOW - 5, status, **changes) for status in statuses]
    return servers(worlds.state(made, NOW), NOW)


def test_all_is_well():
    """A server that is up gives nothing to tell."""
    assert troubles(views("up"), None) == []


@pytest.mark.parametrize(
    "status", ["missing", "forbidden", "empty", "malformed", "client_mode", "stale"]
)
def test_each_trouble_names_the_server_and_what_to_type(status):
    """Server, what happened, and a command."""
    (trouble,) = troubles(views(status, message="What happened."), None)
    assert trouble.title.startswith(f"{status}: ")
    assert trouble.text
    assert trouble.command


def test_the_message_of_the_collector_is_shown():
    """The collector knows best what happened to the file."""
    (trouble,) = troubles(views("forbidden", message="Permission denied on /x."), None)
    assert trouble.text.startswith("Permission denied on /x.")


def test_stale_tells_since_when_and_that_clients_are_of_then():
    """Nobody is shown as online without that warning."""
    (trouble,) = troubles(views("stale"), None)
    assert "has not changed for 5 s" in trouble.text
    assert "1 client" in trouble.text


def test_the_worst_comes_first():
    """Unreadable before stale before waiting, whatever the order of the settings."""
    found = troubles(views("waiting", "stale", "missing"), None)
    assert [trouble.level for trouble in found] == ["bad", "warning", "waiting"]


def test_a_collector_that_is_down_is_told_once_and_servers_are_not_blamed():
    """Without a collector nothing is up, and a stale server is the collector's doing."""
    seen = seen_through(views("up", "stale", "missing"), "no tick of the collector for 95 s")
    assert [view.status for view in seen] == ["stale", "stale", "missing"]
    found = troubles(seen, "no tick of the collector for 95 s")
    assert [trouble.title for trouble in found] == [
        "The collector is not running.",
        "missing: the status file is missing.",
    ]
    assert "No tick of the collector for 95 s." in found[0].text


def test_figures_are_of_now_only_where_the_file_still_changes():
    """Up and busy count as fresh; nothing does while the collector is down."""
    assert fresh(views("up", "busy", "stale", "missing")) == ("up", "busy")
    assert fresh(seen_through(views("up"), "gone")) == ()


def test_rows_set_aside_are_counted_and_handed_on():
    """A row that could not be read is shown with its reason."""
    rows = [Rejected(7, "CLIENT_LIST,x", "too few fields")]
    (trouble,) = troubles(views("up", rejected=rows), None)
    assert "1 row " in trouble.title
    assert trouble.rejected == rows


@pytest.mark.parametrize(("interval", "told"), [(None, 0), (10, 0), (30, 0), (60, 1)])
def test_a_slow_status_file_gets_advice(interval, told):
    """Rewritten more rarely than every 30 s: the line for OpenVPN's configuration is given."""
    found = advice(views("up", interval_seconds=interval))
    assert len(found) == told
    assert all(one.command == "status /var/log/openvpn/up.log 10" for one in found)
