"""What charts are drawn from, and that what they draw is right."""

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
    assert data["download"].tolist() == [12_400_000]
    assert data["upload"].tolist() == [1_240_000]


def test_the_tooltip_names_the_exact_time_and_values():
    """Local time to the second, values with units, and the number of clients."""
    data = charts.strip_data(rates("2026-11-22 10:00:10", 1_550_000), BUCHAREST)
    texts = data[["time_text", "download_text", "upload_text", "online_text"]]
    assert texts.iloc[0].tolist() == [
        "Sun 22 Nov 2026, 12:00:10",
        "12.4 Mbit/s",
        "1.24 Mbit/s",
        "3",
    ]


def test_a_gap_stays_a_gap():
    """Where nobody was looking there is no value, and the tooltip says so; zero is zero."""
    data = charts.strip_data(rates("2026-11-22 10:00", 5, np.nan, 0), BUCHAREST)
    assert data["download"].isna().tolist() == [False, True, False]
    assert data["download_text"].tolist() == ["40 bit/s", "no data", "0"]
    assert data["online_text"].tolist()[1] == "–"


def test_the_axis_reads_as_the_wall_clock_of_the_zone():
    """Milliseconds are those of a UTC clock that shows local time."""
    data = charts.strip_data(rates("2026-11-22 10:00", 1), BUCHAREST)
    assert pd.Timestamp(data["ms"][0], unit="ms").isoformat() == "2026-11-22T12:00:00"


def test_when_daylight_saving_ends_no_time_is_drawn_twice():
    """Across the change the axis stays evenly spaced, and the tooltip tells the true local time."""
    data = charts.strip_data(rates("2026-10-25 00:59:50", 1, 2), BUCHAREST)
    assert data["ms"].diff().tolist()[1:] == [10_000]
    assert data["time_text"].tolist() == ["Sun 25 Oct 2026, 03:59:50", "Sun 25 Oct 2026, 03:00:00"]


def test_no_rates_give_an_empty_picture():
    """A chart of nothing is still a chart."""
    assert charts.rate_strip(rates("2026-11-22"), BUCHAREST).to_dict()["height"] == 130


def test_gaps_break_the_line_and_colours_follow_the_theme():
    """Every line and area stops at a gap; colours are names that the theme resolves."""
    spec = charts.rate_strip(rates("2026-11-22", 1, np.nan, 2), BUCHAREST).to_dict()
    marks = [layer for layer in spec["layer"] if layer["mark"]["type"] in {"line", "area"}]
    assert [mark["mark"]["invalid"] for mark in marks] == [charts.GAPS] * 3
    assert [mark["encoding"]["color"]["value"] for mark in marks] == ["blue", "blue", "orange"]
