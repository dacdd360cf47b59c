"""`python -m ovpnmon password`: set the password that the pages and the API ask for."""

import getpass
import sys

from ovpnmon.api.login import passwords
from ovpnmon.config import Settings
from ovpnmon.login_settings import PASSWORD_CHARACTERS


def set_password(settings: Settings, *, generate: bool) -> int:
    """Ask for a password (twice on a terminal, else the first line of standard input) and keep it.

    Returns the exit status: 0 done, 1 not done, with a line that says why.
    """
    if generate:
        password = passwords.generate()
    else:
        password, problem = _asked()
        if problem:
            return _fail(problem)
    try:
        settings.data.mkdir(parents=True, exist_ok=True)
        passwords.save(settings.stored_password, passwords.hash_password(password))
    except OSError as error:
        return _fail(f"the password cannot be kept: {error}")
    if generate:
        sys.stdout.write(f"{password}\n")
    sys.stderr.write(
        f"Set for user {settings.login.user}, kept as a hash in {settings.stored_password}."
        " A running app asks for it from now on.\n"
    )
    if settings.login.password:
        sys.stderr.write(
            f"Note: {settings.login.password.variable} is set and is asked for instead.\n"
        )
    return 0


def _asked() -> tuple[str, str]:
    """The password, and what is wrong with it or ""."""
    if sys.stdin.isatty():
        password = getpass.getpass("New password: ")
        if password != getpass.getpass("Once more: "):
            return "", "these were two different passwords; nothing is changed"
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    if len(password) < PASSWORD_CHARACTERS:
        return "", f"at least {PASSWORD_CHARACTERS} characters are needed; nothing is changed"
    return password, ""


def _fail(problem: str) -> int:
    sys.stderr.write(f"{problem}\n")
    return 1
