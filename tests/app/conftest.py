"""The pages run without a browser, on a data directory of the test's own."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from ovpnmon.store.state import State
from tests import worlds

SHELL = Path(__file__).parents[2] / "ovpnmon" / "ui" / "shell.py"
Open = Callable[..., AppTest]


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The data directory of this test; the app's settings and store are made for it alone."""
    monkeypatch.setenv("OPENVPN_MONITOR_DATA", str(tmp_path))
    monkeypatch.setenv("OPENVPN_STATUS_LOG", "udp=/run/udp.log,tcp=/run/tcp.log")
    monkeypatch.setenv("OPENVPN_MONITOR_TZ", "Europe/Bucharest")
    worlds.forget_settings()
    yield tmp_path
    worlds.forget_settings()


@pytest.fixture
def now() -> int:
    """The clock, which the app reads too."""
    return int(time.time())


@pytest.fixture
def open_app(data: Path, now: int) -> Open:
    """Put a state into the data directory (None: there is none) and open the app on it."""

    def visit(
        world: State | None,
        *,
        timezone: str = "Europe/Berlin",
        collector: bool = True,
        **query: str,
    ) -> AppTest:
        worlds.save(data, world, now, collector=collector)
        app = AppTest.from_file(str(SHELL), default_timeout=30)
        app.context = {"timezone": timezone}
        app.query_params = dict(query)
        return app.run()

    return visit
