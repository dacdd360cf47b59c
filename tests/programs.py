"""Programs of the machine that some tests need."""

import os
import shutil
from collections.abc import Callable


def find(name: str) -> str | None:
    """Where a program is, also where only root's path leads."""
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")


def missing(*names: str) -> Callable[[], str | None]:
    """Says which of the programs are not installed, or None."""

    def why() -> str | None:
        absent = [name for name in names if find(name) is None]
        return f"not installed: {', '.join(absent)}" if absent else None

    return why
