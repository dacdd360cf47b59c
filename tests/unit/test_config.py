"""Settings: every variable of the design, and one clear line for every value that cannot be used."""

from pathlib import Path

import pytest

from ovpnmon.config import Settings, SettingsError, StatusFile


def refused(**environ: str) -> str:
    with pytest.raises(SettingsError) as caught:
        Settings.from_env(environ)
    return str(caught.value)


def test_an_empty_environment_gives_the_documented_defaults() -> None:
    """Nobody has to set anything."""
    settings = Settings.from_env({})
    assert settings.status_files == (StatusFile("openvpn", Path("/var/log/openvpn/status.log")),)
    assert settings.tz.key == "Europe/Bucharest"
    assert settings.active_sessions == Path("data/active_sessions.json")
    assert settings.history == Path("data/session_history")
    assert settings.server_status == Path("data/server_status.json")
    assert (settings.interval_seconds, settings.address, settings.port) == (10, "127.0.0.1", 8501)
    assert (settings.retention_days, settings.traffic_days) == (730, 30)


def test_an_empty_value_is_an_unset_one() -> None:
    """Compose files pass VARIABLE= for what nobody filled in."""
    assert Settings.from_env({"OPENVPN_MONITOR_PORT": ""}).port == 8501


def test_defaults_below_data_follow_the_data_directory() -> None:
    """One variable moves everything."""
    settings = Settings.from_env({"OPENVPN_MONITOR_DATA": "/app/data"})
    assert settings.active_sessions == Path("/app/data/active_sessions.json")
    assert settings.history == Path("/app/data/session_history")
    assert settings.traffic == Path("/app/data/traffic")
    assert settings.lock == Path("/app/data/collector.lock")


def test_a_history_named_json_is_the_old_panels_file_and_the_table_lies_beside_it() -> None:
    """The old panel's variable goes on working without its file being touched."""
    settings = Settings.from_env({"OPENVPN_HISTORY_LOG": "/srv/session_history.json"})
    assert settings.old_history == Path("/srv/session_history.json")
    assert settings.history == Path("/srv/session_history")


def test_several_servers_are_named() -> None:
    """name=path, separated by commas, spaces allowed."""
    settings = Settings.from_env({"OPENVPN_STATUS_LOG": "udp=/run/a.log, tcp=/run/b=c.log"})
    assert settings.status_files == (
        StatusFile("udp", Path("/run/a.log")),
        StatusFile("tcp", Path("/run/b=c.log")),
    )


def test_a_lone_path_may_hold_commas_and_equals_signs() -> None:
    """It is no list as long as no bare name stands before the first equals sign."""
    path = "/var/log/a=b,c.log"
    assert Settings.from_env({"OPENVPN_STATUS_LOG": path}).status_files[0].path == Path(path)


@pytest.mark.parametrize(
    ("value", "what"),
    [("udp=", "'udp=' is not"), ("udp=/a,/b", "'/b' is not"), ("a=/x,a=/y", "named twice")],
)
def test_a_bad_list_of_servers_names_its_bad_part(value: str, what: str) -> None:
    """The line names variable, value and the part that is wrong."""
    message = refused(OPENVPN_STATUS_LOG=value)
    assert message.startswith(f"OPENVPN_STATUS_LOG={value!r}")
    assert what in message


@pytest.mark.parametrize("name", ["<b>", "a/b" * 30, "с пробелом"])
def test_a_server_name_that_would_need_quoting_everywhere_is_refused(name: str) -> None:
    """Names stand in URLs, labels and logs."""
    assert "OPENVPN_STATUS_LOG" in refused(OPENVPN_STATUS_LOG=f"x=/a,{name}=/b")


@pytest.mark.parametrize(
    ("zone", "near"),
    [
        ("Europe/Bucharst", "Europe/Bucharest"),
        ("Moscow", "Europe/Moscow"),
        ("europe/berlin", "Europe/Berlin"),
        ("new york", "America/New_York"),
    ],
)
def test_an_unknown_zone_is_answered_with_the_nearest_names(zone: str, near: str) -> None:
    """A typo should not need a search."""
    assert near in refused(OPENVPN_MONITOR_TZ=zone)


def test_a_zone_is_never_a_path() -> None:
    """A value such as ../../etc/passwd must not reach the file system."""
    assert "IANA zone" in refused(OPENVPN_MONITOR_TZ="../../etc/passwd")


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("OPENVPN_MONITOR_INTERVAL", "0"),
        ("OPENVPN_MONITOR_INTERVAL", "nan"),
        ("OPENVPN_MONITOR_INTERVAL", "ten"),
        ("OPENVPN_MONITOR_PORT", "70000"),
        ("OPENVPN_MONITOR_PORT", "80.5"),
        ("OPENVPN_MONITOR_PORT", "٨٠"),
        ("OPENVPN_MONITOR_RETENTION_DAYS", "0"),
        ("OPENVPN_MONITOR_RETENTION_DAYS", "99999999999999"),
        ("OPENVPN_MONITOR_TRAFFIC_DAYS", "-1"),
    ],
)
def test_a_bad_number_is_named_with_what_is_accepted(variable: str, value: str) -> None:
    """One line: variable, value, accepted range."""
    message = refused(**{variable: value})
    assert message.startswith(f"{variable}={value!r}: a ")
    assert "accepted" in message
    assert "\n" not in message


def test_fractions_of_a_second_are_an_interval() -> None:
    """The design allows them."""
    assert Settings.from_env({"OPENVPN_MONITOR_INTERVAL": "0.5"}).interval_seconds == 0.5
