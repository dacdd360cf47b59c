"""When a device is connected: its sessions one after another, endless, the same for the same seed."""

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from scripts.simulation.people import Device, Habit

DAY = 86_400
HOUR = 3600
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Visit:
    """One session as the server will have seen it, times in unix seconds.

    device is None for strangers that knock and never get in. places: from when on which public
    address and port.
    """

    device: Device | None
    seed: int
    started_at: int
    ended_at: int
    places: tuple[tuple[int, str, int], ...]


def visits(device: Device, origin: int, seed: int, restarts: Iterable[int]) -> Iterator[Visit]:
    """All its sessions from origin on, in order, never two at once.

    restarts: when its server restarts, endless and in order: a session then ends and, unless it was
    nearly over, begins again some seconds later.
    """
    rng = random.Random(f"{seed}/visits/{device.number}")
    spans = _unbroken(_spans(device, origin, rng), iter(restarts), rng)
    for started_at, ended_at in spans:
        yield Visit(
            device=device,
            seed=rng.getrandbits(63),
            started_at=started_at,
            ended_at=ended_at,
            places=_places(device, started_at, ended_at, rng),
        )


def strangers(origin: int, seed: int, server: str) -> Iterator[Visit]:
    """Those that knock at a server without ever being let in."""
    rng = random.Random(f"{seed}/strangers/{server}")
    at = origin
    while True:
        at += 60 + int(rng.expovariate(1 / 700))
        address = f"203.0.113.{rng.randrange(241, 255)}"
        if rng.random() < 0.3:
            address = f"2001:db8:bad::{rng.randrange(1, 0xFFFF):x}"
        places = ((at, address, rng.randrange(1024, 65536)),)
        yield Visit(None, rng.getrandbits(63), at, at + rng.randrange(10, 60), places)


def _spans(device: Device, origin: int, rng: random.Random) -> Iterator[Span]:
    """From when to when it is connected, in order and apart."""
    free_at = origin + rng.randrange(1, 120)
    if device.habit in ("site", "thing"):
        while True:
            end = free_at + int(min(3 * HOUR + rng.lognormvariate(12.3, 0.9), 25 * DAY))
            yield free_at, end
            free_at = end + rng.randrange(8, 240)
    midnight = origin // DAY * DAY - int(device.city.utc_offset * HOUR)
    while True:
        weekday = ((midnight + int(device.city.utc_offset * HOUR)) // DAY + 3) % 7
        for begin, end in sorted(_day(device.habit, is_weekend=weekday >= 5, rng=rng)):
            started_at = max(midnight + begin, free_at)
            if started_at + 30 < midnight + end:
                yield started_at, midnight + end
                free_at = midnight + end + rng.randrange(3, 90)
        midnight += DAY


def _day(habit: Habit, *, is_weekend: bool, rng: random.Random) -> list[Span]:
    """One day's connections, in seconds from local midnight; they may reach into the next day."""
    if habit == "office":
        return _office(rng) if rng.random() < (0.3 if is_weekend else 0.92) else []
    if habit == "night":
        return _broken(_around(22 * HOUR, 1800, rng), _around(30 * HOUR, 2400, rng), 1, rng)
    if habit == "backup":
        begin = _around(2 * HOUR, 240, rng)
        return [(begin, begin + rng.randrange(1500, 6000))]
    if habit == "phone":
        count = rng.randrange(3, 10)
        begins = [rng.randrange(7 * HOUR, 23 * HOUR) for _ in range(count)]
        return [(begin, begin + int(60 + rng.lognormvariate(6.6, 1.0))) for begin in begins]
    free_hours = [(_around(18 * HOUR, 5400, rng), rng.randrange(2 * HOUR, 6 * HOUR))]
    if is_weekend:
        free_hours.append((rng.randrange(9 * HOUR, 13 * HOUR), rng.randrange(2 * HOUR, 5 * HOUR)))
    return [(begin, begin + length) for begin, length in free_hours if rng.random() < 0.8]


def _office(rng: random.Random) -> list[Span]:
    begin, end = _around(int(8.7 * HOUR), 2400, rng), _around(int(17.6 * HOUR), 3000, rng)
    lunch = _around(int(12.3 * HOUR), 1200, rng)
    if rng.random() < 0.2:
        end += rng.randrange(5 * HOUR, 13 * HOUR)  # the laptop stayed on
    if rng.random() < 0.5:
        return _broken(begin, lunch, 0, rng) + _broken(lunch + 2700, end, 1, rng)
    return _broken(begin, end, rng.choice([0, 0, 1, 2]), rng)


def _broken(begin: int, end: int, times: int, rng: random.Random) -> list[Span]:
    """The span, interrupted some times by a reconnect."""
    cuts = sorted(rng.randrange(begin, max(begin + 1, end)) for _ in range(times))
    starts = [begin, *(cut + rng.randrange(2, 60) for cut in cuts)]
    return list(zip(starts, [*cuts, end], strict=True))


def _around(second: int, spread: int, rng: random.Random) -> int:
    return int(rng.gauss(second, spread))


def _unbroken(spans: Iterator[Span], restarts: Iterator[int], rng: random.Random) -> Iterator[Span]:
    """Spans cut where the server restarts."""
    restart = next(restarts)
    for begin, end in spans:
        started_at = begin
        while restart <= started_at:
            restart = next(restarts)
        while restart < end:
            yield started_at, restart
            started_at = restart + rng.randrange(4, 45)
            restart = next(restarts)
        if started_at + 5 < end:
            yield started_at, end


def _places(
    device: Device, started_at: int, ended_at: int, rng: random.Random
) -> tuple[tuple[int, str, int], ...]:
    """Where it connects from; phones and some laptops move while connected (float)."""
    moves = {"phone": 0.45, "office": 0.06}.get(device.habit, 0.0)
    can_move = device.server == "udp" and rng.random() < moves and ended_at - started_at > 120
    first = device.home if rng.random() < 0.8 else rng.choice(device.elsewhere)
    places = [(started_at, first, rng.randrange(1024, 65536))]
    if can_move:
        for at in sorted(rng.sample(range(started_at + 30, ended_at), k=rng.choice([1, 1, 2, 3]))):
            address = rng.choice([device.home, *device.elsewhere])
            places.append((at, address, rng.randrange(1024, 65536)))
    return tuple(places)
