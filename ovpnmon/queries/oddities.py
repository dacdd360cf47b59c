"""Troubles that show in the details only: a wrong zone, clocks that differ, counters not to be relied on."""

from collections.abc import Iterable, Mapping

from ovpnmon import formats
from ovpnmon.queries.live import ServerView
from ovpnmon.queries.troubles import Trouble
from ovpnmon.store.details import Details

CLOCK_SECONDS = 60
"""Two hosts whose clocks are further apart than this are not kept by the same time."""
FEW_ZONES = 4


def oddities(
    views: Iterable[ServerView], details: Mapping[str, Details], zone: str
) -> list[Trouble]:
    """What is odd about servers, with what to do. zone: the one in the settings."""
    found: list[Trouble] = []
    for view in views:
        one = details.get(view.name, Details())
        if one.zone_off_seconds:
            found.append(_wrong_zone(view, one, zone))
        elif one.ahead_seconds is not None and abs(one.ahead_seconds) > CLOCK_SECONDS:
            found.append(_clock(view, one.ahead_seconds))
        if view.dco_enabled:
            found.append(_offload(view))
    return found


def _wrong_zone(view: ServerView, one: Details, zone: str) -> Trouble:
    off = one.zone_off_seconds
    way = "ahead of" if off > 0 else "behind"
    some = ", ".join(one.fitting_zones[:FEW_ZONES])
    more = len(one.fitting_zones) - FEW_ZONES
    fitting = f"{some} and {formats.counted(more, 'other')}" if more > 0 else some
    text = (
        f"Its times, read as {zone}, are {formats.duration(abs(off))} {way} those at which the file is"
        " written. Version 1 files carry no zone: set the server's own"
    )
    text += f"; these would fit: {fitting}." if fitting else "."
    text += " Or put 'status-version 3' into OpenVPN's configuration, which needs none."
    first = one.fitting_zones[0] if one.fitting_zones else "the server's zone"
    return Trouble(
        "warning", f"{view.name}: the time zone is wrong.", text, f"OPENVPN_MONITOR_TZ={first}"
    )


def _clock(view: ServerView, ahead: float) -> Trouble:
    way = "ahead of" if ahead > 0 else "behind"
    return Trouble(
        "warning",
        f"{view.name}: its clock is {formats.duration(abs(ahead))} {way} this host's.",
        "Durations and traffic go by the server's clock and are right; what is 'so long ago' is off."
        " Have both hosts keep their time:",
        "timedatectl set-ntp true",
    )


def _offload(view: ServerView) -> Trouble:
    return Trouble(
        "advice",
        f"{view.name}: data channel offload is on.",
        "Some versions of OpenVPN and of its kernel module then leave byte counters at nought or let"
        " them stand still: traffic may be shown too low. Should exact figures matter more than"
        " speed, put this into its configuration:",
        "disable-dco",
    )
