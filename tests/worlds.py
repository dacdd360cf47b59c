"""Data directories as a collector would have left them, for tests of what is read from them.

Everything is derived from a seed and from `now`, so that a test can say beforehand what a page shows.
"""

import random
from dataclasses import replace
from pathlib import Path

from ovpnmon import runtime
from ovpnmon.model import ClosedSession, ServerState, Session, Status
from ovpnmon.store import heartbeat
from ovpnmon.store import state as states
from ovpnmon.store.heartbeat import Heartbeat
from ovpnmon.store.state import State
from ovpnmon.store.waiting import Batch, SampleGroup

TICK = 10
HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "<script>window.pwned=1</script>",
    "![x](http://evil.example/x.png)",
    "[click](http://evil.example)",
    "http://evil.example",
    "www.evil.example",
    "a@evil.example",
    "**bold** _it_ `code` ~~gone~~ $x^2$",
    ":material/delete: :red[x] :smile:",
    '["Delete", "Edit"]',
    '=HYPERLINK("http://evil.example")',
    "+1-2@SUM(A1)",
    "a\nb\tc\x1b[31m",
    "\u202egnp.exe",
    "'; DROP TABLE traffic; --",
    "{{7*7}} {% raw %} ${x}",
    "x" * 300,
)


def session(
    number: int, server: str, name: str, connected_at: int, now: int, **changes: object
) -> Session:
    """An established session last seen now, whose figures follow from its number."""
    rng = random.Random(number)
    receive_rate, send_rate = rng.lognormvariate(10, 2), rng.lognormvariate(12, 2)
    online = max(1, now - connected_at)
    received, sent = int(receive_rate * online), int(send_rate * online)
    made = Session(
        key=f"{connected_at}/{number}",
        session_id=f"s{number:06d}",
        number=number,
        server=server,
        common_name=name,
        username=None,
        real_ip=f"203.0.{113 + number // 250}.{number % 250 + 1}",
        real_port=str(40000 + number),
        vpn_ipv4=f"10.8.{number // 250}.{number % 250 + 2}",
        vpn_ipv6=None,
        cipher="AES-256-GCM",
        client_id=number,
        connected_at=connected_at,
        established=True,
        last_seen_at=now,
        missing_since=None,
        bytes_received=received,
        bytes_sent=sent,
        counter_received=received,
        counter_sent=sent,
        sampled_received=received,
        sampled_sent=sent,
        sampled_at=now,
        receive_rate=receive_rate,
        send_rate=send_rate,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def server(
    name: str, sessions: list[Session], now: int, status: Status = "up", **changes: object
) -> ServerState:
    """A server whose last good snapshot has these sessions."""
    made = ServerState(
        name=name,
        path=f"/var/log/openvpn/{name}.log",
        status=status,
        status_since=now - 3600,
        version=3,
        title="OpenVPN 2.6.12 x86_64-pc-linux-gnu",
        time=now,
        seen_at=now,
        interval_seconds=10,
        sessions={one.key: one for one in sessions},
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def names(count: int) -> list[str]:
    """Plausible and all different."""
    first = [
        "anna",
        "boris",
        "carla",
        "diego",
        "elena",
        "farid",
        "greta",
        "hugo",
        "ines",
        "jonas",
        "karim",
        "lucia",
        "mehmet",
        "nina",
        "oleg",
    ]
    last = [
        "schmidt",
        "kowalczyk",
        "moreau",
        "costa",
        "ivanova",
        "tran",
        "yilmaz",
        "meyer",
        "okafor",
        "nguyen",
        "park",
        "bianchi",
    ]
    return [
        f"{first[i % len(first)]}.{last[i // len(first) % len(last)]}"
        + (f"-{i // (len(first) * len(last))}" if i >= len(first) * len(last) else "")
        for i in range(count)
    ]


def samples(
    one: ServerState, now: int, minutes: int = 15, gap: tuple[int, int] = (0, 0)
) -> list[SampleGroup]:
    """Traffic of the server's sessions for the last minutes, but for a gap of (from, to) seconds ago."""
    groups = []
    for ago in range(minutes * 60, 0, -TICK):
        if gap[0] >= ago > gap[1]:
            continue
        from_at, to_at = now - ago, now - ago + TICK
        present = [s for s in one.sessions.values() if s.established and s.connected_at <= from_at]
        wave = [random.Random(s.number * 7919 + ago).uniform(0.4, 1.6) * TICK for s in present]
        groups.append(
            SampleGroup(
                one.name,
                from_at,
                to_at,
                [0, *(s.number for s in present)],
                [0, *(int((s.receive_rate or 0) * w) for s, w in zip(present, wave, strict=True))],
                [0, *(int((s.send_rate or 0) * w) for s, w in zip(present, wave, strict=True))],
            )
        )
    return groups


def ended(one: Session, connected_at: int, disconnected_at: int) -> ClosedSession:
    """A session of the same client that is over."""
    over = replace(
        one,
        key=f"{connected_at}/over",
        session_id=f"{one.session_id}-{connected_at}",
        connected_at=connected_at,
        last_seen_at=disconnected_at,
        missing_since=disconnected_at,
    )
    return ClosedSession(over, disconnected_at, "disconnected")


def normal(
    now: int, clients: int = 60, servers: tuple[str, ...] = ("udp", "tcp"), minutes: int = 15
) -> State:
    """Clients spread over servers, one in seven on the second; two of them have ended sessions too."""
    rng = random.Random(1)
    of: dict[str, list[Session]] = {name: [] for name in servers}
    for number, name in enumerate(names(clients), 1):
        where = servers[0] if number % 7 else servers[-1]
        of[where].append(session(number, where, name, now - rng.randrange(300, 200_000), now))
    return state([server(name, of[name], now) for name in servers], now, minutes=minutes)


def state(
    servers: list[ServerState], now: int, minutes: int = 15, gap: tuple[int, int] = (0, 0)
) -> State:
    """These servers, with the traffic of their sessions not in the tables yet."""
    everybody = [one for each in servers for one in each.sessions.values()]
    batch = Batch(
        1,
        closed=[
            ended(one, now - 90_000, now - 86_400 + 60 * n) for n, one in enumerate(everybody[:2])
        ],
        samples=[group for one in servers for group in samples(one, now, minutes, gap)],
    )
    return State(
        seq=1,
        saved_at=now,
        next_number=len(everybody) + 1,
        pending=[batch],
        servers={one.name: one for one in servers},
    )


def save(data: Path, world: State | None, now: float, *, collector: bool = True) -> None:
    """Put the state and a heartbeat of now into the data directory."""
    data.mkdir(parents=True, exist_ok=True)
    if world is not None:
        states.save(data / "active_sessions.json", world)
    if collector:
        beat = Heartbeat(
            pid=1, started_at=now - 60, tick_at=now, interval_seconds=10, ticks=6, seq=1
        )
        heartbeat.save(data / "heartbeat.json", beat)


def forget_settings() -> None:
    """Have the app read the environment anew, and make its store anew."""
    runtime.settings.cache_clear()
    runtime.store.cache_clear()
    runtime.places.cache_clear()
