"""docs/prometheus: alert rules and dashboard speak of metrics and label values that there are."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest

from ovpnmon.api.metrics import Figures, families
from ovpnmon.model import Status
from ovpnmon.queries.server_health import WORST_FIRST
from ovpnmon.store.state import State

DOCS = Path(__file__).parents[2] / "docs" / "prometheus"
SUFFIXES = ("", "_total", "_bucket", "_sum", "_count", "_info")


def known() -> set[str]:
    """Every name under which a sample can be asked for."""
    made = families(Figures(now=0, version="1", state=State(), clients={}))
    return {family.name + suffix for family in made for suffix in SUFFIXES}


def dashboard() -> Any:
    return json.loads((DOCS / "dashboard.json").read_text())


def expressions() -> Iterator[str]:
    for panel in dashboard()["panels"]:
        yield from (target["expr"] for target in panel["targets"])
    yield from re.findall(
        r"^ +expr: (?:>-\n)?((?:.+\n)+?) +(?:for|labels):", alerts(), re.MULTILINE
    )


def alerts() -> str:
    return (DOCS / "alerts.yml").read_text()


def test_every_metric_asked_for_exists() -> None:
    """A renamed metric would leave panels empty and alerts silent."""
    asked = [
        name for text in expressions() for name in re.findall(r"\bopenvpn_\w+(?=[{\[ )]|$)", text)
    ]
    assert len(asked) > 30
    assert set(asked) - known() == set()


def test_the_documentation_lists_the_metrics_that_there_are() -> None:
    """All of them, and no others."""
    table = [line for line in (DOCS / "README.md").read_text().splitlines() if line[:2] == "| "]
    listed = [name for line in table for name in re.findall(r"`(openvpn_\w+)`", line)]
    made = {
        family.name + {"counter": "_total", "info": "_info"}.get(family.type, "")
        for family in families(Figures(now=0, version="1", state=State(), clients={}))
    }
    assert sorted(listed) == sorted(made)


@pytest.mark.parametrize(
    ("label", "values"),
    [("openvpn_status_file", get_args(Status)), ("openvpn_health", WORST_FIRST)],
)
def test_every_state_asked_for_exists(label: str, values: tuple[str, ...]) -> None:
    """An alert on a state that is spelt otherwise never fires."""
    asked = re.findall(rf'{label}=~?"([^"]+)"', " ".join(expressions()))
    assert asked
    assert {state for text in asked for state in text.split("|")} <= set(values)


def test_every_alert_has_a_condition_and_says_what_it_means() -> None:
    """For whoever is woken by it."""
    rules = alerts().split("- alert: ")[1:]
    assert len(rules) > 10
    for rule in rules:
        for part in ("expr:", "severity:", "summary:"):
            assert rule.count(part) == 1, rule


def test_the_dashboard_fits_any_grafana() -> None:
    """Its data source is a variable; panels are told apart and lie in Grafana's 24 columns."""
    made = dashboard()
    panels = made["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    for panel in panels:
        assert panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24
        assert {target["datasource"]["uid"] for target in panel["targets"]} == {"${datasource}"}
    names = {variable["name"] for variable in made["templating"]["list"]}
    used = set(re.findall(r"\$\{?(\w+)", json.dumps(panels))) - {"__rate_interval"}
    assert used == names == {"datasource", "server"}
