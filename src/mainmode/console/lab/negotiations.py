"""The last negotiations of a lab's devices, with all that both sides did and said: what `explain` and `step` tell of.

Everything is kept as it was told, and told again to whoever reads: a ladder's recorder, the evidence of a verdict.
"""

from collections.abc import Iterator
from dataclasses import field
from ipaddress import IPv4Address
from typing import Protocol

from mainmode.base.dataclass import dataclass
from mainmode.base.instant import Instant, Span, later, seconds
from mainmode.catalogue.entry import Channel
from mainmode.device.decision import BoxEffect, Decision, EchoReply, Verdict
from mainmode.ike.effects import Dropped, InstallSa, Phase1Down, RemoveSa, Say, Send, Step
from mainmode.lab.cloud import Passage
from mainmode.lab.evidence import Evidence
from mainmode.lab.hosts import Probe
from mainmode.lab.observer import Observer

GRACE = seconds(12)
"""How long a negotiation is looked at when all is said: the traffic that asked for it comes through meanwhile."""
_LONGEST_TRAFFIC = seconds(60)
_BEGINNING = seconds(2)
"""Within so long, both sides may begin at once and it is one negotiation."""
_MOST_ENTRIES = 3_000
_MOST_LATE = 200
_MOST_KEPT = 64
_MOST_COOKIES = 1_000

_ALIVE = (Step.KEEPALIVE.value, "KEEPALIVE")
"""What packets are called that only show that somebody is there."""
_FIRST = (Step.MM1, Step.QM1)

Event = tuple[str, tuple[object, ...]]
"""A method of an observer, and what it was told."""


@dataclass(slots=True)
class Negotiation:
    """One try: who began it, with which other device of the lab (empty: none has the address), since when.

    `negotiated`: messages were sent; without, traffic was sent and nothing began. `quiet_since`: when all was said.
    `made` are the IPsec SAs that came of it, by device and inbound SPI.
    """

    name: str
    other: str
    peer: IPv4Address | None
    started: Instant
    negotiated: bool
    quiet_since: Instant | None = None
    events: list[Event] = field(default_factory=list)
    late: list[Event] = field(default_factory=list)
    probes: list[Probe] = field(default_factory=list)
    made: set[tuple[str, int | None]] = field(default_factory=set)
    answered: int = 0

    @property
    def under_way(self) -> bool:
        """Whether messages are still to come."""
        return self.negotiated and self.quiet_since is None

    @property
    def pair(self) -> frozenset[str]:
        """Both devices."""
        return frozenset((self.name, self.other))

    def add(self, event: Event, late: bool = False) -> None:
        """Keep something; of what came later the last part only."""
        if late:
            self.late.append(event)
            if len(self.late) > 2 * _MOST_LATE:
                del self.late[:_MOST_LATE]
        elif len(self.events) < _MOST_ENTRIES:
            self.events.append(event)

    def told_again(self) -> Iterator[Event]:
        """Everything, in its order."""
        yield from tuple(self.events)
        yield from tuple(self.late)


class Lookup(Protocol):
    """Who in the lab is meant by an address."""

    def meant(self, address: IPv4Address, asker: str) -> str:
        """The device that has this address on the net, or ought to have it for the asker; empty: none."""

    def addresses(self, name: str) -> tuple[IPv4Address, ...]:
        """The addresses of a device on the net."""

    def behind(self, address: IPv4Address, asker: str) -> str:
        """Another device than the asker that has this host behind it; empty: none."""


class Negotiations(Observer):
    """Watches the whole world; must be told after the evidence."""

    def __init__(self, lookup: Lookup) -> None:
        self.evidence: Evidence | None = None
        """That of the same world; set before anything happens."""
        self._lookup = lookup
        self._last: dict[tuple[str, str], Negotiation] = {}
        self._tried: dict[str, Negotiation] = {}
        self._open: list[Negotiation] = []
        self._cookies: dict[bytes, frozenset[str]] = {}
        self._instant: Instant | None = None
        self._recent: list[tuple[str, Event]] = []

    # --- what is asked for ---------------------------------------------------------------------------------------

    def last(self, name: str, peer: IPv4Address | None = None) -> Negotiation | None:
        """The last one of a device, with this peer where one is named; or traffic that came to nothing since."""
        own = [
            one for (who, _), one in self._last.items() if who == name and peer in (None, *self._addresses(name, one))
        ]
        last = max(own, key=lambda one: one.started, default=None)
        tried = self._tried.get(name)
        if tried is None or tried.answered or peer not in (None, tried.peer):
            return last
        return tried if last is None or tried.started > last.started else last

    def under_way(self, name: str) -> Negotiation | None:
        """The negotiation of a device that goes on right now."""
        going = [one for one in self._open if name in one.pair and one.under_way]
        return max(going, key=lambda one: one.started, default=None)

    def forget(self, name: str) -> None:
        """A device starts anew and knows nothing of what was."""
        self._tried.pop(name, None)
        for key in [key for key in self._last if key[0] == name]:
            del self._last[key]

    def _addresses(self, name: str, one: Negotiation) -> tuple[IPv4Address | None, ...]:
        return (one.peer,) if one.name == name else self._lookup.addresses(one.name)

    # --- what is told --------------------------------------------------------------------------------------------

    def happened(self, name: str, effect: BoxEffect, now: Instant) -> None:
        """A device did or said something."""
        if isinstance(effect, Send) and effect.step in _FIRST and not effect.retransmission:
            self._begin(name, effect, now)
        if not _is_told(effect):
            return
        if isinstance(effect, Say) and effect.step is Step.KEEPALIVE:
            for one in self._of(name, now):
                _without_keepalive(one.events, name, effect)
            return
        event: Event = ("happened", (name, effect, now))
        self._remember(name, event, now)
        cookie = effect.exchange.cookie if isinstance(effect, Say | Send) else b""
        for one in self._of(name, now):
            if cookie and self._cookies.get(cookie, one.pair) != one.pair:
                continue
            self._put(one, name, event, effect, now)
        if isinstance(effect, Say) and effect.step is Step.TEARDOWN:
            self._put_late(name, event, self._cookies.get(cookie))
        elif isinstance(effect, Phase1Down):
            self._put_late(name, event, self._cookies.get(effect.exchange.cookie))
        elif isinstance(effect, RemoveSa):
            self._put_late(name, event, spi=effect.inbound_spi)

    def passed(self, passage: Passage) -> None:
        """A packet went onto the wire."""
        if passage.label in _ALIVE:
            return
        for one in self._of(passage.name, passage.at):
            if passage.target in ("", *one.pair) or one.other == "":
                one.add(("passed", (passage,)))

    def sent(self, name: str, send: Send, passage: Passage) -> None:
        """That was a datagram of IKE."""
        if send.step is Step.KEEPALIVE:
            return
        for one in self._of(name, passage.at):
            if self._cookies.get(send.exchange.cookie, one.pair) == one.pair:
                one.add(("sent", (name, send, passage)))

    def arrived(self, name: str, passage: Passage, now: Instant) -> None:
        """A packet arrived."""
        if passage.label in _ALIVE:
            return
        for one in self._of(name, now):
            if passage.name in one.pair:
                one.add(("arrived", (name, passage, now)))

    def remarked(self, name: str, text: str, now: Instant) -> None:
        """The lab did something."""
        for one in self._open:
            if not name or name in one.pair:
                one.add(("remarked", (name, text, now)))

    def requested(self, name: str, probe: Probe, sequence: int, now: Instant) -> None:
        """A host behind a device sends a request."""
        event: Event = ("requested", (name, probe, sequence, now))
        self._remember(name, event, now)
        found = [one for one in self._of(name, now) if one.name == name or not one.negotiated]
        if not found:
            other = self._lookup.behind(probe.destination, name)
            found = [Negotiation(name, other, None, now, negotiated=False, quiet_since=now)]
            self._tried[name] = found[0]
            self._open.append(found[0])
        for one in found:
            one.add(event)
            if probe not in one.probes and len(one.probes) < _MOST_KEPT:
                one.probes.append(probe)
            if not one.negotiated:
                one.quiet_since = now

    def replied(self, name: str, probe: Probe, sequence: int, round_trip: Span, now: Instant) -> None:
        """The reply came back."""
        for one in self._of(name, now):
            one.answered += 1
            one.add(("replied", (name, probe, sequence, round_trip, now)))

    # --- inside --------------------------------------------------------------------------------------------------

    def _begin(self, name: str, send: Send, now: Instant) -> None:
        """A first message: of a new negotiation, or of one that is under way."""
        peer = send.path.remote.address
        other = self._lookup.meant(peer, name)
        self._cookies[send.exchange.cookie] = frozenset((name, other))
        if len(self._cookies) > _MOST_COOKIES:
            del self._cookies[next(iter(self._cookies))]
        known = next((one for one in self._of(name, now) if one.negotiated and one.pair == {name, other}), None)
        if known is not None and self._goes_on(known, name, send, now):
            known.quiet_since = None
            return
        tried = self._tried.get(name)
        if tried is not None and tried in self._open and tried.other in (other, "") and not tried.negotiated:
            fresh = tried
            fresh.negotiated, fresh.quiet_since = True, None
            del self._tried[name]
        else:
            fresh = Negotiation(name, other, peer, now, negotiated=True)
            self._open = [one for one in self._open if one.pair != {name, other}]
            fresh.events.extend(event for who, event in self._recent if who == name and self._instant == now)
            self._open.append(fresh)
        fresh.other, fresh.peer = other, peer
        for who, whom in ((name, other), (other, name)):
            if who:
                self._last.pop((who, whom), None)
                self._last[who, whom] = fresh
        while len(self._last) > _MOST_KEPT:
            del self._last[next(iter(self._last))]

    def _goes_on(self, known: Negotiation, name: str, send: Send, now: Instant) -> bool:
        """Whether a first message belongs to the negotiation that is known."""
        if known.quiet_since is not None:
            return known.quiet_since == now
        if later(known.started, _BEGINNING) > now and known.name != name:
            return True
        return self.evidence is not None and self.evidence.negotiates(name, besides=send.exchange)

    def _of(self, name: str, now: Instant) -> list[Negotiation]:
        """The open negotiations of a device; those that were quiet for long are closed."""
        if not self._open:
            return []
        for one in [one for one in self._open if _is_over(one, now)]:
            self._open.remove(one)
        return [one for one in self._open if name in one.pair]

    def _put(self, one: Negotiation, name: str, event: Event, effect: BoxEffect, now: Instant) -> None:
        one.add(event)
        if isinstance(effect, EchoReply):
            one.answered += 1
        elif isinstance(effect, InstallSa):
            one.made.add((name, effect.pair.inbound_spi))
        if one.negotiated and self.evidence is not None and not isinstance(effect, Say | Decision | Dropped):
            busy = any(self.evidence.negotiates(who) for who in one.pair if who)
            if busy:
                one.quiet_since = None
            elif one.quiet_since is None:
                one.quiet_since = now

    def _put_late(self, name: str, event: Event, pair: frozenset[str] | None = None, spi: int | None = None) -> None:
        """The end of SAs is told of with the negotiation that made them."""
        for (who, _), one in self._last.items():
            if who == name and one not in self._open and (one.pair == pair or (name, spi) in one.made):
                one.add(event, late=True)

    def _remember(self, name: str, event: Event, now: Instant) -> None:
        """What happens in the instant in which a negotiation begins stands before its first message."""
        if now != self._instant:
            self._instant = now
            self._recent.clear()
        if len(self._recent) < _MOST_LATE:
            self._recent.append((name, event))


def _is_told(effect: BoxEffect) -> bool:
    if isinstance(effect, Say):
        return effect.step is not Step.DATA and effect.line.entry.channel is not Channel.SYSLOG
    if isinstance(effect, Decision):
        return effect.verdict in (Verdict.PROTECT, Verdict.DROP, Verdict.IN_CLEAR)
    return type(effect) in Evidence.hears or isinstance(effect, EchoReply)


def _is_over(one: Negotiation, now: Instant) -> bool:
    if one.quiet_since is None:
        return False
    if not one.negotiated and now > later(one.started, _LONGEST_TRAFFIC):
        return True
    return now > later(one.quiet_since, GRACE)


def _without_keepalive(events: list[Event], name: str, said: Say) -> None:
    """What was said of a message that turned out to be a keepalive is no part of it."""
    while events and said.exchange.message_id:
        _, arguments = events[-1]
        effect = arguments[1] if len(arguments) > 1 else None
        if arguments[0] != name or not isinstance(effect, Say) or effect.exchange != said.exchange:
            return
        events.pop()
