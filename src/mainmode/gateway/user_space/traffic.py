"""The packets of tunnels in user space: read in bursts, sealed or opened, and sent on in runs.

Packets of connections that stand take the box's fast lane. All others, and every packet while somebody captures, go the
ordinary way, one by one; the order of packets stays as it was. Each burst is bounded, so that nothing starves.
"""

from collections.abc import Callable, Mapping
from ipaddress import IPv4Address
from itertools import chain, groupby
from operator import itemgetter
from typing import NamedTuple

from mainmode.base.address import Endpoint, Path
from mainmode.base.errors import Drop, WireError
from mainmode.base.instant import Instant
from mainmode.device.express import Express, Opened
from mainmode.gateway.gateway import Gateway
from mainmode.gateway.sockets import AT_ONCE, SHED_FOR_ONE
from mainmode.gateway.user_space.nat_t import NatTraversalReader
from mainmode.gateway.user_space.raw import EspSocket, esp_of
from mainmode.gateway.user_space.segments import hand_over
from mainmode.gateway.user_space.sending import PeerSender
from mainmode.gateway.user_space.tun import Tun
from mainmode.ike.effects import Dropped
from mainmode.ipsec.segments import Segments

_SHORTEST = 20
_SEGMENTS_FOR_ONE = 8
"""Segments in one piece that cost what another packet costs, of all that a turn may do."""


class Doors(NamedTuple):
    """Where packets come in and leave: the host's device, protocol 50, and port 4500 to read and to send by."""

    tun: Tun
    esp: EspSocket
    nat_t: NatTraversalReader
    by_udp: PeerSender


class Traffic:
    """Reads of the loop: `from_the_host`, `by_protocol_50`, `by_port_4500`. `follow` tells the box's own addresses."""

    def __init__(self, gateway: Gateway, doors: Doors) -> None:
        self._gateway = gateway
        self._doors = doors
        self._nameifs: Mapping[bytes, str] = {}
        self._sealed: list[Express] = []
        self._opened: list[bytes] = []

    def follow(self, nameifs: Mapping[bytes, str]) -> None:
        """The interfaces of the box by their addresses, from here on."""
        self._nameifs = nameifs

    def through(self, tun: Tun) -> None:
        """The host's device is this one from here on."""
        self._doors = self._doors._replace(tun=tun)

    def from_the_host(self) -> None:
        """Packets that the host sends, or sends on, into tunnels."""
        gateway, read = self._gateway, self._doors.tun.read
        now, seal, watched = gateway.now(), gateway.box.express.seal, gateway.watched
        gateway.give_again(now)
        packets: list[bytes | Segments] = []
        left = AT_ONCE
        while left > 0 and (one := read()) is not None:
            packets.append(one)
            left -= 1 + one.count // _SEGMENTS_FOR_ONE if isinstance(one, Segments) else 1
        at = 0
        while at < len(packets):
            one = packets[at]
            express = None if watched else seal(packets, at, now)
            if express is not None:
                self._sealed.append(express)
                at += 1 if isinstance(one, Segments) else len(express.packets)
            elif isinstance(one, Segments):
                packets[at : at + 1] = self._doors.tun.cut(one)
            else:
                at += 1
                if one:
                    self._send()
                    self._take(one)
        self._send()

    def by_port_4500(self) -> None:
        """ESP in UDP, and IKE among it."""
        gateway, receive = self._gateway, self._doors.nat_t.receive
        left = AT_ONCE * SHED_FOR_ONE
        while left > 0:
            try:
                received = receive()
            except OSError as error:
                gateway.trouble("UDP port 4500 cannot be read", error)
                break
            if received is None:
                break
            datagrams, path, cut = received
            left -= self._unseal(datagrams, path, gateway.datagram_arrived) if datagrams else SHED_FOR_ONE
            if cut:
                self._dropped(Drop.TOO_LARGE, f"the last of datagrams from {path.remote} that the host joined")
        self._hand_over()

    def by_protocol_50(self) -> None:
        """ESP as it is."""
        gateway, left = self._gateway, AT_ONCE * SHED_FOR_ONE
        while left > 0:
            packets = self._by_raw_socket(max(1, left // SHED_FOR_ONE))
            if not packets:
                break
            for path, several in groupby(packets, key=itemgetter(0)):
                if path is not None:
                    left -= self._unseal([esp for _, esp in several], path, gateway.esp_arrived)
                    continue
                for _, packet in several:
                    left -= SHED_FOR_ONE
                    self._dropped(Drop.NOT_AN_IP_PACKET, f"{len(packet)} octets")
        self._hand_over()

    def _by_raw_socket(self, most: int) -> list[tuple[Path | None, bytes]]:
        """What came as protocol 50: path and ESP. Without a path it is no packet, though the host has looked at it."""
        receive, found = self._doors.esp.receive, list[tuple[Path | None, bytes]]()
        while len(found) < most and (packet := receive()) is not None:
            try:
                esp, path = esp_of(packet)
            except WireError:
                found.append((None, packet))
            else:
                found.append((path, esp))
        return found

    def _unseal(self, datagrams: list[bytes], path: Path, ordinary: Callable[[bytes, Path], bool]) -> int:
        """What came along one path, in its order; its share of a turn. `ordinary` says False where it was shed."""
        gateway, unseal, remote = self._gateway, self._unsealing, path.remote
        now, nameif = gateway.now(), self._nameifs.get(path.local.address.packed)
        at = spent = 0
        while at < len(datagrams):
            out = unseal(nameif, datagrams, at, remote, now) if nameif is not None else None
            if isinstance(out, Opened):
                self._opened += out.packets
                at += len(out.packets)
                spent += SHED_FOR_ONE + len(out.packets) - 1
                continue
            served = out is None
            if served:
                self._hand_over()
                served = ordinary(datagrams[at], path)
            spent += SHED_FOR_ONE if served else 1
            at += 1
        return spent

    def _shed(self, nameif: str, datagrams: list[bytes], at: int, remote: Endpoint, now: Instant) -> Drop | None:
        return self._gateway.box.shedding.esp(nameif, datagrams[at], remote, now)

    @property
    def _unsealing(self) -> Callable[[str, list[bytes], int, Endpoint, Instant], Opened | Drop | None]:
        """While somebody watches every packet no lane is taken, and what is dropped without a word still is."""
        return self._shed if self._gateway.watched else self._gateway.box.express.open

    def _take(self, packet: bytes) -> None:
        """A packet of the host, or one that it sends on: it came to the interface behind which its source is."""
        if packet[12:16] in self._nameifs:
            self._gateway.from_host(packet)
            return
        source = IPv4Address(packet[12:16]) if len(packet) >= _SHORTEST else None
        nameif = self._gateway.box.towards(source) if source is not None else None
        if nameif is None:
            self._dropped(Drop.NO_ROUTE, f"back to {source}, from where the host sent a packet")
            return
        self._gateway.packet_arrived(nameif, packet)

    def _send(self) -> None:
        """All that is sealed leaves, what is alike in one go."""
        if not self._sealed:
            return
        sealed, self._sealed = self._sealed, []
        for _, alike in groupby(sealed, _manner):
            runs = list(alike)
            first, outlet = runs[0], runs[0].outlet
            sender = self._doors.by_udp if outlet.udp_encapsulated else self._doors.esp.sender
            packets = list(chain.from_iterable(run.packets for run in runs))
            lost, error = sender.send(outlet.path, packets, first.tos, dont_fragment=first.dont_fragment)
            for _ in range(lost):
                self._dropped(Drop.NOT_SENT, f"{outlet.path.remote.address}: {error.strerror if error else ''}")
        self._doors.by_udp.settle()

    def _hand_over(self) -> None:
        """All that is opened goes to the host."""
        if not self._opened:
            return
        opened, self._opened = self._opened, []
        for _ in range(hand_over(opened, self._doors.tun)):
            self._dropped(Drop.NOT_SENT, f"out of a tunnel: {self._doors.tun.name} does not take it")

    def _dropped(self, reason: Drop, text: str) -> None:
        self._gateway.act(lambda box, now: box.dropped(Dropped(reason, None, text), now))


def _manner(one: Express) -> tuple[int, int, bool]:
    """What runs that leave in one go have in common."""
    return id(one.outlet), one.tos, one.dont_fragment
