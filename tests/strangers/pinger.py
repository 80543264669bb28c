"""Pings to many addresses at once, steadily, as hosts do that use their tunnels: `pinger.py SECONDS ADDRESS...`.

It sends one echo request to each address every SECONDS until its input ends. For each line on its input it prints one
JSON line: how many were sent and answered for each address, how long ago the last answer came, and the longest
silence. An answer counts when it comes within five seconds of its request.
"""

import json
import os
import select
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field

_PATIENCE = 5.0
_ECHO = struct.Struct(">BBHHH")


@dataclass
class Beat:
    """One address: counts, and when (monotonic seconds) the last answer came, at first when pings began."""

    last: float
    sent: int = 0
    answered: int = 0
    silence: float = 0.0
    waiting: dict[int, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Told:
    """What one address did: `ago` and `silence` in seconds, the latter the longest time without an answer."""

    sent: int
    answered: int
    ago: float
    silence: float


class Pinger:
    """The running pings of a namespace, as a test sees them."""

    def __init__(self, namespace: str, addresses: Sequence[str], seconds: float) -> None:
        argv = ["ip", "netns", "exec", namespace, sys.executable, __file__, str(seconds), *addresses]
        self._process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def told(self) -> dict[str, Told]:
        """By address, up to this moment. Raises RuntimeError when the program died."""
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("the pinger has no pipes")
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the pinger died")
        return {address: Told(**values) for address, values in json.loads(line).items()}

    def end(self) -> None:
        """Ends the program."""
        self._process.kill()
        self._process.communicate()


@contextmanager
def pinging(namespace: str, *addresses: str, seconds: float = 0.2) -> Iterator[Pinger]:
    """Steady pings from a namespace while the block runs."""
    pinger = Pinger(namespace, addresses, seconds)
    try:
        yield pinger
    finally:
        pinger.end()


def _checksum(octets: bytes) -> int:
    total = sum(struct.unpack(f">{len(octets) // 2}H", octets))
    total = (total & 0xFFFF) + (total >> 16)
    return ~(total + (total >> 16)) & 0xFFFF


def _request(identifier: int, sequence: int) -> bytes:
    data = bytes(24)
    bare = _ECHO.pack(8, 0, 0, identifier, sequence) + data
    return _ECHO.pack(8, 0, _checksum(bare), identifier, sequence) + data


class _Round:
    """The program's state: its socket and a beat for each address."""

    def __init__(self, addresses: Sequence[str]) -> None:
        self.raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
        self.raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.identifier = os.getpid() & 0xFFFF
        self.beats = {address: Beat(time.monotonic()) for address in addresses}

    def send(self) -> None:
        now = time.monotonic()
        for address, beat in self.beats.items():
            beat.sent += 1
            beat.waiting = {number: at for number, at in beat.waiting.items() if now - at < _PATIENCE}
            beat.waiting[beat.sent & 0xFFFF] = now
            try:
                self.raw.sendto(_request(self.identifier, beat.sent & 0xFFFF), (address, 0))
            except OSError:
                continue

    def receive(self) -> None:
        packet, (address, _) = self.raw.recvfrom(2048)
        header = (packet[0] & 15) * 4
        beat = self.beats.get(address)
        if beat is None or len(packet) < header + _ECHO.size:
            return
        kind, _, _, identifier, sequence = _ECHO.unpack_from(packet, header)
        if kind != 0 or identifier != self.identifier or beat.waiting.pop(sequence, None) is None:
            return
        now = time.monotonic()
        beat.answered += 1
        beat.silence = max(beat.silence, now - beat.last)
        beat.last = now

    def tell(self) -> None:
        now = time.monotonic()
        told = {
            address: asdict(Told(beat.sent, beat.answered, now - beat.last, max(beat.silence, now - beat.last)))
            for address, beat in self.beats.items()
        }
        print(json.dumps(told), flush=True)


def _main(seconds: float, addresses: Sequence[str]) -> None:
    state, due = _Round(addresses), time.monotonic()
    while True:
        ready, _, _ = select.select([sys.stdin, state.raw], [], [], max(0.0, due - time.monotonic()))
        if state.raw in ready:
            state.receive()
        if sys.stdin in ready:
            if not sys.stdin.readline():
                return
            state.tell()
        if time.monotonic() >= due:
            state.send()
            due += seconds


if __name__ == "__main__":
    _main(float(sys.argv[1]), sys.argv[2:])
