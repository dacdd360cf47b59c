"""Open pages without browsers: real websocket sessions that rerun fragments as the frontend does."""

import asyncio
import statistics
import time
from dataclasses import dataclass, field

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

PATIENCE_SECONDS = 60.0


@dataclass
class OpenPage:
    """One open page: how long its first run and each of its refreshes took, and what was sent."""

    first_run_seconds: float = 0.0
    refresh_seconds: list[float] = field(default_factory=list)
    bytes_received: int = 0
    failures: int = 0


async def watch(port: int, page: str, seconds: float, zone: str = "Europe/Berlin") -> OpenPage:
    """Open page ("" is the first one) and keep it open, refreshing when it asks for it."""
    seen = OpenPage()
    async with websockets.connect(
        f"ws://127.0.0.1:{port}/_stcore/stream",
        subprotocols=[websockets.Subprotocol("streamlit")],
        max_size=None,
        compression=None,
    ) as socket:
        await socket.send(_rerun(page, zone))
        began = time.monotonic()
        due: dict[str, tuple[float, float]] = {}  # fragment -> (interval, when)
        running: float | None = began
        first = True
        end = began + PATIENCE_SECONDS + seconds
        while time.monotonic() < end:
            wait = min((at for _, at in due.values()), default=end) if running is None else end
            try:
                raw = await asyncio.wait_for(
                    socket.recv(), timeout=max(0.0, min(wait, end) - time.monotonic())
                )
            except TimeoutError:
                raw = None
            if raw is not None:
                message = ForwardMsg()
                message.ParseFromString(raw if isinstance(raw, bytes) else raw.encode())
                seen.bytes_received += len(raw)
                kind = message.WhichOneof("type")
                if kind == "auto_rerun":
                    rerun = message.auto_rerun
                    due[rerun.fragment_id] = (rerun.interval, time.monotonic() + rerun.interval)
                elif kind == "script_finished" and running is not None:
                    took = time.monotonic() - running
                    running = None
                    seen.failures += message.script_finished not in (
                        ForwardMsg.FINISHED_SUCCESSFULLY,
                        ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY,
                    )
                    if first:
                        seen.first_run_seconds, first = took, False
                        end = time.monotonic() + seconds
                    else:
                        seen.refresh_seconds.append(took)
            if running is None:
                now = time.monotonic()
                for fragment, (interval, at) in list(due.items()):
                    if at <= now:
                        due[fragment] = (interval, now + interval)
                        await socket.send(_rerun(page, zone, fragment))
                        running = now
                        break
    return seen


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


def _rerun(page: str, zone: str, fragment: str = "") -> bytes:
    message = BackMsg()
    client = message.rerun_script
    client.page_name = page
    client.context_info.timezone = zone
    if fragment:
        client.fragment_id = fragment
        client.is_auto_rerun = True
    encoded: bytes = message.SerializeToString()
    return encoded
