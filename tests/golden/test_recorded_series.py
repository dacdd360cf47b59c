"""Two recorded lives of real servers: what tracking makes of the copies is what the hooks logged.

OpenVPN's own client-connect and client-disconnect scripts wrote down who came and went, when, and
how many bytes it counted at the end. Clients roam, reconnect and are killed; the server gets a
SIGHUP, is restarted, and is killed once, after which no hook fires for those who were connected.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from collector.parser import parse
from ovpnmon.model import ClosedSession, Snapshot
from ovpnmon.store.state import State, decode, encode
from tests.snapshots import Tracked

RECORDED = Path(__file__).parents[1] / "fixtures" / "openvpn"
ZONE = ZoneInfo("UTC")
"""The recording machine's, which version 1 leaves out."""
INTERVAL_SECONDS = 2
LINGERING_SECONDS = 5
"""How long OpenVPN 2.6 keeps a client that has said goodbye."""

STOPS = {"SIGHUP", "SIGTERM", "SIGKILL"}

Key = tuple[str, int]
"""Name and start: in these recordings no two connections share both."""


@dataclass
class Life:
    """One recorded series, and what tracking made of it."""

    copies: list[Snapshot]
    hooks: list[dict[str, object]]
    stops: list[float]
    """When the server was stopped, or told to begin anew."""
    tracked: Tracked

    def logged(self, event: str) -> dict[Key, dict[str, object]]:
        """What the hooks logged of every connection."""
        return {_hook_key(line): line for line in self.hooks if line["ev"] == event}

    def found(self) -> dict[Key, ClosedSession]:
        """What tracking found."""
        return {
            (row.session.common_name, row.session.connected_at): row
            for row in self.tracked.history.values()
        }


def _hook_key(line: dict[str, object]) -> Key:
    return str(line["cn"]), int(str(line["since"]))


def _copies(series: Path) -> Iterator[Snapshot]:
    """The copies in the order in which they were taken."""
    for line in (series / "index.jsonl").read_text().splitlines():
        copy = json.loads(line)
        data = (series / f"{copy['n']:04d}.log").read_bytes()
        yield parse(data, ZONE, copy["mtime"])


def _start_again(tracked: Tracked) -> None:
    """The collector is started anew: only what it had written down is known."""
    state = State(servers={"openvpn": tracked.server}, next_number=tracked.next_number)
    state = decode(encode(state))
    tracked.server, tracked.next_number = state.servers["openvpn"], state.next_number


@pytest.fixture(params=["2.6.14-debian/gold-v3", "2.4.12/gold-v1"], scope="module")
def recording(request: pytest.FixtureRequest) -> Path:
    """A recorded series: version 3 with Client IDs, version 1 without."""
    return RECORDED / str(request.param)


@pytest.fixture(params=["every copy", "even copies", "odd copies"], scope="module")
def life(request: pytest.FixtureRequest, recording: Path) -> Life:
    """The series played; every other copy alone means a slow collector, started anew each time."""
    copies = list(_copies(recording / "series"))
    start, step = {"every copy": (0, 1), "even copies": (0, 2), "odd copies": (1, 2)}[request.param]
    copies = copies[start::step]
    tracked = Tracked()
    for copy in copies:
        tracked.take(copy)
        if step > 1:
            _start_again(tracked)
    tracked.give_up()  # after the last server's end the file is left as it was
    truth = [json.loads(line) for line in (recording / "truth.jsonl").read_text().splitlines()]
    hooks = [line for line in truth if line["src"] == "hook"]
    stops = [line["t"] for line in truth if line.get("signal") in STOPS and "client" not in line]
    return Life(copies, hooks, stops, tracked)


def test_every_logged_disconnect_is_found_once(life: Life) -> None:
    """With name and start as the hook knew them; Tracked has seen to it that none is there twice."""
    assert len(life.logged("disconnect")) == len(
        [line for line in life.hooks if line["ev"] == "disconnect"]
    )
    assert len(life.found()) == len(life.tracked.history)
    assert life.logged("disconnect").keys() <= life.found().keys()


def test_no_session_is_found_that_did_not_happen(life: Life) -> None:
    """All that is found was connected, and shown as working; what was shown so is found."""
    shown = {
        (row.common_name, row.connected_at) for c in life.copies for row in c.clients if row.routed
    }
    assert life.found().keys() == shown
    assert shown <= life.logged("connect").keys()


def test_addresses_are_the_hooks(life: Life) -> None:
    """The last ones: one client has roamed. These versions write IPv6 without a port."""
    for key, line in life.logged("disconnect").items():
        session = life.found()[key].session
        assert session.real_ip == line["real_ip"]
        assert session.real_port == ("" if ":" in session.real_ip else line["real_port"])
        assert session.vpn_ipv4 == line["vpn4"]
        assert session.vpn_ipv6 == line["vpn6"]


def test_bytes_lie_between_the_last_copy_and_the_hooks_final_count(life: Life) -> None:
    """Nothing that a copy showed is lost, and nothing is made up."""
    last = {(row.common_name, row.connected_at): row for c in life.copies for row in c.clients}
    for key, line in life.logged("disconnect").items():
        session = life.found()[key].session
        final_received, final_sent = int(str(line["bytes_received"])), int(str(line["bytes_sent"]))
        assert last[key].bytes_received <= session.bytes_received <= final_received
        assert last[key].bytes_sent <= session.bytes_sent <= final_sent


def test_ends_are_dated_within_an_interval_and_the_lingering(life: Life) -> None:
    """As exactly as a file can tell; while the server runs its hooks it does not rewrite the file."""
    for key, line in life.logged("disconnect").items():
        row = life.found()[key]
        interval = max(INTERVAL_SECONDS, row.disconnected_at - row.session.last_seen_at)
        assert abs(row.disconnected_at - float(str(line["t"]))) <= interval + LINGERING_SECONDS


def test_ends_are_dated_by_the_copies_around_them(life: Life) -> None:
    """The last that had the session, and the first that had it not; the last server's at the former."""
    times = sorted({copy.time for copy in life.copies})
    for key, row in life.found().items():
        had = [
            copy.time
            for copy in life.copies
            if key in {(client.common_name, client.connected_at) for client in copy.clients}
        ]
        assert row.session.last_seen_at == max(had)
        later = [time for time in times if time > max(had)]
        assert row.disconnected_at == (later[0] if later else max(had))
        assert (row.close_reason == "gap") is not later


def test_the_servers_restarts_are_told_from_clients_that_left(life: Life) -> None:
    """Client IDs that begin anew prove every restart; without them some show, and none is made up."""
    ended = {
        key
        for key, row in life.found().items()
        if any(row.session.last_seen_at <= stop < row.disconnected_at for stop in life.stops)
    }
    told = {key for key, row in life.found().items() if row.close_reason == "server_restarted"}
    assert len(ended) >= 12
    assert told <= ended
    if life.copies[0].version == 3:
        assert told == ended
