"""The hosts behind the devices of a scenario: any address that a device leads to by an inside interface has one."""

from dataclasses import field, replace
from ipaddress import IPv4Address
from typing import Protocol

from mainmode.base.codes import IpProtocol
from mainmode.base.dataclass import dataclass
from mainmode.base.errors import WireError
from mainmode.base.instant import NO_TIME, Instant, Span, between
from mainmode.lab.hosts import Probe, answer_to
from mainmode.wire.fragments import Reassembler
from mainmode.wire.icmp import TooLarge, read_too_large
from mainmode.wire.ip import Ipv4, ports_of, read_echo, read_ipv4

DISCARD = 9
"""The UDP port on which hosts take everything and answer nothing (RFC 863)."""

_NUMBERS = 0xFFFF
"""An echo has so many numbers; then they begin anew."""

Ends = tuple[IPv4Address, IPv4Address, int, int]
"""Source, destination, protocol, and what tells flows between them apart: identifier or source port."""


@dataclass(slots=True)
class Flow:
    """What one host sends to another. `waiting`: the requests without a reply, by number, with their
    time; `given_up`: when those were sent whose number was needed anew.

    `reached` counts requests that came to a host; `slowest` is the longest round trip, `told_mtu` the size that the
    host was last told of. Where no replies are expected
    (`expects_replies`), none is missed.
    """

    name: str
    interface: str
    probe: Probe
    expects_replies: bool
    sent: int = 0
    reached: int = 0
    answered: int = 0
    slowest: Span = NO_TIME
    told_mtu: int | None = None
    last_answered: Instant | None = None
    waiting: dict[int, Instant] = field(default_factory=dict)
    given_up: list[Instant] = field(default_factory=list)

    def lost_since(self, since: Instant) -> int:
        """How many of the requests that were sent from `since` on have no reply."""
        return sum(1 for at in (*self.waiting.values(), *self.given_up) if at >= since)


class Watcher(Protocol):
    """Who is told of every request and reply of the hosts."""

    def requested(self, name: str, probe: Probe, sequence: int, now: Instant) -> None:
        """A host behind this device sends a request."""

    def replied(self, name: str, probe: Probe, sequence: int, round_trip: Span, now: Instant) -> None:
        """It has the reply."""


class Inside:
    """All inside hosts of a world. `silent` are the addresses where nobody is at home."""

    def __init__(self, silent: frozenset[IPv4Address] = frozenset(), watcher: Watcher | None = None) -> None:
        self._watcher = watcher
        self.flows: list[Flow] = []
        self._count = 0
        self._silent = silent
        self._by_ends: dict[Ends, Flow] = {}
        self._reassembler = Reassembler()

    def flow(
        self, name: str, interface: str, probe: Probe, expects_replies: bool = True, *, fixed: bool = False
    ) -> Flow:
        """A flow of its own for a host behind a device: another identifier or source port than any before.

        `fixed`: a port is kept as it is, since somebody's rules name it.
        """
        self._count += 1
        number = self._count & _NUMBERS
        if probe.protocol is IpProtocol.ICMP:
            probe = replace(probe, identifier=number)
        elif not fixed:
            probe = replace(probe, source_port=probe.source_port + number)
        flow = Flow(name, interface, probe, expects_replies)
        self.flows.append(flow)
        own = probe.identifier if probe.protocol is IpProtocol.ICMP else probe.source_port
        self._by_ends[probe.source, probe.destination, probe.protocol, own] = flow
        return flow

    def forget(self, flow: Flow) -> None:
        """A flow is over; replies to it are nobody's."""
        self.flows.remove(flow)
        for ends in [ends for ends, known in self._by_ends.items() if known is flow]:
            del self._by_ends[ends]

    def request(self, flow: Flow, now: Instant) -> bytes:
        """The next packet of a flow."""
        flow.sent += 1
        if flow.expects_replies:
            number = flow.sent & _NUMBERS
            if number in flow.waiting:
                flow.given_up.append(flow.waiting[number])
            flow.waiting[number] = now
        if self._watcher is not None:
            self._watcher.requested(flow.name, flow.probe, flow.sent, now)
        return flow.probe.request(flow.sent)

    def take(self, name: str, interface: str, packet: bytes, now: Instant) -> bytes | None:
        """A packet reaches an inside network: its host takes a reply, or answers a request."""
        try:
            whole = self._reassembler.add(read_ipv4(packet), now)
            if whole is None:
                return None
            parsed = whole
            told = read_too_large(parsed)
            if told is not None:
                self._shrink(parsed.destination, told)
                return None
            flow, is_reply = self._flow_of(parsed)
            if flow is not None and is_reply:
                self._replied(flow, parsed, now)
                return None
            if parsed.destination in self._silent:
                return None
            if flow is not None:
                flow.reached += 1
            if parsed.protocol == IpProtocol.UDP and ports_of(parsed)[1] == DISCARD:
                return None
            return answer_to(parsed)
        except WireError:
            return None

    def _flow_of(self, packet: Ipv4) -> tuple[Flow | None, bool]:
        """The flow that a packet belongs to, as a request or as a reply to one."""
        source, destination, protocol = packet.source, packet.destination, packet.protocol
        if protocol == IpProtocol.ICMP:
            echo = read_echo(packet)
            if echo is None:
                return None, False
            ends = (source, destination) if echo.request else (destination, source)
            return self._by_ends.get((*ends, protocol, echo.identifier)), not echo.request
        near, far = ports_of(packet)
        asked = self._by_ends.get((source, destination, protocol, near))
        replied = self._by_ends.get((destination, source, protocol, far))
        if asked is not None and (replied is None or asked.probe.destination_port == far):
            return asked, False
        return replied, True

    def _shrink(self, host: IPv4Address, told: TooLarge) -> None:
        """A host learns from its device, or from a router, how large its packets may be (RFC 1191)."""
        for flow in self.flows:
            if (flow.probe.source, flow.probe.destination) == (host, told.destination):
                flow.told_mtu = told.mtu

    def _replied(self, flow: Flow, packet: Ipv4, now: Instant) -> None:
        sequence = flow.probe.sequence_in(packet)
        sent_at = flow.waiting.pop(sequence, None) if sequence is not None else None
        if sent_at is not None and sequence is not None:
            round_trip = between(sent_at, now)
            flow.answered += 1
            flow.last_answered = now
            flow.slowest = max(flow.slowest, round_trip)
            if self._watcher is not None:
                self._watcher.replied(flow.name, flow.probe, sequence, round_trip, now)
