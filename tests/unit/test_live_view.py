"""Searching, sorting and paging the live list."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from ovpnmon.queries import live_view
from ovpnmon.queries.live import live_clients
from ovpnmon.queries.live_view import SORTS, View
from tests import worlds

NOW = 1_795_000_000


def clients(*changes: dict[str, object], fresh: tuple[str, ...] = ("udp", "tcp")) -> pd.DataFrame:
    """The prepared list of clients that differ in what is given."""
    made = [
        worlds.session(n, str(change.get("server", "udp")), "client", NOW - 100 * n, NOW)
        for n, change in enumerate(changes, 1)
    ]
    sessions = [replace(one, **change) for one, change in zip(made, changes, strict=True)]
    servers = [
        worlds.server(name, [one for one in sessions if one.server == name], NOW)
        for name in ("udp", "tcp")
    ]
    return live_view.prepare(live_clients(worlds.state(servers, NOW)), fresh)


def names(frame: pd.DataFrame) -> list[str]:
    """The names, in order."""
    return frame["common_name"].to_list()


PEOPLE = (
    {"common_name": "Anna", "real_ip": "203.0.113.10", "vpn_ipv4": "10.8.0.10"},
    {"common_name": "boris", "real_ip": "203.0.113.9", "username": "bo@corp"},
    {"common_name": "Édith", "real_ip": "2001:db8::1", "vpn_ipv6": "fd00::5"},
    {"common_name": "carl", "server": "tcp", "real_ip": "198.51.100.1"},
)


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("", ["Anna", "boris", "carl", "Édith"]),
        ("ANNA", ["Anna"]),
        ("édith", ["Édith"]),
        ("corp", ["boris"]),
        ("203.0.113", ["Anna", "boris"]),
        ("113 bo", ["boris"]),
        ("fd00::", ["Édith"]),
        ("nobody", []),
        (".*", []),
        ("  ", ["Anna", "boris", "carl", "Édith"]),
    ],
)
def test_search_finds_every_word_in_names_and_addresses(search, found):
    """Case does not matter, every word must be somewhere, and nothing is a pattern."""
    view = View(search=search, sort="Client")
    assert names(live_view.matching(clients(*PEOPLE), view)) == found


def test_search_does_not_match_across_fields():
    """The end of a name and the beginning of an address are not one word."""
    frame = clients({"common_name": "anna1", "username": "23"})
    assert live_view.matching(frame, View(search="123")).empty


def test_the_server_filter():
    """Only the clients of that server."""
    assert names(live_view.matching(clients(*PEOPLE), View(server="tcp"))) == ["carl"]


def test_addresses_sort_by_number():
    """10.8.0.9 comes before 10.8.0.10, IPv4 before IPv6, and no address last either way."""
    frame = clients(
        {"common_name": "ten", "vpn_ipv4": "10.8.0.10"},
        {"common_name": "nine", "vpn_ipv4": "10.8.0.9"},
        {"common_name": "none", "vpn_ipv4": None},
    )
    view = View(sort="VPN address")
    assert names(live_view.matching(frame, view)) == ["nine", "ten", "none"]
    assert names(live_view.matching(frame, replace(view, reverse=True))) == ["ten", "nine", "none"]


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("sort", SORTS)
def test_every_sort_orders_all_rows_by_its_column(sort, reverse):
    """Each way to sort keeps every row, in the order that it promises."""
    frame = clients(*({"common_name": f"c{n}", "vpn_ipv6": f"fd00::{n}"} for n in range(8)))
    view = View(sort=sort, reverse=reverse)
    rows = live_view.matching(frame, view)
    assert sorted(names(rows)) == sorted(names(frame))
    if sort not in {"Address", "VPN address", "VPN IPv6"}:
        column = rows[SORTS[sort].column]
        assert column.is_monotonic_decreasing if view.descending else column.is_monotonic_increasing


def test_equals_keep_their_order_at_every_refresh():
    """Equal values are ordered by name and session, so that idle clients do not jump about."""
    idle = {"receive_rate": 0.0, "send_rate": 0.0}
    frame = clients(*({"common_name": name, **idle} for name in ("b", "a", "c", "a")))
    once = live_view.matching(frame, View())
    again = live_view.matching(frame.iloc[::-1], View())
    assert once["session_id"].to_list() == again["session_id"].to_list()
    assert names(once) == ["a", "a", "b", "c"]


def test_rates_of_a_server_that_is_not_fresh_are_unknown():
    """What a stale file says was minutes ago: no rate, no share, last in the order, still listed."""
    frame = clients(
        {"common_name": "then", "server": "tcp", "send_rate": 1e9},
        {"common_name": "now", "send_rate": 1.0, "receive_rate": 1.0},
        fresh=("udp",),
    )
    rows = live_view.matching(frame, View())
    assert names(rows) == ["now", "then"]
    assert rows["download_rate"].isna().to_list() == [False, True]
    assert rows["share"].tolist()[0] == 100


def test_shares_are_of_all_traffic():
    """Shares add up to 100 percent over all clients, whatever is filtered."""
    frame = clients(*({"send_rate": rate, "receive_rate": 0.0} for rate in (10.0, 30.0, 60.0)))
    assert sorted(frame["share"]) == pytest.approx([10, 30, 60])


def test_without_traffic_there_are_no_shares():
    """Nothing of nothing is unknown, not zero."""
    assert clients({"send_rate": 0.0, "receive_rate": 0.0})["share"].isna().all()


@pytest.mark.parametrize(
    ("rows", "page", "first", "length"),
    [
        (60, 1, 0, 25),
        (60, 3, 50, 10),
        (60, 99, 50, 10),
        (60, 0, 0, 25),
        (0, 1, 0, 0),
        (25, 2, 0, 25),
    ],
)
def test_pages(rows, page, first, length):
    """A page holds its rows; one beyond the last, as clients leave, is the last."""
    frame = pd.DataFrame({"n": range(rows)})
    shown = live_view.page(frame, View(page=page))
    assert shown["n"].to_list() == list(range(first, first + length))


@pytest.mark.parametrize(("rows", "pages"), [(0, 1), (1, 1), (25, 1), (26, 2), (5000, 200)])
def test_page_count(rows, pages):
    """There is always a first page."""
    assert live_view.page_count(rows, 25) == pages


def test_totals_sum_what_is_known():
    """Rates add up over those known; with none known the sum is unknown."""
    frame = clients(
        {"send_rate": 5.0, "receive_rate": 1.0, "bytes_sent": 7, "bytes_received": 3},
        {"send_rate": None, "receive_rate": None, "bytes_sent": 1, "bytes_received": 1},
    )
    sums = live_view.totals(frame)
    assert (sums.clients, sums.download_rate, sums.upload_rate) == (2, 5.0, 1.0)
    assert (sums.downloaded_bytes, sums.uploaded_bytes) == (8, 4)
    assert np.isnan(live_view.totals(frame[frame["send_rate"].isna()]).download_rate)


def test_which_filter_excludes_most():
    """For each filter that is set, how many rows there would be without it."""
    frame = clients(*PEOPLE)
    view = View(search="anna", server="tcp")
    assert live_view.without_filters(frame, view) == {"search": 1, "server": 1}
    assert live_view.without_filters(frame, View(search="zzz")) == {"search": 4}


def test_nobody_connected():
    """An empty list can be searched, sorted, paged and summed."""
    frame = clients()
    rows = live_view.matching(frame, View(search="x"))
    assert live_view.page(rows, View()).empty
    sums = live_view.totals(rows)
    assert (sums.clients, sums.download_rate) == (0, 0)
