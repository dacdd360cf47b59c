"""The update command against a local server: a new database is used whole, or the old one stays."""

import gzip
import io
import os
import socket
import threading
from collections.abc import Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from ovpnmon.geo import __main__ as command
from ovpnmon.geo.database import Database
from ovpnmon.geo.update import UpdateError, update
from tests.geo_files import ASN, NOVEMBER, write_database

TODAY = date(2026, 11, 22)
THIS = "/free/dbip-city-lite-2026-11.mmdb.gz"
LAST = "/free/dbip-city-lite-2026-10.mmdb.gz"


class Publisher:
    """A web server with some files, that remembers what it was asked and by whom."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.status: dict[str, int] = {}
        self.claimed_bytes: int | None = None
        self.requests: list[tuple[str, dict[str, str]]] = []
        publisher = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                publisher.requests.append((self.path, dict(self.headers)))
                body = publisher.files.get(self.path)
                self.send_response(publisher.status.get(self.path, 404 if body is None else 200))
                length = len(body or b"") if publisher.claimed_bytes is None else None
                self.send_header("Content-Length", str(length or publisher.claimed_bytes or 0))
                self.end_headers()
                self.wfile.write(body or b"")

            def log_message(self, *arguments: object) -> None:
                """Not on the tests' output."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/free"


@pytest.fixture
def publisher(monkeypatch: pytest.MonkeyPatch) -> Iterator[Publisher]:
    """Running, and reached directly whatever proxy this machine has."""
    monkeypatch.setenv("no_proxy", "*")
    one = Publisher()
    thread = threading.Thread(target=one.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield one
    one.server.shutdown()
    thread.join()
    one.server.server_close()


def packed(tmp_path: Path, **changes: object) -> bytes:
    """A published file."""
    made = write_database(tmp_path / "published" / "x.mmdb", **changes)  # type: ignore[arg-type]
    return gzip.compress(made.read_bytes())


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """A data directory with an old database."""
    return write_database(tmp_path / "data" / "geoip.mmdb", build=NOVEMBER - 200 * 86_400)


def unchanged(target: Path) -> bool:
    """The old database is in use and no leftovers are beside it."""
    opened = Database(target).current()
    assert [path.name for path in target.parent.iterdir()] == ["geoip.mmdb"]
    return opened.build == "2026-04-15" and not opened.problem


def refused(publisher: Publisher, target: Path) -> str:
    """The message of an update that must fail and change nothing."""
    with pytest.raises(UpdateError) as caught:
        update(target, TODAY, io.StringIO(), publisher.url)
    assert unchanged(target)
    return str(caught.value)


def test_this_months_database_takes_the_place_of_the_old(
    publisher: Publisher, target: Path, tmp_path: Path
) -> None:
    """One request; a reader of the old one goes on and gets the new one when it asks anew."""
    publisher.files[THIS] = packed(tmp_path)
    reader = Database(target)
    assert reader.current().build == "2026-04-15"
    opened = update(target, TODAY, io.StringIO(), publisher.url)
    assert (opened.id, opened.build) == ("DBIP-City-Lite", "2026-11-01")
    assert reader.current().build == "2026-11-01"
    assert [path for path, _ in publisher.requests] == [THIS]
    assert [path.name for path in target.parent.iterdir()] == ["geoip.mmdb"]
    assert target.stat().st_mode & 0o777 == 0o644


def test_a_first_database_makes_its_directory(publisher: Publisher, tmp_path: Path) -> None:
    """`make geoip` may be the first thing that anyone does."""
    publisher.files[THIS] = packed(tmp_path)
    update(tmp_path / "new" / "data" / "geoip.mmdb", TODAY, io.StringIO(), publisher.url)
    assert Database(tmp_path / "new" / "data" / "geoip.mmdb").current().problem == ""


def test_before_this_months_is_published_last_months_is_fetched(
    publisher: Publisher, target: Path, tmp_path: Path
) -> None:
    """On the first of a month there is often nothing yet; before January comes December."""
    publisher.files[LAST] = packed(tmp_path, build=NOVEMBER - 31 * 86_400)
    assert update(target, TODAY, io.StringIO(), publisher.url).build == "2026-10-01"
    assert [path for path, _ in publisher.requests] == [THIS, LAST]
    with pytest.raises(UpdateError, match=r"dbip-city-lite-2027-01.*nor dbip-city-lite-2026-12"):
        update(target, date(2027, 1, 31), io.StringIO(), publisher.url)


def test_nothing_published_is_said(publisher: Publisher, target: Path) -> None:
    """Neither month."""
    assert "has neither dbip-city-lite-2026-11.mmdb.gz nor" in refused(publisher, target)


@pytest.mark.parametrize("kept", [0.5, 0.999])
def test_a_download_that_is_cut_short_is_refused(
    publisher: Publisher, target: Path, tmp_path: Path, kept: float
) -> None:
    """Half of it, or all but its checksum."""
    whole = packed(tmp_path)
    publisher.files[THIS] = whole[: int(len(whole) * kept)]
    publisher.claimed_bytes = len(whole)
    assert "cut short" in refused(publisher, target)


def test_a_web_page_is_refused_as_such(publisher: Publisher, target: Path) -> None:
    """Hotel networks answer everything with their own page, and status 200."""
    publisher.files[THIS] = b"<!DOCTYPE html><html><body>Welcome</body></html>"
    assert "a web page instead of the database" in refused(publisher, target)


def test_a_spoilt_file_is_refused(publisher: Publisher, target: Path, tmp_path: Path) -> None:
    """Its checksum tells."""
    data = bytearray(packed(tmp_path))
    data[len(data) // 2] ^= 0xFF
    publisher.files[THIS] = bytes(data)
    assert "the server sent no whole gzip file" in refused(publisher, target)


def test_a_good_file_that_is_no_database_of_places_is_refused(
    publisher: Publisher, target: Path, tmp_path: Path
) -> None:
    """It is opened and asked before it takes the old one's place."""
    publisher.files[THIS] = gzip.compress(b"not a database at all")
    assert "what was fetched is cut short or no .mmdb file" in refused(publisher, target)
    publisher.files[THIS] = packed(tmp_path, rows=ASN, kind="GeoLite2-ASN")
    assert "(GeoLite2-ASN) places none of 8.8.8.8" in refused(publisher, target)


def test_a_failing_server_is_quoted(publisher: Publisher, target: Path) -> None:
    """Anything but 404 is not about the month: the next one is not tried."""
    publisher.files[THIS], publisher.status[THIS] = b"sorry", 503
    assert "answers 503 Service Unavailable; try again later" in refused(publisher, target)
    assert len(publisher.requests) == 1


def test_without_a_network_it_says_so(
    publisher: Publisher, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that cannot be resolved, and a host that does not answer."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        publisher.url = f"http://127.0.0.1:{nobody.getsockname()[1]}/free"
        assert "Connection refused. Is there a network?" in refused(publisher, target)

    def no_names(*arguments: object, **options: object) -> None:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", no_names)
    publisher.url = "https://download.example/free"
    assert "Temporary failure in name resolution. Is there a network?" in refused(publisher, target)


def test_a_full_disk_is_told_from_a_bad_network(
    publisher: Publisher, target: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file that cannot be written is named."""
    publisher.files[THIS] = packed(tmp_path)

    def full(fd: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert f"{target} cannot be written: No space left on device" in refused(publisher, target)


def test_leftovers_of_a_killed_download_are_cleared_away(
    publisher: Publisher, target: Path, tmp_path: Path
) -> None:
    """They are a hundred megabytes each."""
    (target.parent / ".geoip.mmdb.abc.tmp").write_bytes(b"half")
    publisher.files[THIS] = packed(tmp_path)
    update(target, TODAY, io.StringIO(), publisher.url)
    assert [path.name for path in target.parent.iterdir()] == ["geoip.mmdb"]


class Terminal(io.StringIO):
    """What a person watches."""

    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_a_bar_that_ends_at_all_of_it(
    publisher: Publisher, target: Path, tmp_path: Path
) -> None:
    """A log file gets one line instead."""
    publisher.files[THIS] = packed(tmp_path)
    terminal, log = Terminal(), io.StringIO()
    update(target, TODAY, terminal, publisher.url)
    update(target, TODAY, log, publisher.url)
    assert terminal.getvalue().rstrip().endswith("] 100%")
    assert log.getvalue().startswith("fetching dbip-city-lite-2026-11.mmdb.gz, ")
    assert log.getvalue().count("\n") == 1


def test_nothing_about_us_is_sent(publisher: Publisher, target: Path, tmp_path: Path) -> None:
    """No cookie, no key, no version of anything."""
    publisher.files[THIS] = packed(tmp_path)
    update(target, TODAY, io.StringIO(), publisher.url)
    ((_, headers),) = publisher.requests
    assert set(headers) == {"Accept-Encoding", "Host", "User-Agent", "Connection"}
    assert headers["User-Agent"] == "openvpn-monitor"


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, target: Path) -> None:
    """The command's settings."""
    monkeypatch.setenv("OPENVPN_MONITOR_DATA", str(target.parent))


@pytest.mark.usefixtures("environment")
def test_the_command_says_what_it_did(
    publisher: Publisher, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the credit that the licence wants; whichever month it is."""
    month = command.datetime.now(command.UTC).strftime("%Y-%m")
    publisher.files[f"/free/dbip-city-lite-{month}.mmdb.gz"] = packed(tmp_path)
    assert command.main(["update", "--from", publisher.url + "/"]) == 0
    said = capsys.readouterr().out
    assert "DBIP-City-Lite of 2026-11-01 is at" in said
    assert "IP Geolocation by DB-IP (https://db-ip.com)" in said


@pytest.mark.usefixtures("environment")
def test_the_command_fails_with_one_line(
    publisher: Publisher, target: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And status 1, for those who run it from cron."""
    assert command.main(["update", "--from", publisher.url]) == 1
    said = capsys.readouterr().err
    assert said.endswith("The old database stays in use.\n")
    assert "Traceback" not in said
    target.unlink()
    assert command.main(["update", "--from", "ftp://x"]) == 1
    assert capsys.readouterr().err.endswith("is no web address. There is no database yet.\n")


@pytest.mark.usefixtures("environment")
def test_the_command_looks_addresses_up(capsys: pytest.CaptureFixture[str]) -> None:
    """One JSON object a line, in the order asked."""
    assert command.main(["lookup", "145.0.0.1", "10.0.0.1", "x"]) == 0
    lines = capsys.readouterr().out.splitlines()
    found = [command.orjson.loads(line) for line in lines]
    assert [(one["address"], one["label"], one["reason"]) for one in found] == [
        ("145.0.0.1", "Amsterdam, The Netherlands", ""),
        ("10.0.0.1", "private network", "private network"),
        ("x", "", "not an IP address"),
    ]


@pytest.mark.usefixtures("environment")
def test_a_lookup_without_a_database_says_so_beside_the_answer(
    target: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Scripts read the answer, people the reason."""
    target.unlink()
    assert command.main(["lookup", "8.8.8.8"]) == 0
    told = capsys.readouterr()
    assert "does not exist: `make geoip` fetches one" in told.err
    assert command.orjson.loads(told.out)["reason"] == "no location database"
