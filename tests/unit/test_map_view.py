"""Who is at a place, who is on no map."""

from ovpnmon.queries import map_view
from ovpnmon.queries.place_rows import RATES
from tests.map_world import Here, live

FRAME = live(
    ("anna", "berlin"), ("boris", "tokyo"), ("anna", "tokyo"), ("carla", "frankfurt"),
    ("дима", "nowhere"),
)  # fmt: skip


def test_clients_are_counted_once_wherever_they_are():
    """anna is online from two places; one of four is on no map."""
    shown = map_view.picture(FRAME, Here(), RATES)
    assert (shown.clients, shown.placed) == (4, 3)
    assert list(map_view.not_placed(shown)["common_name"]) == ["дима"]
    assert list(map_view.not_placed(shown)["reason"]) == ["not in the database"]


def test_who_is_at_a_place_and_in_a_country():
    """The busiest first; a country has the clients of all its places."""
    shown = map_view.picture(FRAME, Here(), RATES)
    there = map_view.clients_at(shown, "35.6900,139.6900", RATES)
    assert list(there["common_name"]) == ["boris", "anna"]
    assert list(map_view.clients_at(shown, "DE", RATES)["common_name"]) == ["anna", "carla"]
    assert map_view.clients_at(shown, "1,2", RATES).empty


def test_nobody_is_no_error():
    """An empty list has no places, and says so."""
    shown = map_view.picture(FRAME.iloc[:0], Here(), RATES)
    assert (shown.clients, shown.placed) == (0, 0)
    assert shown.on_map.places.empty
