"""Small location databases in the layouts that are about, and what to put into them."""

from pathlib import Path
from typing import Any

from mmdb_writer import MmdbF32, MMDBWriter, TreeWriter
from netaddr import IPSet

NOVEMBER = 1_793_491_200
"""2026-11-01, a build date."""

Rows = dict[str, dict[str, Any]]

NESTED: Rows = {
    "8.8.8.0/24": {
        "continent": {"code": "NA", "names": {"en": "North America"}},
        "country": {"iso_code": "US", "names": {"de": "USA", "en": "United States"}},
        "city": {"names": {"de": "Mountain View", "en": "Mountain View"}},
        "subdivisions": [{"names": {"en": "California"}}],
        "location": {"latitude": 37.422, "longitude": -122.085},
    },
    "145.0.0.0/16": {
        "country": {"iso_code": "NL", "names": {"en": "The Netherlands"}},
        "city": {"names": {"en": "Amsterdam"}},
        "location": {"latitude": 52.3740004, "longitude": 4.8897},
    },
    "77.0.0.0/16": {
        "country": {"iso_code": "DE", "names": {"en": "Germany"}},
        "subdivisions": [{"names": {"en": "Bavaria"}}],
        "location": {"latitude": 48.7, "longitude": 11.4},
    },
    "41.0.0.0/16": {
        "country": {"iso_code": "ZA", "names": {"en": "South Africa"}},
        "location": {"latitude": -29.0, "longitude": 24.0},
    },
    "2a00:1450::/32": {
        "country": {"iso_code": "IE", "names": {"en": "Ireland"}},
        "city": {"names": {"en": "Dublin"}},
        "location": {"latitude": 53.35, "longitude": -6.26},
    },
    "62.0.0.0/24": {
        "country": {"iso_code": "GH", "names": {"en": "Ghana"}},
        "city": {"names": {"en": "Null Island Harbour"}},
        "location": {"latitude": 0.0, "longitude": 0.0},
    },
    "93.0.0.0/24": {"continent": {"code": "EU"}},
}
FLAT: Rows = {
    "8.8.8.0/24": {
        "city": "Mountain View",
        "country_code": "US",
        "latitude": MmdbF32(37.422),
        "longitude": MmdbF32(-122.085),
        "state1": "California",
    },
    "145.0.0.0/16": {
        "city": "Amsterdam",
        "country_code": "NL",
        "latitude": MmdbF32(52.374),
        "longitude": MmdbF32(4.8897),
        "state1": "North Holland",
    },
    "2a00:1450::/32": {
        "city": "Dublin",
        "country_code": "IE",
        "latitude": MmdbF32(53.35),
        "longitude": MmdbF32(-6.26),
        "state1": "",
    },
}
COUNTRIES: Rows = {
    "8.8.8.0/24": {"country": {"iso_code": "US", "names": {"en": "United States"}}},
    "145.0.0.0/16": {"country": {"iso_code": "NL", "names": {"en": "The Netherlands"}}},
    "146.0.0.0/16": {"country": {"iso_code": "XK", "names": {"en": "Kosovo"}}},
}
ASN: Rows = {
    "8.8.8.0/24": {
        "autonomous_system_number": 15169,
        "autonomous_system_organization": "Google LLC",
    },
    "2a00:1450::/32": {
        "autonomous_system_number": 15169,
        "autonomous_system_organization": "Google LLC",
    },
}


def write_database(
    path: Path,
    rows: Rows | None = None,
    kind: str = "DBIP-City-Lite",
    build: int = NOVEMBER,
    ip_version: int = 6,
) -> Path:
    """A database of these rows; NESTED without any."""
    writer = MMDBWriter(
        ip_version=ip_version,
        ipv4_compatible=ip_version == 6,
        database_type=kind,
        languages=["en"],
    )
    for network, record in (NESTED if rows is None else rows).items():
        writer.insert_network(IPSet([network]), record)
    about = {**writer._build_meta(), "build_epoch": build}  # it would put the present time there
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f"{path.name}.new")
    TreeWriter(writer.tree, about, "auto", "f64").write(str(new))
    return new.replace(path)
