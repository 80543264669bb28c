"""Hostile datagrams for a gateway: `attacker.py KIND SEED COUNT TARGET PEER [CAPTURE]`, in a namespace beside it.

KIND is one of `_KINDS`. What claims to be of PEER is written with its address. CAPTURE is a file of tcpdump's with a
talk of the two, of which `mutated` and `esp` send changed packets. The pace is one in a millisecond, so that no queue
of the kernel loses any. It prints how many were sent.
"""

import random
import socket
import struct
import sys
import time
from collections.abc import Iterator
from pathlib import Path

_PACE = 0.001
_UDP, _ESP, _MORE = 17, 50, 0x2000
_ETHERNET = 14

Packet = tuple[int, bytes, str, int]
"""IP protocol, payload, source address, flags and fragment offset."""


class Source:
    """Where packets come from: dice, addresses, and what was captured."""

    def __init__(self, seed: int, target: str, peer: str, capture: Path | None) -> None:
        self.dice = random.Random(seed)
        self.target, self.peer = target, peer
        self.captured = list(_captured(capture)) if capture is not None else []

    def udp(self, payload: bytes, port: int, source: int | None = None) -> bytes:
        """A UDP datagram without checksum."""
        source = self.dice.randrange(1, 65536) if source is None else source
        return struct.pack(">HHHH", source, port, 8 + len(payload), 0) + payload

    def octets(self, most: int) -> bytes:
        """Some random octets, few more often than many."""
        return self.dice.randbytes(int(most * self.dice.random() ** 3))

    def changed(self, octets: bytes) -> bytes:
        """Octets with a few of them changed, cut off, put in twice, or their length field made to lie."""
        copy = bytearray(octets)
        for _ in range(self.dice.choice((1, 1, 2, 8))):
            match self.dice.randrange(5):
                case 0 if len(copy) > 1:
                    del copy[self.dice.randrange(1, len(copy)) :]
                case 1:
                    at = self.dice.randrange(len(copy))
                    copy[at:at] = copy[at : at + self.dice.randrange(64)]
                case 2 if len(copy) > 32:
                    at = self.dice.randrange(28, len(copy) - 2)
                    copy[at : at + 2] = self.dice.choice((b"\0\0", b"\xff\xff", b"\0\1", b"\0\4"))
                case _:
                    copy[self.dice.randrange(len(copy))] = self.dice.randrange(256)
        return bytes(copy)


def _random(source: Source) -> Packet:
    """Random octets on port 500, or on 4500."""
    return _UDP, source.udp(source.octets(1400), source.dice.choice((500, 4500))), source.peer, 0


def _mutated(source: Source) -> Packet:
    """A message of IKE that was sent before, changed."""
    old = source.dice.choice([payload for protocol, payload in source.captured if protocol == _UDP])
    return _UDP, source.udp(source.changed(old[8:]), source.dice.choice((500, 500, 500, 4500)), 500), source.peer, 0


def _esp(source: Source) -> Packet:
    """ESP: random, or some that was sent before, as it was or changed; raw or in UDP."""
    old = source.dice.choice([payload for protocol, payload in source.captured if protocol == _ESP])
    octets = source.dice.choice((source.octets(1400), old, source.changed(old), source.changed(old)))
    if source.dice.random() < 0.5:
        return _UDP, source.udp(octets, 4500, 4500), source.peer, 0
    return _ESP, octets, source.peer, 0


def _begun(source: Source) -> Packet:
    """A first message that is all right, from the peer or from anywhere, with a cookie of its own."""
    first = next(payload[8:] for protocol, payload in source.captured if protocol == _UDP)
    sender = socket.inet_ntoa(source.dice.randbytes(4)) if source.dice.random() < 0.7 else source.peer
    return _UDP, source.udp(source.dice.randbytes(8) + first[8:], 500, 500), sender, 0


def _fragments(source: Source) -> Packet:
    """Fragments of UDP and ESP whose packet never gets whole, or whose pieces overlap."""
    offset = source.dice.choice((0, 0, 1, 2, 185, 8000))
    more = source.dice.choice((0, _MORE, _MORE))
    protocol = source.dice.choice((_UDP, _ESP))
    return protocol, source.udp(source.octets(800), 500)[: 8 * source.dice.randrange(1, 90)], source.peer, more | offset


_KINDS = {"random": _random, "mutated": _mutated, "esp": _esp, "begun": _begun, "fragments": _fragments}


def _captured(file: Path) -> Iterator[tuple[int, bytes]]:
    """IP protocol and payload of each packet in a capture of Ethernet frames (libpcap's file format)."""
    octets, at = file.read_bytes(), 24
    while at + 16 <= len(octets):
        length = struct.unpack_from("<I", octets, at + 8)[0]
        packet = octets[at + 16 + _ETHERNET : at + 16 + length]
        yield packet[9], packet[(packet[0] & 15) * 4 : int.from_bytes(packet[2:4])]
        at += 16 + length


def _main(kind: str, seed: int, count: int, target: str, peer: str, capture: Path | None) -> None:
    source, make = Source(seed, target, peer, capture), _KINDS[kind]
    raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    sent = 0
    for number in range(count):
        protocol, payload, sender, fragment = make(source)
        header = struct.pack(
            ">BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), number + 1, fragment, 64, protocol, 0,
            socket.inet_aton(sender), socket.inet_aton(target),
        )  # fmt: skip
        try:
            raw.sendto(header + payload, (target, 0))
            sent += 1
        except OSError:
            continue
        time.sleep(_PACE)
    print(sent)


if __name__ == "__main__":
    _main(sys.argv[1], *map(int, sys.argv[2:4]), *sys.argv[4:6], Path(sys.argv[6]) if sys.argv[6:] else None)
