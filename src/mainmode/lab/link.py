"""The wire between the two devices: latency, loss, duplicates, reordering and filters; its tap misses nothing."""

import re
from dataclasses import dataclass, replace
from enum import Enum

from mainmode.base.errors import InputError
from mainmode.base.instant import Instant, Span, later, seconds
from mainmode.lab.entropy import SeededEntropy
from mainmode.ladder.transcript import Fate, Side

_USUAL_LATENCY = Span(10_000)


class Block(Enum):
    """What a filter on the way can stop; the value is how the user names it."""

    UDP_500 = "udp/500"
    UDP_4500 = "udp/4500"
    ESP = "esp"


class Kind(Enum):
    """What a packet on the wire is."""

    IKE = "udp/500"
    IKE_NAT_T = "udp/4500"
    ESP = "esp"
    OTHER = "ip"

    @property
    def stopped_by(self) -> Block | None:
        """The filter that this kind of packet meets."""
        return None if self is Kind.OTHER else Block(self.value)


@dataclass(frozen=True, slots=True)
class Link:
    """What the way between the devices is like, the same in both directions.

    `latency` is one way. `loss`, `duplication` and `reordering` are shares of the packets, 0 to 1; one that is
    reordered arrives late enough to be overtaken.
    """

    latency: Span = _USUAL_LATENCY
    loss: float = 0.0
    duplication: float = 0.0
    reordering: float = 0.0
    blocks: frozenset[Block] = frozenset()


_OPTION = re.compile(r"(delay|loss|duplicate|reorder|block)=(.+)")
_SHARE = re.compile(r"(\d{1,3}(?:\.\d{1,6})?)%")
_DELAY = re.compile(r"(\d{1,5})ms|(\d{1,2})s")
_FORM = (
    "delay=80ms (or 2s),loss=5%,duplicate=1%,reorder=1%,block=udp/500 (or udp/4500, esp; "
    "block may stand more than once)"
)


def read_link(text: str) -> Link:
    """The link that `delay=80ms,loss=5%,block=udp/500` describes. Raises InputError, which says what is understood."""
    link = Link()
    named: set[str] = set()
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        found = _OPTION.fullmatch(part)
        if found is None:
            raise InputError(f"--link does not know {part!r}; it takes {_FORM}")
        if found[1] in named:
            raise InputError(f"--link: {found[1]} stands more than once; say it once")
        if found[1] != "block":
            named.add(found[1])
        link = _with_option(link, found[1], found[2])
    return link


def _with_option(link: Link, name: str, value: str) -> Link:
    if name == "delay":
        delay = _DELAY.fullmatch(value)
        if delay is None:
            raise InputError(f"--link delay={value}: write whole milliseconds or seconds, such as delay=80ms or 2s")
        return replace(link, latency=seconds(int(delay[2]) if delay[2] else int(delay[1]) / 1000))
    if name == "block":
        try:
            return replace(link, blocks=link.blocks | {Block(value)})
        except ValueError:
            known = ", ".join(block.value for block in Block)
            raise InputError(f"--link block={value}: what can be blocked is {known}") from None
    share = _SHARE.fullmatch(value)
    if share is None or float(share[1]) > 100:
        raise InputError(f"--link {name}={value}: write a percentage from 0% to 100%, such as {name}=5%")
    part = float(share[1]) / 100
    if name == "loss":
        return replace(link, loss=part)
    return replace(link, duplication=part) if name == "duplicate" else replace(link, reordering=part)


@dataclass(frozen=True, slots=True)
class Departure:
    """A packet that a device puts on the wire by one of its interfaces.

    `unreachable` says why nobody is at its destination, if so.
    """

    side: Side
    interface: str
    kind: Kind
    packet: bytes
    at: Instant
    unreachable: str = ""


@dataclass(frozen=True, slots=True)
class Passage:
    """One packet that a device put on the wire, as the tap saw it. `arrivals` is empty unless it was delivered.

    `interface` is the sender's; empty for one that does not face the other device.
    """

    number: int
    side: Side
    interface: str
    kind: Kind
    packet: bytes
    at: Instant
    fate: Fate
    detail: str = ""
    arrivals: tuple[Instant, ...] = ()


class Wire:
    """Decides what becomes of each packet. The decisions come from seeded randomness, so a run can be repeated."""

    def __init__(self, link: Link, entropy: SeededEntropy) -> None:
        self.link = link
        self.tap: list[Passage] = []
        self._entropy = entropy

    def carry(self, departure: Departure) -> Passage:
        """Send a packet and note what becomes of it."""
        fate, detail, arrivals = self._decide(departure)
        passage = Passage(
            len(self.tap) + 1,
            departure.side,
            departure.interface,
            departure.kind,
            departure.packet,
            departure.at,
            fate,
            detail,
            arrivals,
        )
        self.tap.append(passage)
        return passage

    def _decide(self, departure: Departure) -> tuple[Fate, str, tuple[Instant, ...]]:
        if departure.unreachable:
            return Fate.UNREACHABLE, departure.unreachable, ()
        stopped_by = departure.kind.stopped_by
        if stopped_by is not None and stopped_by in self.link.blocks:
            return Fate.BLOCKED, f"a filter on the way stops {stopped_by.value}", ()
        if self._chance(self.link.loss):
            return Fate.LOST, "lost on the way", ()
        arrival = later(departure.at, self.link.latency)
        late = later(arrival, Span(2 * self.link.latency + 1000))
        first = late if self._chance(self.link.reordering) else arrival
        copies = (later(first, Span(1000)),) if self._chance(self.link.duplication) else ()
        return Fate.DELIVERED, "", (first, *copies)

    def _chance(self, share: float) -> bool:
        return share > 0 and self._entropy.share() < share
