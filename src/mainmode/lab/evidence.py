"""What a run shows to its observer: who is still negotiating, which tunnels stand, and every reason that was given."""

from collections import Counter
from collections.abc import Iterator
from ipaddress import IPv4Address

from mainmode.base.codes import ExchangeType
from mainmode.base.dataclass import dataclass
from mainmode.base.instant import Instant
from mainmode.capture.keys import EspKey, IkeKey, esp_keys
from mainmode.device.decision import BoxEffect, Decision
from mainmode.device.decision import Verdict as Ruling
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
from mainmode.lab.cloud import Passage
from mainmode.lab.observer import Observer

_NEGOTIATES = (ExchangeType.MAIN_MODE, ExchangeType.QUICK_MODE)


@dataclass(frozen=True, slots=True)
class Reason:
    """Something that one device gave as a reason, and when."""

    name: str
    at: Instant
    what: Failure | Dropped | Decision


class Evidence(Observer):
    """Filled effect by effect. `pairs` are the IPsec SAs that stand, by device and inbound SPI.

    With `brief`, decisions that let a packet through are not kept: there is one for each packet of a long run. `most`:
    so many reasons, keys and exchanges are remembered at least, and twice as many at most; None: all of them.
    """

    hears = frozenset(
        {
            Send, Phase1Keyed, Phase1Up, Phase1Down, InstallSa, RemoveSa, Phase2Failed, AcquireFailed, Dropped, Decision
        }
    )  # fmt: skip

    def __init__(self, names: tuple[str, ...], brief: bool = False, most: int | None = None) -> None:
        self.reasons: list[Reason] = []
        self.ike_keys: list[IkeKey] = []
        self.esp_keys: list[EspKey] = []
        self.pairs: dict[str, dict[int, SaPair]] = {name: {} for name in names}
        self.standing: dict[bytes, dict[str, IPv4Address]] = {}
        self.in_clear = 0
        self._drops: Counter[tuple[str, str]] = Counter()
        self._renewed: Counter[tuple[int, str, str]] = Counter()
        self._brief = brief
        self._most = most
        self._negotiating: set[tuple[str, Exchange]] = set()
        self._ended: dict[tuple[str, Exchange], None] = {}
        self._phase1: dict[bytes, dict[str, IPv4Address]] = {}

    def happened(self, name: str, effect: BoxEffect, now: Instant) -> None:
        """Note one effect of one device."""
        if self._most is not None and len(self.reasons) + len(self.esp_keys) + len(self._ended) > 2 * self._most:
            self._forget_the_oldest(self._most)
        if type(effect) is Decision:
            if not self._brief or effect.verdict is Ruling.IN_CLEAR:
                self.reasons.append(Reason(name, now, effect))
            return
        match effect:
            case Send(exchange=exchange, message=message) if message is not None:
                if message.exchange in _NEGOTIATES and (name, exchange) not in self._ended:
                    self._negotiating.add((name, exchange))
            case Phase1Keyed(exchange, key):
                self.ike_keys.append(IkeKey(exchange.cookie, key))
            case Phase1Up(exchange=exchange, path=path):
                peer = path.remote.address
                if any(ends.get(name) == peer for ends in self.standing.values()):
                    self._renewed[1, name, str(peer)] += 1
                for noted in (self._phase1, self.standing):
                    noted.setdefault(exchange.cookie, {})[name] = path.remote.address
                self._end(name, exchange)
            case InstallSa(pair, exchange, replaces):
                if replaces is not None:
                    self._renewed[2, name, pair.peer] += 1
                self.pairs[name][pair.inbound_spi] = pair
                self.esp_keys.extend(esp_keys(pair))
                self._end(name, exchange)
            case Phase1Down(exchange=exchange, failure=failure):
                self._phase1_gone(name, exchange)
                self.reasons.append(Reason(name, now, failure))
            case Phase2Failed(exchange=exchange, failure=failure):
                self._end(name, exchange)
                self.reasons.append(Reason(name, now, failure))
            case RemoveSa(spi, failure):
                self.pairs[name].pop(spi, None)
                self.reasons.append(Reason(name, now, failure))
            case AcquireFailed(failure):
                self.reasons.append(Reason(name, now, failure))
            case Dropped(reason, _, detail):
                self._drops[name, f"{reason.value}: {detail}" if detail else reason.value] += 1
                if not self._brief or self._drops[name, f"{reason.value}: {detail}" if detail else reason.value] == 1:
                    self.reasons.append(Reason(name, now, effect))
            case _:
                pass

    def passed(self, passage: Passage) -> None:
        """Count what goes over the net in clear."""
        self.in_clear += passage.label == "clear"

    def dropped(self, name: str, text: str) -> int:
        """How many datagrams or packets a device dropped for a reason that holds `text`."""
        return sum(count for (who, why), count in self._drops.items() if who == name and text in why)

    def renewals(self, phase: int, name: str, peer: IPv4Address) -> int:
        """How often a device renewed its SAs with a peer."""
        return self._renewed[phase, name, str(peer)]

    def _phase1_gone(self, name: str, exchange: Exchange) -> None:
        holders = self.standing.get(exchange.cookie)
        if holders is not None:
            holders.pop(name, None)
            if not holders:
                del self.standing[exchange.cookie]
        self._end(name, exchange)
        for open_name, other in tuple(self._negotiating):
            if open_name == name and other.cookie == exchange.cookie:
                self._end(name, other)

    def _end(self, name: str, exchange: Exchange) -> None:
        self._negotiating.discard((name, exchange))
        self._ended[name, exchange] = None

    def _forget_the_oldest(self, most: int) -> None:
        for kept in (self.reasons, self.ike_keys, self.esp_keys):
            del kept[: -most // 3]
        for table in (self._ended, self._phase1, self._drops, self._renewed):
            for key in [*table][: -most // 3]:
                del table[key]

    def forget(self, name: str) -> None:
        """A device lost its state: it holds nothing any more."""
        self.pairs[name].clear()
        for cookie, holders in tuple(self.standing.items()):
            if holders.pop(name, None) is not None and not holders:
                del self.standing[cookie]
        self._negotiating = {open_one for open_one in self._negotiating if open_one[0] != name}

    def negotiates(self, name: str, besides: Exchange | None = None) -> bool:
        """Whether a main mode or a quick mode of a device is under way; one may be left out."""
        return any(who == name and exchange != besides for who, exchange in self._negotiating)

    @property
    def settled(self) -> bool:
        """Whether no main mode and no quick mode is under way anywhere."""
        return not self._negotiating

    @property
    def balanced(self) -> bool:
        """Whether each device holds just those IKE SAs and IPsec SAs that another one holds too."""
        return all(len(holders) > 1 for holders in self.standing.values()) and all(
            len(pairs) == sum(1 for _ in self.tunnels(name)) for name, pairs in self.pairs.items()
        )

    def phase1_done(self, name: str, peer: IPv4Address) -> bool:
        """Whether a device and the one that has the address `peer` completed a phase 1, both of them, at some time."""
        return any(len(ends) > 1 and ends.get(name) == peer for ends in self._phase1.values())

    def phase1_shared(self, one: str, other: str) -> bool:
        """Whether the two completed a phase 1 with each other at some time."""
        return any(one in ends and other in ends for ends in self._phase1.values())

    def phase1_stands(self, one: str, other: str) -> bool:
        """Whether both hold one and the same IKE SA now."""
        return any(one in holders and other in holders for holders in self.standing.values())

    def tunnels(self, name: str, other: str | None = None) -> Iterator[SaPair]:
        """The pairs of a device whose counterpart, with the SPIs the other way round, stands on another device."""
        others = [one for one in self.pairs if one != name] if other is None else [other]
        for pair in self.pairs[name].values():
            for one in others:
                counterpart = self.pairs[one].get(pair.outbound_spi)
                if counterpart is not None and counterpart.outbound_spi == pair.inbound_spi:
                    yield pair
                    break
