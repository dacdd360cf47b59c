"""`python -m ovpnmon`: the administrator's commands; `-h` lists them."""

import argparse
import dataclasses
import os
import sys
import time
from pathlib import Path

from ovpnmon.api import health
from ovpnmon.api.login.command import set_password
from ovpnmon.config import Settings, SettingsError
from ovpnmon.store import backup_command, import_command, upgrade
from ovpnmon.store.schema import NewerDataError


def main(arguments: list[str] | None = None) -> int:
    """Exit status: 0 all is well, 1 could not do it, 2 a setting or argument cannot be used."""
    parser = argparse.ArgumentParser(prog="python -m ovpnmon")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("settings", help="check and print the settings in force")
    password = commands.add_parser("password", help="set the password for pages and API")
    password.add_argument("--generate", action="store_true", help="make one and print it")
    commands.add_parser("health", help="whether the collector's last tick is recent")
    backup = commands.add_parser(
        "backup", help="copy all that is recorded, while the collector runs"
    )
    backup.add_argument("file", metavar="FILE", help="a .tar.gz; - for standard output")
    restore = commands.add_parser("restore", help="put a backup back, while no collector runs")
    restore.add_argument("file", metavar="FILE", help="- for standard input")
    restore.add_argument("--replace", action="store_true", help="move aside what is there")
    old = commands.add_parser("import", help="take over the data directory of the old Flask panel")
    old.add_argument("directory", metavar="DIR", type=Path)
    options = parser.parse_args(arguments)
    try:
        settings = Settings.from_env(os.environ)
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    if options.command == "settings":
        print_settings(settings)
    try:
        if options.command != "restore":  # which puts other data in their place
            upgrade.refuse_newer(settings)
    except NewerDataError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return run(settings, options)


def run(settings: Settings, options: argparse.Namespace) -> int:
    """The command that was asked for."""
    match options.command:
        case "password":
            return set_password(settings, generate=options.generate)
        case "health":
            return check_health(settings)
        case "backup":
            return backup_command.make(settings, options.file)
        case "restore":
            return backup_command.bring_back(
                settings, options.file, replace_existing=options.replace
            )
        case "import":
            return import_command.bring_in(settings, options.directory)
    return 0


def print_settings(settings: Settings) -> None:
    """One a line."""
    for name, value in dataclasses.asdict(settings).items():
        sys.stdout.write(f"{name} = {value}\n")


def check_health(settings: Settings) -> int:
    """For container engines and monitoring: 0 while the collector is alive, 1 with the reason."""
    reason = health.trouble(settings.heartbeat, time.time())
    sys.stdout.write(f"{reason or 'ok'}\n")
    return 1 if reason else 0


if __name__ == "__main__":
    sys.exit(main())
