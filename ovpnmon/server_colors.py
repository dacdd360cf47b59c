"""A colour for each server, the same one on every page, where there are several of them.

Told apart in the common kinds of colour blindness, readable on light and dark ground (so that a switch
of themes changes nothing), and none of those that mean download, upload or a state. The server's name
always stands beside.
"""

from collections.abc import Sequence

COLORS = ("#9355e6", "#279b8d", "#8a8a1c", "#c0306a", "#8f5a3c", "#8791c5")
"""By place in the settings; a seventh server begins anew."""
UNKNOWN = "#7b8494"
"""Of a server that is in the settings no more, and of what belongs to several at once."""


def of(servers: Sequence[str]) -> dict[str, str]:
    """Colour by name. servers: as the settings have them; a single one needs no colour."""
    if len(servers) < 2:
        return {}
    return {name: COLORS[place % len(COLORS)] for place, name in enumerate(servers)}
