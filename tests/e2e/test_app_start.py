"""Starting the app with settings that cannot be used."""

import subprocess
import sys

import pytest

from tests import processes


@pytest.mark.parametrize(
    ("name", "value"),
    [("OPENVPN_MONITOR_PORT", "http"), ("OPENVPN_MONITOR_TZ", "Europe/Bucarest")],
)
def test_a_bad_setting_ends_the_start_with_one_line(name: str, value: str):
    """Exit status 2; the line names the variable and the value, and there is no traceback."""
    done = subprocess.run(
        [sys.executable, "streamlit_app.py"],
        cwd=processes.ROOT,
        env=processes.environment(**{name: value}),
        capture_output=True,
        text=True,
        timeout=processes.PATIENCE_SECONDS,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert f"{name}={value!r}" in done.stderr
