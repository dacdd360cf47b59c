"""What charts are drawn from, and that what they draw is right."""

import re
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from ovpnmon import charts

BUCHAREST = ZoneInfo("Europe/Bucharest")


def rates(begin: str, *send_rate: float) -> pd.DataFrame:
    """Rates every 10 s from begin (UTC)."""
    return pd.DataFrame(
        {
            "at": pd.date_range(begin, periods=len(send_rate), freq="10s", tz="UTC"),
            "receive_rate": [rate / 10 for rate in send_rate],
            "send_rate": list(send_rate),
            "online": [np.nan if np.isnan(rate) else 3.0 for rate in send_rate],
        }
    )


def test_the_strip_shows_the_clients_side_in_bits():
    """What the server sent is the client's download, in bit/s."""
    data = charts.strip_data(rates("2026-11-22 10:00", 1_550_000), BUCHAREST)
    assert data["download"].to_pylist() == [12_400_000]
    assert data["upload"].to_pylist() == [1_240_000]


def test_the_tooltip_names_the_exact_time_and_values():
    """Local time to the second, values with units, and the number of clients."""
    data = charts.strip_data(rates("2026-11-22 10:00:10", 1_550_000), BUCHAREST)
    texts = data.select(["time_text", "download_text", "upload_text", "online_text"])
    assert list(texts.to_pylist()[0].values()) == [
        "Sun 22 Nov 2026, 12:00:10",
        "12.4 Mbit/s",
        "1.24 Mbit/s",
        "3",
    ]


def test_a_gap_stays_a_gap():
    """Where nobody was looking there is no value, and the tooltip says so; zero is zero."""
    data = charts.strip_data(rates("2026-11-22 10:00", 5, np.nan, 0), BUCHAREST)
    assert np.isnan(data["download"].to_pylist()).tolist() == [False, True, False]
    assert data["download_text"].to_pylist() == ["40 bit/s", "no data", "0"]
    assert data["online_text"].to_pylist()[1] == "–"


def test_the_axis_reads_as_the_wall_clock_of_the_zone():
    """Milliseconds are those of a UTC clock that shows local time."""
    data = charts.strip_data(rates("2026-11-22 10:00", 1), BUCHAREST)
    assert pd.Timestamp(data["ms"][0].as_py(), unit="ms").isoformat() == "2026-11-22T12:00:00"


def test_when_daylight_saving_ends_no_time_is_drawn_twice():
    """Across the change the axis stays evenly spaced, and the tooltip tells the true local time."""
    data = charts.strip_data(rates("2026-10-25 00:59:50", 1, 2), BUCHAREST)
    assert np.diff(data["ms"].to_pylist()).tolist() == [10_000]
    assert data["time_text"].to_pylist() == [
        "Sun 25 Oct 2026, 03:59:50",
        "Sun 25 Oct 2026, 03:00:00",
    ]


def test_no_rates_give_no_points():
    """A strip of nothing is still a strip."""
    assert charts.strip_data(rates("2026-11-22"), BUCHAREST).num_rows == 0


def test_gaps_break_the_line_and_colours_follow_the_theme():
    """Every line and area stops at a gap; colours are names that the theme resolves."""
    spec = charts.rate_strip()
    marks = [layer for layer in spec["layer"] if layer["mark"]["type"] in {"line", "area"}]
    assert [mark["mark"]["invalid"] for mark in marks] == ["break-paths-show-path-domains"] * 3
    assert [mark["encoding"]["color"]["value"] for mark in marks] == ["blue", "blue", "orange"]


def test_the_strip_draws_what_its_data_have():
    """Every field that the picture asks for is a column of the data, and no data are baked in."""
    spec = charts.rate_strip()
    asked = set(re.findall(r"'field': '(\w+)'", str(spec)))
    assert asked == set(charts.strip_data(rates("2026-11-22", 1), BUCHAREST).column_names)
    assert "data" not in spec
