"""Short ways to parse, for the parser's tests."""

from zoneinfo import ZoneInfo

from collector.parser import parse
from ovpnmon.model import Client, Snapshot, StatusError
from tests.status_files import AT, FIXTURES

UTC = ZoneInfo("UTC")


def parsed(data: bytes | str, zone: ZoneInfo = UTC, modified_at: float = AT) -> Snapshot:
    """The snapshot of a file's content."""
    return parse(data.encode() if isinstance(data, str) else data, zone, modified_at)


def fixture(name: str) -> Snapshot:
    """The snapshot of a recorded file, `version/scenario/file`."""
    return parsed((FIXTURES / name).read_bytes())


def refused(data: bytes | str) -> StatusError:
    """The error of content that gives no snapshot."""
    try:
        snapshot = parsed(data)
    except StatusError as error:
        return error
    raise AssertionError(f"gave {snapshot}")


def by_name(snapshot: Snapshot) -> dict[str, Client]:
    """Clients by name, of which none is there twice."""
    clients = {client.common_name: client for client in snapshot.clients}
    assert len(clients) == len(snapshot.clients)
    return clients
