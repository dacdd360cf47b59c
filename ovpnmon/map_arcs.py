"""Flows between places and the server, as lines of the map."""

import math

import pandas as pd
import pydeck as pdk

from ovpnmon.map_layers import DOWNLOAD, UPLOAD, Row

MOST_ARCS = 70
"""What keeps a refresh small: places beyond these have no arcs."""
STEPS = 14
BULGE = 0.12
NEAR_DEGREES = 0.5


def arcs(
    places: pd.DataFrame, columns: tuple[str, str], to: tuple[float, float]
) -> list[pdk.Layer]:
    """Flows between the busiest places and the server (latitude, longitude).

    Download bulges to one side and upload to the other; the width goes with the root of the amount.
    Flat curves: great circles would leave the view.
    """
    far = (places["longitude"] - to[1]).abs() + (places["latitude"] - to[0]).abs() > NEAR_DEGREES
    amounts = places[list(columns)].fillna(0.0)
    rows = places[far & (amounts.sum(axis=1) > 0)].fillna(dict.fromkeys(columns, 0.0))
    rows = rows.sort_values(list(columns), ascending=False).head(MOST_ARCS)
    most = max((float(rows[name].max()) for name in columns), default=0.0) if len(rows) else 0.0
    return [
        pdk.Layer(
            "PathLayer",
            [
                {"c": _curve(row, to, side), "w": round(0.8 + 4 * math.sqrt(row[name] / most), 1)}
                for row in rows.to_dict("records")
                if row[name] > 0
            ],
            id=f"arcs_{name}",
            get_path="c",
            get_color=[*colour, 150],
            get_width="w",
            width_units="'pixels'",
            cap_rounded=True,
            pickable=False,
        )
        for name, colour, side in ((columns[0], DOWNLOAD, 1), (columns[1], UPLOAD, -1))
    ]


def _curve(row: Row, to: tuple[float, float], side: int) -> list[list[float]]:
    """A quadratic Bézier curve from the server to the place."""
    y0, x0 = to
    x1, y1 = row["longitude"], row["latitude"]
    across = 1 if x1 >= x0 else -1
    xc = (x0 + x1) / 2 - side * (y1 - y0) * BULGE * across
    yc = (y0 + y1) / 2 + side * abs(x1 - x0) * BULGE
    shares = [step / (STEPS - 1) for step in range(STEPS)]
    return [
        [
            round((1 - t) ** 2 * x0 + 2 * t * (1 - t) * xc + t * t * x1, 2),
            round((1 - t) ** 2 * y0 + 2 * t * (1 - t) * yc + t * t * y1, 2),
        ]
        for t in shares
    ]
