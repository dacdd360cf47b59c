"""A reader in a process of its own, as the app is: asks until its input ends, then reports as JSON.

Of every answer: each session is there once, none that was there before is missing or has shrunk, and
traffic, 5-minute and hourly sums and the session's own totals agree to the byte.
"""

import json
import os
import sys
import threading
from typing import Any

from ovpnmon.config import Settings
from ovpnmon.store import reader
from ovpnmon.store.reader import Store, StoreError

WHOLE = """
    SELECT 'session' AS what, session_id, count(*) AS times,
           sum(bytes_received) AS received, sum(bytes_sent) AS sent
    FROM (SELECT session_id, bytes_received, bytes_sent FROM session_history
          UNION ALL
          SELECT session_id, bytes_received, bytes_sent FROM open_sessions WHERE established
         ) AS known
    GROUP BY session_id
    UNION ALL
    SELECT 'traffic', session_id, 1, sum(bytes_received), sum(bytes_sent) FROM traffic
    WHERE session_id <> '' GROUP BY session_id
    UNION ALL
    SELECT 'traffic_5m', session_id, 1, sum(bytes_received), sum(bytes_sent) FROM traffic_5m
    WHERE session_id <> '' GROUP BY session_id
    UNION ALL
    SELECT 'traffic_1h', session_id, 1, sum(bytes_received), sum(bytes_sent) FROM traffic_1h
    WHERE session_id <> '' GROUP BY session_id
"""
Totals = dict[str, tuple[int, int]]


def faults(rows: list[dict[str, Any]], seen: Totals) -> tuple[list[str], Totals]:
    """What is wrong with one answer, and the totals in it."""
    by: dict[str, Totals] = {"session": {}, "traffic": {}, "traffic_5m": {}, "traffic_1h": {}}
    wrong = []
    for row in rows:
        by[row["what"]][row["session_id"]] = (row["received"], row["sent"])
        if row["times"] != 1:
            wrong.append(f"{row['session_id']} is there {row['times']} times")
    totals = by["session"]
    for table in ("traffic", "traffic_5m", "traffic_1h"):
        wrong += [
            f"{table} of {one}: {by[table].get(one)}, the session says {totals.get(one)}"
            for one in by[table].keys() | totals.keys()
            if by[table].get(one) != totals.get(one)
        ]
    for one, (received, sent) in seen.items():
        if one not in totals:
            wrong.append(f"{one} is missing")
        elif totals[one][0] < received or totals[one][1] < sent:
            wrong.append(f"{one} has shrunk from {(received, sent)} to {totals[one]}")
    return wrong, totals


def main() -> None:
    """Read until standard input ends."""
    ended = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    retries = 0
    real = Store._drop

    def drop(self: Store, view: Any) -> None:
        nonlocal retries
        retries += 1
        real(self, view)

    reader.Store._drop = drop  # type: ignore[method-assign]
    store = Store(Settings.from_env(os.environ))
    seen: Totals = {}
    wrong: list[str] = []
    reads = failed = 0
    while not ended.is_set():
        try:
            answer = store.sql(WHOLE).to_pylist()
        except StoreError as error:
            failed += 1
            wrong.append(f"gave up: {error}")
        else:
            found, seen = faults(answer, seen)
            wrong += found
            reads += 1
        ended.wait(0.3)
    print(json.dumps({"reads": reads, "retries": retries, "failed": failed, "wrong": wrong}))


if __name__ == "__main__":
    main()
