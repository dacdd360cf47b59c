"""Countries in the API: a filter of the history, and of everyone in the summary."""

from pathlib import Path

import pytest

from ovpnmon.config import Settings
from tests import worlds
from tests.api_client import Client
from tests.geo_files import NOVEMBER, write_database
from tests.recording import make_settings

NOW = NOVEMBER + 86_400
ADDRESSES = {"anna": "145.0.0.1", "boris": "62.0.0.1", "carla": "10.0.0.1", "дима": "145.0.9.9"}


@pytest.fixture
def client(tmp_path: Path) -> Client:
    """Two from the Netherlands, one from Ghana, one from nowhere; anna and boris have ended ones."""
    settings: Settings = make_settings(tmp_path)
    write_database(settings.geoip_db)
    sessions = [
        worlds.session(n, "udp", name, NOW - 600, NOW, real_ip=ip)
        for n, (name, ip) in enumerate(ADDRESSES.items(), 1)
    ]
    state = worlds.state([worlds.server("udp", sessions, NOW)], NOW, minutes=1)
    worlds.save(settings.data, state, NOW)
    return Client(settings)


def names(client: Client, query: str) -> list[str]:
    return sorted(row["name"] for row in client.json(f"/api/history?{query}"))


def test_history_of_one_country(client: Client) -> None:
    """By code in any case, open ones too when asked for; of a country without clients, none."""
    assert names(client, "country=NL") == ["anna"]
    assert names(client, "country=nl&include=open") == ["anna", "anna", "дима"]
    assert names(client, "country=GH") == ["boris"]
    assert names(client, "country=FR&include=open") == []


def test_files_are_filtered_too(client: Client) -> None:
    """The same rows as a file."""
    answer = client.get("/api/history?country=GH&format=ndjson")
    assert answer.text.count("\n") == 1
    assert "boris" in answer.text


@pytest.mark.parametrize("bad", ["Germany", "D", "D1", "'--"])
def test_what_is_no_code_is_refused(client: Client, bad: str) -> None:
    """And named."""
    error = client.refused(f"/api/history?country={bad}", 400)
    assert "country" in error["message"]


def test_summary_names_the_country(client: Client) -> None:
    """Of the last address; null where it is not known."""
    rows = client.json("/api/clients/summary")["clients"]
    assert {row["name"]: row["country"] for row in rows} == {
        "anna": "The Netherlands",
        "boris": "Ghana",
        "carla": None,
        "дима": "The Netherlands",
    }
