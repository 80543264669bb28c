"""What the way from one end to another is like: latency, jitter, loss, duplicates, reordering, damage, MTU, filters."""

import re
from collections.abc import Callable
from dataclasses import field, replace
from enum import Enum

from mainmode.base.dataclass import dataclass
from mainmode.base.errors import InputError
from mainmode.base.instant import NO_TIME, Span, seconds

_USUAL_LATENCY = Span(10_000)
_SMALLEST_MTU, _LARGEST_MTU = 68, 65_535


class Block(Enum):
    """What a filter on the way can stop; the value is how the user names it."""

    UDP_500 = "udp/500"
    UDP_4500 = "udp/4500"
    ESP = "esp"
    ICMP_UNREACHABLE = "icmp-unreachable"
    FRAGMENTS = "fragments"


class Kind(Enum):
    """What a packet on the wire is."""

    IKE = "udp/500"
    IKE_NAT_T = "udp/4500"
    ESP = "esp"
    ICMP_UNREACHABLE = "icmp-unreachable"
    FRAGMENT = "fragments"
    OTHER = "ip"

    @property
    def stopped_by(self) -> Block | None:
        """The filter that this kind of packet meets."""
        return None if self is Kind.OTHER else Block(self.value)


class Oversize(Enum):
    """What becomes of a packet that is larger than the MTU and may be fragmented."""

    FRAGMENTED = "fragment"
    DROPPED = "drop"


@dataclass(frozen=True, slots=True)
class Link:
    """What the way from one end to the other is like.

    `latency` is one way; up to `jitter` comes on top of it, differently for each packet. `loss`, `duplication`,
    `reordering` and `corruption` are shares of the packets, 0 to 1; one that is reordered arrives late enough to be
    overtaken, one that is corrupted has an octet turned over that no checksum of UDP or IPv4 tells of. A packet
    larger than `mtu` octets that must not be fragmented is answered with "fragmentation needed"; what becomes of any
    other `oversize` says.
    """

    latency: Span = _USUAL_LATENCY
    jitter: Span = NO_TIME
    loss: float = 0.0
    duplication: float = 0.0
    reordering: float = 0.0
    corruption: float = 0.0
    mtu: int | None = None
    oversize: Oversize = Oversize.FRAGMENTED
    blocks: frozenset[Block] = field(default_factory=frozenset)


_OPTION = re.compile(r"(\w+)=(.+)")
_SHARE = re.compile(r"(\d{1,3}(?:\.\d{1,6})?)%")
_DELAY = re.compile(r"(\d{1,5})ms|(\d{1,2})s")

FORM = (
    "delay=80ms (or 2s),jitter=20ms,loss=5%,duplicate=1%,reorder=1%,corrupt=1%,mtu=1400,oversize=drop (or fragment),"
    "block=udp/500 (or udp/4500, esp, icmp-unreachable, fragments; block may stand more than once)"
)
"""What a description of a link can say."""


_PLAIN = Link()


def read_link(text: str, told_by: str = "--link", link: Link = _PLAIN) -> Link:
    """The link that `delay=80ms,loss=5%,block=udp/500` describes; what is not named stays as it is in `link`.

    Raises InputError, which begins with `told_by` and says what is understood.
    """
    named: set[str] = set()
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        found = _OPTION.fullmatch(part)
        if found is None or found[1] not in _READERS:
            raise InputError(f"{told_by} does not know {part!r}; it takes {FORM}")
        if found[1] in named:
            raise InputError(f"{told_by}: {found[1]} stands more than once; say it once")
        if found[1] != "block":
            named.add(found[1])
        try:
            link = _READERS[found[1]](link, found[1], found[2])
        except InputError as error:
            raise InputError(f"{told_by} {part}: {error}") from None
    return link


def _span(name: str, value: str) -> Span:
    found = _DELAY.fullmatch(value)
    if found is None:
        raise InputError(f"write whole milliseconds or seconds, such as {name}=80ms or 2s")
    return seconds(int(found[2]) if found[2] else int(found[1]) / 1000)


def _share(name: str, value: str) -> float:
    found = _SHARE.fullmatch(value)
    if found is None or float(found[1]) > 100:
        raise InputError(f"write a percentage from 0% to 100%, such as {name}=5%")
    return float(found[1]) / 100


def _mtu(link: Link, _: str, value: str) -> Link:
    if not value.isascii() or not value.isdigit() or not _SMALLEST_MTU <= int(value[:6]) <= _LARGEST_MTU:
        raise InputError(f"write octets from {_SMALLEST_MTU} to {_LARGEST_MTU}, such as mtu=1400")
    return replace(link, mtu=int(value))


def _oversize(link: Link, _: str, value: str) -> Link:
    try:
        return replace(link, oversize=Oversize(value))
    except ValueError:
        raise InputError("what may be fragmented is fragmented or dropped, such as oversize=drop") from None


def _block(link: Link, _: str, value: str) -> Link:
    try:
        return replace(link, blocks=link.blocks | {Block(value)})
    except ValueError:
        raise InputError(f"what can be blocked is {', '.join(block.value for block in Block)}") from None


_READERS: dict[str, Callable[[Link, str, str], Link]] = {
    "delay": lambda link, name, value: replace(link, latency=_span(name, value)),
    "jitter": lambda link, name, value: replace(link, jitter=_span(name, value)),
    "loss": lambda link, name, value: replace(link, loss=_share(name, value)),
    "duplicate": lambda link, name, value: replace(link, duplication=_share(name, value)),
    "reorder": lambda link, name, value: replace(link, reordering=_share(name, value)),
    "corrupt": lambda link, name, value: replace(link, corruption=_share(name, value)),
    "mtu": _mtu,
    "oversize": _oversize,
    "block": _block,
}
