"""The demo's servers: status files as real as OpenVPN's, lives that follow from a seed alone."""

import ipaddress
import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import islice, takewhile
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from collector.parser import parse
from ovpnmon.geo import overrides
from ovpnmon.model import Snapshot
from scripts.simulation.appetite import Counters, pieces
from scripts.simulation.cities import places_csv
from scripts.simulation.lives import DAY, HOUR, Visit
from scripts.simulation.people import SERVERS, Server, cast
from scripts.simulation.servers import Connection, Plan, Present, connections, restarts
from scripts.simulation.status_file import HANDSHAKE_SECONDS, StatusFile, lines

ORIGIN = 1_795_392_000
"""Monday, 23 November 2026, 00:00 UTC."""
PLAN = Plan(ORIGIN, seed=1, clients=67)


def snapshots(server: Server, times: Iterator[int] | range) -> Iterator[Snapshot]:
    """What the collector reads of a server at these times."""
    present, counters = Present(PLAN, server), Counters()
    for now in times:
        here = present.at(now)
        moved = counters.read([one.visit for one in here], now)
        yield parse(b"".join(lines(server, here, moved, now)), ZoneInfo("UTC"), now)


def lives(server: Server, days: int = 10) -> list[Connection]:
    """Everything that connects to a server in so many days."""
    end = ORIGIN + days * DAY
    return list(takewhile(lambda one: one.visit.started_at < end, connections(PLAN, server)))


@pytest.mark.parametrize("server", SERVERS)
def test_every_status_file_is_read_without_a_row_set_aside(server: Server) -> None:
    """At all hours of a week, with everybody that is connected, as the version that it says."""
    times = range(ORIGIN, ORIGIN + 7 * DAY, 2713)
    present = Present(PLAN, server)
    for now, snapshot in zip(times, snapshots(server, times), strict=True):
        assert snapshot.rejected == ()
        assert snapshot.time == now
        assert snapshot.version == (3 if server == "udp" else 2)
        assert sorted(c.client_id or 0 for c in snapshot.clients) == sorted(
            one.client_id for one in present.at(now)
        )


def test_there_is_something_of_everything_to_show() -> None:
    """Or the demo would not show how it looks."""
    for server in SERVERS:
        seen: defaultdict[str, bool] = defaultdict(bool)
        for snapshot in snapshots(server, range(ORIGIN + DAY, ORIGIN + 2 * DAY, 300)):
            names = Counter(c.common_name for c in snapshot.clients if c.routed)
            addresses = [route.virtual_address for route in snapshot.routes]
            seen["connecting"] |= any(not c.routed for c in snapshot.clients)
            seen["ipv6"] |= any(":" in c.real_ip for c in snapshot.clients)
            seen["port"] |= any(c.real_port for c in snapshot.clients)
            seen["user"] |= any(c.username for c in snapshot.clients)
            seen["twice"] |= max(names.values(), default=0) > 1
            seen["network"] |= any("/" in address for address in addresses)
            seen["learnt"] |= any(address.endswith("C") for address in addresses)
            for script in ("CYRILLIC", "ARABIC", "CJK"):
                low, high = {
                    "CYRILLIC": (0x400, 0x4FF),
                    "ARABIC": (0x600, 0x6FF),
                    "CJK": (0x4E00, 0x9FFF),
                }[script]
                seen[script] |= any(low <= ord(char) <= high for name in names for char in name)
        only = {"udp": ["twice", "network", "learnt", "ARABIC"], "tcp": ["user"]}[server]
        wanted = ["connecting", "ipv6", "port", "CYRILLIC", "CJK", *only]
        assert [what for what in wanted if not seen[what]] == []


def test_phones_roam_and_sessions_go_on() -> None:
    """The address changes in the middle, nothing else does."""
    roaming = next(one for one in lives("udp") if len(one.visit.places) > 1)
    moved_at, ip, port = roaming.visit.places[1]
    before, after = (
        next(c for c in snapshot.clients if c.client_id == roaming.client_id)
        for snapshot in snapshots("udp", iter([moved_at - 1, moved_at]))
    )
    assert (after.real_ip, after.real_port) == (ip, "" if ":" in ip else str(port))
    assert (before.real_ip, before.real_port) != (after.real_ip, after.real_port)
    assert before.connected_at == after.connected_at
    assert before.bytes_sent <= after.bytes_sent


def test_days_have_a_rhythm() -> None:
    """In the server's own hours more people work by day than by night; somebody is always there."""
    for hour, low, high in ((3, 10, 30), (10, 24, 50)):
        online = sum(
            len(Present(PLAN, server).at(ORIGIN + 2 * DAY + hour * HOUR)) for server in SERVERS
        )
        assert low <= online <= high


@pytest.mark.parametrize("server", SERVERS)
def test_nobody_has_two_sessions_at_once(server: Server) -> None:
    """A device is in one place; each session has its own beginning."""
    free_at: defaultdict[int, int] = defaultdict(int)
    for one in lives(server, days=30):
        visit = one.visit
        assert visit.started_at < visit.ended_at
        if visit.device:
            assert visit.started_at > free_at[visit.device.number]
            free_at[visit.device.number] = visit.ended_at


def test_a_restart_ends_all_and_client_ids_begin_anew() -> None:
    """As OpenVPN does; most are back within a minute, and nobody was there at that moment."""
    restart = next(restarts(PLAN, "tcp"))
    before = [one for one in lives("tcp") if one.visit.started_at < restart]
    ended = [one for one in before if one.ended_by_restart]
    assert len(ended) > 3
    assert max(one.visit.ended_at for one in before) == restart
    assert {one.visit.ended_at for one in ended} == {restart}
    after = [one for one in lives("tcp") if one.visit.started_at >= restart]
    assert [one.client_id for one in after] == list(range(len(after)))
    assert Present(PLAN, "tcp").at(restart) == []
    assert len(Present(PLAN, "tcp").at(restart + 60)) >= len(ended)


def test_client_ids_are_never_given_twice_in_a_run() -> None:
    """They count up in the order of arrival."""
    first_run = takewhile(
        lambda one: one.visit.started_at < next(restarts(PLAN, "udp")), lives("udp")
    )
    assert all(one.client_id == n for n, one in enumerate(first_run))


def test_counters_never_fall_and_do_not_depend_on_when_they_were_read() -> None:
    """Read every second, every three seconds or once: the same total at the same time."""
    begin = ORIGIN + 10 * HOUR
    often, seldom = Counters(), Counters()
    last: dict[int, tuple[int, int]] = {}
    present, also = Present(PLAN, "udp"), Present(PLAN, "udp")
    for now in range(begin, begin + 400):
        visits = [one.visit for one in present.at(now)]
        totals = often.read(visits, now)
        for visit, total in zip(visits, totals, strict=True):
            before = last.get(visit.seed, (0, 0))
            assert total[0] >= before[0]
            assert total[1] >= before[1]
            last[visit.seed] = total
        if now % 37 == 0:
            assert seldom.read([one.visit for one in also.at(now)], now) == totals


def test_the_pieces_of_a_session_add_up_to_its_counters_at_any_moment() -> None:
    """What is put into the tables and what the status file shows are one thing."""
    rng = random.Random(5)
    visits = [one.visit for one in lives("udp", days=2) if one.visit.device]
    for visit in rng.sample(visits, 40):
        for at in (visit.started_at + 1, rng.randrange(visit.started_at + 1, visit.ended_at)):
            began, ended, received, sent = pieces(visit, at)
            assert Counters().read([visit], at) == [(received.sum(), sent.sum())]
            assert (ended > began).all()
            assert (began[1:] == ended[:-1]).all()
            assert (began[0], ended[-1]) == (visit.started_at, at)


def test_the_same_seed_is_the_same_world_and_another_one_is_not() -> None:
    """A demo that is started again goes on with the lives that it has begun."""
    first, again = (list(islice(connections(PLAN, "udp"), 300)) for _ in range(2))
    assert first == again
    assert first != list(islice(connections(Plan(ORIGIN, 2, 67), "udp"), 300))


def test_all_addresses_are_of_networks_reserved_for_documentation() -> None:
    """No real host is ever shown in a demo."""
    reserved = [
        ipaddress.ip_network(text)
        for text in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")
    ]
    for server in SERVERS:
        for one in lives(server, days=3):
            for _, ip, _ in one.visit.places:
                assert any(ipaddress.ip_address(ip) in network for network in reserved), ip


def test_every_client_can_be_placed(tmp_path: Path) -> None:
    """By the file of places that goes with the demo; strangers come from nowhere."""
    path = tmp_path / "places.csv"
    path.write_text(places_csv())
    table = overrides.read(path)
    assert table.problems == ()
    for device in cast(67, seed=1):
        place = table.find(ipaddress.ip_address(device.home))
        assert place is not None
        assert (place.latitude, place.longitude) == (device.city.latitude, device.city.longitude)
    strangers = [one.visit for one in lives("udp", days=3) if one.visit.device is None]
    assert not any(table.find(ipaddress.ip_address(one.places[0][1])) for one in strangers)


def test_somebody_new_has_no_address_at_first() -> None:
    """Handshaking takes a moment; name, address and cipher come with it."""
    one = next(one for one in lives("udp") if one.visit.device)
    begin = one.visit.started_at
    new, known = (
        next(c for c in snapshot.clients if c.client_id == one.client_id)
        for snapshot in snapshots("udp", iter([begin, begin + HANDSHAKE_SECONDS]))
    )
    assert (new.common_name, new.vpn_ipv4, new.routed) == ("UNDEF", None, False)
    assert one.visit.device is not None
    assert (known.common_name, known.routed) == (one.visit.device.name, True)


def test_any_number_of_devices_have_addresses_of_their_own() -> None:
    """For tests of how things scale."""
    devices = cast(6000, seed=1)
    assert len({device.vpn_ipv4 for device in devices}) == 6000
    assert len({(device.name, device.habit) for device in devices}) == 6000
    assert max(len(device.name.encode()) for device in devices) <= 64


def test_the_file_is_rewritten_in_place_and_cut(tmp_path: Path) -> None:
    """One open file, as with OpenVPN: whoever has it open sees the new content."""
    path = tmp_path / "openvpn" / "udp.log"
    file = StatusFile(path)
    file.rewrite([b"a long first line\n", b"END\n"])
    with path.open("rb") as reader:
        file.rewrite([b"short\n", b"END\n"])
        assert reader.read() == b"short\nEND\n"
    file.close()
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_visit_knows_where_it_is_from_its_first_second() -> None:
    """Addresses are in order and begin with the session."""
    for one in lives("udp", days=3):
        visit: Visit = one.visit
        times = [at for at, _, _ in visit.places]
        assert times[0] == visit.started_at
        assert times == sorted(times)
        assert times[-1] < visit.ended_at
