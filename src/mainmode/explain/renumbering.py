"""Addresses replaced by others of the same standing: what was private stays private, what was one network stays one.

Networks that a text names (with a mask) keep their size and what is inside what; an address that no such network holds
counts as of the /24 around it. Private networks go to other private ones of the same block, public ones to those for
documentation (RFC 5737), then for benchmarks (RFC 2544), then to the reserved block (RFC 1112), none of which anybody
has. No address comes out that went in. Hosts are numbered in the order in which they are met.
"""

from bisect import bisect_right, insort
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv4Network

Block = tuple[int, int]
"""A network: its first address and the length of its prefix."""


def _blocks(*networks: str) -> tuple[Block, ...]:
    return tuple((int(one.network_address), one.prefixlen) for one in map(IPv4Network, networks))


_PRIVATE = _blocks("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16")
_PUBLIC = _blocks("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "198.18.0.0/15", "240.0.0.0/5")
_KEPT = _blocks("0.0.0.0/8", "127.0.0.0/8", "224.0.0.0/4")
_SMALLEST_NETWORK = 30
_LARGEST_NETWORK = 8
_ALL = 0xFFFFFFFF


def is_mask(address: int) -> bool:
    """Whether an address reads as a netmask: ones, then zeros."""
    inverted = address ^ _ALL
    return inverted & (inverted + 1) == 0


def stays(address: int) -> bool:
    """Whether an address means the same to everybody: a mask, none, loopback, multicast."""
    return is_mask(address) or any(_within(address, one) for one in _KEPT)


def _within(address: int, block: Block) -> bool:
    return (address ^ block[0]) >> (32 - block[1]) == 0


def _size(block: Block) -> int:
    return 1 << (32 - block[1])


def _last(block: Block) -> int:
    return block[0] + _size(block) - 1


def _around(address: int, smallest: int, largest: int) -> Iterator[Block]:
    """The networks around an address, from the smallest on."""
    return ((address >> (32 - length) << (32 - length), length) for length in range(smallest, largest - 1, -1))


class _Room:
    """What is taken of the addresses: intervals that do not overlap, in order."""

    def __init__(self) -> None:
        self._taken: list[tuple[int, int]] = []

    def after(self, first: int, last: int) -> int | None:
        """None where first to last is free, else the address behind what is taken in it."""
        index = bisect_right(self._taken, (last, _ALL + 1))
        if index and self._taken[index - 1][1] >= first:
            return self._taken[index - 1][1] + 1
        return None

    def take(self, first: int, last: int) -> None:
        """Take a block that is free."""
        insort(self._taken, (first, last))


class Plan:
    """Which address becomes which. All that will be asked for should be given at once, in the order of the text."""

    def __init__(self, networks: Iterable[IPv4Network], addresses: Iterable[IPv4Address]) -> None:
        met = [number for one in dict.fromkeys(addresses) if not stays(number := int(one))]
        known = dict.fromkeys((int(one.network_address), one.prefixlen) for one in networks if _counts(one))
        for address in met:
            if not any(one in known for one in _around(address, _SMALLEST_NETWORK, 24)):
                known[next(_around(address, 24, 24))] = None
        self._known = known
        self._met = set(met)
        self._became: dict[Block, int] = {}
        self._hosts: dict[int, int] = {}
        self._next: dict[Block, int] = {}
        self._inside: dict[Block | None, _Room] = {}
        self._behind: dict[tuple[Block, int], int] = {}
        self._old = _Room()
        for one in sorted(known):
            if one not in _PRIVATE and self._old.after(one[0], _last(one)) is None:
                self._old.take(one[0], _last(one))
        for one in sorted(known, key=lambda block: block[1]):
            self._place(one)
        for address in met:
            self._of(address)

    def of(self, address: IPv4Address) -> IPv4Address:
        """What an address becomes."""
        return IPv4Address(self._of(int(address)))

    def known(self) -> dict[int, int]:
        """All addresses so far, as numbers."""
        return dict(self._hosts)

    def _of(self, address: int) -> int:
        if stays(address):
            return address
        if address not in self._hosts:
            self._hosts[address] = self._host(address)
        return self._hosts[address]

    def _host(self, address: int) -> int:
        network = self._network(address)
        start = self._became[network]
        if address in (network[0], _last(network)):
            return start + address - network[0]
        number, last = self._next.get(network, start + 1), start + _size(network) - 1
        room = self._inside.setdefault(network, _Room())
        while number < last:
            behind = room.after(number, number)
            if behind is None and number not in self._met:
                self._next[network] = number + 1
                return number
            number = behind or number + 1
        return start + address - network[0]

    def _network(self, address: int) -> Block:
        """The smallest network that holds an address; made where none does."""
        for one in _around(address, _SMALLEST_NETWORK, 24):
            if one in self._became:
                return one
        network = next(_around(address, 24, 24))
        self._known[network] = None
        self._place(network)
        return network

    def _place(self, network: Block) -> None:
        """Give a network its block: in what became of the network around it, else in the range of its kind."""
        if network in _PRIVATE:
            self._became[network] = network[0]
            return
        around = next((one for one in _around(network[0], network[1] - 1, 0) if one in self._known), None)
        start = self._beneath(network, around) if around is not None and around not in _PRIVATE else None
        if start is None:
            start = self._anywhere(network)
        self._became[network] = network[0] if start is None else start

    def _beneath(self, network: Block, around: Block) -> int | None:
        """A block in what became of the network around; at its beginning or end where the original stands there."""
        room, start, size = self._inside.setdefault(around, _Room()), self._became[around], _size(network)
        offset = network[0] - around[0]
        at_an_end = offset == 0 or offset + size == _size(around)
        if at_an_end and room.after(start + offset, start + offset + size - 1) is None:
            found: int | None = start + offset
        else:
            found = self._first(size, (start, around[1]), room, begin=start + size)
        if found is not None:
            room.take(found, found + size - 1)
        return found

    def _anywhere(self, network: Block) -> int | None:
        """A block in the private range that it is in, another one where that is full; a public one in no real net."""
        own = next((one for one in _PRIVATE if one[1] <= network[1] and _within(network[0], one)), None)
        others = (one for one in _PRIVATE[:3] if one is not own)
        for one in _PUBLIC if own is None else (own, *others, _PUBLIC[-1]):
            taken = self._inside.setdefault(None, _Room())
            start = self._first(_size(network), one, taken, self._old)
            if start is not None:
                taken.take(start, start + _size(network) - 1)
                return start
        return None

    def _first(self, size: int, block: Block, *rooms: _Room, begin: int | None = None) -> int | None:
        """The first block of this size inside another that is free in all rooms. None of them is ever given back."""
        start = self._behind.get((block, size), block[0] if begin is None else begin)
        while start + size - 1 <= _last(block):
            behind = next((one for room in rooms if (one := room.after(start, start + size - 1)) is not None), None)
            if behind is None:
                self._behind[block, size] = start + size
                return start
            start = -(-behind // size) * size
        self._behind[block, size] = start
        return None


def _counts(network: IPv4Network) -> bool:
    """Whether a network is one whose structure is kept."""
    first = int(network.network_address)
    return _LARGEST_NETWORK <= network.prefixlen <= _SMALLEST_NETWORK and not stays(first)
