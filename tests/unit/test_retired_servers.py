"""A server that is taken out of the settings, and one that is put back."""

from collector.loop import Collector
from ovpnmon.config import Settings
from ovpnmon.store.reader import Store
from tests.life import Life
from tests.status_files import Peer

ANN = Peer(name=b"ann", received=1000, sent=2000)
GROWN = ANN.but(received=5000, sent=9000)


def other_settings(life: Life) -> Settings:
    """The same, but with another server than `udp`."""
    return Settings.from_env(
        {
            "OPENVPN_MONITOR_DATA": str(life.settings.data),
            "OPENVPN_STATUS_LOG": f"tcp={life.file.with_name('other.log')}",
        }
    )


def without_it(life: Life, seconds: float) -> None:
    """The collector runs for one tick with settings that do not name the server."""
    kept = life.settings
    life.settings = other_settings(life)
    life.restart()
    life.tick(seconds=seconds)
    life.settings = kept
    life.restart()


def rows(life: Life) -> list[tuple[str, str, int]]:
    """The history: name, reason, bytes received."""
    life.collector.close()
    found = Store(life.settings).sql(
        "SELECT common_name, close_reason, bytes_received FROM session_history"
    )
    life.collector = Collector(life.settings, life.clocks)
    return [tuple(row.values()) for row in found.to_pylist()]


def test_its_sessions_end_where_they_were_last_seen(life: Life) -> None:
    life.tick([ANN])
    life.settings = other_settings(life)
    life.restart()
    life.tick(seconds=60)
    assert list(life.collector.state.servers) == ["tcp"]
    assert rows(life) == [("ann", "gap", 1000)]


def test_put_back_its_sessions_go_on_as_the_same_rows(life: Life) -> None:
    """A slip in the settings, mended an hour later, counts nobody twice."""
    life.tick([ANN])
    without_it(life, 3600)
    life.tick([GROWN])
    assert rows(life) == []
    life.tick([])
    life.tick([])
    assert rows(life) == [("ann", "disconnected", 5000)]


def test_after_a_day_it_is_forgotten(life: Life) -> None:
    """The live state does not grow with every server there ever was."""
    life.tick([ANN])
    without_it(life, 60)
    assert list(life.collector.state.retired) == ["udp"]
    without_it(life, 90_000)
    assert life.collector.state.retired == {}
