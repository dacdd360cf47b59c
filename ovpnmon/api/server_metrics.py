"""Metrics of the servers and, where asked for, of their clients."""

from collections.abc import Iterator, Mapping
from typing import get_args

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    Metric,
    StateSetMetricFamily,
)

from ovpnmon.model import Status
from ovpnmon.queries.client_traffic import Counters
from ovpnmon.queries.live import present
from ovpnmon.queries.server_health import WORST_FIRST, Health
from ovpnmon.store.host_report import HostReport
from ovpnmon.store.state import State

STATUSES = get_args(Status)


def server_metrics(state: State, now: float) -> Iterator[Metric]:
    """What each server's status file tells."""
    servers = state.servers.values()
    here = [(session.server, session.established) for _, session in present(state)]
    yield _per_server(
        "openvpn_clients",
        "Clients connected.",
        {s.name: here.count((s.name, True)) for s in servers},
    )
    yield _per_server(
        "openvpn_clients_connecting",
        "Connection attempts that have no address in the VPN yet.",
        {s.name: here.count((s.name, False)) for s in servers},
    )
    for name, text, values in (
        ("sessions", "Sessions begun.", {s.name: s.total_sessions for s in servers}),
        (
            "received_bytes",
            "Bytes that the server received from clients, all sessions together.",
            {s.name: s.total_bytes_received for s in servers},
        ),
        (
            "sent_bytes",
            "Bytes that the server sent to clients, all sessions together.",
            {s.name: s.total_bytes_sent for s in servers},
        ),
    ):
        counter = CounterMetricFamily(f"openvpn_{name}", text, labels=["server"])
        for server, number in values.items():
            counter.add_metric([server], number)
        yield counter
    yield _per_server(
        "openvpn_status_time_seconds",
        "The time that the status file itself names as its own.",
        {s.name: s.time for s in servers},
    )
    yield _per_server(
        "openvpn_status_age_seconds",
        "How long ago that is; negative where its clock or zone is ahead.",
        {s.name: None if s.time is None else now - s.time for s in servers},
    )
    yield _per_server(
        "openvpn_status_interval_seconds",
        "How often the status file is usually rewritten.",
        {s.name: s.interval_seconds for s in servers},
    )
    yield _per_server(
        "openvpn_rejected_rows",
        "Rows of the status file that could not be read and are set aside.",
        {s.name: len(s.rejected) for s in servers},
    )
    files = StateSetMetricFamily(
        "openvpn_status_file", "How reading the status file fares.", labels=["server"]
    )
    for each in servers:
        files.add_metric([each.name], {status: status == each.status for status in STATUSES})
    yield files


def health_metrics(found: Mapping[str, Health], report: HostReport) -> Iterator[Metric]:
    """Whether servers are up, as their hosts and files tell together."""
    yield _per_server(
        "openvpn_up",
        "1 where the server is CONNECTED; see openvpn_health for which of the others it is.",
        {name: one.status == "CONNECTED" for name, one in found.items()},
    )
    verdicts = StateSetMetricFamily(
        "openvpn_health", "Whether the server is up.", labels=["server"]
    )
    for name, one in found.items():
        verdicts.add_metric([name], {verdict: verdict == one.status for verdict in WORST_FIRST})
    yield verdicts
    alone = len(found) == 1
    entries = {name: report.of(name, alone=alone) for name in found}
    yield _per_server(
        "openvpn_start_time_seconds",
        "When the server's process was started, as its host last reported.",
        {name: entry.started_at for name, entry in entries.items()},
    )
    yield value(
        "openvpn_host_report_time_seconds",
        "When the VPN host last reported.",
        report.checked_at,
    )


def client_metrics(state: State, clients: Counters) -> Iterator[Metric]:
    """What each client has, all sessions of its name together."""
    labels = ["server", "common_name"]
    received = CounterMetricFamily(
        "openvpn_client_received_bytes",
        "Bytes that the server received from this client, all its sessions on record together.",
        labels=labels,
    )
    sent = CounterMetricFamily(
        "openvpn_client_sent_bytes",
        "Bytes that the server sent to this client, all its sessions on record together.",
        labels=labels,
    )
    for name, (bytes_received, bytes_sent) in clients.items():
        received.add_metric(list(name), bytes_received)
        sent.add_metric(list(name), bytes_sent)
    sessions = GaugeMetricFamily(
        "openvpn_client_sessions", "Sessions of this client that are connected.", labels=labels
    )
    online = dict.fromkeys(clients, 0)
    for _, session in present(state):
        if session.established:
            name = (session.server, session.common_name)
            online[name] = online.get(name, 0) + 1
    for name, number in online.items():
        sessions.add_metric(list(name), number)
    yield from (received, sent, sessions)


def value(name: str, text: str, number: float | None) -> Metric:
    """A gauge without labels; without a sample where the value is not known."""
    return GaugeMetricFamily(name, text, number)


def _per_server(name: str, text: str, values: Mapping[str, float | None]) -> Metric:
    """A gauge with one sample a server, but for those of which it is not known."""
    gauge = GaugeMetricFamily(name, text, labels=["server"])
    for server, value in values.items():
        if value is not None:
            gauge.add_metric([server], value)
    return gauge
