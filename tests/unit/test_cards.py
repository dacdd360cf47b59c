"""The five figures on top of the Live page."""

import numpy as np
import pandas as pd
import pytest

from ovpnmon.cards import now_cards, today_cards
from ovpnmon.queries.live_view import Totals
from ovpnmon.queries.today import Today


def rates(online: list[float], sent: list[float]) -> pd.DataFrame:
    """Rates in equal steps."""
    return pd.DataFrame({"online": online, "send_rate": sent, "receive_rate": sent})


def totals(rate: float) -> Totals:
    """Sums with this rate both ways."""
    return Totals(3, rate, rate, 0, 0, 100.0)


def test_download_is_what_the_server_sent():
    """The cards take the client's side: sent is download, received is upload."""
    sums = Totals(3, 1_000_000, 500_000, 0, 0, 100.0)
    recent = pd.DataFrame({"online": [3.0], "send_rate": [2e6], "receive_rate": [1e5]})
    _, down, up = now_cards(3, 0, sums, recent)
    assert (down.value, down.fact) == ("8.00 Mbit/s", "peak 16.0 Mbit/s")
    assert (up.value, up.fact) == ("4.00 Mbit/s", "peak 4.00 Mbit/s")


@pytest.mark.parametrize(
    ("online", "connecting", "before", "fact"),
    [
        (5, 0, 3.0, "+2 in 15 min"),
        (3, 0, 5.0, "−2 in 15 min"),
        (3, 0, 3.0, "steady for 15 min"),
        (3, 2, 3.0, "2 connecting"),
        (3, 0, np.nan, "not measured yet"),
    ],
)
def test_online_tells_how_it_changed_or_who_is_connecting(online, connecting, before, fact):
    """One fact beside the number: attempts under way, else the change since a quarter of an hour."""
    card = now_cards(online, connecting, totals(1), rates([before], [1.0]))[0]
    assert (card.value, card.fact) == (str(online), fact)


def test_what_is_not_measured_is_a_dash():
    """Before two looks at the file there is no rate and no peak, which is not the same as zero."""
    _, down, _ = now_cards(3, 0, totals(np.nan), rates([np.nan], [np.nan]))
    assert (down.value, down.fact) == ("–", "not measured yet")


def test_gaps_are_left_out_of_the_small_history():
    """Sparklines know no gaps: only what was measured is in them, at least two points."""
    card = now_cards(3, 0, totals(1), rates([1.0, np.nan, 3.0], [5.0, np.nan, np.nan]))
    assert card[0].history == [1.0, 3.0]
    assert card[1].history == [5.0, 5.0]


def test_a_long_history_is_averaged_to_a_few_points():
    """However many steps there are, a card gets at most 45 points, and their mean is kept."""
    values = [float(n) for n in range(90)]
    history = now_cards(3, 0, totals(1), rates(values, values))[0].history
    assert len(history) == 45
    assert sum(history) / 45 == sum(values) / 90


def test_today():
    """Both directions together, each on its own beside it, sessions and their clients."""
    traffic, sessions = today_cards(Today(42 * 10**9, 142 * 10**9, 213, 58, [1, 2], [5, 9]))
    assert (traffic.value, traffic.fact) == ("184 GB", "↓ 142 GB  ↑ 42.0 GB")
    assert (sessions.value, sessions.fact) == ("213", "58 clients")
    assert sessions.history == [1.0, 2.0]
    assert sessions.shape == "bar"
