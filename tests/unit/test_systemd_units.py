"""The systemd units: systemd itself finds nothing wrong with them, and next to nothing exposed."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests import processes

UNITS = ("openvpn-monitor-collector", "openvpn-monitor-app")

pytestmark = pytest.mark.systemd


@pytest.fixture(params=UNITS)
def unit(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The unit as installed, but for paths and users that this machine does not have."""
    for name in UNITS:
        text = (processes.ROOT / "deploy" / "systemd" / f"{name}.service").read_text()
        text = re.sub(r"/opt/openvpn-monitor/\S*python", shutil.which("true") or "/bin/true", text)
        text = text.replace("/opt/openvpn-monitor", str(processes.ROOT)).replace(
            "=ovpnmon", "=root"
        )
        (tmp_path / f"{name}.service").write_text(text)
    return tmp_path / f"{request.param}.service"


def test_systemd_finds_nothing_to_complain_about(unit: Path) -> None:
    """Neither a misspelt option nor a unit that is not there."""
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_little_is_exposed(unit: Path) -> None:
    """2.0 of 10 by systemd's own count, of which the app's network is the most."""
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=yes", "--threshold=20", "--no-pager", unit],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
