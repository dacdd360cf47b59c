"""Who connects in the demo: people and machines with a name, a place, habits and an appetite."""

import random
from dataclasses import dataclass
from typing import Literal

from scripts.simulation.cities import CITIES, City

Habit = Literal["office", "home", "phone", "night", "site", "thing", "backup"]
Server = Literal["udp", "tcp"]
SERVERS: tuple[Server, ...] = ("udp", "tcp")

# name | habit | server | city
_CAST = """
anna.schmidt@example.com|office|udp|Berlin
Jürgen Müller|office|udp|Munich
Zoë Kučerová|office|udp|Prague
François Lefèvre|office|tcp|Paris
Łukasz Wójcik|office|udp|Warsaw
Søren Ågård|home|udp|Stockholm
İpek Yıldız|office|tcp|Istanbul
Nguyễn Văn An|office|udp|Hanoi
Márton Szőke|office|udp|Budapest
Ștefan Ionescu|office|udp|Bucharest
Ștefan Ionescu|phone|udp|Bucharest
Ana Lucía Peña|office|tcp|Bogota
O'Brien, Pat|office|tcp|London
Кирилл Орлов|office|udp|Moscow
Кирилл Орлов|phone|udp|Moscow
Оксана Шевченко|home|udp|Kyiv
Дарья Волкова|phone|tcp|Moscow
Тимур Ахметов|night|udp|Tashkent
Ελένη Παπαδάκη|office|udp|Athens
Νίκος Γεωργίου|phone|udp|Athens
王芳|office|tcp|Shanghai
李伟|home|udp|Shanghai
佐藤 健|office|udp|Tokyo
鈴木さくら|phone|udp|Tokyo
김민준|office|tcp|Seoul
ليلى حسن|office|udp|Cairo
عمر الفاروق|phone|udp|Riyadh
נועה לוי|home|udp|Tel Aviv
अनन्या शर्मा|office|udp|Mumbai
สมชาย ใจดี|night|tcp|Bangkok
maria.rossi@example.org|office|udp|Rome
maria.rossi@example.org|phone|udp|Rome
p.novak@example.com|home|udp|Prague
d.okafor@example.com|office|tcp|Lagos
carlos.mendes@example.org|home|udp|Sao Paulo
kaya.lind@example.com|phone|udp|Stockholm
h.tanaka@example.org|night|udp|Tokyo
emma.wright@example.com|office|tcp|San Francisco
jamal.brown@example.com|home|udp|New York
support-night-1|night|udp|Berlin
support-night-2|night|tcp|Chicago
router-hamburg|site|udp|Hamburg
router-porto|site|udp|Porto
router-cluj|site|udp|Cluj-Napoca
branch-riga-gw|site|tcp|Riga
warehouse-04|site|udp|Hamburg
nas-backup-01|backup|udp|Berlin
nas-backup-02|backup|tcp|Paris
db-replica.example.net|site|udp|London
ci-runner-07|backup|udp|London
camera-gate-3|thing|tcp|Hamburg
pi-weather-station|thing|udp|Stockholm
printer-lab.example.net|thing|tcp|Munich
iphone-von-lena|phone|udp|Berlin
Pixel_8_Tomás|phone|udp|Madrid
DESKTOP-7F3KQ2L|home|udp|Bucharest
Marco's MacBook Pro|office|udp|Rome
thinkpad-x1-042|office|udp|Berlin
kiosk-lobby|thing|tcp|Berlin
pos-terminal-11|thing|udp|Bucharest
voip-gw-porto|site|udp|Porto
solar-inverter-2|thing|udp|Madrid
hvac-controller.example.net|thing|tcp|Munich
cctv-depot-1|site|udp|Warsaw
tablet-delivery-2|phone|tcp|Paris
tablet-delivery-5|phone|tcp|Madrid
lab-bench-α|home|udp|Athens
"""

_APPETITE: dict[Habit, tuple[float, float]] = {
    # Median bytes per second while active: to the client, and from it as a share of that.
    "office": (90_000, 0.15),
    "home": (160_000, 0.08),
    "phone": (40_000, 0.2),
    "night": (60_000, 0.3),
    "site": (90_000, 0.6),
    "thing": (1_500, 1.5),
    "backup": (60_000, 25.0),
}


@dataclass(frozen=True, slots=True)
class Device:
    """One client of one server. Two devices may have the same name."""

    number: int
    name: str
    username: str
    """What it logs in with; "" where the server asks for certificates alone."""
    server: Server
    habit: Habit
    city: City
    home: str
    """Its usual public address."""
    elsewhere: tuple[str, ...]
    """Other addresses it may move to in the middle of a session."""
    vpn_ipv4: str
    vpn_ipv6: str
    networks: tuple[str, ...]
    """Networks behind it (iroute)."""
    send_rate: float
    receive_rate: float
    """Bytes per second while active, as the server counts."""


def cast(count: int, seed: int) -> list[Device]:
    """count devices, the same ones for the same seed; the first 67 are those listed above.

    Addresses come from the networks that are reserved for documentation, so more than some hundred
    devices share them, as behind a provider's NAT.
    """
    lines = _CAST.strip().splitlines()
    return [_device(number, lines[number % len(lines)], seed) for number in range(count)]


def _device(number: int, line: str, seed: int) -> Device:
    rng = random.Random(f"{seed}/device/{number}")
    name, habit_name, server_name, city_name = line.split("|")
    city = CITIES[city_name]
    habit = next(one for one in _APPETITE if one == habit_name)
    server = next(one for one in SERVERS if one == server_name)
    round_number = number // len(_CAST.strip().splitlines())
    if round_number:
        name = f"{name} {round_number + 1}"
    sends, share = _APPETITE[habit]
    has_ipv6 = rng.random() < 0.25
    in_pool = number + 2
    block = "8" if server == "udp" else "9"
    return Device(
        number=number,
        name=name,
        username=_username(name, number) if server == "tcp" else "",
        server=server,
        habit=habit,
        city=city,
        home=city.ipv6(rng) if has_ipv6 else city.ipv4(rng),
        elsewhere=(city.ipv4(rng), rng.choice(list(CITIES.values())).ipv4(rng)),
        vpn_ipv4=f"10.{block}.{in_pool >> 8}.{in_pool & 255}",
        vpn_ipv6=f"fd00:{block}::{0x1000 + number:x}" if server == "udp" else "",
        networks=(f"192.168.{number % 256}.0/24",) if habit == "site" and number % 2 else (),
        send_rate=sends * rng.lognormvariate(0, 0.7),
        receive_rate=sends * share * rng.lognormvariate(0, 0.7),
    )


def _username(name: str, number: int) -> str:
    local = name.partition("@")[0]
    return local if local.isascii() and " " not in local else f"u{1000 + number}"
