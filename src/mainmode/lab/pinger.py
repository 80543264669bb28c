"""The inside hosts of a pair: one sends a series of requests to the other, as a person does who tries a tunnel."""

from functools import partial

from mainmode.base.codes import IpProtocol
from mainmode.base.dataclass import dataclass
from mainmode.base.errors import WireError
from mainmode.base.instant import Instant, Span, between, later, seconds
from mainmode.ike.effects import Failure
from mainmode.lab.evidence import Evidence
from mainmode.lab.hosts import answer
from mainmode.lab.recorder import Recorder
from mainmode.lab.traffic import Traffic
from mainmode.lab.world import World
from mainmode.ladder.transcript import Ping, Side
from mainmode.wire.ip import read_ipv4

PING_INTERVAL = seconds(1)
PING_PATIENCE = seconds(2)
"""How long a host waits for a reply after its last request, besides the time that two round trips take."""


@dataclass(slots=True)
class _Request:
    """A request of an inside host, until its reply comes. `round_trip` in microseconds."""

    sequence: int
    sent_at: Instant
    round_trip: Span | None = None


class Pinger:
    """The hosts of a world of two devices, whose names are those of the sides."""

    def __init__(self, recorder: Recorder | None, evidence: Evidence) -> None:
        """`recorder` None: nobody reads of requests and replies."""
        self._recorder = recorder
        self._evidence = evidence
        self._traffic: Traffic | None = None
        self._requests: list[_Request] = []
        self._reasons_before = 0
        self._stopped = False

    def ping(self, world: World, traffic: Traffic, count: int, first: int = 1) -> tuple[Ping, ...]:
        """`count` requests, a second apart, and what came of each; returns when the last reply came or is given up.

        `first` is the number of the first one. Where the sender's own device says meanwhile why there is no tunnel, no
        more are sent: each would only begin the same negotiation again.

        Raises RunawayError at the bounds of the agenda.
        """
        self._traffic = traffic
        self._requests = []
        self._reasons_before, self._stopped = len(self._evidence.reasons), False
        agenda = world.agenda
        start = agenda.now
        for index in range(count):
            agenda.put(later(start, Span(index * PING_INTERVAL)), partial(self._request, world, first + index))
        patience = (count - 1) * PING_INTERVAL + PING_PATIENCE + 4 * world.cloud.slowest()
        world.drive(lambda: self._stopped or self._all_replied(count), later(start, Span(patience)))
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

    def _all_replied(self, count: int) -> bool:
        return len(self._requests) == count and all(request.round_trip is not None for request in self._requests)

    def _request(self, world: World, sequence: int) -> None:
        """The sender's inside host sends its next request."""
        traffic = self._traffic
        if traffic is None:
            return
        if self._stopped or self._refused(traffic):
            self._stopped = True
            return
        now = world.agenda.now
        self._requests.append(_Request(sequence, now))
        if self._recorder is not None:
            self._recorder.requested(traffic.side, traffic.probe, sequence, now)
        world.into(traffic.side.value, traffic.interfaces[traffic.side], traffic.probe.request(sequence))

    def _refused(self, traffic: Traffic) -> bool:
        """Whether the sender's device gave a reason since the series began, and nothing is under way any more."""
        said = self._evidence.reasons[self._reasons_before :]
        return self._evidence.settled and any(
            reason.name == traffic.side.value and isinstance(reason.what, Failure) for reason in said
        )

    def take(self, name: str, interface: str, packet: bytes, now: Instant) -> bytes | None:
        """A packet reaches an inside network: the host there takes a reply, or answers a request."""
        traffic, side = self._traffic, Side(name)
        if traffic is None:
            return None
        try:
            parsed = read_ipv4(packet)
            sequence = traffic.probe.sequence_in(parsed) if side is traffic.side else None
        except WireError:
            return None
        if sequence is not None:
            self._replied(traffic, sequence, now)
            return None
        is_far_host = side is not traffic.side and parsed.destination == traffic.far_host
        if not is_far_host or interface != traffic.interfaces[side]:
            if self._recorder is not None:
                self._recorder.nobody(name, interface, parsed.destination, now)
            return None
        return answer(packet)

    def _replied(self, traffic: Traffic, sequence: int, now: Instant) -> None:
        for request in self._requests:
            if request.sequence == sequence and request.round_trip is None:
                request.round_trip = between(request.sent_at, now)
                if self._recorder is not None:
                    self._recorder.replied(traffic.side, traffic.probe, sequence, request.round_trip, now)


def settle(world: World, evidence: Evidence, patience: Span) -> bool:
    """Go on until nothing is under way and all hold the same SAs; False where a negotiation outlasts that.

    What one device alone holds it takes down in time; where that takes longer than `patience`, it stays.
    """
    world.drive(
        lambda: evidence.settled and evidence.balanced and world.agenda.next() is None,
        later(world.agenda.now, patience),
    )
    return evidence.settled
