"""Shells that the host's script must run in, and a host with real OpenVPN for it to look at."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.openvpn_lab import Host


@dataclass(frozen=True)
class Shell:
    """The words that run a script, and where it finds programs."""

    words: tuple[str, ...]
    path: str


@pytest.fixture(params=["dash", "busybox sh"])
def shell(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """Debian's shell with its tools, and Alpine's with those that are all in busybox."""
    words = tuple(request.param.split())
    if not shutil.which(words[0]):
        if os.environ.get("REQUIRE_ALL_TESTS"):
            pytest.fail(f"REQUIRE_ALL_TESTS is set, but {words[0]} is not installed")
        pytest.skip(f"{words[0]} is not installed")
    if words[0] != "busybox":
        return Shell(words, "/usr/bin:/bin")
    applets = tmp_path_factory.mktemp("applets")
    subprocess.run(["busybox", "--install", "-s", applets], check=True)
    return Shell(words, f"{applets}:/usr/bin:/bin")


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    """A host of this test's own, on which nothing runs yet."""
    with Host(tmp_path) as made:
        yield made
