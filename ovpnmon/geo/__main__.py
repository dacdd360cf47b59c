"""`python -m ovpnmon.geo`: `update` fetches a location database, `lookup ADDRESS...` asks it."""

import argparse
import os
import sys
from dataclasses import asdict
from datetime import UTC, datetime

import orjson

from ovpnmon.config import Settings, SettingsError
from ovpnmon.geo import about
from ovpnmon.geo.resolver import Resolver
from ovpnmon.geo.update import BASE_URL, UpdateError, update


def main(arguments: list[str] | None = None) -> int:
    """Exit status: 0 done, 1 could not do it, 2 a setting or argument is wrong."""
    parser = argparse.ArgumentParser(prog="python -m ovpnmon.geo", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    fetching = commands.add_parser("update", help="fetch DB-IP's City Lite, free, without a key")
    fetching.add_argument("--from", dest="base_url", default=BASE_URL, help="a mirror's address")
    asking = commands.add_parser("lookup", help="print where addresses are, a JSON object a line")
    asking.add_argument("addresses", metavar="ADDRESS", nargs="+")
    options = parser.parse_args(arguments)
    try:
        settings = Settings.from_env(os.environ)
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    if options.command == "update":
        return _update(settings, options.base_url)
    return _lookup(settings, options.addresses)


def _update(settings: Settings, base_url: str) -> int:
    target = settings.geoip_db
    try:
        opened = update(target, datetime.now(UTC).date(), sys.stderr, base_url.rstrip("/"))
    except UpdateError as error:
        kept = "the old database stays in use" if target.exists() else "there is no database yet"
        sys.stderr.write(f"{error}. {kept.capitalize()}.\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("\nstopped, nothing changed\n")
        return 1
    sys.stdout.write(
        f"{opened.id} of {opened.build} is at {target}; a running collector and app notice it"
        " by themselves.\n"
    )
    credit = about.credit(opened.id)
    if credit is not None:
        sys.stdout.write(f"{credit.text} ({credit.url})\n")
    return 0


def _lookup(settings: Settings, addresses: list[str]) -> int:
    """Problems with the files go to standard error; they are no failure."""
    resolver = Resolver(settings)
    for problem in resolver.problems():
        sys.stderr.write(f"{problem}\n")
    for address in addresses:
        place = resolver.lookup(address)
        line = {"address": address, "label": place.label, **asdict(place)}
        sys.stdout.write(orjson.dumps(line).decode() + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
