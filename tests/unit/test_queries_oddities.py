"""What is odd about a server, as it is told with what to do."""

from dataclasses import replace

import pytest

from ovpnmon.queries.live import ServerView, servers
from ovpnmon.queries.oddities import oddities
from ovpnmon.store.details import Details
from ovpnmon.store.state import State
from tests import worlds

NOW = 1_800_000_000


def view(**changes: object) -> ServerView:
    made = servers(State(servers={"udp": worlds.server("udp", [], NOW)}), NOW)[0]
    return replace(made, **changes)  # type: ignore[arg-type]


def test_a_server_like_any_other_is_not_odd() -> None:
    """Nor is one of which no details are known yet."""
    assert oddities([view()], {"udp": Details(ahead_seconds=-59)}, "UTC") == []
    assert oddities([view()], {}, "UTC") == []


def test_a_wrong_zone_names_zones_that_fit_and_the_setting() -> None:
    """The nearest of them can be copied."""
    zones = ["Europe/Istanbul", "Europe/Minsk", "Europe/Moscow", "Asia/Baghdad", "Asia/Kuwait"]
    details = {"udp": Details(zone_off_seconds=3600, fitting_zones=zones, ahead_seconds=3600)}
    (found,) = oddities([view()], details, "Europe/Bucharest")
    assert found.title == "udp: the time zone is wrong."
    assert "read as Europe/Bucharest, are 1 h 00 min ahead of" in found.text
    assert "Europe/Istanbul, Europe/Minsk, Europe/Moscow, Asia/Baghdad and 1 other" in found.text
    assert found.command == "OPENVPN_MONITOR_TZ=Europe/Istanbul"


@pytest.mark.parametrize(
    ("ahead", "words"), [(600.0, "10 min ahead of"), (-7200.0, "2 h 00 min behind")]
)
def test_clocks_that_differ(ahead: float, words: str) -> None:
    """Which one is wrong nobody can tell from here."""
    (found,) = oddities([view()], {"udp": Details(ahead_seconds=ahead)}, "UTC")
    assert found.title == f"udp: its clock is {words} this host's."


def test_offload_makes_counters_doubtful() -> None:
    """Only where it is on."""
    (found,) = oddities([view(dco_enabled=True)], {}, "UTC")
    assert found.level == "advice"
    assert "traffic may be shown too low" in found.text
    assert oddities([view(dco_enabled=False)], {}, "UTC") == []
