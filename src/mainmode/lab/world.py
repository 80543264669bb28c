"""Two devices, their inside hosts and the wire between them, moved from event to event in virtual time."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from ipaddress import IPv4Address

from mainmode.base.codes import IpProtocol
from mainmode.base.errors import WireError
from mainmode.base.instant import Instant, Span, between, later, seconds
from mainmode.device.box import Box
from mainmode.device.decision import BoxEffect, PacketOut
from mainmode.ike.effects import Failure, Send
from mainmode.lab.clock import Agenda
from mainmode.lab.evidence import Evidence
from mainmode.lab.facing import Facing
from mainmode.lab.hosts import answer
from mainmode.lab.link import Departure, Kind, Passage, Wire
from mainmode.lab.recorder import Recorder
from mainmode.lab.traffic import Traffic
from mainmode.ladder.transcript import Fate, Ping, Side
from mainmode.wire.ip import Ipv4, Udp, ports_of, read_ipv4

PING_INTERVAL = seconds(1)
PING_PATIENCE = seconds(2)
"""How long a host waits for a reply after its last request, besides the time that two round trips take."""

_KINDS = {500: Kind.IKE, 4500: Kind.IKE_NAT_T}


@dataclass(slots=True)
class _Request:
    """A request of an inside host, until its reply comes. `round_trip` in microseconds."""

    sequence: int
    sent_at: Instant
    round_trip: Span | None = None


class World:
    """The shell around two boxes. All that happens goes through `agenda`, so nothing depends on real time."""

    def __init__(
        self,
        boxes: Mapping[Side, Box],
        facing: tuple[Facing, ...],
        wire: Wire,
        agenda: Agenda,
        recorder: Recorder,
    ) -> None:
        self.agenda = agenda
        self.evidence = Evidence()
        self._boxes = boxes
        self._wire = wire
        self._recorder = recorder
        self._outside = {side: {f.ends[side].address: f.ends[side].interface for f in facing} for side in Side}
        self._traffic: Traffic | None = None
        self._requests: list[_Request] = []
        self._reasons_before = 0
        self._stopped = False

    # --- what a run asks for -------------------------------------------------------------------------------------

    def ping(self, traffic: Traffic, count: int, first: int = 1) -> tuple[Ping, ...]:
        """`count` requests, a second apart, and what came of each; returns when the last reply came or is given up.

        `first` is the number of the first one. Where the sender's own device says meanwhile why there is no tunnel, no
        more are sent: each would only begin the same negotiation again.

        Raises RunawayError at the bounds of the agenda.
        """
        self._traffic = traffic
        self._requests = []
        self._reasons_before, self._stopped = len(self.evidence.reasons), False
        start = self.agenda.now
        for index in range(count):
            self.agenda.put(later(start, Span(index * PING_INTERVAL)), partial(self._request, first + index))
        patience = (count - 1) * PING_INTERVAL + PING_PATIENCE + 4 * self._wire.link.latency
        self._drive(lambda: self._stopped or self._all_replied(count), later(start, Span(patience)))
        return tuple(
            Ping(
                traffic.side,
                str(traffic.probe.source),
                str(traffic.probe.destination),
                request.sequence,
                request.sent_at,
                request.round_trip,
                self._note(traffic, request),
            )
            for request in self._requests
        )

    def _note(self, traffic: Traffic, request: _Request) -> str:
        """What there is to say of a request: what it is, if no ping; and that no other follows, and why."""
        notes = [] if traffic.probe.protocol is IpProtocol.ICMP else [traffic.probe.name]
        if self._stopped and request is self._requests[-1]:
            notes.append("the last: its device has said why there is no tunnel")
        return "; ".join(notes)

    def settle(self, patience: Span) -> bool:
        """Go on until nothing is under way and both sides hold the same SAs; False where a negotiation outlasts that.

        What one side alone holds its device takes down in time; where that takes longer than `patience`, it stays.
        """
        evidence = self.evidence
        self._drive(
            lambda: evidence.settled and evidence.balanced and self.agenda.next() is None,
            later(self.agenda.now, patience),
        )
        return evidence.settled

    def _all_replied(self, count: int) -> bool:
        return len(self._requests) == count and all(request.round_trip is not None for request in self._requests)

    def _drive(self, done: Callable[[], bool], until: Instant) -> None:
        """Let happen what happens until `done`, or `until` comes."""
        while not done():
            deadlines = [(due, side) for side in Side if (due := self._boxes[side].deadline()) is not None]
            due, side = min(deadlines, key=lambda item: item[0], default=(None, Side.A))
            coming = self.agenda.next()
            if min(due or until, coming or until) >= until:
                self.agenda.advance(until)
                return
            if due is None or (coming is not None and coming <= due):
                self.agenda.step()
            else:
                self.agenda.advance(due)
                self._carry_out(side, self._boxes[side].expire(self.agenda.now))

    # --- packets -------------------------------------------------------------------------------------------------

    def _into(self, side: Side, interface: str, packet: bytes) -> None:
        """A packet arrives at an interface of a device."""
        self._carry_out(side, self._boxes[side].packet_in(interface, packet, self.agenda.now))

    def _carry_out(self, side: Side, effects: list[BoxEffect]) -> None:
        """What a device wants done, in its order."""
        for effect in effects:
            self.evidence.take(side, effect, self.agenda.now)
            if isinstance(effect, Send):
                self._send(side, effect)
            elif isinstance(effect, PacketOut):
                self._leave(side, effect)
            else:
                self._recorder.heard(side, effect, self.agenda.now)

    def _send(self, side: Side, send: Send) -> None:
        """An IKE datagram of a device, in UDP and IPv4, by the interface that has its source address."""
        local, remote = send.path.local, send.path.remote
        datagram = Udp(local.port, remote.port, send.datagram).encode(local.address, remote.address)
        packet = Ipv4(local.address, remote.address, IpProtocol.UDP, datagram).encode()
        interface = self._outside[side].get(local.address, "")
        passage = self._onto_wire(side, interface, packet, remote.address)
        number = self._recorder.sent(side, send, passage)
        for arrival in passage.arrivals:
            self.agenda.put(arrival, partial(self._arrive, side.other, remote.address, packet, number))

    def _leave(self, side: Side, out: PacketOut) -> None:
        """A packet that a device forwards: to an inside host, or onto the wire."""
        if out.interface not in self._outside[side].values():
            self.agenda.put(self.agenda.now, partial(self._at_host, side, out.interface, out.packet))
            return
        try:
            destination = read_ipv4(out.packet).destination
        except WireError:
            return
        other = self._outside[side.other]
        reached = destination if destination in other else out.next_hop
        passage = self._onto_wire(side, out.interface, out.packet, reached)
        for arrival in passage.arrivals:
            self.agenda.put(arrival, partial(self._arrive, side.other, reached, out.packet, None))

    def _onto_wire(self, side: Side, interface: str, packet: bytes, destination: IPv4Address) -> Passage:
        unreachable = ""
        if not interface:
            unreachable = "it leaves by an interface that does not face the other device"
        elif destination not in self._outside[side.other]:
            unreachable = f"nobody on the wire has the address {destination}"
        departure = Departure(side, interface, _kind(packet), packet, self.agenda.now, unreachable)
        passage = self._wire.carry(departure)
        if passage.fate is not Fate.DELIVERED and passage.kind in (Kind.ESP, Kind.OTHER):
            self._recorder.stopped(passage)
        return passage

    def _arrive(self, side: Side, address: IPv4Address, packet: bytes, number: int | None) -> None:
        if number is not None:
            self._recorder.arrived(side, number, self.agenda.now)
        self._into(side, self._outside[side][address], packet)

    # --- hosts ---------------------------------------------------------------------------------------------------

    def _request(self, sequence: int) -> None:
        """The sender's inside host sends its next request."""
        traffic = self._traffic
        if traffic is None:
            return
        if self._stopped or self._refused(traffic):
            self._stopped = True
            return
        self._requests.append(_Request(sequence, self.agenda.now))
        self._recorder.requested(traffic, sequence, self.agenda.now)
        self._into(traffic.side, traffic.interfaces[traffic.side], traffic.probe.request(sequence))

    def _refused(self, traffic: Traffic) -> bool:
        """Whether the sender's device gave a reason since the series began, and nothing is under way any more."""
        said = self.evidence.reasons[self._reasons_before :]
        return self.evidence.settled and any(
            reason.side is traffic.side and isinstance(reason.what, Failure) for reason in said
        )

    def _at_host(self, side: Side, interface: str, packet: bytes) -> None:
        """A packet reaches an inside network: the host there takes a reply, or answers a request."""
        traffic = self._traffic
        if traffic is None:
            return
        try:
            parsed = read_ipv4(packet)
            sequence = traffic.probe.sequence_in(parsed) if side is traffic.side else None
        except WireError:
            return
        if sequence is not None:
            self._replied(traffic, sequence)
            return
        is_far_host = side is not traffic.side and parsed.destination == traffic.probe.destination
        if not is_far_host or interface != traffic.interfaces[side]:
            self._recorder.nobody(side, interface, parsed.destination, self.agenda.now)
            return
        reply = answer(packet)
        if reply is not None:
            self._into(side, interface, reply)

    def _replied(self, traffic: Traffic, sequence: int) -> None:
        for request in self._requests:
            if request.sequence == sequence and request.round_trip is None:
                request.round_trip = between(request.sent_at, self.agenda.now)
                self._recorder.replied(traffic, sequence, request.round_trip, self.agenda.now)


def _kind(packet: bytes) -> Kind:
    """What a filter on the wire sees in a packet."""
    try:
        parsed = read_ipv4(packet)
    except WireError:
        return Kind.OTHER
    if parsed.protocol == IpProtocol.ESP:
        return Kind.ESP
    if parsed.protocol != IpProtocol.UDP:
        return Kind.OTHER
    ports = ports_of(parsed)
    return next((kind for port, kind in _KINDS.items() if port in ports), Kind.OTHER)
