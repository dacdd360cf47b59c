"""What several tests of the collector as a whole begin with."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.life import Life


@pytest.fixture
def life(tmp_path: Path) -> Iterator[Life]:
    """A collector on one server's file, in a directory of its own."""
    made = Life(tmp_path)
    yield made
    made.collector.close()
