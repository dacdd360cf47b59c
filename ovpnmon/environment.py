"""What every group of settings needs to read environment variables."""

from collections.abc import Mapping


class SettingsError(Exception):
    """A setting with a value that cannot be used. One line: variable, value, what is accepted."""


def get(environ: Mapping[str, str], name: str, default: str) -> str:
    """The variable without blanks around it; unset and empty ones are the default."""
    return environ.get(name, "").strip() or default


def bad(name: str, value: str, accepted: str) -> SettingsError:
    """The error for a value that is not accepted; not for secrets, it repeats the value."""
    return SettingsError(f"{name}={value!r}: {accepted}")
