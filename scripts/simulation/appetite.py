"""How much a session moves: bytes in every 10 seconds, as a pure function of its seed and the time.

Traffic is idle, active or in bulk for five minutes at a time, with a heavy tail. What has been moved
up to a moment is the sum of all slots before it and a share of the present one, so that counters
never fall, and are the same for whoever asks, whenever and in whatever steps.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from scripts.simulation.lives import Visit

SLOT = 10
"""Seconds in which a rate stays the same."""
_SLOTS_OF_MOOD = 30
_LINE_RATE = 12_500_000
"""Bytes per second that no client exceeds: 100 Mbit/s."""
_KEEPALIVE = 55
_IDLE, _BULK = 0.4, 0.02
"""Shares of the time."""
_SITE_DAY = 0.55 + 0.45 * np.sin((np.arange(24) - 9) / 24 * 2 * np.pi)

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Seeds = npt.NDArray[np.uint64]


def slot_bytes(visits: Sequence[Visit], slots: Ints) -> tuple[Ints, Ints]:
    """Bytes received and sent, as the server counts, of each visit (rows) in each slot (columns).

    Slot n is the 10 seconds from unix time 10 n.
    """
    seeds = np.array([visit.seed for visit in visits], np.uint64)[:, None]
    devices = [visit.device for visit in visits]
    hours = np.array([d.city.utc_offset if d else 0 for d in devices])[:, None]
    is_site = np.array([d is not None and d.habit == "site" for d in devices])[:, None]
    local = ((slots[None, :] * SLOT / 3600 + hours) % 24).astype(np.int64)
    by_day = np.where(is_site, _SITE_DAY[local], 1.0)
    mood = slots[None, :] // _SLOTS_OF_MOOD
    kind, size = _noise(seeds, mood, 1), _noise(seeds, mood, 2)
    pace = np.where(kind < _IDLE, 0.03, 0.6 * (1 - size) ** -0.6)
    pace = np.where(kind > 1 - _BULK, 8 + 25 * size, pace) * by_day
    found = []
    for salt, rates in (
        (3, [d.receive_rate if d else 0.0 for d in devices]),
        (4, [d.send_rate if d else 0.0 for d in devices]),
    ):
        # Pages and files come in bursts: exponential from slot to slot, and now and then much at once.
        bursts = -np.log1p(-_noise(seeds, slots[None, :], salt))
        bursts *= np.where(_noise(seeds, slots[None, :], 5) > 0.95, 6, 0.75)
        rate = np.minimum(np.array(rates)[:, None] * pace * bursts + _KEEPALIVE, _LINE_RATE)
        found.append((rate * SLOT).astype(np.int64))
    return found[0], found[1]


def pieces(visit: Visit, until: int) -> tuple[Ints, Ints, Ints, Ints]:
    """A visit in slots: from, to, bytes received and sent in between; ends at until if still going on."""
    end = min(until, visit.ended_at)
    slots = np.arange(visit.started_at // SLOT, -(-end // SLOT))
    began = np.maximum(slots * SLOT, visit.started_at)
    ended = np.minimum(slots * SLOT + SLOT, end)
    received, sent = (
        _share(of_slot[0], ended - slots * SLOT) - _share(of_slot[0], began - slots * SLOT)
        for of_slot in slot_bytes([visit], slots)
    )
    return began, ended, received, sent


class Counters:
    """The totals of those connected, read at times that only move forward, at little cost."""

    def __init__(self) -> None:
        self._slot = -1
        self._known: dict[int, tuple[int, int, int, int]] = {}
        """By seed: received and sent up to the present slot, and within all of it."""

    def read(self, visits: Sequence[Visit], at: int) -> list[tuple[int, int]]:
        """Bytes received and sent by each visit from its beginning to at.

        visits: all that are going on; one that is left out and comes back is counted from its start.
        """
        if at // SLOT != self._slot:
            self._known = self._turned(visits, at // SLOT)
            self._slot = at // SLOT
        for visit in visits:
            if visit.seed not in self._known:
                self._known[visit.seed] = _from_the_start(visit, self._slot)
        found = [self._known[visit.seed] for visit in visits]
        part = at % SLOT
        return [
            (r + here_r * part // SLOT, s + here_s * part // SLOT) for r, s, here_r, here_s in found
        ]

    def _turned(self, visits: Sequence[Visit], slot: int) -> dict[int, tuple[int, int, int, int]]:
        """Known in a later slot: all of the present one has been moved, and of those between."""
        here = [visit for visit in visits if visit.seed in self._known]
        if not here:
            return {}
        known = {}
        received, sent = slot_bytes(here, np.arange(self._slot + 1, slot + 1))
        between = received[:, :-1].sum(axis=1).tolist(), sent[:, :-1].sum(axis=1).tolist()
        for n, visit in enumerate(here):
            r, s, here_r, here_s = self._known[visit.seed]
            r, s = r + here_r + between[0][n], s + here_s + between[1][n]
            known[visit.seed] = (r, s, int(received[n, -1]), int(sent[n, -1]))
        return known


def _from_the_start(visit: Visit, slot: int) -> tuple[int, int, int, int]:
    _, _, received, sent = pieces(visit, slot * SLOT)
    here_r, here_s = (int(of_slot[0, 0]) for of_slot in slot_bytes([visit], np.array([slot])))
    late = max(0, visit.started_at - slot * SLOT)
    return (
        int(received.sum()) - here_r * late // SLOT,
        int(sent.sum()) - here_s * late // SLOT,
        here_r,
        here_s,
    )


def _share(of_slot: Ints, seconds: Ints) -> Ints:
    return of_slot * seconds // SLOT


def _noise(seeds: Seeds, n: Ints, salt: int) -> Floats:
    """Numbers over [0, 1) that look random and depend on nothing but the arguments (splitmix64)."""
    x = seeds + n.astype(np.uint64) * np.uint64(8) + np.uint64(salt)
    x = x * np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    x = x ^ (x >> np.uint64(31))
    return (x >> np.uint64(11)).astype(np.float64) * 2.0**-53
