"""/metrics: what a Prometheus server is to know. Nothing here has a label per client unless asked for.

Counters are sums that the collector's state keeps, so that they go on over restarts, or the
collector's since its start, whose resets Prometheus understands.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import accumulate

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from ovpnmon.api.server_metrics import client_metrics, health_metrics, server_metrics, value
from ovpnmon.queries.client_traffic import Counters
from ovpnmon.queries.server_health import Health
from ovpnmon.queries.store_rows import pending_rows
from ovpnmon.store.heartbeat import TICK_BOUNDS_SECONDS, Heartbeat
from ovpnmon.store.host_report import HostReport
from ovpnmon.store.state import State


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything that the metrics are made of, at one moment.

    state: None where it cannot be read. collector: why the collector is not trusted to be running,
    or None. clients: traffic per name, None unless asked for.
    """

    now: float
    version: str
    state: State | None
    health: Mapping[str, Health] = field(default_factory=dict)
    report: HostReport = field(default_factory=HostReport)
    beat: Heartbeat = field(default_factory=Heartbeat)
    collector: str | None = None
    store_bytes: Mapping[str, int] = field(default_factory=dict)
    disk_free_bytes: int | None = None
    clients: Counters | None = None


def exposition(figures: Figures, accept: str) -> tuple[bytes, str]:
    """The page and its content type: Prometheus text, or OpenMetrics for whoever accepts that."""
    encode, content_type = choose_encoder(accept)
    return encode(_Made(families(figures))), content_type


class _Made(Collector):
    """Families that are made already, in the form that the encoders take."""

    def __init__(self, made: Iterable[Metric]) -> None:
        self._made = list(made)

    def collect(self) -> Iterable[Metric]:
        return self._made


def families(figures: Figures) -> Iterator[Metric]:
    """All metrics."""
    yield InfoMetricFamily(
        "openvpn_monitor", "The program that answers.", {"version": figures.version}
    )
    yield value(
        "openvpn_monitor_state_readable",
        "Whether the collector's state could be read; without it there are no metrics of servers.",
        figures.state is not None,
    )
    if figures.state is not None:
        yield from server_metrics(figures.state, figures.now)
        yield from health_metrics(figures.health, figures.report)
        if figures.clients is not None:
            yield from client_metrics(figures.state, figures.clients)
        yield value(
            "openvpn_monitor_pending_rows",
            "Rows that are in the live state and not in the tables yet.",
            pending_rows(figures.state),
        )
    yield from _collector(figures)
    yield from _reading(figures.beat)
    yield from _store(figures)


def _collector(figures: Figures) -> Iterator[Metric]:
    """How the collector fares."""
    beat = figures.beat
    yield value(
        "openvpn_monitor_collector_up",
        "Whether the collector's last tick is recent.",
        figures.collector is None,
    )
    for name, text, at in (
        ("collector_start_time", "When the collector was started.", beat.started_at),
        ("last_tick_time", "When a tick was last acknowledged on disk.", beat.tick_at),
        ("last_flush_time", "When rows last went into the tables.", beat.flushed_at),
        ("last_upkeep_time", "When the tables were last compacted.", beat.upkeep_at),
    ):
        yield value(f"openvpn_monitor_{name}_seconds", text, at or None)
    yield value(
        "openvpn_monitor_tick_interval_seconds", "How often a tick is due.", beat.interval_seconds
    )
    yield value(
        "openvpn_monitor_tick_lag_seconds", "How late the last tick began.", beat.lag_seconds
    )
    yield value(
        "openvpn_monitor_collector_memory_bytes",
        "Resident memory of the collector.",
        beat.memory_bytes or None,
    )
    yield CounterMetricFamily("openvpn_monitor_ticks", "Ticks acknowledged on disk.", beat.ticks)
    errors = CounterMetricFamily(
        "openvpn_monitor_errors", "What failed in the collector.", labels=["kind"]
    )
    errors.add_metric(["tick"], beat.errors)
    errors.add_metric(["flush"], beat.flush_errors)
    yield errors
    ticks = zip([*map(str, TICK_BOUNDS_SECONDS), "+Inf"], accumulate(beat.tick_counts), strict=True)
    yield HistogramMetricFamily(
        "openvpn_monitor_tick_duration_seconds",
        "How long ticks took, failed ones too.",
        buckets=list(ticks),
        sum_value=beat.tick_total_seconds,
    )


def _reading(beat: Heartbeat) -> Iterator[Metric]:
    failures = CounterMetricFamily(
        "openvpn_status_read_failures",
        "Ticks at which the status file gave nothing, by what was wrong with it.",
        labels=["server", "kind"],
    )
    for server, codes in beat.read_failures.items():
        for code, number in codes.items():
            failures.add_metric([server, code], number)
    yield failures


def _store(figures: Figures) -> Iterator[Metric]:
    sizes = GaugeMetricFamily("openvpn_monitor_store_bytes", "Room taken on disk.", labels=["part"])
    for part, size in figures.store_bytes.items():
        sizes.add_metric([part], size)
    yield sizes
    yield value(
        "openvpn_monitor_disk_free_bytes",
        "Room left on the disk of the data directory.",
        figures.disk_free_bytes,
    )
