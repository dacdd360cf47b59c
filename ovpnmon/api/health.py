"""/healthz: may this pair of processes be trusted to be recording?"""

from pathlib import Path

from ovpnmon.store import heartbeat


def trouble(path: Path, now: float, *, public: bool = False) -> str | None:
    """Why not, or None while the last acknowledged tick is recent.

    Recent: within three intervals, and at least 30 s, since a tick may wait for a slow disk.
    public: for people who have not logged in, without texts of errors, which may name paths.
    """
    try:
        beat = heartbeat.load(path)
    except FileNotFoundError:
        return "the collector has not run yet on this data directory"
    except (OSError, ValueError) as error:
        return "the collector's heartbeat cannot be read" + ("" if public else f": {error}")
    age = now - beat.tick_at
    if age <= max(30.0, 3 * beat.interval_seconds):
        return None
    reason = f"; its last error: {beat.last_error}" if beat.last_error and not public else ""
    return f"no tick of the collector for {age:.0f} s{reason}"
