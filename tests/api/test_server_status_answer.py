"""/api/server-status: what file and host tell, put together per server."""

import json
import time
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from ovpnmon.config import Settings
from ovpnmon.model import Rejected
from tests import worlds
from tests.api_client import Client

HOST = {
    "status": "DISCONNECTED",
    "reason": "tcp: none of the OpenVPN server processes here (1) has /var/log/openvpn/tcp.log open",
    "uptime": "2026-11-22 20:10:01",
    "started_at": "2026-11-22T17:10:01+00:00",
    "local_ip": "10.8.0.1",
    "public_ip": "198.51.100.1",
    "pingable": "Yes",
    "host": "gate",
    "servers": {
        "udp": {
            "status": "CONNECTED",
            "reason": "process 4 has /var/log/openvpn/udp.log open",
            "uptime": "2026-11-22 20:10:01",
            "started_at": "2026-11-22T17:10:01+00:00",
            "pid": 4,
            "version": "2.6.99",
            "interface": "tun0",
            "local_ip": "10.8.0.1",
            "local_addresses": [{"interface": "tun0", "address": "10.8.0.1/24"}],
            "pingable": "Yes",
            "ping_ms": 0.05,
        },
        "tcp": {"status": "DISCONNECTED", "reason": "gone", "pingable": None},
    },
}


@pytest.fixture
def client(tmp_path: Path) -> Client:
    """Two servers: udp is well, tcp has stopped, as file and host agree."""
    now = int(time.time())
    world = worlds.normal(now, clients=14)
    bad = Rejected(7, "a row", "is too short")
    world.servers["udp"] = replace(
        world.servers["udp"], rejected=[bad], total_sessions=9, dco_enabled=False
    )
    world.servers["tcp"] = replace(
        world.servers["tcp"], status="stale", seen_at=now - 600, title="OpenVPN CLIENT LIST"
    )
    worlds.save(tmp_path, world, now)
    (tmp_path / "server_status.json").write_text(json.dumps(HOST))
    settings = Settings.from_env(
        {
            "OPENVPN_STATUS_LOG": "udp=/var/log/openvpn/udp.log,tcp=/var/log/openvpn/tcp.log",
            "OPENVPN_MONITOR_DATA": str(tmp_path),
            "OPENVPN_MONITOR_TZ": "Asia/Tokyo",
        }
    )
    return Client(settings)


@pytest.fixture
def answer(client: Client) -> Any:
    return client.json("/api/server-status")


def test_the_whole_is_as_bad_as_its_worst_server_and_says_which(answer: Any) -> None:
    """Old scripts look at status alone; the reason is for those who are woken by them."""
    assert answer["status"] == "DISCONNECTED"
    assert (
        answer["reason"] == "tcp: gone; /var/log/openvpn/tcp.log has not been rewritten for 10 min"
    )
    assert answer["clients"] == sum(server["clients"] for server in answer["servers"]) == 14


def test_times_of_the_old_keys_are_in_the_configured_zone(answer: Any) -> None:
    """Whatever zone the VPN host's clock shows."""
    assert answer["uptime"] == "2026-11-23 02:10:01"
    assert (answer["local_ip"], answer["public_ip"]) == ("10.8.0.1", "198.51.100.1")
    assert answer["pingable"] is True


def test_each_server_has_what_the_host_and_its_file_tell(answer: Any) -> None:
    """The running program's version is the file's: it is the one that writes."""
    udp, tcp = answer["servers"]
    assert (udp["name"], udp["status"], udp["file_status"]) == ("udp", "CONNECTED", "up")
    assert udp["reason"].startswith("/var/log/openvpn/udp.log was rewritten ")
    assert datetime.fromisoformat(udp["started_at"]).isoformat() == "2026-11-23T02:10:01+09:00"
    assert (udp["pid"], udp["interface"], udp["ping_ms"], udp["pingable"]) == (
        4,
        "tun0",
        0.05,
        True,
    )
    assert udp["local_addresses"] == [{"interface": "tun0", "address": "10.8.0.1/24"}]
    assert udp["openvpn_version"] == "2.6.12"
    assert udp["rejected"] == [{"line": 7, "text": "a row", "reason": "is too short"}]
    assert (udp["total_sessions"], udp["dco_enabled"]) == (9, False)
    assert (tcp["name"], tcp["status"], tcp["file_status"]) == ("tcp", "DISCONNECTED", "stale")
    assert (tcp["pid"], tcp["pingable"], tcp["started_at"]) == (None, None, None)
    assert tcp["openvpn_version"] is None


@pytest.mark.parametrize(("server", "status"), [("udp", "CONNECTED"), ("tcp", "DISCONNECTED")])
def test_one_server_can_be_asked_for(client: Client, server: str, status: str) -> None:
    """The top then speaks of that one alone."""
    answer = client.json(f"/api/server-status?server={server}")
    assert answer["status"] == status
    assert [one["name"] for one in answer["servers"]] == [server]
    assert answer["clients"] == answer["servers"][0]["clients"]
    assert (answer["uptime"] == "Unknown") is (server == "tcp")


def test_several_may_be_asked_for_and_an_unknown_one_is_nothing(client: Client) -> None:
    """As everywhere in the API."""
    both = client.json("/api/server-status?server=udp&server=tcp")
    assert [one["name"] for one in both["servers"]] == ["udp", "tcp"]
    none = client.json("/api/server-status?server=nowhere")
    assert (none["status"], none["servers"], none["clients"]) == ("Unknown", [], 0)


def test_clients_and_their_totals_of_one_server(client: Client) -> None:
    """The others' are left out, in the list of servers too."""
    udp = client.json("/api/clients?server=udp")
    assert {one["server"] for one in udp["clients"]} == {"udp"}
    assert [one["name"] for one in udp["servers"]] == ["udp"]
    everyone = client.json("/api/clients/summary")["clients"]
    here = client.json("/api/clients/summary?server=udp")["clients"]
    names = {one["common_name"] for one in udp["clients"]}
    assert {one["name"] for one in here} == names
    assert len(everyone) == 14
    assert client.json("/api/clients/summary?server=nowhere") == {"clients": []}
