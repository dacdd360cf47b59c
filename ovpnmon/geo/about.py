"""What has to be said beside anything that a location database tells."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

OLD_DAYS = 180


@dataclass(frozen=True, slots=True)
class Credit:
    """What a database's licence wants to be shown, and where it is to link."""

    text: str
    url: str


def credit(database_id: str) -> Credit | None:
    """The credit for a database by its own name; None where none is asked for (GeoIP2, one's own)."""
    name = database_id.lower().replace("-", "")
    if "dbip" in name:
        return Credit("IP Geolocation by DB-IP", "https://db-ip.com")
    if "geolite" in name:
        text = "This product includes GeoLite Data created by MaxMind"
        return Credit(text, "https://www.maxmind.com")
    return None


def age_days(build: str, now: float) -> int | None:
    """How old a database of that day (YYYY-MM-DD) is; None for no day."""
    try:
        built = date.fromisoformat(build)
    except ValueError:
        return None
    return (datetime.fromtimestamp(now, UTC).date() - built).days


def age_warning(database_id: str, build: str, now: float) -> str:
    """What to say of a database older than OLD_DAYS, with what to do; "" for a newer one."""
    days = age_days(build, now)
    if days is None or days <= OLD_DAYS:
        return ""
    remedy = "`make geoip` fetches a newer one"
    if "dbip" not in database_id.lower().replace("-", ""):
        remedy = "replace it with a newer one"
    return f"the location database {database_id} is {days} days old ({build}): {remedy}"
