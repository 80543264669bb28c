"""What one engine counts: `show crypto ikev1 stats` and `show crypto protocol statistics ikev1`.

The counters are read off the stream of effects, where everything that counts is a value already; so no machine knows
of them. The device does not publish what exactly it counts in each; where a name leaves room, the field says what we
count.
"""

from collections.abc import Callable
from dataclasses import field, fields
from typing import Any

from mainmode.base.codes import ExchangeType, ProtocolId
from mainmode.base.dataclass import dataclass
from mainmode.base.entropy import Entropy
from mainmode.base.errors import Drop
from mainmode.ike.effects import (
    Cause,
    Dropped,
    Effect,
    Exchange,
    InstallSa,
    Phase1Down,
    Phase1Keyed,
    Phase1Up,
    Phase2Failed,
    RemoveSa,
    Role,
    Send,
    Step,
)
from mainmode.wire.message import Message
from mainmode.wire.payloads import Delete, Notify

_SKEYIDS = 4
"""Keyed hashes of phase 1's keys: SKEYID and its three children."""
_DIRECTIONS = 2


@dataclass(slots=True)
class Traffic:
    """One direction of IKE. `octets` are of UDP payloads; `drops` counts datagrams, outbound always 0.

    `exchange_invalids` are quick modes that broke off over a message that cannot be accepted, `exchange_rejects` those
    that ended otherwise without SAs; inbound those that the peer began, outbound our own.
    """

    octets: int = 0
    packets: int = 0
    drops: int = 0
    notifies: int = 0
    exchanges: int = 0
    exchange_invalids: int = 0
    exchange_rejects: int = 0
    sa_deletes: int = 0


@dataclass(slots=True)
class Statistics:
    """Counters since the start. `inbound` and `outbound` are the eight that the device shows for both directions.

    `hmacs` counts keyed hashes: those of phase 1's keys, one for each protected message, two for each pair of SAs.
    `sa_creations` and `sa_deletions` count IKE SAs and pairs of IPsec SAs, `sa_rekeys` pairs that replace another.
    """

    inbound: Traffic = field(default_factory=Traffic)
    outbound: Traffic = field(default_factory=Traffic)
    active_tunnels: int = 0
    previous_tunnels: int = 0
    initiator_tunnels: int = 0
    initiator_fails: int = 0
    responder_fails: int = 0
    capacity_fails: int = 0
    authentication_fails: int = 0
    decrypt_fails: int = 0
    hash_fails: int = 0
    no_sa_fails: int = 0
    in_negotiation: int = 0
    in_negotiation_highwater: int = 0
    in_negotiation_rejected: int = 0
    encryptions: int = 0
    encapsulations: int = 0
    decryptions: int = 0
    decapsulations: int = 0
    hmacs: int = 0
    sa_creations: int = 0
    sa_rekeys: int = 0
    sa_deletions: int = 0
    phase2_keys: int = 0
    random_numbers: int = 0
    failed_requests: int = 0
    _up: set[Exchange] = field(default_factory=set, repr=False)

    def clear(self) -> None:
        """Back to nothing, but for what stands and what is under way."""
        new = Statistics(
            active_tunnels=self.active_tunnels,
            in_negotiation=self.in_negotiation,
            in_negotiation_highwater=self.in_negotiation,
            _up=self._up,
        )
        for one in fields(self):
            setattr(self, one.name, getattr(new, one.name))

    def received(self, octets: int) -> None:
        """A datagram for IKE came in."""
        self.inbound.octets += octets
        self.inbound.packets += 1
        self.decapsulations += 1

    def shed(self, octets: int) -> None:
        """A datagram for IKE came in and was dropped before it was read: as `received` and `count` have it."""
        self.received(octets)
        self.inbound.drops += 1
        self.capacity_fails += 1

    def opened(self, message: Message) -> None:
        """A datagram could be read; of a protected one, it was decrypted."""
        if message.flags & 1:
            self.decryptions += 1
            self.hmacs += 1
        if message.exchange is ExchangeType.INFORMATIONAL:
            _count_informational(self.inbound, message)

    def quick_mode_began(self) -> None:
        """The peer began a quick mode."""
        self.inbound.exchanges += 1

    def negotiating(self, count: int) -> None:
        """So many phase 1 negotiations are under way now."""
        self.in_negotiation = count
        if count > self.in_negotiation_highwater:
            self.in_negotiation_highwater = count

    def count(self, effects: list[Effect]) -> None:
        """Count what one call of the engine did."""
        dropped = False
        for effect in effects:
            counter = _COUNTERS.get(type(effect))
            if counter is not None:
                counter(self, effect)
            elif type(effect) is Dropped:
                self._dropped(effect.reason)
                dropped = dropped or effect.path is not None
        if dropped:
            self.inbound.drops += 1

    def _dropped(self, reason: Drop) -> None:
        if reason is Drop.NOT_DECRYPTABLE:
            self.decrypt_fails += 1
            self.failed_requests += 1
        elif reason is Drop.BAD_HASH:
            self.hash_fails += 1
            self.failed_requests += 1
        elif reason is Drop.UNKNOWN_COOKIE:
            self.no_sa_fails += 1
        elif reason in (Drop.LIMIT_REACHED, Drop.RATE_LIMITED):
            self.capacity_fails += 1

    def _sent(self, effect: Send) -> None:
        out = self.outbound
        out.octets += len(effect.datagram)
        out.packets += 1
        self.encapsulations += 1
        message = effect.message
        if message is None or effect.retransmission:
            return
        if message.flags & 1:
            self.encryptions += 1
            self.hmacs += 1
        if message.exchange is ExchangeType.INFORMATIONAL:
            _count_informational(out, message)
        elif effect.step is Step.QM1:
            out.exchanges += 1

    def _phase1_up(self, effect: Phase1Up) -> None:
        self._up.add(effect.exchange)
        self.active_tunnels += 1
        self.sa_creations += 1
        if effect.role is Role.INITIATOR:
            self.initiator_tunnels += 1

    def _phase1_down(self, effect: Phase1Down) -> None:
        if effect.exchange in self._up:
            self._up.discard(effect.exchange)
            self.active_tunnels -= 1
            self.previous_tunnels += 1
            self.sa_deletions += 1
            return
        if effect.role is Role.INITIATOR:
            self.initiator_fails += 1
        else:
            self.responder_fails += 1
        if effect.failure.cause is Cause.PSK_MISMATCH:
            self.authentication_fails += 1

    def _phase2_failed(self, effect: Phase2Failed) -> None:
        traffic = self.outbound if effect.role is Role.INITIATOR else self.inbound
        if effect.failure.cause is Cause.BAD_MESSAGE:
            traffic.exchange_invalids += 1
        else:
            traffic.exchange_rejects += 1

    def _keyed(self, _: Phase1Keyed) -> None:
        self.hmacs += _SKEYIDS

    def _installed(self, effect: InstallSa) -> None:
        self.sa_creations += 1
        self.sa_rekeys += effect.replaces is not None
        self.phase2_keys += _DIRECTIONS
        self.hmacs += _DIRECTIONS

    def _removed(self, _: RemoveSa) -> None:
        self.sa_deletions += 1


_COUNTERS: dict[type, Callable[[Statistics, Any], None]] = {
    Send: Statistics._sent,
    Phase1Up: Statistics._phase1_up,
    Phase1Down: Statistics._phase1_down,
    Phase1Keyed: Statistics._keyed,
    Phase2Failed: Statistics._phase2_failed,
    InstallSa: Statistics._installed,
    RemoveSa: Statistics._removed,
}


def _count_informational(traffic: Traffic, message: Message) -> None:
    for payload in message.payloads:
        if type(payload) is Notify:
            traffic.notifies += 1
        elif type(payload) is Delete and payload.protocol == ProtocolId.ESP:
            traffic.sa_deletes += 1


class CountedEntropy:
    """A source of octets that counts how often it was drawn on."""

    __slots__ = ("_source", "_statistics")

    def __init__(self, source: Entropy, statistics: Statistics) -> None:
        self._source = source
        self._statistics = statistics

    def take(self, count: int) -> bytes:
        """`count` fresh octets."""
        self._statistics.random_numbers += 1
        return self._source.take(count)
