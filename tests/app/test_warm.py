"""What is prepared before the first visitor comes, and that nothing of it can keep the app from starting."""

import asyncio
from pathlib import Path

import pytest

from ovpnmon.store.reader import Whole
from ovpnmon.ui import people, warm, whereabouts
from ovpnmon.ui.shared import look
from tests import worlds


def start() -> None:
    """Start and stop, as the server does."""

    async def through() -> None:
        async with warm.lifespan(None):
            pass

    asyncio.run(through())


def test_the_first_visitor_finds_totals_and_countries_ready(
    data: Path, now: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No query is left to be waited for."""
    worlds.save(data, worlds.normal(now, clients=5), now)
    start()
    asked: list[str] = []
    monkeypatch.setattr(Whole, "sql", lambda _self, query: asked.append(query))
    seen = look()
    assert len(people.everyone(seen)) == 5
    whereabouts.countries(seen)
    assert not asked


@pytest.mark.parametrize("content", [None, b"{oops"])
def test_data_that_are_missing_or_damaged_do_not_end_the_start(
    data: Path, content: bytes | None, caplog: pytest.LogCaptureFixture
) -> None:
    """What cannot be read is said in one line; the pages say it too."""
    if content is not None:
        (data / "active_sessions.json").write_bytes(content)
    start()
    said = [record.getMessage() for record in caplog.records if record.name == "ovpnmon.app"]
    assert len(said) == (content is not None)
    assert all("data cannot be read at start" in line and "\n" not in line for line in said)
