"""`python -m collector check FILE...`: one JSON object a line, in the keys of the API."""

import io
import json
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from collector.check import check
from tests.status_files import AT, Peer, render

BERLIN = ZoneInfo("Europe/Berlin")


def checked(*paths: Path) -> tuple[int, list[dict[str, Any]]]:
    """Exit status, and what was printed."""
    out = io.StringIO()
    status = check(paths, BERLIN, out)
    return status, [json.loads(line) for line in out.getvalue().splitlines()]


def written(directory: Path, name: str, data: bytes) -> Path:
    """A file to check."""
    path = directory / name
    path.write_bytes(data)
    return path


def test_everything_that_a_file_tells(tmp_path: Path) -> None:
    """Local times in the zone of the settings, durations up to the file's own TIME."""
    peer = Peer(since=AT - 90_061, username=b"al", ipv4="")
    path = written(tmp_path, "status.log", render(3, [peer]))
    status, (told,) = checked(path)
    assert status == 0
    assert told == {
        "file": str(path),
        "version": 3,
        "title": "OpenVPN 2.6.14 x86_64-pc-linux-gnu",
        "time": "2026-11-22T16:51:40+01:00",
        "clients": [
            {
                "common_name": "alice",
                "real_ip": "192.0.2.1",
                "port": "40000",
                "vpn_ip": "fd00:8::1000",
                "vpn_ipv4": None,
                "vpn_ipv6": "fd00:8::1000",
                "bytes_received": 1000,
                "bytes_sent": 2000,
                "connected_since": "2026-11-21 15:50:39",
                "time_online": "1 day, 1:01:01",
                "username": "al",
                "connected_at": "2026-11-21T15:50:39+01:00",
                "duration_seconds": 90_061,
                "cipher": "AES-256-GCM",
                "state": "connected",
            }
        ],
        "routes": [
            {
                "virtual_address": "fd00:8::1000",
                "common_name": "alice",
                "real_ip": "192.0.2.1",
                "port": "40000",
                "last_ref": "2026-11-22T16:51:40+01:00",
            }
        ],
        "rejected": [],
    }


def test_one_bad_file_fails_the_check_and_spares_the_others(tmp_path: Path) -> None:
    """Each file has its line, in the order given."""
    good = written(tmp_path, "good.log", render(1, []))
    empty = written(tmp_path, "empty.log", b"")
    status, told = checked(empty, good, tmp_path / "missing.log")
    assert status == 1
    assert [one.get("error", {}).get("code") for one in told] == ["empty", None, "missing"]
    assert told[0]["file"] == str(empty)


def test_rows_set_aside_are_shown_and_fail_nothing(tmp_path: Path) -> None:
    """With line, text and reason: what people look for."""
    data = render(2, [Peer()]).replace(b",1000,2000,", b",1000,two,")
    status, (told,) = checked(written(tmp_path, "status.log", data))
    (row,) = told["rejected"]
    assert (status, told["clients"], row["line"]) == (0, [], 4)
    assert "'two'" in row["reason"]
    assert row["text"].startswith("CLIENT_LIST,alice,")


def test_who_has_no_address_yet_is_connecting(tmp_path: Path) -> None:
    """As in the API."""
    _, (told,) = checked(written(tmp_path, "s", render(3, [Peer(ipv4="", ipv6="")])))
    assert told["clients"][0]["state"] == "connecting"


def test_a_client_of_the_future_has_been_online_for_no_time(tmp_path: Path) -> None:
    """The server's clock was set back."""
    _, (told,) = checked(written(tmp_path, "s", render(3, [Peer(since=AT + 99)])))
    assert (told["clients"][0]["duration_seconds"], told["clients"][0]["time_online"]) == (
        0,
        "0:00:00",
    )


def test_names_shown_alike_are_told_apart(tmp_path: Path) -> None:
    """By a suffix of their bytes, in the routes as well."""
    peers = [Peer(b"caf\xe9"), Peer(b"caf\xe8", "192.0.2.2:1", "10.8.0.3", "")]
    _, (told,) = checked(written(tmp_path, "s", render(3, peers)))
    assert [c["common_name"] for c in told["clients"]] == ["caf\ufffd [636166e9]", "caf\ufffd"]
    assert told["routes"][0]["common_name"] == "caf\ufffd [636166e9]"


def test_no_control_character_of_a_name_reaches_the_terminal(tmp_path: Path) -> None:
    """U+009B begins an escape sequence, U+202E turns the text around; JSON can write both in ASCII."""
    name = "a\u009b31m\u202eЖ😀"
    path = written(tmp_path, "s", render(3, [Peer(name.encode())]))
    out = io.StringIO()
    check([path], BERLIN, out)
    line = out.getvalue().removesuffix("\n")
    assert line.isprintable()
    assert "Ж😀" in line
    assert json.loads(line)["clients"][0]["common_name"] == name


def test_a_terminal_without_utf_8_gets_ascii(tmp_path: Path) -> None:
    """Instead of an exception."""
    path = written(tmp_path, "s", render(3, [Peer("Жанна".encode())]))
    out = io.TextIOWrapper(io.BytesIO(), "latin-1")
    check([path], BERLIN, out)
    out.seek(0)
    assert json.loads(out.read())["clients"][0]["common_name"] == "Жанна"
