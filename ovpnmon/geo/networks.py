"""Whose network an address is in: from ASN databases that lie beside the location database."""

import threading
from pathlib import Path

from ovpnmon.geo import records
from ovpnmon.geo.addresses import IPAddress
from ovpnmon.geo.database import Database, Opened
from ovpnmon.geo.stamp import Stamp, stamp


class Networks:
    """The ASN databases in the directory of a location database, as they are now. Shared by threads."""

    def __init__(self, beside: Path, *, mapped: bool = True) -> None:
        self._beside = beside
        self._directory = beside.parent
        self._mapped = mapped
        self._lock = threading.Lock()
        self._stamp: Stamp = None
        self._files: dict[Path, Database] = {}

    def find(self, address: IPAddress) -> tuple[int | None, str]:
        """Number and organisation of the autonomous system; (None, "") where no database knows."""
        for file in self._databases():
            opened = file.current()
            record = opened.find(address) if _is_asn(opened.id) else None
            if record is not None:
                return records.network(record)
        return None, ""

    def problems(self) -> list[str]:
        """What is wrong with files that are named as ASN databases."""
        return [
            f"ASN database {file.path} {file.current().problem}"
            for file in self._databases()
            if _is_asn(file.path.name) and file.current().problem
        ]

    def in_use(self) -> list[Opened]:
        """The ASN databases that answers come from."""
        opened = [file.current() for file in self._databases()]
        return [one for one in opened if _is_asn(one.id)]

    def _databases(self) -> list[Database]:
        """Every other .mmdb file; of what kind it is shows only when it is opened."""
        now = stamp(self._directory)
        with self._lock:
            if self._stamp != now:
                paths = sorted(p for p in self._directory.glob("*.mmdb") if p != self._beside)
                self._files = {
                    path: self._files.get(path) or Database(path, mapped=self._mapped)
                    for path in paths
                }
                self._stamp = now
            return list(self._files.values())


def _is_asn(name: str) -> bool:
    return "asn" in name.lower()
