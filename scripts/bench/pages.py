"""Open pages without browsers: real websocket sessions that rerun fragments as the frontend does."""

import asyncio
import statistics
import time
from dataclasses import dataclass, field

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

PATIENCE_SECONDS = 60.0
FINE = (ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY)


@dataclass
class OpenPage:
    """One open page: how long its first run and each of its refreshes took, and what was sent."""

    first_run_seconds: float = 0.0
    refreshes: list["Refresh"] = field(default_factory=list)
    bytes_received: int = 0
    failures: int = 0

    @property
    def refresh_seconds(self) -> list[float]:
        """Of all of them."""
        return [one.took_seconds for one in self.refreshes]


@dataclass(frozen=True)
class Refresh:
    """One part of a page that refreshed itself, and how often it is to."""

    interval_seconds: float
    took_seconds: float
    bytes_received: int


async def watch(port: int, page: str, seconds: float, query: str = "") -> OpenPage:
    """Open page ("" is the first one) and keep it open, refreshing whenever it asks for it."""
    async with websockets.connect(
        f"ws://127.0.0.1:{port}/_stcore/stream",
        subprotocols=[websockets.Subprotocol("streamlit")],
        max_size=None,
        compression=None,
    ) as socket:
        return await _Watch(socket, page, query).watch(seconds)


class _Watch:
    """The frontend's part: one rerun at a time, a fragment's whenever its interval has passed."""

    def __init__(self, socket: websockets.ClientConnection, page: str, query: str) -> None:
        self._socket = socket
        self._page, self._query = page, query
        self._seen = OpenPage()
        self._due: dict[str, tuple[float, float]] = {}  # fragment -> (interval, when)
        self._running: float | None = None
        self._first = True
        self._interval, self._received = 0.0, 0  # of the refresh that is running

    async def watch(self, seconds: float) -> OpenPage:
        """Until seconds after the first run is over."""
        await self._rerun("")
        end = time.monotonic() + PATIENCE_SECONDS
        while (now := time.monotonic()) < end:
            wake = end
            if self._running is None:
                wake = min([at for _, at in self._due.values()] + [end])
            try:
                raw = await asyncio.wait_for(self._socket.recv(), max(0.0, wake - now))
            except TimeoutError:
                await self._refresh()
                continue
            if self._take(bytes(raw) if isinstance(raw, bytes) else raw.encode()):
                end = time.monotonic() + seconds
        return self._seen

    def _take(self, raw: bytes) -> bool:
        """One message of the server; whether it ended the first run."""
        message = ForwardMsg()
        message.ParseFromString(raw)
        self._seen.bytes_received += len(raw)
        kind = message.WhichOneof("type")
        if kind == "auto_rerun":
            interval = message.auto_rerun.interval
            self._due[message.auto_rerun.fragment_id] = (interval, time.monotonic() + interval)
        if kind != "script_finished" or self._running is None:
            return False
        took, self._running = time.monotonic() - self._running, None
        self._seen.failures += message.script_finished not in FINE
        if not self._first:
            self._seen.refreshes.append(
                Refresh(self._interval, took, self._seen.bytes_received - self._received)
            )
            return False
        self._seen.first_run_seconds, self._first = took, False
        return True

    async def _refresh(self) -> None:
        now = time.monotonic()
        for fragment, (interval, at) in self._due.items():
            if at <= now and self._running is None:
                self._due[fragment] = (interval, now + interval)
                self._interval, self._received = interval, self._seen.bytes_received
                await self._rerun(fragment)

    async def _rerun(self, fragment: str) -> None:
        await self._socket.send(_message(self._page, self._query, fragment))
        self._running = time.monotonic()


async def watch_many(port: int, page: str, count: int, seconds: float) -> list[OpenPage]:
    """count pages opened within a few seconds of each other, as people do."""

    async def one(number: int) -> OpenPage:
        await asyncio.sleep(number * 0.1)
        return await watch(port, page, seconds)

    return list(await asyncio.gather(*(one(number) for number in range(count))))


def summary(pages: list[OpenPage]) -> str:
    """The figures of many pages in one line."""
    refreshes = sorted(took for page in pages for took in page.refresh_seconds)
    first = sorted(page.first_run_seconds for page in pages)
    if not refreshes:
        return f"first run p50 {statistics.median(first) * 1e3:.0f} ms, no refresh"
    p95 = refreshes[int(len(refreshes) * 0.95)]
    return (
        f"first run p50 {statistics.median(first) * 1e3:.0f} ms, refresh p50"
        f" {statistics.median(refreshes) * 1e3:.0f} ms, p95 {p95 * 1e3:.0f} ms,"
        f" {len(refreshes)} refreshes, {sum(p.failures for p in pages)} failed,"
        f" {sum(p.bytes_received for p in pages) / max(1, len(refreshes)) / 1e3:.0f} kB each"
    )


def _message(page: str, query: str, fragment: str) -> bytes:
    message = BackMsg()
    client = message.rerun_script
    client.page_name = page
    client.query_string = query
    client.context_info.timezone = "Europe/Berlin"
    if fragment:
        client.fragment_id = fragment
        client.is_auto_rerun = True
    encoded: bytes = message.SerializeToString()
    return encoded
