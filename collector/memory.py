"""How much memory this process takes."""

import os
from pathlib import Path


def resident_bytes() -> int:
    """Resident memory; 0 where the system does not tell (no Linux)."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except (OSError, ValueError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")
