"""A server's life played into states of the store, by a player that knows what must be found later."""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from collector.recovery import recover
from ovpnmon.config import Settings
from ovpnmon.model import ClosedSession, Sample, ServerState, Session
from ovpnmon.store import state as states
from ovpnmon.store.reader import Store
from ovpnmon.store.state import State

START = 1_750_000_000
"""2025-06-15 15:06:40 UTC."""


def make_settings(directory: Path, **changes: str) -> Settings:
    """Settings with everything below one directory."""
    (directory / "data").mkdir(exist_ok=True)
    return Settings.from_env({"OPENVPN_MONITOR_DATA": str(directory / "data"), **changes})


def make_session(name: str, number: int = 1, **changes: object) -> Session:
    """An established session, named after its client, that has moved nothing yet."""
    session = Session(
        key=name,
        session_id=f"id-{name}",
        number=number,
        server="openvpn",
        common_name=name,
        username=None,
        real_ip="203.0.113.7",
        real_port="1194",
        vpn_ipv4="10.8.0.2",
        vpn_ipv6=None,
        cipher="AES-256-GCM",
        client_id=number,
        connected_at=START,
        established=True,
        last_seen_at=START,
        missing_since=None,
        bytes_received=0,
        bytes_sent=0,
        counter_received=0,
        counter_sent=0,
        sampled_received=0,
        sampled_sent=0,
        sampled_at=START,
        receive_rate=None,
        send_rate=None,
    )
    return replace(session, **changes)  # type: ignore[arg-type]


@dataclass
class News:
    """What tracking would have found; see state.NewRows."""

    server: ServerState
    closed: list[ClosedSession] = field(default_factory=list)
    reopened: list[str] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)
    next_number: int = 1


class Recording:
    """Plays ticks of 10 seconds of one server. state is the one in memory; save() acknowledges it."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.state: State = recover(settings)
        self.time = START
        self.totals: dict[str, tuple[int, int]] = {}
        self.closed: dict[str, ClosedSession] = {}

    def tick(
        self,
        moved: Mapping[str, tuple[int, int]],
        close: Iterable[str] = (),
        seconds: int = 10,
    ) -> None:
        """Each named client moves so many bytes (received, sent); a new name is a new session, and a
        closed one goes on. Those to close end at this tick, after what they moved."""
        self.time += seconds
        old = self.state.servers.get("openvpn") or ServerState("openvpn", "/status.log")
        number = self.state.next_number
        sessions, closed = dict(old.sessions), dict(old.closed)
        news = News(old)
        for name, (received, sent) in moved.items():
            if name in closed:
                sessions[name] = closed.pop(name).session
                news.reopened.append(f"id-{name}")
                del self.closed[f"id-{name}"]
            elif name not in sessions:
                sessions[name] = make_session(name, number, connected_at=self.time - seconds)
                sessions[name].sampled_at = self.time - seconds
                number += 1
            s = sessions[name]
            news.samples.append(Sample(s.number, s.sampled_at, self.time, received, sent))
            total = s.bytes_received + received, s.bytes_sent + sent
            self.totals[s.session_id] = total
            sessions[name] = replace(
                s,
                last_seen_at=self.time,
                bytes_received=total[0],
                bytes_sent=total[1],
                sampled_received=total[0],
                sampled_sent=total[1],
                sampled_at=self.time,
            )
        for name in close:
            ended = ClosedSession(sessions.pop(name), self.time, "disconnected")
            closed[name] = self.closed[ended.session.session_id] = ended
            news.closed.append(ended)
        news.samples.append(Sample(0, self.time - seconds, self.time, 0, 0))
        news.server = replace(old, status="up", time=self.time, sessions=sessions, closed=closed)
        news.next_number = number
        state = states.extend(self.state, news)
        self.state = replace(state, servers={**state.servers, "openvpn": news.server})

    def seal(self) -> None:
        """Seal the open batch."""
        self.state = states.seal(self.state)

    def save(self) -> State:
        """Acknowledge."""
        self.state = replace(self.state, seq=self.state.seq + 1)
        states.save(self.settings.active_sessions, self.state)
        return self.state

    def check(self, store: Store | None = None) -> None:
        """Everything played is found once, and sums agree at every level, to the byte."""
        store = store or Store(self.settings)
        self.check_history(store)
        alive = store.sql("SELECT session_id FROM open_sessions").to_pylist()
        assert sorted(row["session_id"] for row in alive) == sorted(
            self.totals.keys() - self.closed.keys()
        )
        for table in ("traffic", "traffic_5m", "traffic_1h"):
            assert sums(store, table) == self.totals, table

    def check_history(self, store: Store | None = None) -> None:
        """Every closed session has one row, with its totals and its end."""
        store = store or Store(self.settings)
        history = store.sql("SELECT * FROM session_history ORDER BY session_id").to_pylist()
        assert [row["session_id"] for row in history] == sorted(self.closed)
        for row in history:
            assert (row["bytes_received"], row["bytes_sent"]) == self.totals[row["session_id"]]
            ended = self.closed[row["session_id"]].disconnected_at
            assert row["disconnected_at"].timestamp() == ended


def sums(store: Store, table: str) -> dict[str, tuple[int, int]]:
    """Bytes received and sent by session_id in one of the traffic tables."""
    rows = store.sql(
        "SELECT session_id, sum(bytes_received) AS received, sum(bytes_sent) AS sent"
        f" FROM {table} WHERE session_id <> '' GROUP BY session_id"
    )
    return {row["session_id"]: (row["received"], row["sent"]) for row in rows.to_pylist()}


def eventually(condition: Callable[[], bool]) -> None:
    """Wait for what another thread is to do; fail rather than hang."""
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.005)
