"""Where the demo's clients are: cities, and which documentation addresses stand for each of them."""

import random
from dataclasses import dataclass

# city | country | latitude | longitude | hours east of UTC. Fixed: a demo has no summer time.
_TABLE = """
Berlin|DE|52.52|13.40|1
Hamburg|DE|53.55|9.99|1
Munich|DE|48.14|11.58|1
Prague|CZ|50.08|14.44|1
Paris|FR|48.86|2.35|1
Warsaw|PL|52.23|21.01|1
Stockholm|SE|59.33|18.07|1
Budapest|HU|47.50|19.04|1
Rome|IT|41.89|12.51|1
Madrid|ES|40.42|-3.70|1
Lagos|NG|6.45|3.39|1
London|GB|51.51|-0.13|0
Porto|PT|41.15|-8.61|0
Bucharest|RO|44.43|26.11|2
Cluj-Napoca|RO|46.77|23.60|2
Kyiv|UA|50.45|30.52|2
Athens|GR|37.98|23.73|2
Riga|LV|56.95|24.11|2
Cairo|EG|30.06|31.25|2
Tel Aviv|IL|32.08|34.78|2
Istanbul|TR|41.01|28.95|3
Moscow|RU|55.75|37.62|3
Riyadh|SA|24.69|46.72|3
Tashkent|UZ|41.26|69.22|5
Mumbai|IN|19.07|72.88|5.5
Bangkok|TH|13.75|100.50|7
Hanoi|VN|21.02|105.84|7
Shanghai|CN|31.22|121.46|8
Tokyo|JP|35.69|139.69|9
Seoul|KR|37.57|126.98|9
Sao Paulo|BR|-23.55|-46.64|-3
New York|US|40.71|-74.01|-5
Bogota|CO|4.61|-74.08|-5
Chicago|US|41.85|-87.65|-6
San Francisco|US|37.77|-122.42|-8
"""


@dataclass(frozen=True, slots=True)
class City:
    """A place with addresses: 16 of IPv4 and a network of IPv6, out of those for documentation."""

    number: int
    name: str
    country: str
    latitude: float
    longitude: float
    utc_offset: float

    @property
    def ipv4_network(self) -> str:
        """A sixteenth of one of the three networks."""
        prefix, first = self._block()
        return f"{prefix}.{first}/28"

    @property
    def ipv6_network(self) -> str:
        """The city's number stands in its third group."""
        return f"2001:db8:{self.number + 1:x}::/48"

    def ipv4(self, rng: random.Random) -> str:
        """One of its addresses."""
        prefix, first = self._block()
        return f"{prefix}.{first + rng.randrange(1, 15)}"

    def ipv6(self, rng: random.Random) -> str:
        """One of its addresses."""
        return (
            f"2001:db8:{self.number + 1:x}:{rng.randrange(1, 0xFFFF):x}::{rng.randrange(2, 999):x}"
        )

    def _block(self) -> tuple[str, int]:
        prefix = ("192.0.2", "198.51.100", "203.0.113")[self.number // 16]
        return prefix, self.number % 16 * 16


def _city(number: int, line: str) -> City:
    name, country, latitude, longitude, offset = line.split("|")
    return City(number, name, country, float(latitude), float(longitude), float(offset))


CITIES = {
    city.name: city
    for city in (_city(number, line) for number, line in enumerate(_TABLE.split("\n")[1:-1]))
}


def places_csv() -> str:
    """The cities as a file for OPENVPN_MONITOR_PLACES: no database knows these addresses."""
    rows = [
        f"{network},{city.latitude},{city.longitude},{city.name},{city.country}"
        for city in CITIES.values()
        for network in (city.ipv4_network, city.ipv6_network)
    ]
    return "\n".join(["cidr,latitude,longitude,label,country_code", *rows, ""])
