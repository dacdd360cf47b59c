"""Times: version 1 writes the server's local ones without a zone, 2 and 3 add unix time."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from tests.parsing import fixture, parsed, refused
from tests.status_files import AT, Peer, ctime, iso, render

BERLIN = ZoneInfo("Europe/Berlin")
SUMMER = int(datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN).timestamp())
WINTER = SUMMER + 3600
"""02:30 on that day comes twice: clocks go back at 3."""


@pytest.mark.parametrize("version", [1, 2, 3])
def test_dates_of_2_4_and_2_6_are_the_same_times(version: int) -> None:
    """ctime until 2.4, ISO since 2.5; 1 and 2 digits of the day."""
    peers = [Peer(since=AT - 20 * 86_400), Peer(b"bob", "192.0.2.2:1", since=AT)]
    new = render(version, peers)
    old = new
    for at in (AT, AT - 20 * 86_400):
        old = old.replace(iso(at).encode(), ctime(at).encode())
    assert b"Mon Nov  2 15:51:40 2026" in old
    assert [c.connected_at for c in parsed(old).clients] == [AT - 20 * 86_400, AT]
    assert parsed(old).time == parsed(new).time == AT
    assert [r.last_ref_at for r in parsed(old).routes] == [AT] * 4


def test_version_1_is_read_in_the_zone_of_the_settings() -> None:
    """Its times carry none."""
    data = render(1, [Peer(since=AT - 60)], zone=BERLIN)
    snapshot = parsed(data, BERLIN)
    assert (snapshot.time, snapshot.clients[0].connected_at) == (AT, AT - 60)
    assert parsed(data, ZoneInfo("UTC")).time == AT + 3600


@pytest.mark.parametrize("at", [SUMMER, WINTER])
def test_the_hour_that_comes_twice_is_settled_by_the_files_mtime(at: int) -> None:
    """Both times read 02:30; the file was changed at one of them."""
    data = render(1, [Peer(since=at - 600)], at, BERLIN)
    snapshot = parsed(data, BERLIN, modified_at=at + 0.4)
    assert (snapshot.time, snapshot.clients[0].connected_at) == (at, at - 600)


def test_a_connection_of_that_hour_is_never_in_the_future() -> None:
    """In the first pass it is of the first; later the later one is taken."""
    data = render(1, [Peer(since=SUMMER + 600)], SUMMER + 900, BERLIN)
    assert parsed(data, BERLIN, SUMMER + 900).clients[0].connected_at == SUMMER + 600
    later = render(1, [Peer(since=SUMMER + 600)], WINTER + 900, BERLIN)
    assert parsed(later, BERLIN, WINTER + 900).clients[0].connected_at == WINTER + 600


def test_a_time_that_clocks_leave_out_is_no_error() -> None:
    """02:30 when summer time begins, from a server in another zone: counted as if it had not begun."""
    data = render(1, [], AT).replace(iso(AT).encode(), b"2026-03-29 02:30:00")
    expected = int(datetime(2026, 3, 29, 3, 30, tzinfo=BERLIN).timestamp())
    assert parsed(data, BERLIN).time == expected


@pytest.mark.parametrize(
    "zone",
    ["Asia/Kathmandu", "Pacific/Kiritimati", "Etc/GMT+12", "America/St_Johns", "Asia/Kolkata"],
)
def test_unix_time_counts_whatever_zone_the_server_is_in(zone: str) -> None:
    """Versions 2 and 3 need no setting: every zone's text agrees with the unix time beside it."""
    snapshot = parsed(render(3, [Peer(since=AT - 5)], zone=ZoneInfo(zone)))
    assert (snapshot.time, snapshot.clients[0].connected_at, snapshot.rejected) == (AT, AT - 5, ())


def test_a_row_whose_text_and_unix_time_disagree_is_set_aside() -> None:
    """OpenVPN prints one moment twice; a torn row has two."""
    good = f"{iso(AT - 60)},{AT - 60},UNDEF".encode()
    torn = f"{iso(AT - 60)},{AT - 63},UNDEF".encode()
    snapshot = parsed(render(2, [Peer()]).replace(good, torn))
    assert snapshot.clients == ()
    assert "not the same moment" in snapshot.rejected_clients[0].reason


def test_a_zone_that_counts_leap_seconds_agrees_with_itself() -> None:
    """There text and unix time are apart by as much everywhere as in TIME."""
    data = render(3, [Peer()]).decode()
    for at in (AT, AT - 60):
        data = data.replace(f"{iso(at)}\t", f"{iso(at - 27)}\t")
    assert (len(parsed(data).clients), parsed(data).rejected) == (1, ())


@pytest.mark.parametrize(
    "text",
    [
        *("", "now", "2026-13-01 00:00:00", "2026-02-30 00:00:00", "2026-11-22T15:51:40"),
        *("2026-11-22 24:00:00", "2026-11-22 15:60:00", "2026-11-22 15:51", "20261122 155140"),
        *("Sun Nov 32 15:48:44 2026", "Sun Foo 22 15:48:44 2026", "٢٠٢٦-11-22 15:51:40"),
        *(
            "0000-01-01 00:00:00",
            "0001-01-01 00:00:00",
            "9999-12-31 23:59:59",
            "1969-12-31 23:59:59",
        ),
    ],
)
def test_what_is_no_time_is_none(text: str) -> None:
    """As TIME it spoils the file, in a row the row."""
    data = render(1, [Peer(since=AT - 60)]).decode()
    assert "TIME" in refused(data.replace(f"Updated,{iso(AT)}", f"Updated,{text}")).message
    assert parsed(data.replace(f"2000,{iso(AT - 60)}", f"2000,{text}")).clients == ()


@pytest.mark.parametrize("unix", ["", "-1", "1e9", "253402300800", "1795362700 ", "0", "99" * 3000])
def test_a_time_that_no_clock_shows_beside_its_text_is_none(unix: str) -> None:
    """Also far from the text, and after the year 9999."""
    data = render(3, []).decode()
    assert refused(data.replace(f"\t{AT}\n", f"\t{unix}\n")).code == "malformed"


def test_recorded_times_are_those_of_the_recording() -> None:
    """The recording machine was in UTC."""
    assert fixture("2.4.12/udp4/status-v1.log").time_text == "Sun Nov 22 15:49:09 2026"
    assert {fixture(f"2.4.12/names/status-v{v}.log").time // 60 for v in (1, 2, 3)} == {
        AT // 60 - 1
    }
