"""/api/openapi.json is true: every route and parameter is in it, and real answers fit it exactly."""

import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from ovpnmon.api import history, parameters, traffic, usage
from ovpnmon.api.app import build_routes
from ovpnmon.store.reader import Store
from tests.api_client import Client
from tests.recording import Recording, make_settings
from tests.test_docs import paths

PANEL = Path(__file__).parents[1] / "fixtures" / "old-panel" / "state"


@pytest.fixture
def life(tmp_path: Path) -> Recording:
    """Sessions that ended and one that goes on, with a user name."""
    recording = Recording(make_settings(tmp_path, OPENVPN_MONITOR_TZ="Europe/Berlin"))
    recording.tick({"anna": (100, 200), "bob": (300, 400)})
    recording.tick({"anna": (1, 2), "bob": (3, 4)}, close=["bob"])
    server = recording.state.servers["openvpn"]
    sessions = {key: replace(one, username="anna@x") for key, one in server.sessions.items()}
    recording.state = replace(
        recording.state, servers={"openvpn": replace(server, sessions=sessions)}
    )
    recording.save()
    return recording


@pytest.fixture
def client(life: Recording) -> Client:
    return Client(life.settings)


@pytest.fixture
def document(client: Client) -> dict[str, Any]:
    found: dict[str, Any] = client.json("/api/openapi.json")
    return found


def test_every_route_below_api_is_in_it_and_no_other(
    life: Recording, document: dict[str, Any]
) -> None:
    """A new route is written down, an old one taken out."""
    routes = paths(build_routes(life.settings, Store(life.settings)))
    assert set(document["paths"]) == {
        path for path in routes if path.startswith("/api/") and path != "/api/docs"
    }


@pytest.mark.parametrize(
    ("path", "accepted"),
    [
        ("/api/history", (*parameters.SESSION_PARAMETERS, "limit", "cursor")),
        ("/api/traffic", traffic.ACCEPTED),
        ("/api/usage", usage.ACCEPTED),
    ],
)
def test_every_parameter_is_in_it_and_no_other(
    document: dict[str, Any], path: str, accepted: tuple[str, ...]
) -> None:
    """As the routes themselves check."""
    described = {one["name"] for one in document["paths"][path]["get"]["parameters"]}
    assert described == set(accepted)


@pytest.mark.parametrize(
    "url",
    [
        "/api/clients",
        "/api/clients/summary",
        "/api/history?include=open",
        "/api/traffic?from=2025-06-15&to=2025-06-16&resolution=300",
        "/api/traffic?from=2025-06-15&to=2025-06-16&resolution=300&top=1",
        "/api/usage?month=2025-06",
        "/api/usage?from=2025-06-15&to=2025-06-16&by=day",
        "/api/server-status",
        "/api/openapi.json",
    ],
)
def test_real_answers_fit_it_with_every_key(
    client: Client, document: dict[str, Any], url: str
) -> None:
    """No key is missing in it, none is there that the answer lacks."""
    answer = client.json(url)
    responses = document["paths"][url.partition("?")[0]]["get"]["responses"]
    schema = responses["200"]["content"]["application/json"]["schema"]
    jsonschema.Draft202012Validator(schema).validate(answer)
    assert answer


@pytest.mark.parametrize("report", ["panel", "none"])
def test_the_server_status_of_the_panels_own_report_fits_it(
    life: Recording, client: Client, document: dict[str, Any], report: str
) -> None:
    """Also what an older script on the VPN host wrote."""
    if report == "panel":
        shutil.copy(PANEL / "server_status.json", life.settings.server_status)
    responses = document["paths"]["/api/server-status"]["get"]["responses"]
    schema = responses["200"]["content"]["application/json"]["schema"]
    jsonschema.Draft202012Validator(schema).validate(client.json("/api/server-status"))


@pytest.mark.parametrize(
    ("path", "formats"),
    [
        ("/api/history", ["csv", "ndjson", "parquet"]),
        ("/api/traffic", ["csv"]),
        ("/api/usage", ["csv"]),
        ("/api/clients", []),
    ],
)
def test_files_come_as_the_types_in_it_and_no_others(
    client: Client, document: dict[str, Any], path: str, formats: list[str]
) -> None:
    """Beside JSON."""
    described = document["paths"][path]["get"]["responses"]["200"]["content"]
    answers = [client.get(f"{path}?format={one}") for one in formats]
    assert all(answer.status_code == 200 for answer in answers)
    types = {answer.headers["content-type"].partition(";")[0] for answer in answers}
    assert described.keys() == types | {"application/json"}


def test_an_error_fits_it(client: Client, document: dict[str, Any]) -> None:
    """The one shape of all."""
    answer = client.get("/api/history?limit=none")
    jsonschema.validate(answer.json(), document["components"]["schemas"]["Error"])


def test_limits_in_it_are_those_of_the_code(document: dict[str, Any]) -> None:
    """Written once in each place, and held together here."""
    (limit,) = [
        one
        for one in document["paths"]["/api/history"]["get"]["parameters"]
        if one["name"] == "limit"
    ]
    assert limit["description"] == (
        f"1 to {history.MAX_LIMIT}, {history.DEFAULT_LIMIT} when not given"
    )


def test_the_page_for_people_tells_all_that_the_document_tells(
    client: Client, document: dict[str, Any]
) -> None:
    """Every route, parameter and field; it loads nothing, and its links are relative to it."""
    answer = client.get("/api/docs")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    told = set(re.findall(r"<code>([\w.\[\]]+)</code>", answer.text))
    for path, item in document["paths"].items():
        assert f">{path}</a></h2>" in answer.text
        assert {one["name"] for one in item["get"]["parameters"]} <= told
    assert {"clients[].location.latitude", "[].close_reason", "series[].client"} <= told
    assert {"servers[].local_addresses[].interface", "usage[].bytes_before"} <= told
    assert not re.search(r"<(script|link|img)|\bsrc=|url\(|@import", answer.text)
    links = set(re.findall(r'href="([^"]+)"', answer.text))
    assert all(link.startswith("#") or client.get(f"/api/{link}").is_success for link in links)
