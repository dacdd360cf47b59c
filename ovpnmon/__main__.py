"""`python -m ovpnmon`: `settings` in force, or what is wrong; `password`: set one; `health`."""

import argparse
import dataclasses
import os
import sys
import time

from ovpnmon.api import health
from ovpnmon.api.login.command import set_password
from ovpnmon.config import Settings, SettingsError


def main(arguments: list[str] | None = None) -> int:
    """Exit status: 0 all is well, 1 could not do it, 2 a setting or argument cannot be used."""
    parser = argparse.ArgumentParser(prog="python -m ovpnmon")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("settings", help="check and print the settings in force")
    password = commands.add_parser("password", help="set the password for pages and API")
    password.add_argument("--generate", action="store_true", help="make one and print it")
    commands.add_parser("health", help="whether the collector's last tick is recent")
    options = parser.parse_args(arguments)
    try:
        settings = Settings.from_env(os.environ)
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    if options.command == "password":
        return set_password(settings, generate=options.generate)
    if options.command == "health":
        return check_health(settings)
    for name, value in dataclasses.asdict(settings).items():
        sys.stdout.write(f"{name} = {value}\n")
    return 0


def check_health(settings: Settings) -> int:
    """For container engines and monitoring: 0 while the collector is alive, 1 with the reason."""
    reason = health.trouble(settings.heartbeat, time.time())
    sys.stdout.write(f"{reason or 'ok'}\n")
    return 1 if reason else 0


if __name__ == "__main__":
    sys.exit(main())
