"""Rows that cannot be read are set aside with their reason, and never cost another row."""

import pytest

from tests.parsing import by_name, fixture, parsed
from tests.status_files import FIXTURES, Peer, render

BOB = Peer(b"bob", "192.0.2.2:1", "10.8.0.3", "", client_id=1)
CAROL = Peer(b"carol", "192.0.2.3:1", "10.8.0.4", "", client_id=2)


@pytest.mark.parametrize("version", [1, 2, 3])
@pytest.mark.parametrize(
    ("value", "reason"),
    [
        *(
            (text, "no whole number")
            for text in ("-1", "+5", " 5", "5 ", "1_000", "٣", "05", "1e3")
        ),
        *((text, "no whole number") for text in ("", "0x1", str(2**53 + 1), "9" * 400, "9" * 5000)),
    ],
)
def test_a_counter_that_openvpn_would_not_write(version: int, value: str, reason: str) -> None:
    """Signs, spaces, underscores, other scripts' digits, leading zeros, more than 8 pebibytes."""
    data = render(version, [BOB, Peer(received=777_777), CAROL]).decode().replace("777777", value)
    snapshot = parsed(data)
    assert list(by_name(snapshot)) == ["bob", "carol"]
    (row,) = snapshot.rejected_clients
    assert (row.line, reason in row.reason) == (5, True)
    assert len(row.reason) <= 300
    assert len(row.text) <= 300


@pytest.mark.parametrize("largest", [0, 10, 2**53])
def test_counters_up_to_the_largest_are_read(largest: int) -> None:
    """Zero, and what a JSON reader can still hold exactly."""
    (client,) = parsed(render(3, [Peer(received=largest, sent=largest)])).clients
    assert (client.bytes_received, client.bytes_sent) == (largest, largest)


@pytest.mark.parametrize("version", [1, 2, 3])
@pytest.mark.parametrize(
    "line", ["", "x", "END", "T_LIST,foo,192.0.2.9:1,,,1,1", "G TABLE", "\ud800"]
)
def test_a_broken_line_among_the_clients(version: int, line: str) -> None:
    """Wherever a torn read put it."""
    data = render(version, [BOB, CAROL])
    at = data.index(b"\n", data.index(b"bob,") if version < 3 else data.index(b"bob\t")) + 1
    broken = line.encode("utf-8", "surrogatepass") + b"\n"
    snapshot = parsed(data[:at] + broken + data[at:])
    assert list(by_name(snapshot)) == ["bob", "carol"]
    assert [row.line for row in snapshot.rejected_clients] == [5]


@pytest.mark.parametrize("version", [1, 2, 3])
def test_bad_rows_anywhere_in_a_long_list_cost_no_other(version: int) -> None:
    """A thousand clients, every 97th with a counter that is none."""
    peers = [
        Peer(f"c{n}".encode(), f"192.0.2.1:{n + 1}", f"10.8.{n // 250}.{n % 250}", "", client_id=n)
        for n in range(1000)
    ]
    bad = peers[::97]
    data = render(version, peers).decode()
    for peer in bad:
        name, comma = peer.name.decode(), "\t" if version == 3 else ","
        row = next(line for line in data.splitlines() if f"{name}{comma}" in line)
        data = data.replace(row, row.replace(f"{comma}1000{comma}", f"{comma}x{comma}"))
    snapshot = parsed(data)
    good = [peer.name.decode() for peer in peers if peer not in bad]
    assert [client.common_name for client in snapshot.clients] == good
    assert len(snapshot.rejected_clients) == len(bad)


@pytest.mark.parametrize("version", [1, 2, 3])
def test_a_route_to_nobody_means_that_a_client_row_is_missing(version: int) -> None:
    """OpenVPN lists whom it routes to: this was caught while it wrote, and says nothing of endings."""
    data = render(version, [BOB, CAROL]).decode()
    row = next(line for line in data.splitlines(keepends=True) if "carol" in line)
    snapshot = parsed(data.replace(row, ""))
    assert list(by_name(snapshot)) == ["bob"]
    assert [row.reason for row in snapshot.rejected_clients] == [
        "route to a client that is not listed"
    ]
    assert [route.virtual_address for route in snapshot.routes] == ["10.8.0.3"]


def test_the_routes_of_a_row_set_aside_are_no_second_complaint() -> None:
    """They are explained by it."""
    snapshot = parsed(render(3, [Peer(received=777_777), BOB]).replace(b"777777", b"x"))
    assert len(snapshot.rejected) == 1


@pytest.mark.parametrize("number", [0, 1])
def test_recorded_torn_reads_with_a_broken_line_show_it(number: int) -> None:
    """Both ended in END; what was cut off is set aside by name."""
    snapshot = fixture(f"torn/v2/ends_ok_malformed_line-{number}.torn.log")
    assert len(snapshot.clients) == 40
    assert [row.reason for row in snapshot.rejected] == ["no ROUTING_TABLE row"]
    assert snapshot.rejected[0].text.startswith("TING_TABLE,")


@pytest.mark.parametrize("number", [0, 1])
def test_recorded_torn_reads_of_good_lines_are_beyond_a_single_read(number: int) -> None:
    """Every line is one that OpenVPN wrote, or looks so: only reading twice shows them."""
    name = f"torn/v2/ends_ok_all_lines_well_formed-{number}"
    assert fixture(f"{name}.torn.log").rejected == ()
    before, after = fixture(f"{name}.before.log"), fixture(f"{name}.after.log")
    assert set(by_name(before)) == set(by_name(after)) == set(by_name(fixture(f"{name}.torn.log")))


def test_the_last_file_of_a_stopped_server_reads_like_any_other() -> None:
    """OpenVPN leaves it as it is: only time shows that it is stale."""
    path = FIXTURES / "special" / "2.6.14-debian-misc" / "after-sigterm-v2.log"
    assert list(by_name(parsed(path.read_bytes()))) == ["user01", "user03"]
