"""The registry's file over a collector's life: restarts, other databases, old and damaged files."""

import json
import logging
import os
import shutil
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from collector import registrar as registrar_module
from collector import take_over
from collector.places import Places
from collector.recovery import recover
from collector.registrar import Registrar
from ovpnmon.config import Settings
from ovpnmon.model import Session
from ovpnmon.store import old_panel
from ovpnmon.store import state as states
from ovpnmon.store.state import State
from ovpnmon.store.waiting import Batch
from tests import worlds
from tests.geo_files import NESTED, NOVEMBER, write_database
from tests.recording import eventually, make_settings

NOW = 1_795_360_804
"""2026-11-22T15:20:04Z."""
OLD = Path(__file__).parents[1] / "fixtures" / "old-panel" / "state"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A data directory with a location database."""
    made = make_settings(tmp_path)
    write_database(made.geoip_db)
    return made


def session(name: str = "alice", ip: str = "145.0.0.7", **changes: Any) -> Session:
    """One under way since ten minutes."""
    made = worlds.session(1, "udp", name, NOW - 600, NOW, real_ip=ip, vpn_ipv4="10.8.0.2")
    return replace(made, key=f"{name}/{ip}", session_id=f"{name}/{ip}", **changes)


def world(*sessions: Session, at: int = NOW) -> State:
    """A state with these sessions on one server."""
    return State(servers={"udp": worlds.server("udp", list(sessions), at)})


def contents(settings: Settings) -> dict[str, Any]:
    """The file."""
    raw: dict[str, Any] = json.loads(settings.client_geo.read_bytes())
    return raw


def city(settings: Settings, name: str = "alice", ip: str = "145.0.0.7") -> object:
    """Where the file has an address."""
    return contents(settings)["clients"][name]["ips"][ip]["location"]["city"]


def test_who_is_connected_is_in_the_file(settings: Settings) -> None:
    """With first and last seen, virtual addresses and the place."""
    Registrar(settings).work(world(session()), NOW)
    raw = contents(settings)
    assert raw["schema"] == 1
    assert raw["updated_at"] == "2026-11-22T15:20:04Z"
    assert raw["database"] == {"id": "DBIP-City-Lite", "build": "2026-11-01"}
    alice = raw["clients"]["alice"]
    assert (alice["first_seen"], alice["last_seen"]) == (
        "2026-11-22T15:10:04Z",
        "2026-11-22T15:20:04Z",
    )
    address = alice["ips"]["145.0.0.7"]
    assert address["vpn_ipv4"] == ["10.8.0.2"]
    assert (address["location"]["city"], address["location"]["build"]) == (
        "Amsterdam",
        "2026-11-01",
    )


def test_an_empty_file_is_made_at_the_first_run(settings: Settings) -> None:
    """As all first-run files are."""
    Registrar(settings).work(State(), NOW)
    assert contents(settings)["clients"] == {}


def test_who_has_only_tried_to_connect_is_not(settings: Settings) -> None:
    """Neither is anyone whose address the file does not tell."""
    trying = session("eve", established=False)
    Registrar(settings).work(world(trying, session("bob", ip="")), NOW)
    assert contents(settings)["clients"] == {}


def test_who_left_between_two_looks_is_in_the_file(settings: Settings) -> None:
    """A state knows for an hour who has left, and until they are in the tables."""
    waiting = worlds.ended(session("bob", "8.8.8.8"), NOW - 50, NOW - 20)
    lately = worlds.ended(session("carl", "77.0.0.1"), NOW - 50, NOW - 20)
    state = world()
    state.pending = [Batch(1, closed=[waiting])]
    state.servers["udp"].closed = {lately.session.key: lately}
    Registrar(settings).work(state, NOW)
    assert set(contents(settings)["clients"]) == {"bob", "carl"}


def test_nothing_new_is_not_written(settings: Settings) -> None:
    """Not even by another collector after a restart."""
    registrar = Registrar(settings)
    registrar.work(world(session()), NOW)
    written = settings.client_geo.stat()
    registrar.work(world(session()), NOW + 60)
    Registrar(settings).work(world(session()), NOW + 120)
    after = settings.client_geo.stat()
    assert (after.st_ino, after.st_mtime_ns) == (written.st_ino, written.st_mtime_ns)
    registrar.work(world(session(last_seen_at=NOW + 170)), NOW + 180)
    assert settings.client_geo.stat().st_ino != written.st_ino
    assert contents(settings)["clients"]["alice"]["last_seen"] == "2026-11-22T15:22:54Z"
    assert contents(settings)["updated_at"] == "2026-11-22T15:23:04Z"


def test_a_restart_goes_on_with_what_is_there(settings: Settings) -> None:
    """Addresses of earlier days stay, unknown keys too."""
    Registrar(settings).work(world(session()), NOW)
    raw = contents(settings)
    raw["clients"]["alice"]["note"] = "the boss"
    raw["owner"] = "ops"
    settings.client_geo.write_text(json.dumps(raw))
    Registrar(settings).work(world(session(ip="8.8.8.8")), NOW)
    after = contents(settings)
    assert set(after["clients"]["alice"]["ips"]) == {"145.0.0.7", "8.8.8.8"}
    assert (after["clients"]["alice"]["note"], after["owner"]) == ("the boss", "ops")


def test_what_someone_else_wrote_meanwhile_is_taken_up(settings: Settings) -> None:
    """A running collector does not write its own memory over it."""
    registrar = Registrar(settings)
    registrar.work(world(session()), NOW)
    raw = contents(settings)
    raw["clients"]["alice"]["note"] = "the boss"
    settings.client_geo.write_text(json.dumps(raw))
    registrar.work(world(session(), session("bob", "8.8.8.8")), NOW)
    assert contents(settings)["clients"]["alice"]["note"] == "the boss"
    assert city(settings, "bob", "8.8.8.8") == "Mountain View"


def test_a_client_that_roams_is_at_its_new_address_since_then(settings: Settings) -> None:
    """Not since its session began; and a restart does not forget that."""
    registrar = Registrar(settings)
    registrar.work(world(session()), NOW)
    moved = session(ip="8.8.8.8", last_seen_at=NOW + 60)
    moved = replace(moved, session_id=session().session_id)
    registrar.work(world(moved), NOW + 60)
    registrar.work(world(moved), NOW + 120)
    Registrar(settings).work(world(moved), NOW + 180)
    ips = contents(settings)["clients"]["alice"]["ips"]
    assert ips["8.8.8.8"]["first_seen"] == "2026-11-22T15:21:04Z"
    assert ips["145.0.0.7"]["last_seen"] == "2026-11-22T15:20:04Z"


def renamed(city_name: str) -> dict[str, dict[str, Any]]:
    """Rows in which Amsterdam is called otherwise."""
    record = {**NESTED["145.0.0.0/16"], "city": {"names": {"en": city_name}}}
    return {"145.0.0.0/16": record}


def test_another_build_of_the_database_is_asked_anew(settings: Settings) -> None:
    """Also one that came while no collector ran; the same build is not."""
    registrar = Registrar(settings)
    registrar.work(world(session()), NOW)
    write_database(settings.geoip_db, renamed("Mokum"), build=NOVEMBER + 86_400)
    registrar.work(world(session()), NOW)
    assert city(settings) == "Mokum"
    assert contents(settings)["database"]["build"] == "2026-11-02"
    write_database(settings.geoip_db, renamed("Damsko"), build=NOVEMBER + 2 * 86_400)
    Registrar(settings).work(world(session()), NOW)
    assert city(settings) == "Damsko"


def test_other_overrides_are_asked_anew(settings: Settings, tmp_path: Path) -> None:
    """And when they are taken out, the database's word goes again."""
    places = tmp_path / "places.csv"
    with_places = replace(settings, places=places)
    Registrar(settings).work(world(session()), NOW)
    places.write_text("145.0.0.0/24,52.1,5.1,Depot,NL\n")
    registrar = Registrar(with_places)
    registrar.work(world(), NOW)
    assert city(settings) == "Depot"
    places.write_text("145.0.0.0/24,52.1,5.1,Store,NL\n")
    registrar.work(world(), NOW)
    assert city(settings) == "Store"
    Registrar(settings).work(world(), NOW)
    assert city(settings) == "Amsterdam"


@pytest.mark.parametrize("how", ["missing", "html", "without the address"])
def test_a_database_that_is_no_good_any_more_erases_nothing(settings: Settings, how: str) -> None:
    """A miss never erases a good location; new addresses are there without one."""
    registrar = Registrar(settings)
    registrar.work(world(session()), NOW)
    if how == "missing":
        settings.geoip_db.unlink()
    elif how == "html":
        settings.geoip_db.write_bytes(b"<html>")
    else:
        rows = {"9.9.9.0/24": NESTED["8.8.8.0/24"]}
        write_database(settings.geoip_db, rows, build=NOVEMBER + 86_400)
    registrar.work(world(session(), session("bob", "8.8.8.8")), NOW)
    assert city(settings) == "Amsterdam"
    assert contents(settings)["clients"]["bob"]["ips"]["8.8.8.8"]["location"]["latitude"] is None
    write_database(settings.geoip_db, build=NOVEMBER + 2 * 86_400)
    registrar.work(world(), NOW)
    assert city(settings, "bob", "8.8.8.8") == "Mountain View"


def test_without_any_database_the_registry_is_kept_all_the_same(tmp_path: Path) -> None:
    """A missing database never stops anything."""
    settings = make_settings(tmp_path)
    Registrar(settings).work(world(session()), NOW)
    raw = contents(settings)
    assert raw["database"] is None
    assert raw["clients"]["alice"]["ips"]["145.0.0.7"]["location"]["latitude"] is None


@pytest.mark.parametrize("spoilt", [b"", b'{"schema": 1, "clients": {"ali', b"[]"])
def test_a_corrupt_file_is_kept_aside_loudly(
    settings: Settings, spoilt: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """Never overwritten, never a reason to stop; the new one is filled from what is known."""
    settings.client_geo.write_bytes(spoilt)
    with caplog.at_level(logging.ERROR):
        Registrar(settings).work(world(session()), NOW)
    assert settings.client_geo.with_name("client_geolocation.json.damaged-1").read_bytes() == spoilt
    assert "kept aside" in caplog.text
    assert city(settings) == "Amsterdam"
    caplog.clear()
    Registrar(settings).work(world(session(last_seen_at=NOW + 60)), NOW)
    assert not caplog.records


def test_a_file_with_one_damaged_client_keeps_the_others(settings: Settings) -> None:
    """And itself, aside."""
    Registrar(settings).work(world(session(), session("bob")), NOW)
    raw = contents(settings)
    raw["clients"]["bob"] = 7
    settings.client_geo.write_text(json.dumps(raw))
    Registrar(settings).work(world(), NOW)
    assert set(contents(settings)["clients"]) == {"alice"}
    assert settings.client_geo.with_name("client_geolocation.json.damaged-1").exists()


@pytest.mark.parametrize("old_database", [True, False])
def test_the_old_panels_files_are_taken_over(tmp_path: Path, old_database: bool) -> None:
    """Registry and imported history both fill the new one; the old one is kept."""
    shutil.copytree(OLD, tmp_path / "data")
    settings = make_settings(tmp_path, OPENVPN_MONITOR_TZ="Europe/Moscow")
    old = settings.client_geo.read_bytes()
    if not old_database:
        settings.client_geo.unlink()
    state = take_over.take_over(settings, recover(settings, old_panel.is_old_active))
    Registrar(settings).work(state, NOW)
    clients = contents(settings)["clients"]
    assert set(clients) == {"alice", "boris", "Кирилл"}
    assert set(clients["alice"]["ips"]) == {"198.51.100.7"}
    assert clients["alice"]["ips"]["198.51.100.7"]["vpn_ipv4"] == ["10.8.0.2"]
    assert clients["Кирилл"]["first_seen"] == "2026-11-22T17:10:01Z"
    aside = settings.client_geo.with_name("client_geolocation.json.old-panel-1")
    assert aside.exists() == old_database
    if old_database:
        assert aside.read_bytes() == old


def test_history_is_read_once_and_again_after_an_import(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may be long; what comes in later through an import is not left out."""
    settings = make_settings(tmp_path, OPENVPN_MONITOR_TZ="Europe/Moscow")
    states.save(settings.active_sessions, recover(settings, old_panel.is_old_active))
    registrar = Registrar(settings)
    asked: list[str] = []
    sql = registrar._store.sql
    monkeypatch.setattr(registrar._store, "sql", lambda q: asked.append(q) or sql(q))
    registrar.work(states.load(settings.active_sessions), NOW)
    registrar.work(states.load(settings.active_sessions), NOW)
    assert (len(asked), contents(settings)["clients"]) == (1, {})
    shutil.copy(OLD / "session_history.json", settings.old_history)
    state = take_over.take_over(settings, states.load(settings.active_sessions))
    registrar.work(state, NOW)
    registrar.work(state, NOW)
    assert len(asked) == 2
    assert set(contents(settings)["clients"]) == {"alice", "boris", "Кирилл"}


def test_a_history_that_cannot_be_read_delays_itself_alone(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    """Who is connected now is in the file; the rest is made up for later."""
    settings.active_sessions.write_bytes(b"{")
    registrar = Registrar(settings)
    registrar.work(world(session()), NOW)
    assert "history not in the geolocation registry yet" in caplog.text
    assert city(settings) == "Amsterdam"
    assert "filled_from" not in contents(settings)
    settings.active_sessions.unlink()
    registrar.work(world(session()), NOW)
    assert contents(settings)["filled_from"] == []


def test_a_file_that_cannot_be_written_is_as_it_was(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Disk full: the next call writes what this one could not."""
    registrar = Registrar(settings)
    registrar.work(world(session()), NOW)
    before = settings.client_geo.read_bytes()

    def full(fd: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        registrar.work(world(session("bob", "8.8.8.8")), NOW)
    monkeypatch.undo()
    assert settings.client_geo.read_bytes() == before
    registrar.work(world(session("bob", "8.8.8.8")), NOW)
    assert set(contents(settings)["clients"]) == {"alice", "bob"}


def test_the_thread_writes_the_first_state_at_once_and_the_last_at_the_end(
    settings: Settings,
) -> None:
    """And nothing in between within a minute."""
    places = Places(settings)
    places.update(world(session()), NOW)
    eventually(settings.client_geo.exists)
    places.update(world(session("bob")), NOW + 10)
    places.update(world(session("carl")), NOW + 20)
    places.stop()
    assert set(contents(settings)["clients"]) == {"alice", "carl"}
    assert places.errors == 0


def test_the_thread_survives_and_counts_what_fails(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    """The loop never hears of it."""
    settings.client_geo.mkdir()
    places = Places(settings, every_seconds=0)
    places.update(world(session()), NOW)
    places.stop()
    assert places.errors == 1
    assert "IsADirectoryError" in places.last_error
    assert "geolocation registry not updated" in caplog.text


def test_a_thread_without_work_can_be_stopped(settings: Settings) -> None:
    """A collector may end before its first tick."""
    Places(settings).stop()
    assert not settings.client_geo.exists()


def test_a_collector_that_is_to_stop_leaves_looking_up_for_later(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new database on many addresses takes a while; who was seen is written all the same."""
    monkeypatch.setattr(registrar_module, "GRACE_SECONDS", -1.0)
    stopping = threading.Event()
    registrar = Registrar(settings, stopping)
    registrar.work(world(session()), NOW)
    write_database(settings.geoip_db, renamed("Mokum"), build=NOVEMBER + 86_400)
    stopping.set()
    registrar.work(world(session(), session("bob")), NOW)
    clients = contents(settings)["clients"]
    assert "location" not in clients["bob"]["ips"]["145.0.0.7"]
    assert city(settings) == "Amsterdam"
    Registrar(settings).work(world(), NOW)
    assert (city(settings), city(settings, "bob")) == ("Mokum", "Mokum")
