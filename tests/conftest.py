"""What a marked test needs of the machine. Without it the test is skipped and says why; CI fails it."""

import os

import pytest
from hypothesis import settings

from tests import browsers, openvpn_lab, programs

# The same examples for every run of CI: a failure there is one of the commit, not of the day.
settings.register_profile("dev", max_examples=100, deadline=None)
settings.register_profile("ci", max_examples=1000, deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "dev")

NEEDS = {
    "browser": browsers.missing,
    "nginx": programs.missing("nginx", "openssl"),
    "openvpn": openvpn_lab.missing,
    "systemd": programs.missing("systemd-analyze"),
}
"""Marker -> why tests with it cannot run here, or None."""


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip, or fail where REQUIRE_ALL_TESTS is set, what this machine cannot run."""
    for marker in item.iter_markers():
        why = NEEDS.get(marker.name, lambda: None)()
        if why and os.environ.get("REQUIRE_ALL_TESTS"):
            pytest.fail(f"REQUIRE_ALL_TESTS is set, but {why}")
        if why:
            pytest.skip(why)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """With REQUIRE_ALL_TESTS, a run that skipped anything has failed, whatever the reason was."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped") if reporter is not None else None
    if skipped and os.environ.get("REQUIRE_ALL_TESTS"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
