"""What is no whole status file gives an error that says what is wrong and what to do."""

import re

import pytest

from tests.parsing import parsed, refused
from tests.status_files import FIXTURES, Peer, render


def test_no_bytes_at_all_is_openvpn_gone_silent() -> None:
    """The file dies without a word: 0 bytes at every interval while the VPN works."""
    error = refused(b"")
    assert error.code == "empty"
    assert re.search(r"512 bytes.*disk.*SIGHUP", error.message)


@pytest.mark.parametrize("name", ["client-v1", "client-v3", "client-compress-v2"])
def test_the_file_of_a_client_is_told_apart(name: str) -> None:
    """It lists nobody, whatever status-version says."""
    error = refused((FIXTURES / "2.6.14-debian" / "client" / f"{name}.log").read_bytes())
    assert error.code == "client_mode"
    assert "mode server" in error.message


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"\n", "begins with ''"),
        (b"hello\nworld\n", "begins with 'hello'"),
        (b"\x00\xff" * 3000, "begins with"),
        (b"TITLE;x\n", "begins with"),
        (b"\xef\xbb\xbfTITLE,x\n", "begins with"),
        (b"OpenVPN CLIENT LIST", "begins with"),
        (b"OpenVPN CLIENT LIST\nEND\n", "0 lines ROUTING TABLE"),
        (b"TITLE,x\nEND\n", "HEADER lines ''"),
    ],
)
def test_what_is_no_status_file_says_how_it_begins(data: bytes, says: str) -> None:
    """So that people see which file they named."""
    error = refused(data)
    assert error.code == "malformed"
    assert says in error.message
    assert len(error.message) < 600


PARTS = {
    1: ["Updated,", "ROUTING TABLE\n", "GLOBAL STATS\n", "END\n"],
    2: ["TIME,", "HEADER,CLIENT_LIST", "HEADER,ROUTING_TABLE", "GLOBAL_STATS,", "END\n"],
    3: ["TIME\t", "HEADER\tCLIENT_LIST", "HEADER\tROUTING_TABLE", "GLOBAL_STATS\t", "END\n"],
}


@pytest.mark.parametrize(("version", "part"), [(v, p) for v in PARTS for p in PARTS[v]])
def test_every_part_must_be_there(version: int, part: str) -> None:
    """Without any one of them the file is incomplete."""
    data = render(version, [Peer()]).decode()
    lines = [line for line in data.splitlines(keepends=True) if not line.startswith(part)]
    assert len(lines) < data.count("\n")
    assert refused("".join(lines)).code == "malformed"


@pytest.mark.parametrize("version", [1, 2, 3])
@pytest.mark.parametrize("after", ["END\n", "x", "\n", "h,0\nEND\n", "\nGLOBAL STATS\nEND\n"])
def test_nothing_may_follow_the_end(version: int, after: str) -> None:
    """The tail of an older, longer file: OpenVPN cuts it off last."""
    assert refused(render(version, [Peer()]).decode() + after).code == "malformed"


@pytest.mark.parametrize("version", [1, 2, 3])
def test_no_part_may_be_there_twice(version: int) -> None:
    """As where an older tail goes on before an earlier part."""
    data = render(version, [Peer()])
    half = data.index(b"\nHEADER", 200) if version > 1 else data.index(b"\nROUTING")
    assert refused(data[:-4] + data[half + 1 :]).code == "malformed"


@pytest.mark.parametrize("column", ["Common Name", "Bytes Sent", "Connected Since (time_t)"])
def test_a_needed_column_that_is_missing_is_named(column: str) -> None:
    """A file without it cannot be read at all."""
    data = render(3, []).decode().replace(f"\t{column}", "\tSomething", 1)
    error = refused(data)
    assert error.code == "malformed"
    assert f"without {column!r}" in error.message


def test_a_column_that_is_there_twice_is_refused() -> None:
    """Which of them counts cannot be told."""
    error = refused(render(3, []).decode().replace("\tPeer ID", "\tUsername"))
    assert "twice" in error.message


def test_a_line_that_no_version_has_is_set_aside() -> None:
    """A later OpenVPN may say more in the head."""
    data = render(2, [Peer()]).replace(b"\nHEADER,CLIENT", b"\nMOOD,g\xffd\nHEADER,CLIENT")
    snapshot = parsed(data)
    assert len(snapshot.clients) == 1
    assert [(row.line, row.text) for row in snapshot.rejected] == [(3, "MOOD,g\ufffdd")]
    assert snapshot.rejected_clients == ()


def test_a_file_that_is_mostly_unreadable_is_refused() -> None:
    """A thousand bad rows, more than good ones, are no status file of a known OpenVPN."""
    lines = render(3, []).replace(b"HEADER\tROUTING", b"junk\n" * 1001 + b"HEADER\tROUTING")
    error = refused(lines)
    assert (error.code, "the first is line 4" in error.message) == ("malformed", True)
