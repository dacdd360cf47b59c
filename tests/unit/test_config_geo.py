"""Settings of the geolocation: paths that follow the data directory, and where the server stands."""

from pathlib import Path

import pytest

from ovpnmon.config import ServerLocation, Settings, SettingsError


def test_without_settings_the_files_lie_in_the_data_directory() -> None:
    """Nothing has to be set for geolocation to work once a database is there."""
    settings = Settings.from_env({"OPENVPN_MONITOR_DATA": "/srv/vpn"})
    assert settings.geoip_db == Path("/srv/vpn/geoip.mmdb")
    assert settings.client_geo == Path("/srv/vpn/client_geolocation.json")
    assert settings.places is None
    assert settings.server_location is None


def test_each_file_can_lie_elsewhere() -> None:
    """A database is often shared by several programs of a host."""
    settings = Settings.from_env(
        {
            "OPENVPN_MONITOR_GEOIP_DB": "/usr/share/GeoIP/GeoLite2-City.mmdb",
            "OPENVPN_CLIENT_GEO_DB": "/var/lib/geo.json",
            "OPENVPN_MONITOR_PLACES": "/etc/places.csv",
        }
    )
    assert settings.geoip_db == Path("/usr/share/GeoIP/GeoLite2-City.mmdb")
    assert settings.client_geo == Path("/var/lib/geo.json")
    assert settings.places == Path("/etc/places.csv")


@pytest.mark.parametrize(
    ("text", "location"),
    [
        ("52.37,4.9,Amsterdam", ServerLocation(52.37, 4.9, "Amsterdam")),
        (" -33.87 , 151.2 , Sydney, rack 4 ", ServerLocation(-33.87, 151.2, "Sydney, rack 4")),
        ("0,0,Null Island", ServerLocation(0.0, 0.0, "Null Island")),
        ("90,-180", ServerLocation(90.0, -180.0, "VPN server")),
    ],
)
def test_the_servers_location_is_latitude_longitude_and_a_label(
    text: str, location: ServerLocation
) -> None:
    """The label may hold commas or be left out; 0 is a degree like any other."""
    assert Settings.from_env({"OPENVPN_MONITOR_SERVER_LOCATION": text}).server_location == location


@pytest.mark.parametrize("text", ["Amsterdam", "52.37", "91,0,x", "0,180.1,x", "nan,0,x", "1;2;x"])
def test_a_location_that_is_none_is_refused_with_an_example(text: str) -> None:
    """One line: variable, value, what is accepted."""
    with pytest.raises(SettingsError) as caught:
        Settings.from_env({"OPENVPN_MONITOR_SERVER_LOCATION": text})
    assert str(caught.value) == (
        f"OPENVPN_MONITOR_SERVER_LOCATION={text!r}: latitude,longitude,label in degrees is"
        " accepted, such as 52.37,4.9,Amsterdam"
    )


def test_a_missing_database_or_places_file_does_not_stop_the_start(tmp_path: Path) -> None:
    """Geolocation is an extra: settings name files, whether they are there shows later."""
    missing = {
        "OPENVPN_MONITOR_GEOIP_DB": str(tmp_path / "no.mmdb"),
        "OPENVPN_MONITOR_PLACES": str(tmp_path / "no.csv"),
    }
    assert Settings.from_env(missing).geoip_db == tmp_path / "no.mmdb"
