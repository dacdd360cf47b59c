"""The settings in force, variable by variable, without secrets; and the versions of everything."""

import platform
from importlib.metadata import PackageNotFoundError, version

from ovpnmon import __version__
from ovpnmon.config import Settings
from ovpnmon.login_settings import Secret

PACKAGES = (
    *("streamlit", "starlette", "pandas", "pyarrow", "deltalake", "altair", "pydeck"),
    *("maxminddb", "orjson", "prometheus_client"),
)


def settings_facts(settings: Settings) -> dict[str, str]:
    """Variable -> the value that counts, whether it was set or is the default."""
    login = settings.login
    servers = ",".join(f"{file.name}={file.path}" for file in settings.status_files)
    place = settings.server_location
    return {
        "OPENVPN_STATUS_LOG": servers,
        "OPENVPN_MONITOR_TZ": settings.tz.key,
        "OPENVPN_MONITOR_DATA": str(settings.data),
        "OPENVPN_ACTIVE_SESSIONS": str(settings.active_sessions),
        "OPENVPN_HISTORY_LOG": str(settings.history),
        "OPENVPN_SERVER_STATUS": str(settings.server_status),
        "OPENVPN_CLIENT_GEO_DB": str(settings.client_geo),
        "OPENVPN_MONITOR_GEOIP_DB": str(settings.geoip_db),
        "OPENVPN_MONITOR_PLACES": str(settings.places or "none"),
        "OPENVPN_MONITOR_SERVER_LOCATION": (
            "none" if place is None else f"{place.latitude:g},{place.longitude:g},{place.label}"
        ),
        "OPENVPN_MONITOR_INTERVAL": f"{settings.interval_seconds:g}",
        "OPENVPN_MONITOR_ADDRESS": settings.address,
        "OPENVPN_MONITOR_PORT": str(settings.port),
        "OPENVPN_MONITOR_RETENTION_DAYS": str(settings.retention_days),
        "OPENVPN_MONITOR_TRAFFIC_DAYS": str(settings.traffic_days),
        "OPENVPN_MONITOR_AUTH": login.mode,
        "OPENVPN_MONITOR_USER": login.user,
        "OPENVPN_MONITOR_PASSWORD": _secret(login.password),
        "OPENVPN_MONITOR_API_TOKEN": _secret(login.api_token),
        "OPENVPN_MONITOR_PROXIES": ",".join(map(str, login.proxies)) or "none",
        "OPENVPN_MONITOR_PROXY_USER_HEADER": login.proxy_user_header,
        "OPENVPN_MONITOR_HOSTS": ",".join(login.hosts) or "any",
        "OPENVPN_MONITOR_METRICS_CLIENTS": "on" if settings.metrics_clients else "off",
        "OPENVPN_MONITOR_DEMO": "on" if settings.demo else "off",
    }


def version_facts() -> dict[str, str]:
    """This program, what it runs on and with."""
    return {
        "OpenVPN Monitor": __version__,
        "Python": platform.python_version(),
        "System": platform.platform(),
    } | {name: _version(name) for name in PACKAGES}


def _secret(secret: Secret | None) -> str:
    return "none" if secret is None else "set"


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
