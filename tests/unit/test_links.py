"""A click on a name in a table: who was meant, whatever has become of the table since."""

from typing import Any

import pytest
import streamlit as st

from ovpnmon.ui import links


@pytest.fixture
def state(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The session's state, and columns whose callback can be called."""
    kept: dict[str, Any] = {}
    monkeypatch.setattr(st, "session_state", kept)
    monkeypatch.setattr(st.column_config, "ButtonColumn", lambda _title, **options: options)
    return kept


def clicked(state: dict[str, Any], click: object) -> list[str]:
    """Who was meant by a click that the browser tells of like this."""
    meant: list[str] = []
    column = links.column("people", 100, to=meant.append)
    state[column["key"]] = click
    column["on_click"]()
    return meant


def test_a_name_leads_to_whose_it_is(state: dict[str, Any]) -> None:
    """Two may look alike on their buttons: the row tells them apart."""
    links.remember("people", ["anna", "[boris]", "anna\u200b", "anna"])
    assert clicked(state, {"row": 0, "label": "anna"}) == ["anna"]
    assert clicked(state, {"row": 1, "label": "\u2060[boris]"}) == ["[boris]"]
    assert clicked(state, {"row": 2, "label": "anna"}) == ["anna\u200b"]


def test_rows_may_have_moved(state: dict[str, Any]) -> None:
    """The label settles it."""
    links.remember("people", ["carla", "anna"])
    assert clicked(state, {"row": 0, "label": "anna"}) == ["anna"]
    assert clicked(state, {"row": 7, "label": "carla"}) == ["carla"]


@pytest.mark.parametrize("click", [None, {}, {"row": 0, "label": "gone"}])
def test_a_click_on_nothing_does_nothing(state: dict[str, Any], click: object) -> None:
    """It must not raise: in a fragment that breaks the page's layout for good."""
    links.remember("people", ["anna"])
    assert clicked(state, click) == []


def test_a_click_on_a_table_that_was_never_drawn_does_nothing(state: dict[str, Any]) -> None:
    """Nor is there anything to be told."""
    links.column("people", 100)["on_click"]()
    assert not state


def test_a_button_may_mean_something_else_than_it_says(state: dict[str, Any]) -> None:
    """Places, for one."""
    links.remember("people", ["de/berlin"], ["Berlin"])
    assert clicked(state, {"row": 0, "label": "Berlin"}) == ["de/berlin"]
