"""Turns a TUN device round, in a namespace: `tun_echo.py NAME`. What the host sends comes back with its ends swapped.

TCP segments come back in runs. It tells on standard output that it is ready, and what it wrote when its input ends.
"""

import select
import subprocess
import sys

from mainmode.gateway.user_space.segments import hand_over
from mainmode.gateway.user_space.tun import Tun
from mainmode.ipsec.segments import Segments


class Counting:
    """The device, and how many writes it had: of one packet, and of runs with their packets."""

    def __init__(self, tun: Tun) -> None:
        self.tun = tun
        self.single = self.runs = self.in_runs = 0

    def write(self, packet: bytes) -> bool:
        self.single += 1
        return self.tun.write(packet)

    def write_joined(self, octets: bytes) -> bool:
        """What the helper made; its virtio header tells kind, octets of headers and of the data of a segment."""
        packet = octets[10:]
        if not octets[1]:
            self.single += 1
        else:
            self.runs += 1
            data = len(packet) - int.from_bytes(octets[2:4], sys.byteorder)
            self.in_runs += -(-data // int.from_bytes(octets[4:6], sys.byteorder))
        return self.tun.write_joined(octets)

    def write_segments(self, headers: bytes, payloads: list[bytes]) -> bool:
        self.runs += 1
        self.in_runs += len(payloads)
        return self.tun.write_segments(headers, payloads)


def turned(packet: bytes) -> bytes:
    """The packet the other way; both checksums stay right."""
    return packet[:12] + packet[16:20] + packet[12:16] + packet[20:]


def main() -> None:
    tun = Tun.open(sys.argv[1])
    for command in (f"address add 10.99.0.1/24 dev {tun.name}", f"link set {tun.name} up"):
        subprocess.run(["ip", *command.split()], check=True)
    counting = Counting(tun)
    print("ready", flush=True)
    lost = 0
    while True:
        ready, _, _ = select.select([tun, sys.stdin], [], [], 20)
        if tun in ready:
            packets: list[bytes] = []
            while len(packets) < 64 and (read := tun.read()) is not None:
                if isinstance(read, Segments):
                    packets += map(turned, tun.cut(read))
                elif read:
                    packets.append(turned(read))
            lost += hand_over(packets, counting)
        elif not ready or sys.stdin in ready:
            break
    tun.close()
    print(counting.single, counting.runs, counting.in_runs, lost, flush=True)


if __name__ == "__main__":
    main()
