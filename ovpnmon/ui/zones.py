"""Which zone times are shown in: the viewer's own, unless the viewer picks another one."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import pytz
import streamlit as st

from ovpnmon import formats, runtime

KEY = "tz"
"""Session state and URL: a link with ?tz=Europe/Berlin shows everybody the same times."""


@dataclass(frozen=True, slots=True)
class At:
    """The viewer's zone, and the instant that is now on this page (unix seconds)."""

    zone: ZoneInfo
    now: float

    @classmethod
    def of(cls, now: float) -> "At":
        """In the zone picked, else the browser's own, else the one of the settings."""
        # The URL speaks for the picker until that is drawn, which names what it picks in its label.
        picked = st.session_state.get(KEY, st.query_params.get(KEY, ""))
        return cls(ZoneInfo(picked) if picked in pytz.all_timezones_set else _own(), now)

    def moment(self, when: datetime) -> str:
        """A timestamp as short as it stays clear."""
        return formats.moment(when.timestamp(), self.zone, self.now)


def picker(now: float) -> None:
    """A quiet control that names the zone of everything on the page, and changes it."""
    first = ["", str(runtime.settings().tz), "UTC"]
    rest = [name for name in pytz.common_timezones if name not in first]
    own = f"This browser: {formats.zone_name(_own(), now)}"
    slot = st.container(width="content")
    label = formats.literal(formats.zone_name(At.of(now).zone, now))
    with slot.popover(label, type="tertiary", icon=":material/schedule:", key="zone"):
        st.selectbox(
            "Times are shown in",
            [*dict.fromkeys(first), *rest],
            format_func=lambda name: name or own,
            key=KEY,
            bind="query-params",
        )


def _own() -> ZoneInfo:
    """The browser's zone; the one of the settings where it tells none that we know."""
    name = st.context.timezone
    return ZoneInfo(name) if name in pytz.all_timezones_set else runtime.settings().tz
