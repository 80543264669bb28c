"""What a run shows to its observer: who is still negotiating, which tunnels stand, and every reason that was given."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from ipaddress import IPv4Address

from mainmode.base.codes import ExchangeType
from mainmode.base.instant import Instant
from mainmode.device.decision import BoxEffect, Decision
from mainmode.ike.effects import (
    AcquireFailed,
    Dropped,
    Exchange,
    Failure,
    InstallSa,
    Phase1Down,
    Phase1Keyed,
    Phase1Up,
    Phase2Failed,
    RemoveSa,
    Send,
)
from mainmode.ipsec.dataplane import SaPair
from mainmode.lab.keys import EspKey, IkeKey, esp_keys
from mainmode.ladder.transcript import Side

_NEGOTIATES = (ExchangeType.MAIN_MODE, ExchangeType.QUICK_MODE)


@dataclass(frozen=True, slots=True)
class Reason:
    """Something that one side gave as a reason, and when."""

    side: Side
    at: Instant
    what: Failure | Dropped | Decision


@dataclass(slots=True)
class Evidence:
    """Filled effect by effect. `pairs` are the IPsec SAs that stand, by their inbound SPI."""

    reasons: list[Reason] = field(default_factory=list)
    ike_keys: list[IkeKey] = field(default_factory=list)
    esp_keys: list[EspKey] = field(default_factory=list)
    pairs: dict[Side, dict[int, SaPair]] = field(default_factory=lambda: {side: {} for side in Side})
    _negotiating: set[tuple[Side, Exchange]] = field(default_factory=set)
    _ended: set[tuple[Side, Exchange]] = field(default_factory=set)
    _phase1: dict[tuple[Side, bytes], IPv4Address] = field(default_factory=dict)
    _standing: set[tuple[Side, bytes]] = field(default_factory=set)

    def take(self, side: Side, effect: BoxEffect, now: Instant) -> None:
        """Note one effect of one side's device."""
        match effect:
            case Send(exchange=exchange, message=message) if message is not None:
                if message.exchange in _NEGOTIATES and (side, exchange) not in self._ended:
                    self._negotiating.add((side, exchange))
            case Phase1Keyed(exchange, key):
                self.ike_keys.append(IkeKey(exchange.cookie, key))
            case Phase1Up(exchange=exchange, path=path):
                self._phase1[side, exchange.cookie] = path.remote.address
                self._standing.add((side, exchange.cookie))
                self._end(side, exchange)
            case InstallSa(pair, exchange):
                self.pairs[side][pair.inbound_spi] = pair
                self.esp_keys.extend(esp_keys(pair))
                self._end(side, exchange)
            case Phase1Down(exchange=exchange, failure=failure):
                self._standing.discard((side, exchange.cookie))
                self._end(side, exchange)
                for open_side, other in tuple(self._negotiating):
                    if open_side is side and other.cookie == exchange.cookie:
                        self._end(side, other)
                self.reasons.append(Reason(side, now, failure))
            case Phase2Failed(exchange=exchange, failure=failure):
                self._end(side, exchange)
                self.reasons.append(Reason(side, now, failure))
            case RemoveSa(spi, failure):
                self.pairs[side].pop(spi, None)
                self.reasons.append(Reason(side, now, failure))
            case AcquireFailed(failure):
                self.reasons.append(Reason(side, now, failure))
            case Dropped() | Decision():
                self.reasons.append(Reason(side, now, effect))
            case _:
                pass

    def _end(self, side: Side, exchange: Exchange) -> None:
        self._negotiating.discard((side, exchange))
        self._ended.add((side, exchange))

    @property
    def settled(self) -> bool:
        """Whether no main mode and no quick mode is under way on either side."""
        return not self._negotiating

    @property
    def balanced(self) -> bool:
        """Whether each side holds just those IKE SAs and IPsec SAs that the other side holds too."""
        return all((side.other, cookie) in self._standing for side, cookie in self._standing) and all(
            len(pairs) == sum(1 for _ in self.tunnels(side)) for side, pairs in self.pairs.items()
        )

    def phase1_done(self, side: Side, peer: IPv4Address) -> bool:
        """Whether `side` and the device that has the address `peer` completed a phase 1, both of them, at some time."""
        return any(
            one is side and remote == peer and (side.other, cookie) in self._phase1
            for (one, cookie), remote in self._phase1.items()
        )

    def tunnels(self, side: Side) -> Iterator[SaPair]:
        """The pairs of `side` whose counterpart, with the SPIs the other way round, stands on the other side."""
        for pair in self.pairs[side].values():
            counterpart = self.pairs[side.other].get(pair.outbound_spi)
            if counterpart is not None and counterpart.outbound_spi == pair.inbound_spi:
                yield pair
