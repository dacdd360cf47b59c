"""What each control of the Traffic page changes: the pictures, the figures, the URL, the files."""

import io
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from streamlit.testing.v1 import AppTest

from ovpnmon.queries.traffic_series import Series
from ovpnmon.server_colors import COLORS
from ovpnmon.ui import traffic_data
from ovpnmon.ui.shared import Look
from ovpnmon.ui.traffic_data import Question
from ovpnmon.ui.usage_view import difference
from tests import worlds
from tests.app import app_reading as read
from tests.app.conftest import Open

TRAFFIC = "../../pages/traffic.py"
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def traffic(open_app: Open, now: int):
    """The page on twenty clients of two servers, of whom the last 15 minutes are on record."""

    def visit(world: Any = None, **query: str) -> AppTest:
        app = open_app(world or worlds.normal(now, clients=20))
        app.switch_page(TRAFFIC)
        app.query_params = {f"t_{name}": value for name, value in query.items()}
        return app.run()

    return visit


def chart(app: AppTest, place: int = 0) -> pd.DataFrame:
    """What a picture of the page is drawn from."""
    proto = app.get("vega_lite_chart")[place].proto
    return pa.ipc.open_stream(proto.data.data).read_pandas()


def headline(app: AppTest) -> str:
    return next(text for text in read.text(app).splitlines() if "How much traffic?" in text)


def test_the_page_opens_on_the_last_day(traffic) -> None:
    """With figures, bars and the month's table."""
    app = traffic()
    assert not app.exception
    assert app.segmented_control(key="t_span").value == "24 h"
    assert "1-minute averages" in headline(app)
    assert len(chart(app)) == pytest.approx(1440, abs=2)
    assert "**Top talkers** :gray[" in read.text(app)
    assert "**Busiest hours**" in read.text(app)
    assert len(app.dataframe[-1].value) == 20


@pytest.mark.parametrize(
    ("span", "said", "points"),
    [
        ("15 min", "10-second", 90),
        ("1 h", "10-second", 360),
        ("6 h", "15-second", 1440),
        ("7 d", "15-minute", 672),
        ("30 d", "1-hour", 720),
        ("12 mo", "6-hour", 1460),
    ],
)
def test_each_range_at_its_resolution(traffic, now: int, span: str, said: str, points: int) -> None:
    """Told in words. Two and a half hours are enough for a point of six, whenever that began."""
    app = traffic(worlds.normal(now, clients=20, minutes=150 if span == "12 mo" else 15))
    app.segmented_control(key="t_span").set_value(span).run()
    assert said in headline(app)
    assert len(chart(app)) == pytest.approx(points, abs=3)


def test_this_month(traffic, now: int) -> None:
    """From its first midnight in the viewer's zone."""
    app = traffic(span="Month")
    first = datetime.fromtimestamp(now, BERLIN).replace(day=1)
    assert f"{first:%a} 1 {first:%b %Y}, 00:00:00" in chart(app)["time_text"].iloc[0]


def test_a_custom_range(traffic, now: int) -> None:
    """From and to in the viewer's zone; an end before the beginning is said."""
    app = traffic(worlds.normal(now, clients=20, minutes=150), span="Custom")
    begin = datetime.fromtimestamp(now - 7200, BERLIN).replace(tzinfo=None, second=0, microsecond=0)
    end = datetime.fromtimestamp(now - 3600, BERLIN).replace(tzinfo=None, second=0, microsecond=0)
    app.get("datetime_input")[0].set_value(begin)
    app.get("datetime_input")[1].set_value(end).run()
    assert f"{begin:%H:%M}:00" in chart(app)["time_text"].iloc[0]
    assert len(chart(app)) == pytest.approx(360, abs=2)
    app.get("datetime_input")[0].set_value(end)
    app.get("datetime_input")[1].set_value(begin).run()
    assert "ends before it begins" in read.text(app)


def test_server_and_client_filter_everything(traffic) -> None:
    """The picture, the talkers and the accounts."""
    app = traffic(span="15 min")
    everybody = chart(app)["both"].sum()
    app.selectbox(key="t_server").set_value("tcp").run()
    of_tcp = chart(app)["both"].sum()
    assert 0 < of_tcp < everybody
    names = app.dataframe[-1].value["Client"].to_list()
    assert len(names) == 2
    app.multiselect(key="t_client").set_value([names[0]]).run()
    assert 0 < chart(app)["both"].sum() < of_tcp
    assert app.dataframe[-1].value["Client"].to_list() == [names[0]]
    assert set(chart(app, 1)["told"]) == {names[0]}


def test_by_client_and_by_server(traffic) -> None:
    """Stacked, all together as high as the total."""
    app = traffic(span="15 min")
    total = chart(app)["both"]
    app.segmented_control(key="t_by").set_value("By client").run()
    stacked = chart(app)
    assert {f"high{n}" for n in range(8)} <= set(stacked)
    assert stacked["high7"].to_list() == pytest.approx(total.to_list(), nan_ok=True)
    assert "by client" in headline(app)
    app.segmented_control(key="t_by").set_value("By server").run()
    assert chart(app)["high1"].to_list() == pytest.approx(total.to_list(), nan_ok=True)
    assert "high2" not in chart(app)


def test_servers_have_the_colours_that_they_have_everywhere(traffic) -> None:
    """By their order in the settings, though the picture has them by name."""
    app = traffic(span="15 min", by="By server")
    spec = app.get("vega_lite_chart")[0].proto.spec
    first, second = COLORS[:2]
    assert f'"range":["{second}","{first}"]' in spec.replace(" ", "")
    app.segmented_control(key="t_by").set_value("Total").run()
    assert first not in app.get("vega_lite_chart")[0].proto.spec


def test_a_gap_is_named_and_left_open(traffic, now: int) -> None:
    """Nobody looked for five minutes: no data there, and the note says when."""
    world = worlds.normal(now, clients=5)
    world.pending[0].samples[:] = [
        sample for sample in world.pending[0].samples if not now - 600 <= sample.from_at < now - 300
    ]
    app = traffic(world, span="15 min")
    assert chart(app)["download"].isna().sum() == pytest.approx(30, abs=2)
    assert "no data" in chart(app)["download_text"].to_list()
    assert "Gaps, when nothing was recorded" in read.text(app)


def test_files_hold_what_is_shown(traffic, monkeypatch: pytest.MonkeyPatch) -> None:
    """The picture's data, the talkers and the month, with exact bytes."""
    made = {}
    monkeypatch.setattr(
        "streamlit.download_button",
        lambda _label, data, **options: made.update({options.get("key", ""): data}),
    )
    app = traffic(span="15 min")
    frames = {key: pd.read_csv(io.BytesIO(make())) for key, make in made.items() if key}
    assert set(frames) == {"chart_csv", "talkers_csv", "usage_csv"}
    assert len(frames["chart_csv"]) == len(chart(app))
    assert len(frames["talkers_csv"]) == 20
    assert frames["talkers_csv"]["downloaded_bytes"].sum() == pytest.approx(
        frames["chart_csv"]["downloaded_bytes"].sum(), rel=0.001
    )
    assert len(frames["usage_csv"]) == 20


def test_a_range_of_which_nothing_is_known_is_no_empty_picture(traffic, now: int) -> None:
    """It is said why; what is longer ago is still there."""
    old = worlds.normal(now - 3600, clients=20)
    app = traffic(old, span="15 min")
    assert not app.exception
    assert "Nothing was recorded in this range" in read.text(app)
    assert "choose a longer range" in read.text(app)
    assert "How much traffic?" in read.text(traffic(old, span="6 h"))
    before = traffic(span="Custom", **{"from": "2020-01-01T00:00", "to": "2020-01-02T00:00"})
    assert "the collector was not running" in read.text(before)


def test_too_little_for_a_point_is_not_said_to_be_nothing(
    traffic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A monitor that is half an hour old, asked for a year: of a point's six hours it saw too little."""

    def unseen(seen: Look, asked: Question) -> Series:
        found = series(seen, asked)
        return replace(found, looked=np.zeros_like(found.looked))

    series = traffic_data.series
    monkeypatch.setattr(traffic_data, "series", unseen)
    text = read.text(traffic(span="12 mo"))
    assert "Too little was recorded in this range for a picture" in text
    assert "6-hour averages: choose a shorter range" in text


def test_usage_by_day(traffic, monkeypatch: pytest.MonkeyPatch, now: int) -> None:
    """The month's days, the latest first, with the month's sums; the file has every client and day."""
    made = {}
    monkeypatch.setattr(
        "streamlit.download_button",
        lambda _label, data, **options: made.update({options.get("key", ""): data}),
    )
    app = traffic()
    by_client = read.text(app)
    app.segmented_control(key="t_rows").set_value("By day").run()
    assert not app.exception
    days = app.dataframe[-1].value
    today = datetime.fromtimestamp(now, BERLIN)
    assert days["Day"].iloc[0] == f"{today:%a} {today.day} {today:%b}"
    assert days["Clients"].iloc[0] == "20"
    assert len(days) == min(today.day, 3), "sessions began up to two days ago"
    note = next(line for line in by_client.splitlines() if "20 clients ·" in line)
    assert note in read.text(app)
    rows = pd.read_csv(io.BytesIO(made["usage_csv"]()))
    assert set(rows["client"]) == set(worlds.names(20))
    assert rows["period"].nunique() == len(days)


def test_the_month_picked(traffic, now: int) -> None:
    """The month before has only what was open then; the choice is in the URL."""
    app = traffic()
    months = app.selectbox(key="t_month").options
    this = datetime.fromtimestamp(now, BERLIN)
    assert months[0] == f"{this:%B %Y}"
    assert app.selectbox(key="t_month").value == f"{this:%Y-%m}"


def test_hostile_names_are_shown_as_they_are(traffic, now: int) -> None:
    """In bars, tables and the words of a stacked picture."""
    sessions = [
        worlds.session(n, "udp", name, now - 5000, now) for n, name in enumerate(worlds.HOSTILE, 1)
    ]
    world = worlds.state([worlds.server("udp", sessions, now)], now)
    app = traffic(world, span="15 min", by="By client")
    assert not app.exception
    assert "<img" not in read.text(app)
    spec = app.get("vega_lite_chart")[0].proto.spec
    assert "alert(1)" not in spec.replace('"title": "<img src=x onerror=alert(1)>"', "")


def test_a_link_restores_every_choice(traffic) -> None:
    """What somebody sends to a colleague shows the same."""
    app = traffic(span="1 h", server="udp", by="By client", client="anna.schmidt")
    assert app.segmented_control(key="t_span").value == "1 h"
    assert app.selectbox(key="t_server").value == "udp"
    assert app.segmented_control(key="t_by").value == "By client"
    assert app.multiselect(key="t_client").value == ["anna.schmidt"]


def test_a_name_leads_to_its_page(traffic) -> None:
    """The button of a row asks for the client of that row."""
    app = traffic()
    app.session_state["client_asked"] = "anna.schmidt"
    app.run()
    assert "anna\\.schmidt" in "".join(heading.value for heading in app.subheader)


def test_nothing_recorded_yet(open_app: Open) -> None:
    """Told apart from a quiet range."""
    app = open_app(None)
    app.switch_page(TRAFFIC).run()
    assert not app.exception
    assert "No traffic yet" in read.text(app)


@pytest.mark.parametrize(
    ("now_bytes", "before", "said"),
    [
        (112, 100, "+12 %"),
        (81, 100, "−19 %"),
        (100, 100, "+0 %"),
        (2000, 100, "× 20"),
        (5, float("nan"), "new"),
        (5, 0, "new"),
        (0, float("nan"), None),
    ],
)
def test_the_difference_to_the_month_before(
    now_bytes: float, before: float, said: str | None
) -> None:
    """In per cent, or as a multiple where that reads better."""
    assert difference(now_bytes, before) == said
