"""What is wrong, with what, and what to do: one list for the top of every page, the worst first."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Literal

from ovpnmon import formats
from ovpnmon.model import Rejected, Status
from ovpnmon.queries.live import ServerView

Level = Literal["bad", "warning", "waiting", "advice"]
LEVELS: tuple[Level, ...] = ("bad", "warning", "waiting", "advice")
SLOW_SECONDS = 30
"""A file rewritten more rarely than this is worth advice: everything here is as late as the file."""

TITLES: dict[Status, tuple[Level, str]] = {
    "missing": ("bad", "the status file is missing."),
    "forbidden": ("bad", "the status file cannot be read."),
    "empty": ("bad", "the status file is empty."),
    "malformed": ("bad", "the status file is not understood."),
    "client_mode": ("bad", "this OpenVPN is a client, not a server."),
    "stale": ("warning", "the status file has stopped changing."),
    "busy": ("warning", "the status file was being rewritten at every look."),
    "waiting": ("waiting", "not read yet."),
}


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing to tell: its level, a title, a text, what to type (or ""), rows set aside."""

    level: Level
    title: str
    text: str
    command: str = ""
    rejected: list[Rejected] = field(default_factory=list)


def seen_through(views: Iterable[ServerView], collector: str | None) -> list[ServerView]:
    """The servers as they may be shown: with no collector to look, what was up is only the last known.

    collector: why the collector is not trusted to be running, or None.
    """
    return [
        replace(view, status="stale") if collector and view.status == "up" else view
        for view in views
    ]


def fresh(views: Iterable[ServerView]) -> tuple[str, ...]:
    """Names of the servers whose figures are of now."""
    return tuple(view.name for view in views if view.status in {"up", "busy"})


def troubles(views: Iterable[ServerView], collector: str | None) -> list[Trouble]:
    """Everything that is wrong with the collector and the servers, worst first."""
    found: list[Trouble] = []
    if collector:
        found.append(
            Trouble(
                "bad",
                "The collector is not running.",
                f"{collector[:1].upper()}{collector[1:]}. Nothing is recorded meanwhile,"
                " and what is shown is the last that it saw. Start it:",
                "python -m collector",
            )
        )
    for view in views:
        if view.status in TITLES and not (collector and view.status in {"stale", "waiting"}):
            level, title = TITLES[view.status]
            found.append(Trouble(level, f"{view.name}: {title}", _text(view), view.remedy_command))
        if view.rejected:
            rows = formats.counted(len(view.rejected), "row")
            found.append(
                Trouble(
                    "warning",
                    f"{view.name}: {rows} of the status file could not be read.",
                    "Set aside: a client in such a row is not shown, all others are.",
                    rejected=view.rejected,
                )
            )
    return sorted(found, key=lambda trouble: LEVELS.index(trouble.level))


def advice(views: Iterable[ServerView]) -> list[Trouble]:
    """What could be better although nothing is wrong."""
    return [
        Trouble(
            "advice",
            f"{view.name}: OpenVPN rewrites its status file only every"
            f" {formats.duration(view.interval_seconds)}.",
            "For livelier figures, put this into its configuration and restart it:",
            f"status {view.path} 10",
        )
        for view in views
        if view.interval_seconds is not None and view.interval_seconds > SLOW_SECONDS
    ]


def _text(view: ServerView) -> str:
    """The collector's message, and for clients that are still shown, what they are."""
    text = view.message
    if view.status == "stale":
        since = (
            f" for {formats.duration(view.age_seconds)}"
            if view.age_seconds and view.age_seconds > 0
            else ""
        )
        text = f"{view.path} has not changed{since}: OpenVPN may be down."
    if view.clients and view.status != "busy":
        text = text.removesuffix(".") + "."
        text += f" The table has the {formats.counted(view.clients, 'client')} that it showed then."
    return text
