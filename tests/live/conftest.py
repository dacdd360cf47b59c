"""Shells that the host's script must run in, and a host with real OpenVPN for it to look at."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.openvpn_lab import Host


@pytest.fixture(params=["dash", "busybox sh"])
def shell(request: pytest.FixtureRequest) -> list[str]:
    """The words that run a script: Debian's shell, and Alpine's."""
    words: list[str] = request.param.split()
    if not shutil.which(words[0]):
        if os.environ.get("REQUIRE_ALL_TESTS"):
            pytest.fail(f"REQUIRE_ALL_TESTS is set, but {words[0]} is not installed")
        pytest.skip(f"{words[0]} is not installed")
    return words


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    """A host of this test's own, on which nothing runs yet."""
    with Host(tmp_path) as made:
        yield made
