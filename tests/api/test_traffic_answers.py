"""/api/traffic and /api/usage: series with gaps, exact accounts, files, and how they refuse."""

import csv
import io
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.api_client import Client
from tests.recording import Recording, make_settings

BEGIN = int(datetime(2026, 6, 30, 21, 0, tzinfo=UTC).timestamp())
"""An hour before July in Berlin."""
RANGE = "from=2026-06-30T21:00:00Z&to=2026-06-30T22:00:00Z"


@pytest.fixture
def client(tmp_path: Path) -> Client:
    """anna moves 1 kB/s down and bob 10 B/s for half an hour; then nobody looks for half an hour;
    then anna alone, for an hour: all told from 23:00 to 01:00 of Berlin."""
    life = Recording(
        make_settings(
            tmp_path, OPENVPN_MONITOR_TZ="Europe/Berlin", OPENVPN_MONITOR_TRAFFIC_DAYS="36500"
        )
    )
    life.time = BEGIN
    hostile = "=bob"
    for n in range(30):
        close = ["anna", hostile] if n == 29 else []
        life.tick({"anna": (60, 60_000), hostile: (0, 600)}, close, seconds=60)
    life.time += 1800
    for _ in range(60):
        life.tick({"anna2": (60, 60_000)}, seconds=60)
    life.save()
    return Client(life.settings)


def test_traffic_over_time(client: Client) -> None:
    """Bytes per second as the server counts, null where nobody looked."""
    answer = client.json(f"/api/traffic?{RANGE}&resolution=900")
    assert answer == {
        "from": "2026-06-30T23:00:00+02:00",
        "to": "2026-07-01T00:00:00+02:00",
        "resolution_seconds": 900,
        "at": [
            "2026-06-30T23:00:00+02:00",
            "2026-06-30T23:15:00+02:00",
            "2026-06-30T23:30:00+02:00",
            "2026-06-30T23:45:00+02:00",
        ],
        "online": [2, 2, None, None],
        "series": [
            {
                "client": None,
                "bytes_received": 1800,
                "bytes_sent": 1_818_000,
                "receive_rate": [1, 1, None, None],
                "send_rate": [1010, 1010, None, None],
            }
        ],
    }


def test_the_resolution_is_chosen_and_said(client: Client) -> None:
    """An hour comes in steps of ten seconds; as coarse or fine as asked for otherwise."""
    assert client.json(f"/api/traffic?{RANGE}")["resolution_seconds"] == 10
    for step in (10, 60, 300, 3600):
        answer = client.json(f"/api/traffic?{RANGE}&resolution={step}")
        assert len(answer["at"]) == 3600 // step
        assert answer["series"][0]["bytes_sent"] == 1_818_000


def test_top_clients_and_the_others(client: Client) -> None:
    """Those who moved most in the range by name, the others under null."""
    series = client.json(f"/api/traffic?{RANGE}&top=1")["series"]
    assert [(one["client"], one["bytes_sent"]) for one in series] == [
        ("anna", 1_800_000),
        (None, 18_000),
    ]


def test_traffic_of_one_client_of_one_server(client: Client) -> None:
    """Both filters, alone and together."""
    url = f"/api/traffic?{RANGE}&client=%3Dbob"
    assert client.json(url)["series"][0]["bytes_sent"] == 18_000
    assert client.json(f"{url}&server=openvpn")["series"][0]["bytes_sent"] == 18_000
    assert client.json(f"{url}&server=other")["series"][0]["bytes_sent"] == 0


def table(client: Client, url: str) -> list[dict[str, str]]:
    answer = client.get(url)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer.headers["content-disposition"]
    return list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))


def test_traffic_as_a_file(client: Client) -> None:
    """A row a step and series, from the client's side; no formula for a spreadsheet."""
    rows = table(client, f"/api/traffic?{RANGE}&resolution=900&top=2&format=csv")
    assert len(rows) == 3 * 4
    assert rows[0]["series"] == "anna"
    assert {row["series"] for row in rows} == {"anna", "'=bob", "(others)"}
    assert rows[0]["downloaded_bytes"] == "900000"
    assert rows[0]["download_bytes_per_second"] == "1000.0"
    assert rows[2]["download_bytes_per_second"] == ""


def test_usage_of_a_month_with_the_one_before(client: Client) -> None:
    """Local months: what moved after Berlin's midnight is July's."""
    june = client.json("/api/usage?month=2026-06")
    assert june["usage"] == [
        {
            "period": "2026-06",
            "client": "anna",
            "bytes_received": 1800,
            "bytes_sent": 1_800_000,
            "seconds": 1800,
            "sessions": 1,
            "bytes_before": None,
        },
        {
            "period": "2026-06",
            "client": "=bob",
            "bytes_received": 0,
            "bytes_sent": 18_000,
            "seconds": 1800,
            "sessions": 1,
            "bytes_before": None,
        },
    ]
    assert june["totals"] == {
        "bytes_received": 1800,
        "bytes_sent": 1_818_000,
        "seconds": 3600,
        "sessions": 2,
    }
    july = client.json("/api/usage?month=2026-07")
    assert (july["from"], july["to"]) == ("2026-07-01T00:00:00+02:00", "2026-08-01T00:00:00+02:00")
    assert [row["client"] for row in july["usage"]] == ["anna2"]
    assert july["totals"]["bytes_sent"] == 3_600_000


def test_usage_of_a_range_by_day(client: Client) -> None:
    """And by month; of one client where one is named."""
    url = "/api/usage?from=2026-06-30&to=2026-07-02&by=day"
    found = {(row["period"], row["client"]): row["bytes_sent"] for row in client.json(url)["usage"]}
    assert found == {
        ("2026-06-30", "=bob"): 18_000,
        ("2026-06-30", "anna"): 1_800_000,
        ("2026-07-01", "anna2"): 3_600_000,
    }
    only = client.json("/api/usage?from=2026-06-01&client=anna2")["usage"]
    assert [(row["period"], row["bytes_sent"]) for row in only] == [("2026-07", 3_600_000)]


def test_usage_as_a_file(client: Client) -> None:
    """From the client's side, exact, with the difference."""
    rows = table(client, "/api/usage?month=2026-06&format=csv")
    assert [row["client"] for row in rows] == ["anna", "'=bob"]
    assert rows[0]["downloaded_bytes"] == "1800000"
    assert rows[0]["total_bytes"] == "1801800"
    assert rows[0]["month_before_bytes"] == rows[0]["difference_bytes"] == ""


def test_a_month_with_nothing_is_empty(client: Client) -> None:
    """Not an error; the file has its header."""
    assert client.json("/api/usage?month=2020-01")["usage"] == []
    answer = client.get("/api/usage?month=2020-01&format=csv")
    assert answer.text.startswith("\ufeffperiod,client,")


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("/api/traffic?resolution=7", "resolution"),
        ("/api/traffic?resolution=10&from=2020-01-01", "resolution"),
        ("/api/traffic?from=yesterday", "from"),
        ("/api/traffic?from=2026-02-01&to=2026-01-01", "to"),
        ("/api/traffic?top=51", "top"),
        ("/api/traffic?top=-1", "top"),
        ("/api/traffic?format=xml", "format"),
        ("/api/traffic?clients=a", "clients"),
        ("/api/usage?month=2026-13", "month"),
        ("/api/usage?month=202606", "month"),
        ("/api/usage?month=2026-06&from=2026-06-01", "from"),
        ("/api/usage?month=2026-06&by=day", "by"),
        ("/api/usage?from=2026-06-01&by=year", "by"),
        ("/api/usage?from=2020-06-01&by=day", "by"),
        ("/api/usage?from=2026-06-02&to=2026-06-01", "to"),
        ("/api/usage?format=pdf", "format"),
        ("/api/usage?q=a", "q"),
    ],
)
def test_a_bad_parameter_is_named(client: Client, url: str, name: str) -> None:
    """With what is accepted."""
    assert client.refused(url, 400)["message"].startswith(f"{name}=")


def test_samples_that_are_gone_are_refused(tmp_path: Path) -> None:
    """Rather than answered with a gap; the 5-minute table answers for that time."""
    life = Recording(make_settings(tmp_path))
    life.save()
    client = Client(life.settings)
    url = "/api/traffic?from=2020-01-01&to=2020-01-01T01:00"
    assert "kept for 30 days" in client.refused(f"{url}&resolution=60", 400)["message"]
    assert client.json(url)["resolution_seconds"] == 300
