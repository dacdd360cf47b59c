"""The Chromium that browser tests drive: the system's own, so that nothing is downloaded."""

import os
from pathlib import Path

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
QUIET = [
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WEBGL = ["--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
"""What draws a map where there is no graphics card."""


def missing() -> str | None:
    """Why browser tests cannot run here, or None."""
    if Path(CHROMIUM).exists():
        return None
    return f"{CHROMIUM} is missing (apt install chromium, or set CHROMIUM)"
