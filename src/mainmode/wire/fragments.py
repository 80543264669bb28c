"""IPv4 fragments: a packet cut to the size of a link, and put together again (RFC 791 §3.2).

What waits for its missing parts is bounded in number, in fragments and in time. Fragments that overlap are refused, the
whole packet with them (RFC 5722 does so for IPv6); an exact copy of one is passed over. The bounds are the device's
defaults: `fragment size 200`, `fragment chain 24`, `fragment timeout 5`.
"""

from collections.abc import Iterator
from dataclasses import field
from ipaddress import IPv4Address

from mainmode.base.dataclass import dataclass
from mainmode.base.errors import Drop, WireError
from mainmode.base.instant import Instant, later, seconds
from mainmode.wire.ip import Ipv4

MOST_WAITING = 200
LONGEST_CHAIN = 24
_PATIENCE = seconds(5)
_UNIT = 8
_LARGEST = 0xFFFF
_HEADER = 20


def cut(packet: Ipv4, mtu: int) -> Iterator[Ipv4]:
    """The packet as fragments of at most `mtu` octets each; itself where it fits. DF is not looked at.

    All fragments carry the packet's options. Raises ValueError where not even 8 octets fit behind the header.
    """
    if packet.length <= mtu:
        yield packet
        return
    room = (mtu - _HEADER - len(packet.options)) // _UNIT * _UNIT
    if room < _UNIT:
        raise ValueError(f"no fragment fits {mtu} octets")
    for start in range(0, len(packet.payload), room):
        yield packet._replace(
            payload=packet.payload[start : start + room],
            fragment_offset=packet.fragment_offset + start // _UNIT,
            more_fragments=packet.more_fragments or start + room < len(packet.payload),
        )


@dataclass(slots=True)
class _Chain:
    """The parts of one packet that came so far, by their first octet. `end` is known once the last one is here."""

    since: Instant
    parts: dict[int, bytes] = field(default_factory=dict)
    first: Ipv4 | None = None
    end: int | None = None
    octets: int = 0


_Key = tuple[IPv4Address, IPv4Address, int, int]


class Reassembler:
    """Packets of which parts are missing, oldest first."""

    __slots__ = ("_chains",)

    def __init__(self) -> None:
        self._chains: dict[_Key, _Chain] = {}

    @property
    def waiting(self) -> int:
        """How many packets are incomplete."""
        return len(self._chains)

    def add(self, part: Ipv4, now: Instant) -> Ipv4 | None:
        """The whole packet that `part` completes; None while parts are missing, `part` itself if it is no fragment.

        Raises WireError (FRAGMENT_REFUSED) for one that overlaps, does not fit or is one too many: its packet is
        given up.
        """
        if not part.more_fragments and not part.fragment_offset:
            return part
        self.expire(now)
        key = (part.source, part.destination, part.protocol, part.identification)
        chain = self._chains.get(key)
        if chain is None:
            if len(self._chains) >= MOST_WAITING:
                raise WireError(Drop.FRAGMENT_REFUSED, 6, f"{MOST_WAITING} packets wait for fragments already")
            chain = self._chains[key] = _Chain(now)
        flaw = _add(chain, part)
        if flaw:
            del self._chains[key]
            raise WireError(Drop.FRAGMENT_REFUSED, 6, f"{flaw}, from {part.source} to {part.destination}")
        if chain.first is None or chain.octets != chain.end:
            return None
        del self._chains[key]
        payload = b"".join(octets for _, octets in sorted(chain.parts.items()))
        return chain.first._replace(payload=payload, more_fragments=False)

    def deadline(self) -> Instant | None:
        """When the next packet is given up."""
        for chain in self._chains.values():
            return later(chain.since, _PATIENCE)
        return None

    def expire(self, now: Instant) -> None:
        """Give up what waited too long; chains stand in the order of their beginning."""
        while self._chains:
            key, chain = next(iter(self._chains.items()))
            if now < later(chain.since, _PATIENCE):
                return
            del self._chains[key]


def _add(chain: _Chain, part: Ipv4) -> str:
    """Put a part into its chain; what is wrong with it, or an empty string."""
    start = part.fragment_offset * _UNIT
    end = start + len(part.payload)
    if part.more_fragments and (not part.payload or len(part.payload) % _UNIT):
        return f"a fragment of illegal length {len(part.payload)} with offset {start}"
    if end + _HEADER + len(part.options) > _LARGEST:
        return f"a fragment that ends at octet {end}"
    if chain.parts.get(start) == part.payload and part.more_fragments == (end != chain.end):
        return ""
    if len(chain.parts) >= LONGEST_CHAIN:
        return f"more than {LONGEST_CHAIN} fragments of one packet"
    last = chain.end if chain.end is not None else _LARGEST
    overlaps = any(start < other + len(octets) and other < end for other, octets in chain.parts.items())
    if overlaps or start in chain.parts or end > last:
        return f"a fragment that overlaps another at octet {start}"
    if not part.more_fragments:
        if any(other + len(octets) > end for other, octets in chain.parts.items()):
            return f"a last fragment that ends at octet {end}, before another"
        chain.end = end
    if not start:
        chain.first = part
    chain.parts[start] = part.payload
    chain.octets += len(part.payload)
    return ""
