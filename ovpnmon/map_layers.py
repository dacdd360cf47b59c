"""From places to the layers of the map. Colours suit both themes: a switch of themes redraws nothing.

Positions are [longitude, latitude]. Only what changes is sent: the browser gets the borders from a
static file, which it fetches once.
"""

import math
from collections.abc import Hashable, Iterable, Mapping
from typing import Any

import orjson
import pandas as pd
import pydeck as pdk

from ovpnmon import country_shapes, formats, server_colors
from ovpnmon.map_fit import View

Row = Mapping[Hashable, Any]
BORDERS = "app/static/countries.geojson"
"""Relative, so that it is found under any prefix of a proxy."""
LAND, LINE = [128, 138, 155, 48], [128, 138, 155, 110]
DOWNLOAD, UPLOAD = [59, 130, 246], [249, 115, 22]
FILL = [*DOWNLOAD, 205]
HALO, SERVER = [255, 255, 255, 255], [71, 85, 105, 255]
SHADES = (70, 115, 160, 205)
"""Opacity of a country by its quarter of the most, on a scale of square roots."""
MOST_CIRCLES, MOST_DOTS = 250, 3000
"""What keeps a refresh small: beyond these, places become dots without a card."""
TOOLTIP = {
    "text": "{tip}",
    "style": {
        "fontFamily": "Inter, sans-serif",
        "fontSize": "12px",
        "lineHeight": "1.5",
        "whiteSpace": "pre-line",
        "maxWidth": "230px",
        "overflowWrap": "anywhere",
        "padding": "8px 10px",
        "borderRadius": "6px",
        "color": "#e4e7ec",
        "backgroundColor": "#1b2130",
        "border": "1px solid #3a4252",
    },
}
"""The card at the pointer. As text, not HTML: names are hostile."""


def card(row: Row, columns: tuple[str, str], *, rates: bool, several: bool = False) -> str:
    """What is said of a place or country at the pointer. columns: download and upload. several: there
    are several servers, so that a place's own is told.
    """
    title = formats.plain(row.get("label") or row["country"])
    amount = formats.rate if rates else formats.volume
    lines = [
        title,
        formats.counted(row["clients"], "client") + (_server(row) if several else ""),
        f"↓ {amount(row[columns[0]])}   ↑ {amount(row[columns[1]])}",
    ]
    names = [formats.plain(name)[:40] or "(no name)" for name in row.get("names") or []]
    if names:
        more = row["clients"] - len(names[:5])
        lines.append(", ".join(names[:5]) + (f" and {more} more" if more > 0 else ""))
    if row.get("precision") == "country":
        lines.append("Known to the country only")
    return "\n".join(lines)


def _server(row: Row) -> str:
    if "server" not in row:
        return ""
    return f" on {formats.plain(row['server'])}" if row["server"] else " on several servers"


def land(shades: Mapping[str, int] | None = None) -> pdk.Layer:
    """The countries. shades: opacity by country code, for those to be shaded."""
    fill: Any = LAND
    if shades:
        by_opacity: dict[int, list[str]] = {}
        for code, opacity in shades.items():
            by_opacity.setdefault(opacity, []).append(f"properties.code=='{code}'")
        # The browser reads an expression here, without calls; codes are letters (shades()).
        fill = str(LAND)
        for opacity, tests in by_opacity.items():
            fill = f"{'||'.join(tests)}?{[*DOWNLOAD, opacity]}:{fill}"
    return pdk.Layer(
        "GeoJsonLayer",
        BORDERS,
        id="land",
        stroked=True,
        filled=True,
        get_fill_color=fill,
        get_line_color=LINE,
        line_width_min_pixels=0.7,
        pickable=False,
        update_triggers={"getFillColor": sorted((shades or {}).items())},
    )


def shades(countries: pd.DataFrame, amount: "pd.Series[float]") -> dict[str, int]:
    """Opacity by code, by each country's share of the highest amount."""
    known = amount.fillna(0.0)
    most = float(known.max()) if len(known) else 0.0
    return {
        str(code): SHADES[min(len(SHADES) - 1, int(math.sqrt(value / most) * len(SHADES)))]
        for code, value in zip(countries["country_code"], known, strict=True)
        if most > 0 and value > 0 and str(code).isalpha()
    }


def outlines(countries: pd.DataFrame, tips: Iterable[str], layer_id: str) -> pdk.Layer:
    """Invisible, to be pointed at and clicked: the countries that have clients."""
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "MultiPolygon", "coordinates": country_shapes.outline(code)},
            "properties": {"tip": tip, "chosen": code},
        }
        for code, tip in zip(countries["country_code"], tips, strict=True)
        if country_shapes.outline(code)
    ]
    return pdk.Layer(
        "GeoJsonLayer",
        features,
        id=layer_id,
        stroked=False,
        filled=True,
        get_fill_color=[0, 0, 0, 1],
        pickable=True,
    )


def circles(
    places: pd.DataFrame,
    amount: "pd.Series[float]",
    tips: Iterable[str],
    layer_id: str,
    colors: Mapping[str, str],
) -> list[pdk.Layer]:
    """The places, most important first: circles whose area goes with the amount, then dots.

    Where one client is alone, its circle says who (`who`), so that a click opens it.

    colors: of circles by server (#rrggbb), none where there is but one server.
    """
    known = amount.fillna(0.0)
    most = float(known.max()) if len(known) else 0.0
    rows = [
        {
            "p": _position(row),
            "r": round(4 + 10 * math.sqrt(value / most), 1) if most > 0 else 5,
            "tip": tip,
            "chosen": row["place_id"],
            "f": _fill(colors.get(row["server"], server_colors.UNKNOWN)) if colors else FILL,
        }
        | ({"who": row["names"][0]} if row["clients"] == 1 else {})
        for row, value, tip in zip(places.to_dict("records"), known, tips, strict=False)
    ]
    dots = [_position(row) for row in places.iloc[len(rows) :][:MOST_DOTS].to_dict("records")]
    drawn = [
        pdk.Layer(
            "ScatterplotLayer",
            [{"p": position} for position in dots],
            id="dots",
            get_position="p",
            get_radius=2,
            radius_units="'pixels'",
            get_fill_color=[*DOWNLOAD, 150],
            pickable=False,
        ),
        pdk.Layer(
            "ScatterplotLayer",
            rows,
            id=layer_id,
            get_position="p",
            get_radius="r",
            radius_units="'pixels'",
            get_fill_color="f",
            get_line_color=HALO,
            stroked=True,
            line_width_min_pixels=1.5,
            # No auto_highlight: what is highlighted at the pointer then takes no click.
            pickable=True,
        ),
    ]
    return drawn if dots else drawn[1:]


def ring(place: Row) -> pdk.Layer:
    """Around the place that is chosen."""
    return _spot("chosen", place, 17, [0, 0, 0, 0], [*UPLOAD, 255], None)


def server(latitude: float, longitude: float, tip: str) -> pdk.Layer:
    """Where the server stands."""
    place: Row = {"latitude": latitude, "longitude": longitude}
    return _spot("server", place, 5, SERVER, HALO, tip)


class Deck(pdk.Deck):  # type: ignore[misc]  # pydeck has no types
    """A deck whose JSON has no spaces, which are half of it."""

    def to_json(self) -> str:
        """What is sent to the browser."""
        return orjson.dumps(orjson.loads(super().to_json())).decode()


def deck(layers: list[pdk.Layer], view: View, transition_ms: int = 0) -> Deck:
    """The map. No map_style, not even None: that would ask another host for one."""
    return Deck(
        layers,
        map_provider=None,
        tooltip=TOOLTIP,
        initial_view_state=pdk.ViewState(
            latitude=view.latitude,
            longitude=view.longitude,
            zoom=view.zoom,
            min_zoom=-1,
            max_zoom=9,
            pitch=0,
            bearing=0,
            transition_duration=transition_ms,
        ),
    )


def _fill(color: str) -> list[int]:
    """#rrggbb as deck.gl has colours."""
    return [*bytes.fromhex(color[1:]), 215]


def _position(row: Row) -> list[float]:
    return [round(row["longitude"], 3), round(row["latitude"], 3)]


def _spot(
    layer_id: str, place: Row, radius: int, fill: list[int], line: list[int], tip: str | None
) -> pdk.Layer:
    return pdk.Layer(
        "ScatterplotLayer",
        [{"p": _position(place), "tip": tip}],
        id=layer_id,
        get_position="p",
        get_radius=radius,
        radius_units="'pixels'",
        get_fill_color=fill,
        get_line_color=line,
        stroked=True,
        line_width_min_pixels=2,
        pickable=tip is not None,
    )
