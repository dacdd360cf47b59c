"""The two files that are only shown: what is saved is what is loaded, and damage says so."""

from pathlib import Path

import pytest

from ovpnmon.model import Route
from ovpnmon.store import details, events
from ovpnmon.store.details import Details
from ovpnmon.store.events import KEPT, Event


def test_details_come_back_as_they_were(tmp_path: Path) -> None:
    """By server, with routes; none before the first tick."""
    path = tmp_path / "details.json"
    assert details.load(path) == {}
    made = {
        "udp": Details(
            size_bytes=7,
            modified_at=4.5,
            retries=2,
            global_stats=[("Max bcast/mcast queue length", "0")],
            routes=[Route("10.8.0.2C", "Кирилл", "Кирилл", "192.0.2.1", "1194", 5)],
            zone_off_seconds=3600,
            fitting_zones=["Europe/Moscow"],
        ),
        "tcp": Details(),
    }
    details.save(path, made)
    assert details.load(path) == made


def test_events_come_back_as_they_were_but_for_the_oldest(tmp_path: Path) -> None:
    """A file that flaps for weeks does not fill the disk."""
    path = tmp_path / "events.json"
    assert events.load(path) == []
    made = [Event(at, "udp", "file", f"event {at}") for at in range(KEPT + 5)]
    events.save(path, made)
    assert events.load(path) == made[5:]


@pytest.mark.parametrize(
    "content", ["", "{", "5", '[{"at": 1}]', "[5]", '{"udp": 5}', '{"udp": {}}']
)
def test_damage_is_a_value_error(tmp_path: Path, content: str) -> None:
    """Whoever reads them can say so and go on."""
    path = tmp_path / "x.json"
    path.write_text(content)
    with pytest.raises(ValueError):  # noqa: PT011 - the JSON library's own text
        details.load(path)
    with pytest.raises(ValueError):  # noqa: PT011
        events.load(path)
