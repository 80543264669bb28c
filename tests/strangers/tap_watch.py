"""A gateway whose tunnels a kernel would carry: prints what its tap shows, a line for each packet. Runs in a namespace.

It reads its configuration's two outside addresses and networks from the command line. `on` and `off` on standard input
begin and end the watching; the end of it ends the process.
"""

import asyncio
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "gateway"))

from gateway_boxes import HOST_A, HOST_B, echo, gateway_of

from mainmode.base.instant import Instant
from mainmode.device.watching import Watcher
from mainmode.gateway.tap import Tap


class Printer(Watcher):
    """Prints each packet: nameif, way, protocol and both ends."""

    wants_packets = True

    def sent(self, interface: str, packet: bytes, now: Instant) -> None:
        """It left."""
        self._print(interface, "out", packet)

    def received(self, interface: str, packet: bytes, now: Instant) -> None:
        """It came."""
        self._print(interface, "in", packet)

    def _print(self, interface: str, way: str, packet: bytes) -> None:
        ends = (".".join(map(str, packet[place : place + 4])) for place in (12, 16))
        print(interface, way, packet[9], *ends, flush=True)


async def main() -> None:
    """Two joined gateways with a tunnel; the first one's tap listens to this namespace."""
    a, b = gateway_of("a"), gateway_of("b")
    a.join(b)
    a.gateway.packet_arrived("inside", echo(HOST_A, HOST_B).encode())
    a.settle()
    loop = asyncio.get_running_loop()
    tap = Tap(a.gateway, loop, lambda: {"outside": "outside", "inside": "inside"})
    printer, ended = Printer(), asyncio.Event()

    def told() -> None:
        word = sys.stdin.readline().strip()
        if word == "on":
            a.gateway.watch(printer)
            print("watching", flush=True)
        elif word == "off":
            a.gateway.unwatch(printer)
            print("not watching", flush=True)
        else:
            ended.set()

    loop.add_reader(sys.stdin, told)
    await ended.wait()
    tap.close()


asyncio.run(main())
