"""From places to the layers of the map, and which part of the world is looked at."""

import json
import math

import pandas as pd
import pytest

from ovpnmon import country_shapes, map_arcs, map_fit, map_layers, place_texts, server_colors
from ovpnmon.queries import map_view
from ovpnmon.queries.place_rows import RATES
from tests.map_world import Here, live


def layers_of(deck: map_layers.Deck) -> dict[str, dict]:
    return {layer["id"]: layer for layer in json.loads(deck.to_json())["layers"]}


def draw(frame: pd.DataFrame, colors: dict[str, str] | None = None) -> dict[str, dict]:
    """The layers of the places mode for these live rows, as the browser gets them."""
    places = map_view.picture(frame, Here(), RATES).on_map.places
    tips = [map_layers.card(row, RATES, rates=True) for row in places.to_dict("records")]
    tips = tips[: map_layers.MOST_CIRCLES]
    drawn = [
        map_layers.land(),
        *map_arcs.arcs(places, RATES, (50.11, 8.68)),
        *map_layers.circles(places, places["clients"].astype(float), tips, "pick_0", colors or {}),
    ]
    return layers_of(map_layers.deck(drawn, map_fit.fit([], (640, 560))))


def test_a_circle_stands_where_its_clients_are():
    """Longitude first, as deck.gl wants it; the card says who and how much."""
    circle = draw(live(("anna", "berlin"), ("boris", "berlin")))["pick_0"]["data"][0]
    assert circle["p"] == [13.4, 52.52]
    assert circle["chosen"] == "52.5200,13.4000"
    assert circle["tip"].startswith("Berlin, Germany\n2 clients\n↓ ")
    assert "anna" in circle["tip"]
    assert "boris" in circle["tip"]


def test_a_circle_of_one_client_says_who():
    """A click then opens the client; one of several lists them."""
    berlin, tokyo = draw(live(("anna", "berlin"), ("boris", "berlin"), ("carla", "tokyo")))[
        "pick_0"
    ]["data"]
    assert "who" not in berlin
    assert tokyo["who"] == "carla"


def test_a_circle_has_the_colour_of_its_server():
    """Where the clients there are of one; of several it is grey, and the card says so."""
    frame = live(("anna", "berlin"), ("boris", "berlin"), ("carla", "tokyo"))
    frame["server"] = ["udp", "tcp", "tcp"]
    berlin, tokyo = draw(frame, {"udp": "#010203", "tcp": "#040506"})["pick_0"]["data"]
    assert tokyo["f"][:3] == [4, 5, 6]
    assert berlin["f"] == map_layers._fill(server_colors.UNKNOWN)
    places = map_view.picture(frame, Here(), RATES).on_map.places.to_dict("records")
    cards = [map_layers.card(row, RATES, rates=True, several=True) for row in places]
    assert [card.splitlines()[1] for card in cards] == [
        "2 clients on several servers",
        "1 client on tcp",
    ]


def test_a_single_server_has_the_usual_colour():
    """There is nothing to tell apart, and nothing is said of it."""
    circle = draw(live(("anna", "berlin")))["pick_0"]["data"][0]
    assert circle["f"] == map_layers.FILL
    assert " on " not in circle["tip"]


def test_area_goes_with_the_amount():
    """Four times the clients are twice the radius beyond the smallest."""
    frame = live(*((f"c{n}", "berlin") for n in range(4)), ("one", "tokyo"))
    big, small = (row["r"] for row in draw(frame)["pick_0"]["data"])
    assert big - 4 == pytest.approx(2 * (small - 4))


def test_nothing_known_of_traffic_draws_circles_all_the_same():
    """No rate yet: circles of one size and no arcs, never NaN, which JSON has not."""
    frame = live(("anna", "berlin"), ("boris", "tokyo")).assign(
        download_rate=math.nan, upload_rate=math.nan
    )
    drawn = draw(frame)
    assert len(drawn["pick_0"]["data"]) == 2
    assert drawn["arcs_download_rate"]["data"] == []


def test_download_and_upload_are_different_curves_between_the_same_ends():
    """Told apart by colour and by the side they bulge to; width by the rate."""
    drawn = draw(live(("anna", "tokyo")))
    down, up = drawn["arcs_download_rate"], drawn["arcs_upload_rate"]
    assert down["getColor"] != up["getColor"]
    for curve in (down["data"][0]["c"], up["data"][0]["c"]):
        assert curve[0] == [8.68, 50.11]
        assert curve[-1] == [139.69, 35.69]
    middle = map_arcs.STEPS // 2
    straight = 50.11 + (35.69 - 50.11) * middle / (map_arcs.STEPS - 1)
    assert down["data"][0]["c"][middle][1] > straight > up["data"][0]["c"][middle][1]
    assert down["data"][0]["w"] > up["data"][0]["w"]


def test_who_is_beside_the_server_has_no_arc():
    """It would be a blot."""
    drawn = draw(live(("anna", "frankfurt"), ("boris", "tokyo")))
    assert len(drawn["arcs_download_rate"]["data"]) == 1


def test_borders_come_by_address_and_no_style_is_asked_for():
    """Not their geometry at each refresh; relative, for a proxy's prefix; no other host."""
    deck = map_layers.deck([map_layers.land()], map_fit.fit([], (640, 560)))
    assert layers_of(deck)["land"]["data"] == "app/static/countries.geojson"
    assert "http" not in deck.to_json()


def test_shades_go_with_the_amount_and_leave_out_who_has_none():
    """The most is the strongest; the expression names each country once and calls nothing."""
    countries = pd.DataFrame({"country_code": ["DE", "FR", "JP", "X'"]})
    found = map_layers.shades(countries, pd.Series([100.0, 1.0, 0.0, 5.0]))
    assert found == {"DE": map_layers.SHADES[-1], "FR": map_layers.SHADES[0]}
    fill = layers_of(map_layers.deck([map_layers.land(found)], map_fit.View(0, 0, 0)))["land"][
        "getFillColor"
    ]
    assert fill.count("=='DE'") == fill.count("=='FR'") == 1
    assert "JP" not in fill
    assert "(" not in fill


def test_every_country_that_is_drawn_can_be_pointed_at():
    """The coarse outlines are there for all codes, closed, and small enough to be sent."""
    codes = {
        feature["properties"]["code"]
        for feature in json.loads(country_shapes.FILE.read_bytes())["features"]
    } - {""}
    assert len(codes) > 230
    for code in codes:
        for (ring,) in country_shapes.outline(code):
            assert ring[0] == ring[-1]
    assert len(json.dumps([country_shapes.outline(code) for code in codes])) < 80_000
    assert country_shapes.outline("QQ") == []


def test_five_thousand_clients_make_a_small_refresh():
    """In two thousand places: the busiest as circles, the others as dots, none lost."""
    frame = live(*((f"client-{n}", f"spot{n % 2000}") for n in range(5000)))
    drawn = draw(frame)
    circles, dots = drawn["pick_0"]["data"], drawn["dots"]["data"]
    assert (len(circles), len(circles) + len(dots)) == (map_layers.MOST_CIRCLES, 2000)
    assert len(json.dumps(drawn, separators=(",", ":"))) < 150_000


def test_hostile_names_stay_text():
    """The card is text, not HTML: what could steer characters is gone, the rest means itself."""
    tip = draw(live(("<img src=x>\u202e{tip}\n", "berlin")))["pick_0"]["data"][0]["tip"]
    assert tip.splitlines()[3] == "<img src=x>{tip}"
    assert "html" not in map_layers.TOOLTIP


@pytest.mark.parametrize("size", [(640, 560), (350, 420)])
@pytest.mark.parametrize(
    "points",
    [[(52.5, 13.4), (35.7, 139.7)], [(-33.9, 18.4), (64.1, -21.9)], [(0.0, -179.0), (0.0, 179.0)]],
)
def test_everything_is_in_sight(points: list[tuple[float, float]], size: tuple[int, int]):
    """Every point lies within a map of that size, however far they are apart."""
    view = map_fit.fit(points, size)
    world = 512 * 2**view.zoom
    for latitude, longitude in points:
        x = (longitude - view.longitude) / 360 * world
        y = (map_fit._mercator(latitude) - map_fit._mercator(view.latitude)) * world
        assert abs(x) < size[0] / 2
        assert abs(y) < size[1] / 2


@pytest.mark.parametrize("size", [(640, 560), (350, 420)])
def test_the_centre_is_near_where_most_are_and_all_stay_in_sight(size: tuple[int, int]):
    """Not in the middle of an ocean that one client is beyond."""
    crowd, lone = [(52.0, 10.0 + n) for n in range(9)], (41.9, -87.6)
    view = map_fit.fit([*crowd, lone], size)
    middle = (18.0 + lone[1]) / 2
    assert view.longitude > middle + 5
    assert view.longitude - size[0] / 2 / (512 * 2**view.zoom) * 360 < lone[1]


def test_one_place_and_no_place():
    """Not endlessly near; without any, the world."""
    assert map_fit.fit([(52.5, 13.4)], (640, 560)).zoom == map_fit.NEAREST
    assert map_fit.fit([], (640, 560)).zoom < 1.5


@pytest.mark.parametrize(
    ("code", "shown"), [("DE", "🇩🇪"), ("de", "🇩🇪"), ("", ""), ("D1", ""), ("ÄÖ", "")]
)
def test_flags(code: str, shown: str):
    """Two letters make one; anything else makes none."""
    assert place_texts.flag(code) == shown


def test_a_cell_says_flag_city_and_country():
    """As far as they are known; and whose network it is, on its own and beside."""
    row = {"country_code": "DE", "label": "Berlin, Germany", "organisation": "Example AG"}
    assert place_texts.place(row) == "🇩🇪 Berlin, Germany"
    assert place_texts.network(row) == "Example AG"
    assert place_texts.full(row) == "🇩🇪 Berlin, Germany · Example AG"
    private = {"country_code": "", "label": "private network", "organisation": ""}
    assert place_texts.place(private) == place_texts.full(private) == "private network"
    unknown = dict.fromkeys(row, "")
    assert place_texts.place(unknown) is place_texts.network(unknown) is None
