"""Which worker has which peer. Peers of the configuration are placed; any other is where its address hashes to.

Together stay the peers of one crypto map entry, as they stand in for one another; entries with a peer in common; and
entries whose access lists overlap, as the order of the map decides between them packet by packet. Where packets may
leave by the interface that they came by, entries stay together, too, that hand packets to one another: from one tunnel
into the other.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field, replace
from ipaddress import IPv4Address
from typing import NamedTuple

from mainmode.base.address import Proxy
from mainmode.base.dataclass import dataclass
from mainmode.ike.settings import MapEntry

MULTIPLIER = 0x9E3779B1
"""Knuth's multiplicative hash: the golden ratio of 2^32, odd."""
SHIFT = 16
MOST_WORKERS = 16


@dataclass(frozen=True)
class Share:
    """What one worker knows: its `number`, from 0, of so many (`count`), and who has which peer.

    `placed` are the peers of the configuration.
    """

    number: int = 0
    count: int = 1
    placed: Mapping[IPv4Address, int] = field(default_factory=dict)

    @property
    def first(self) -> bool:
        """Whether this is the worker that does what is to be done once."""
        return self.number == 0

    def owner(self, address: IPv4Address) -> int:
        """The worker that hears a source address."""
        found = self.placed.get(address)
        return hashed(int(address), self.count) if found is None else found

    def owner_of(self, entry: MapEntry) -> int | None:
        """The worker that has an entry's peers; None for an entry without any, as of a dynamic map."""
        return self.owner(entry.peers[0]) if entry.peers else None

    def has(self, entry: MapEntry) -> bool:
        """Whether this worker begins tunnels of this entry."""
        return self.count == 1 or self.owner_of(entry) == self.number

    def moved(self) -> dict[int, int]:
        """The addresses, as numbers, that are placed elsewhere than they hash to."""
        return {int(one): at for one, at in self.placed.items() if hashed(int(one), self.count) != at}

    def seen_by(self, number: int) -> "Share":
        """The same for another worker."""
        return replace(self, number=number)


WHOLE = Share()
"""The share of a gateway that is one process."""


def hashed(address: int, count: int) -> int:
    """Where an address goes that nobody placed."""
    return ((address * MULTIPLIER & 0xFFFFFFFF) >> SHIFT) % count


def shared_out(
    entries: Sequence[MapEntry], count: int, *, hairpins: bool, before: Mapping[IPv4Address, int] | None = None
) -> Share:
    """The peers of these entries among so many workers, as evenly as what stays together lets.

    Peers that were placed `before` stay where they are. `hairpins`: a packet may leave by the interface it came by.
    """
    before = before or {}
    groups = _together(entries, hairpins)
    loads = [0] * count
    placed: dict[IPv4Address, int] = {}
    new = []
    for group in groups:
        at = next((before[peer] for peer in group if before.get(peer, count) < count), None)
        if at is None:
            new.append(group)
        else:
            loads[at] += len(group)
            placed |= dict.fromkeys(group, at)
    fair = -(-sum(map(len, groups)) // count)
    for group in sorted(new, key=len, reverse=True):
        at = hashed(int(group[0]), count)
        if loads[at] + len(group) > fair:
            at = min(range(count), key=lambda one: loads[one])
        loads[at] += len(group)
        placed |= dict.fromkeys(group, at)
    return Share(0, count, placed)


def _together(entries: Sequence[MapEntry], hairpins: bool) -> list[list[IPv4Address]]:
    """The peers of the entries, in groups that stay together, each peer once, in the entries' order."""
    wanted = [entry for entry in entries if entry.peers and not entry.dynamic]
    sets = _Sets(len(wanted))
    first_with: dict[IPv4Address, int] = {}
    for number, entry in enumerate(wanted):
        for peer in entry.peers:
            sets.join(number, first_with.setdefault(peer, number))
    areas = [area for number, entry in enumerate(wanted) for area in _areas(number, entry)]
    _join_overlapping(areas, sets)
    if hairpins:
        _join_crossing(areas, sets)
    groups: dict[int, dict[IPv4Address, None]] = {}
    for number, entry in enumerate(wanted):
        groups.setdefault(sets.of(number), {}).update(dict.fromkeys(entry.peers))
    return [list(group) for group in groups.values()]


class _Area(NamedTuple):
    """What one permit of an access list protects: addresses as numbers, both ends included."""

    remote_first: int
    remote_last: int
    local_first: int
    local_last: int
    entry: int


def _areas(number: int, entry: MapEntry) -> Iterable[_Area]:
    def ends(proxy: Proxy) -> tuple[int, int]:
        return int(proxy.first), int(proxy.last)

    lines = (line.proxies for line in entry.acl or () if line.permit)
    return dict.fromkeys(_Area(*ends(pair.remote), *ends(pair.local), number) for pair in lines)


def _join_overlapping(areas: Iterable[_Area], sets: "_Sets") -> None:
    """Entries that want the same packets, by a sweep over the far networks: those differ most."""
    open_: list[_Area] = []
    for area in sorted(areas):
        open_ = [one for one in open_ if one.remote_last >= area.remote_first]
        for one in open_:
            if one.local_first <= area.local_last and area.local_first <= one.local_last:
                sets.join(one.entry, area.entry)
        open_.append(area)


def _join_crossing(areas: Sequence[_Area], sets: "_Sets") -> None:
    """Entries of which one's packets out of the tunnel may be for the tunnel of another."""
    by_remote = sorted(areas)
    firsts = [one.remote_first for one in by_remote]
    longest = max((one.remote_last - one.remote_first for one in areas), default=0)
    for area in areas:
        if sets.count == 1:
            return
        low, high = bisect_left(firsts, area.local_first - longest), bisect_right(firsts, area.local_last)
        for other in by_remote[low:high]:
            if (
                other.remote_last >= area.local_first
                and other.local_first <= area.remote_last
                and area.remote_first <= other.local_last
            ):
                sets.join(area.entry, other.entry)


class _Sets:
    """Disjoint sets of numbers from 0 on; `count` of them are left."""

    def __init__(self, count: int) -> None:
        self._above = list(range(count))
        self.count = count

    def of(self, one: int) -> int:
        """The smallest number of its set."""
        above = self._above
        while above[one] != one:
            above[one] = above[above[one]]
            one = above[one]
        return one

    def join(self, one: int, other: int) -> None:
        """These are in one set from here on."""
        first, second = sorted((self.of(one), self.of(other)))
        if first != second:
            self._above[second] = first
            self.count -= 1
