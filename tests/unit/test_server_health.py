"""CONNECTED, DISCONNECTED or Unknown: every meeting of a host's report with a status file."""

from dataclasses import replace
from typing import get_args

import pytest

from ovpnmon.model import ServerState, Status
from ovpnmon.queries.server_health import Health, health, healths, worst
from ovpnmon.store.host_report import Found, HostEntry, HostReport
from ovpnmon.store.state import State

NOW = 1_800_000_000
SAYS = {
    "CONNECTED": "process 7 has udp.log open",
    "DISCONNECTED": "no OpenVPN server process runs on this host",
    "Unknown": "run this as root",
}


def server(status: Status, seen: float = 4, **fields: object) -> ServerState:
    """Read well `seen` seconds ago, which is when it was rewritten too; every 10 s."""
    message = "" if status == "up" else f"{status}: what to do"
    made = ServerState("udp", "udp.log", status, message, NOW - 3600)
    made = replace(made, time=int(NOW - seen), seen_at=int(NOW - seen), interval_seconds=10)
    return replace(made, **fields)  # type: ignore[arg-type]


def report(found: Found | None, ago: float = 20) -> HostReport:
    """The host's, made some seconds ago; None: there is none."""
    if found is None:
        return HostReport("nothing has written r.json")
    entry = HostEntry(found, SAYS[found])
    return HostReport(
        received_at=NOW - ago, checked_at=NOW - ago, whole=entry, servers={"udp": entry}
    )


def judged(file: ServerState, host: HostReport, collector: str | None = None) -> Health:
    return health(file, host.of("udp", alone=True), host, NOW, collector)


TROUBLES = [s for s in get_args(Status) if s not in {"up", "busy", "stale"}]


@pytest.mark.parametrize(
    ("status", "found", "verdict"),
    [
        ("up", "CONNECTED", "CONNECTED"),
        ("up", None, "CONNECTED"),
        ("up", "Unknown", "CONNECTED"),
        ("busy", "CONNECTED", "CONNECTED"),
        ("busy", None, "CONNECTED"),
        ("stale", "CONNECTED", "Unknown"),
        ("stale", "DISCONNECTED", "DISCONNECTED"),
        ("stale", "Unknown", "Unknown"),
        ("stale", None, "Unknown"),
        *[(status, "CONNECTED", "CONNECTED") for status in TROUBLES],
        *[(status, "DISCONNECTED", "DISCONNECTED") for status in TROUBLES],
        *[(status, None, "Unknown") for status in TROUBLES],
    ],
)
def test_verdict(status: Status, found: Found | None, verdict: str) -> None:
    """A file that is rewritten proves a server; else the host decides; a process with a file that
    stands still may hang."""
    ago = 4 if status == "up" else 600
    assert judged(server(status, ago), report(found)).status == verdict


@pytest.mark.parametrize(
    ("seen_ago", "checked_ago", "verdict"),
    [
        (
            4,
            20,
            "CONNECTED",
        ),  # rewritten since the host looked: it came back, or the host looks wrong
        (15, 5, "CONNECTED"),  # the next rewriting is not due yet
        (25, 5, "DISCONNECTED"),  # due, and it did not come
        (25, 40, "CONNECTED"),
    ],
)
def test_where_host_and_file_contradict_each_other_the_newer_one_is_right(
    seen_ago: float, checked_ago: float, verdict: str
) -> None:
    """A host that cannot see into a container does not make the verdict flap."""
    assert judged(server("up", seen_ago), report("DISCONNECTED", checked_ago)).status == verdict


def test_both_sides_of_a_contradiction_are_told() -> None:
    """What the file shows and what the host says."""
    reason = judged(server("up", 4), report("DISCONNECTED")).reason
    assert (
        reason == f"udp.log was rewritten 4 s ago, although its host says: {SAYS['DISCONNECTED']}"
    )


@pytest.mark.parametrize("found", ["CONNECTED", "DISCONNECTED"])
def test_an_old_report_proves_nothing(found: Found) -> None:
    """cron has stopped: only the file counts, and the reason says how long ago it was."""
    assert judged(server("up"), report(found, 181)).status == "CONNECTED"
    stale = judged(server("stale", 600), report(found, 3600))
    assert stale.status == "Unknown"
    assert (
        stale.reason == "udp.log has not been rewritten for 10 min; its host last reported 1 h ago"
    )
    assert (
        judged(server("stale"), report(found, 179)).status != stale.status or found == "CONNECTED"
    )


def test_without_a_collector_the_file_proves_nothing() -> None:
    """What the state says of it is what it was when the collector died."""
    dead = "no tick of the collector for 90 s"
    assert judged(server("up"), report(None), dead) == Health(
        "Unknown",
        f"udp.log is not being read: {dead}; its host does not report: nothing has written r.json",
        NOW - 4,
    )
    up = judged(server("stale"), report("CONNECTED"), dead)
    assert up == Health(
        "CONNECTED", f"{SAYS['CONNECTED']}; udp.log is not being read: {dead}", NOW - 20
    )
    assert judged(server("up"), report("DISCONNECTED", 1), dead).status == "DISCONNECTED"


def test_the_moment_is_that_of_the_evidence() -> None:
    """The file's TIME where the file decides, the host's look where that does."""
    assert judged(server("up", 4), report("CONNECTED", 20)).at == NOW - 4
    assert judged(server("missing", 600), report("CONNECTED", 20)).at == NOW - 20
    assert judged(server("waiting", time=None), report(None)).at is None


def test_what_is_wrong_with_the_file_is_told_with_the_verdict() -> None:
    """A server that runs while its file cannot be read is a task for someone."""
    assert judged(server("forbidden", 600), report("CONNECTED")).reason == (
        f"{SAYS['CONNECTED']}; the status file cannot be read"
    )


def test_the_whole_is_as_bad_as_its_worst_server() -> None:
    """With the name in front where there are several."""
    state = State(servers={"tcp": replace(server("up"), name="tcp"), "udp": server("stale", 600)})
    host = replace(
        report("DISCONNECTED"),
        servers={"udp": HostEntry("DISCONNECTED", "gone"), "tcp": HostEntry("CONNECTED", "here")},
    )
    found = healths(state, host, NOW, None)
    assert [one.status for one in found.values()] == ["CONNECTED", "DISCONNECTED"]
    assert worst(found).status == "DISCONNECTED"
    assert worst(found).reason == "udp: gone; udp.log has not been rewritten for 10 min"
    assert worst({"tcp": found["tcp"]}) == found["tcp"]
    assert worst({}).status == "Unknown"


def test_a_report_without_names_is_believed_of_one_server_only() -> None:
    """The old panel's script knew one server."""
    host = HostReport(received_at=NOW, checked_at=NOW, whole=HostEntry("DISCONNECTED"))
    one = State(servers={"udp": server("stale", 600)})
    two = State(servers={"udp": server("stale", 600), "tcp": server("stale", 600)})
    assert healths(one, host, NOW, None)["udp"].status == "DISCONNECTED"
    assert healths(two, host, NOW, None)["udp"].status == "Unknown"
