"""Colours of servers: by their place in the settings, and told apart by everybody on any ground."""

from itertools import combinations

import numpy as np
import numpy.typing as npt
import pytest

from ovpnmon import server_colors
from ovpnmon.server_colors import COLORS

Floats = npt.NDArray[np.float64]
SIGHT = {
    "normal": np.eye(3),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritanopia": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}
"""What linear RGB is seen as, after Machado, Oliveira and Fernandes (2009)."""
TO_XYZ = np.array(
    [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
) / np.array([[0.95047], [1.0], [1.08883]])


def linear(color: str) -> Floats:
    values = np.array([int(color[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def lab(rgb: Floats) -> Floats:
    """CIELAB, in which a distance of some 2 is just seen."""
    xyz = TO_XYZ @ np.clip(rgb, 0, 1)
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("sight", SIGHT)
def test_any_two_are_told_apart(sight: str) -> None:
    """The first three, which is more than most have, at a glance."""
    for one, other in combinations(COLORS, 2):
        seen = [lab(SIGHT[sight] @ linear(color)) for color in (one, other)]
        least = 25 if {one, other} <= set(COLORS[:3]) else 14
        assert np.linalg.norm(seen[0] - seen[1]) > least, (one, other)


@pytest.mark.parametrize("ground", ["#ffffff", "#0f1217"])
def test_each_stands_out_on_either_ground(ground: str) -> None:
    """By the contrast that is asked of graphics, 3 to 1."""
    for color in COLORS:
        light, dark = sorted(
            (float(linear(one) @ np.array([0.2126, 0.7152, 0.0722])) for one in (color, ground)),
            reverse=True,
        )
        assert (light + 0.05) / (dark + 0.05) >= 3, color


def test_they_go_by_the_order_of_the_settings_and_begin_anew() -> None:
    """Whatever a page shows of them."""
    names = [f"s{n}" for n in range(8)]
    colors = server_colors.of(names)
    assert [colors[name] for name in names] == [*COLORS, *COLORS[:2]]
    assert server_colors.of(["udp", "tcp"]) == {"udp": COLORS[0], "tcp": COLORS[1]}


def test_a_single_server_has_none() -> None:
    """There is nothing to tell apart."""
    assert server_colors.of(["udp"]) == {}
