"""A VPN server whose whole truth is known: it writes status files as OpenVPN does, step by step."""

import random
import time
from dataclasses import dataclass
from pathlib import Path

HEADER = (
    "HEADER,CLIENT_LIST,Common Name,Real Address,Virtual Address,Virtual IPv6 Address,"
    "Bytes Received,Bytes Sent,Connected Since,Connected Since (time_t),Username,Client ID,"
    "Peer ID,Data Channel Cipher"
)
ROUTES = "HEADER,ROUTING_TABLE,Virtual Address,Common Name,Real Address,Last Ref,Last Ref (time_t)"
INTERVAL_SECONDS = 10


@dataclass
class Connection:
    """One connection, and what its row said last."""

    name: str
    client_id: int
    connected_at: int
    received: int = 0
    sent: int = 0
    absent: int = 0
    """For how many more snapshots its row is missing though it goes on."""


class Vpn:
    """Clients come and go and come back at every step; some rows flicker, some for long enough to be
    taken for gone. Its clock advances 10 s a step, however fast the test is."""

    def __init__(self, path: Path, seed: str) -> None:
        self.path = path
        self.random = random.Random(seed)
        self.time = int(time.time()) - 6 * 3600
        self.next_id = 0
        self.alive: list[Connection] = []
        self.gone: list[Connection] = []
        self.calm = False
        for _ in range(25):
            self._connect()
        self._write()

    def step(self) -> None:
        """Live through one interval and write the file."""
        self.time += INTERVAL_SECONDS
        for one in list(self.alive):
            one.absent = max(0, one.absent - 1)
            fate = 1.0 if self.calm or one.absent else self.random.random()
            if fate < 0.03:
                self.alive.remove(one)
                self.gone.append(one)
            elif fate < 0.06:
                one.absent = self.random.choice([1, 3, 8])
            elif not one.absent:
                one.received += self.random.choice([0, 3, 1000, 5_000_000])
                one.sent += self.random.choice([0, 7, 90_000])
        while len(self.alive) < 25 or (not self.calm and self.random.random() < 0.3):
            self._connect()
        self._write()

    def settle(self) -> None:
        """From now on nobody comes, goes or flickers."""
        self.calm = True

    def truth(self) -> dict[tuple[str, int], tuple[int, int]]:
        """Bytes received and sent as last written, by name and start."""
        return {
            (one.name, one.connected_at): (one.received, one.sent)
            for one in [*self.alive, *self.gone]
        }

    def present(self) -> set[tuple[str, int]]:
        """Who is still connected."""
        return {(one.name, one.connected_at) for one in self.alive}

    def _connect(self) -> None:
        one = Connection(f"client{self.next_id % 40}", self.next_id, self.time)
        self.next_id += 1
        self.alive.append(one)

    def _write(self) -> None:
        stamp = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(self.time))
        lines = ["TITLE,OpenVPN 2.6.14 x86_64-pc-linux-gnu", f"TIME,{stamp},{self.time}", HEADER]
        shown = [one for one in self.alive if not one.absent]
        for one in shown:
            since = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(one.connected_at))
            lines.append(
                f"CLIENT_LIST,{one.name},203.0.113.{one.client_id % 250 + 1}:4{one.client_id % 1000:03},"
                f"{self._address(one)},,{one.received},{one.sent},{since},{one.connected_at},"
                f"UNDEF,{one.client_id},{one.client_id % 200},AES-256-GCM"
            )
        lines.append(ROUTES)
        lines += [
            f"ROUTING_TABLE,{self._address(one)},{one.name},203.0.113.{one.client_id % 250 + 1}:"
            f"4{one.client_id % 1000:03},{stamp},{self.time}"
            for one in shown
        ]
        lines += ["GLOBAL_STATS,Max bcast/mcast queue length,0", "END", ""]
        self.path.write_text("\n".join(lines))

    @staticmethod
    def _address(one: Connection) -> str:
        return f"10.8.{one.client_id // 200 % 250}.{one.client_id % 200 + 2}"
