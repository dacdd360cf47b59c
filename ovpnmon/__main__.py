"""`python -m ovpnmon settings`: the settings in force, or the one line that says what is wrong."""

import argparse
import dataclasses
import os
import sys

from ovpnmon.config import Settings, SettingsError


def main(arguments: list[str] | None = None) -> int:
    """Exit status: 0 all is well, 2 a setting cannot be used."""
    parser = argparse.ArgumentParser(prog="python -m ovpnmon")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("settings", help="check and print the settings in force")
    parser.parse_args(arguments)
    try:
        settings = Settings.from_env(os.environ)
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    for name, value in dataclasses.asdict(settings).items():
        sys.stdout.write(f"{name} = {value}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
