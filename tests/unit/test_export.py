"""Files that people take away."""

import csv
import io
import math
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from ovpnmon import export
from ovpnmon.queries.live import live_clients
from ovpnmon.queries.live_view import prepare
from tests import worlds

NOW = 1_795_000_000


def read(data: bytes) -> list[dict[str, str]]:
    """What a spreadsheet reads."""
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "＝1", "\n+1"]
)
def test_text_that_would_be_a_formula_is_defused(text):
    """A cell that a spreadsheet would compute begins with an apostrophe instead."""
    (row,) = read(export.csv(pd.DataFrame({"name": [text]})))
    assert row["name"].startswith("'")


@pytest.mark.parametrize("text", ["anna", "a=b", "a-b", "Алексей", 'quo"te', "com,ma"])
def test_other_text_is_kept(text):
    """Anything else comes back as it was."""
    (row,) = read(export.csv(pd.DataFrame({"name": [text]})))
    assert row["name"] == text


@pytest.mark.parametrize("text", ["a\nb", "a\rb", "a\r\n=b", "a\x00b", "a\u2028b"])
def test_no_name_begins_a_row(text):
    """One client is one line, whatever control characters are in its name."""
    data = export.csv(pd.DataFrame({"name": [text]}))
    assert len(data.decode("utf-8-sig").splitlines()) == 2


def test_numbers_stay_numbers_and_unknown_stays_empty():
    """A negative number is no formula; what is not known is an empty cell."""
    rows = read(export.csv(pd.DataFrame({"a": [-1.5, None], "b": ["x", None]})))
    assert rows == [{"a": "-1.5", "b": "x"}, {"a": "", "b": ""}]


def test_the_live_list_is_exported_from_the_clients_side_with_units():
    """Every row; bytes and rates exact, the time in the zone with its offset."""
    one = worlds.session(1, "udp", "anna", NOW - 100, NOW, receive_rate=10.04, send_rate=20.0)
    state = worlds.state([worlds.server("udp", [one], NOW)], NOW)
    rows = prepare(live_clients(state), ["udp"])
    (row,) = read(export.live_csv(rows, ZoneInfo("Europe/Bucharest")))
    assert row["common_name"] == "anna"
    assert row["connected_at"] == "2026-11-18T13:05:00+02:00"
    assert row["download_bytes_per_second"] == "20.0"
    assert row["upload_bytes_per_second"] == "10.0"
    assert row["downloaded_bytes"] == str(one.bytes_sent)
    assert row["uploaded_bytes"] == str(one.bytes_received)


def test_the_files_name_places_and_networks():
    """Country, city and whose network it is, where that is known; an AS number is a whole number."""
    sessions = [
        worlds.session(n, "udp", name, NOW - 60, NOW) for n, name in ((1, "anna"), (2, "bo"))
    ]
    rows = prepare(live_clients(worlds.state([worlds.server("udp", sessions, NOW)], NOW)), ["udp"])
    rows = rows.sort_values("common_name").assign(
        country_code=["DE", ""],
        country=["Germany", ""],
        city=["=Berlin", ""],
        asn=[64500.0, math.nan],
        organisation=["Example", ""],
    )
    anna, bo = read(export.live_csv(rows, ZoneInfo("UTC")))
    assert [anna[name] for name in export.PLACE_COLUMNS] == [
        "DE",
        "Germany",
        "'=Berlin",
        "64500",
        "Example",
    ]
    assert [bo[name] for name in export.PLACE_COLUMNS] == [""] * 5


def test_everyone_as_a_file_whether_placed_or_not():
    """The columns are the same, so that a script may rely on them."""
    everyone = pd.DataFrame(
        {
            "common_name": ["anna"],
            "servers": ["tcp, udp"],
            "sessions": [2],
            "seconds": [60],
            "bytes_received": [5],
            "bytes_sent": [7],
            "first_seen": pd.to_datetime([NOW - 60], unit="s", utc=True),
            "last_seen": pd.to_datetime([NOW], unit="s", utc=True),
            "last_ip": ["203.0.113.1"],
            "online": [1],
        }
    )
    (row,) = read(export.clients_csv(everyone, ZoneInfo("Europe/Bucharest")))
    assert list(row) == [*export.CLIENT_COLUMNS.values(), *export.PLACE_COLUMNS]
    assert (row["downloaded_bytes"], row["uploaded_bytes"]) == ("7", "5")
    assert row["last_seen"].endswith("+02:00")
