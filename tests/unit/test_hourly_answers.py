"""What is answered from hourly sums on other pages than Traffic: whole hours, whole days, every byte."""

from pathlib import Path

from ovpnmon.queries import client, clients_view
from ovpnmon.store.reader import Store
from tests.recording import START, Recording, make_settings

DAY, HOUR = 86_400, 3600


def test_a_clients_traffic_by_the_hour(tmp_path: Path) -> None:
    """The hour that the look back begins in is whole; other clients are not in it."""
    life = Recording(make_settings(tmp_path))
    for _ in range(12):
        life.tick({"ann": (100, 1), "bob": (7, 7)}, seconds=900)
    life.save()
    hours = client.traffic(Store(life.settings), "ann", START + 1800)
    assert [at.timestamp() for at in hours["at"]] == [
        START // HOUR * HOUR + n * HOUR for n in range(4)
    ]
    assert hours["bytes_received"].sum() == 1200
    later = client.traffic(Store(life.settings), "ann", START + HOUR + 60)
    assert later["bytes_received"].tolist() == hours["bytes_received"].tolist()[1:]


def test_a_names_days(tmp_path: Path) -> None:
    """Both ways, days of UTC, today last; who moved nothing in them is not there."""
    life = Recording(make_settings(tmp_path))
    life.tick({"ann": (100, 1), "eve": (3, 3)})
    for _ in range(2):
        life.tick({"ann": (0, 0)}, seconds=DAY)
    life.tick({"ann": (20, 2), "bob": (5, 5)})
    life.save()
    store = Store(life.settings)
    days = clients_view.daily_bytes(store, ["ann", "bob", "zoe"], life.time)
    assert set(days) == {"ann", "bob"}
    assert len(days["ann"]) == clients_view.SPARK_DAYS
    assert days["ann"][-3:] == [101, 0, 22]
    assert days["bob"][-1] == 10
    later = clients_view.daily_bytes(
        store, ["ann"], life.time + DAY * (clients_view.SPARK_DAYS - 1)
    )
    assert (later["ann"][0], sum(later["ann"])) == (22, 22)
