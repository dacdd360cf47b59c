"""Fetch DB-IP's free City Lite database: the one thing here that talks to the internet, when told to.

Published monthly at a plain address, without an account, under CC BY 4.0. Nothing but the name of the
month is sent.
"""

import gzip
import os
import tempfile
import zlib
from datetime import date, timedelta
from http.client import HTTPException, HTTPResponse
from ipaddress import ip_address
from pathlib import Path
from typing import IO, TextIO
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from ovpnmon.geo import records
from ovpnmon.geo.database import Opened, open_database
from ovpnmon.store.atomic import remove_leftovers, sync_directory

BASE_URL = "https://download.db-ip.com/free"
TIMEOUT_SECONDS = 30.0
_PIECE_BYTES = 1 << 20
_WELL_KNOWN = ("8.8.8.8", "1.1.1.1", "2001:4860:4860::8888")
"""Public resolvers, which every database of the whole world knows."""


class UpdateError(Exception):
    """No new database; the old one, if any, is as it was. The message says why and what to do."""


def update(target: Path, today: date, out: TextIO, base_url: str = BASE_URL) -> Opened:
    """Put the newest published database at target and return it as opened.

    That is the current month's, or the one before where that is not out yet. It takes the place of
    the old one only when it has been read. Progress goes to out. Raises UpdateError.
    """
    last_month = today.replace(day=1) - timedelta(days=1)
    names = [f"dbip-city-lite-{day:%Y-%m}.mmdb.gz" for day in (today, last_month)]
    try:
        for name in names:
            response = _request(f"{base_url}/{name}")
            if response is not None:
                with response:
                    target.parent.mkdir(parents=True, exist_ok=True)
                    remove_leftovers(target)
                    return _replace(target, Download(response, name, out))
    except OSError as error:
        raise UpdateError(f"{target} cannot be written: {error.strerror or error}") from error
    raise UpdateError(f"{base_url} has neither {' nor '.join(names)}; try again in some days")


class Download:
    """A response as a file to read from, with a bar on a terminal; logs want none."""

    def __init__(self, response: HTTPResponse, name: str, out: TextIO) -> None:
        self._response = response
        self._out = out
        length = response.headers.get("Content-Length") or ""
        self._total = int(length) if length.isdecimal() else 0
        self._bytes = 0
        self.head = b""
        out.write(f"fetching {name}, {self._total / 1e6:.1f} MB\n")

    def read(self, size: int) -> bytes:
        """Up to size bytes; none at the end. Raises UpdateError."""
        try:
            data = self._response.read(size)
        except (OSError, HTTPException) as error:
            raise UpdateError(f"the download broke off: {_reason(error)}; try again") from error
        self.head = self.head or data[:64]
        self._bytes += len(data)
        if self._total and self._out.isatty():
            share = min(1.0, self._bytes / self._total)
            self._out.write(f"\r[{'#' * round(share * 40):<40}] {share:4.0%}")
            self._out.write("" if data else "\n")
            self._out.flush()
        return data


def _request(url: str) -> HTTPResponse | None:
    """The answer to a GET; None where nothing is published there. Raises UpdateError."""
    if not url.startswith(("http://", "https://")):
        raise UpdateError(f"{url} is no web address")
    request = Request(url, headers={"User-Agent": "openvpn-monitor"})  # noqa: S310 - checked above
    try:
        response: HTTPResponse = urlopen(request, timeout=TIMEOUT_SECONDS)  # noqa: S310 - same
    except HTTPError as error:
        error.close()
        if error.code == 404:
            return None
        raise UpdateError(f"{url} answers {error.code} {error.reason}; try again later") from error
    except (OSError, HTTPException) as error:
        reason = _reason(error)
        raise UpdateError(
            f"cannot reach {url}: {reason}. Is there a network? Behind a proxy, set https_proxy"
        ) from error
    return response


def _replace(target: Path, download: Download) -> Opened:
    """Unpack beside the target, look something up, and only then let it take the target's place."""
    fd, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".tmp", dir=target.parent)
    new = Path(name)
    try:
        with os.fdopen(fd, "wb") as file:
            _unpack(download, file)
            file.flush()
            os.fchmod(file.fileno(), 0o644)
            os.fsync(file.fileno())
        opened = _verified(new)
        new.replace(target)
    except BaseException:
        new.unlink(missing_ok=True)
        raise
    sync_directory(target.parent)
    return opened


def _unpack(download: Download, file: IO[bytes]) -> None:
    try:
        with gzip.GzipFile(fileobj=download) as packed:  # type: ignore[call-overload]  # it only reads
            while piece := packed.read(_PIECE_BYTES):
                file.write(piece)
    except EOFError as error:
        raise UpdateError("the download is cut short; try again") from error
    except (gzip.BadGzipFile, zlib.error) as error:
        if download.head.lstrip().startswith(b"<"):
            what = "a web page instead of the database: a proxy's or portal's? Try another network"
        else:
            what = f"no whole gzip file ({error}); try again"
        raise UpdateError(f"the server sent {what}") from error


def _verified(path: Path) -> Opened:
    """Raises UpdateError when it is no database of cities, or doesn't know what all of them know."""
    opened = open_database(path, mapped=False)
    if opened.problem:
        raise UpdateError(f"what was fetched {opened.problem}")
    for address in _WELL_KNOWN:
        record = opened.find(ip_address(address))
        if record is not None and records.place(record, opened.id, opened.build) is not None:
            return opened
    raise UpdateError(f"what was fetched ({opened.id}) places none of {', '.join(_WELL_KNOWN)}")


def _reason(error: BaseException) -> str:
    reason = getattr(error, "reason", None) or error
    return getattr(reason, "strerror", None) or str(reason) or type(error).__name__
