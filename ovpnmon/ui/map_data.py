"""What the Map page asks, each question once for all browsers until there is a newer state."""

from ovpnmon import runtime
from ovpnmon.geo.place import Place
from ovpnmon.queries import live_view, map_view, place_rows, troubles
from ovpnmon.queries.live_view import View
from ovpnmon.queries.map_view import Picture
from ovpnmon.store import host_report
from ovpnmon.ui import live_data
from ovpnmon.ui.map_filters import Choice
from ovpnmon.ui.shared import Look, memo, once

MINUTE = 60


def picture(seen: Look, choice: Choice) -> Picture:
    """Where those who match are. Raises StateError or OSError."""
    # By the minute too: the databases may change while the state stands still.
    minute = int(seen.now // MINUTE)
    places, columns = runtime.places(), choice.columns
    if choice.past is None:
        view = View(search=choice.search, server=choice.server, country=choice.country)
        fresh = troubles.fresh(seen.servers)

        def live() -> Picture:
            rows = live_view.matching(live_data.clients(seen), view)
            return map_view.picture(rows, places, columns)

        return memo.get(seen.state, ("map", fresh, view, minute), live)
    wanted = choice.past.wanted

    def past() -> Picture:
        return map_view.picture(place_rows.of_sessions(runtime.store(), wanted), places, columns)

    return once(seen, MINUTE, ("map", wanted), past)


def server() -> Place | None:
    """Where the server stands, if that is known."""
    report = host_report.load(runtime.settings().server_status)
    return runtime.places().server(report.public_ip or "")
