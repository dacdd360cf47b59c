"""What the first visitor would otherwise wait for, done when the app starts."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import PIL.Image  # noqa: F401 - what Streamlit loads at the first picture, so that a reader waits for it

from ovpnmon import charts, client_charts, session_charts, talker_charts
from ovpnmon.log import fields
from ovpnmon.store.state import StateError
from ovpnmon.ui import people, whereabouts
from ovpnmon.ui.shared import look

log = logging.getLogger("ovpnmon.app")
PATIENCE_SECONDS = 3.0


@asynccontextmanager
async def lifespan(_app: object) -> AsyncIterator[None]:
    """Nobody is answered before, unless the data take very long."""
    _pictures()
    data = asyncio.create_task(asyncio.to_thread(_data))
    await asyncio.wait([data], timeout=PATIENCE_SECONDS)
    yield
    await data  # leaving while a thread is inside the engine crashes


def _pictures() -> None:
    """What pages draw by, which is made once; making the first loads the library."""
    charts.rate_strip()
    session_charts.over_time()
    client_charts.timeline()
    client_charts.usual_hours()
    client_charts.traffic_bars()
    talker_charts.busiest_hours()


def _data() -> None:
    """Everyone's totals, and the countries to choose from; which also opens the tables."""
    try:
        seen = look()
        people.everyone(seen)
        whereabouts.countries(seen)
    except (StateError, OSError) as error:
        log.warning("data cannot be read at start%s", fields(error=str(error)))
