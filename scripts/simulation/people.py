"""Who connects in the demo: people and machines with a name, a place, habits and an appetite."""

import random
from dataclasses import dataclass
from typing import Literal

Habit = Literal["office", "home", "phone", "night", "site", "thing", "backup"]
Server = Literal["udp", "tcp"]
SERVERS: tuple[Server, ...] = ("udp", "tcp")

# name | habit | server | hours east of UTC. Offsets are fixed: a demo has no summer time.
_CAST = """
anna.schmidt@example.com|office|udp|1
Jürgen Müller|office|udp|1
Zoë Kučerová|office|udp|1
François Lefèvre|office|tcp|1
Łukasz Wójcik|office|udp|1
Søren Ågård|home|udp|1
İpek Yıldız|office|tcp|3
Nguyễn Văn An|office|udp|7
Márton Szőke|office|udp|1
Ștefan Ionescu|office|udp|2
Ștefan Ionescu|phone|udp|2
Ana Lucía Peña|office|tcp|-5
O'Brien, Pat|office|tcp|0
Кирилл Орлов|office|udp|3
Кирилл Орлов|phone|udp|3
Оксана Шевченко|home|udp|2
Дарья Волкова|phone|tcp|3
Тимур Ахметов|night|udp|5
Ελένη Παπαδάκη|office|udp|2
Νίκος Γεωργίου|phone|udp|2
王芳|office|tcp|8
李伟|home|udp|8
佐藤 健|office|udp|9
鈴木さくら|phone|udp|9
김민준|office|tcp|9
ليلى حسن|office|udp|2
عمر الفاروق|phone|udp|3
נועה לוי|home|udp|2
अनन्या शर्मा|office|udp|5.5
สมชาย ใจดี|night|tcp|7
maria.rossi@example.org|office|udp|1
maria.rossi@example.org|phone|udp|1
p.novak@example.com|home|udp|1
d.okafor@example.com|office|tcp|1
carlos.mendes@example.org|home|udp|-3
kaya.lind@example.com|phone|udp|1
h.tanaka@example.org|night|udp|9
emma.wright@example.com|office|tcp|-8
jamal.brown@example.com|home|udp|-5
support-night-1|night|udp|1
support-night-2|night|tcp|-6
router-hamburg|site|udp|1
router-porto|site|udp|0
router-cluj|site|udp|2
branch-riga-gw|site|tcp|2
warehouse-04|site|udp|1
nas-backup-01|backup|udp|1
nas-backup-02|backup|tcp|1
db-replica.example.net|site|udp|0
ci-runner-07|backup|udp|0
camera-gate-3|thing|tcp|1
pi-weather-station|thing|udp|1
printer-lab.example.net|thing|tcp|1
iphone-von-lena|phone|udp|1
Pixel_8_Tomás|phone|udp|1
DESKTOP-7F3KQ2L|home|udp|2
Marco's MacBook Pro|office|udp|1
thinkpad-x1-042|office|udp|1
kiosk-lobby|thing|tcp|1
pos-terminal-11|thing|udp|2
voip-gw-lisboa|site|udp|0
solar-inverter-2|thing|udp|1
hvac-controller.example.net|thing|tcp|1
cctv-depot-1|site|udp|1
tablet-delivery-2|phone|tcp|1
tablet-delivery-5|phone|tcp|1
lab-bench-α|home|udp|2
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
    utc_offset: float
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
    name, habit_name, server_name, offset = line.split("|")
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
        utc_offset=float(offset),
        home=f"2001:db8:{rng.randrange(1, 0xFFFF):x}::{number + 1:x}" if has_ipv6 else _ipv4(rng),
        elsewhere=tuple(_ipv4(rng) for _ in range(2)),
        vpn_ipv4=f"10.{block}.{in_pool >> 8}.{in_pool & 255}",
        vpn_ipv6=f"fd00:{block}::{0x1000 + number:x}" if server == "udp" else "",
        networks=(f"192.168.{number % 256}.0/24",) if habit == "site" and number % 2 else (),
        send_rate=sends * rng.lognormvariate(0, 0.7),
        receive_rate=sends * share * rng.lognormvariate(0, 0.7),
    )


def _username(name: str, number: int) -> str:
    local = name.partition("@")[0]
    return local if local.isascii() and " " not in local else f"u{1000 + number}"


def _ipv4(rng: random.Random) -> str:
    network = rng.choice(["192.0.2", "198.51.100", "203.0.113"])
    return f"{network}.{rng.randrange(1, 255)}"
