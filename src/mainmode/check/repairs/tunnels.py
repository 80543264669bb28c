"""The crypto map entries of a case: those of each side that are, or ought to be, for the other device."""

from collections.abc import Iterator

from mainmode.base.address import ProxyPair
from mainmode.check.matrix import Row
from mainmode.check.repairs.declaration import Case
from mainmode.check.repairs.networks import overlap, ranges_of
from mainmode.device.config.model import AccessList, Ace, AddressRange, Configuration, CryptoMapEntry
from mainmode.lab.facing import entries
from mainmode.lab.scene import permits
from mainmode.lab.traffic import proxies_of
from mainmode.ladder.transcript import Side

MOST_ROWS = 8
"""Rows of one case that repairs are looked for."""

_MOST_ENTRIES = 64


def head(configuration: Configuration, entry: CryptoMapEntry) -> str:
    """How the commands of an entry begin: `crypto map VPN 10`, `crypto dynamic-map CLIENTS 5`."""
    behind = configuration.dynamic_maps.get(entry.map_name)
    dynamic = behind is not None and entry in behind.entries
    return f"crypto {'dynamic-map' if dynamic else 'map'} {entry.map_name} {entry.sequence}"


def list_of(configuration: Configuration, entry: CryptoMapEntry | None) -> AccessList | None:
    """The access list of an entry; None where it names none, or one that does not exist."""
    return configuration.access_lists.get(entry.acl.value) if entry is not None and entry.acl is not None else None


def seen_by(row: Row, side: Side) -> ProxyPair:
    """The networks of a row as a side sees them."""
    return row.proxies if side is Side.A else row.proxies.mirrored()


def candidates(case: Case, side: Side) -> list[CryptoMapEntry]:
    """The entries of a side that may be meant for the other device, the likeliest first.

    Those of the case's lines, those that name one of the other's addresses, and static ones without a peer. Where there
    is none of these: those whose networks meet the case's, those behind a dynamic map that is bound to the interface,
    and at last all static ones.
    """
    configuration = case.of(side)
    static = [entry for entry in entries(configuration) if entry.dynamic is None]
    found = [row.lines[side].entry for row in case.rows if side in row.lines]
    for facing in case.subject.facing:
        found += entries(configuration, facing.ends[side.other].address)
    found += [entry for entry in static if entry.peers is None]
    if not found:
        wanted = [seen_by(row, side) for row in case.rows[:MOST_ROWS]]
        found += [entry for entry in static if any(_closeness(configuration, entry, one) > 1 for one in wanted)]
        found += answering(configuration, case.end(side).interface)
    found = found or static
    return [one for number, one in enumerate(found) if one not in found[:number]][:_MOST_ENTRIES]


def answering(configuration: Configuration, interface: str) -> Iterator[CryptoMapEntry]:
    """The entries of dynamic maps behind the map of an interface."""
    bound = configuration.map_on(interface)
    for entry in bound.entries if bound is not None else ():
        behind = configuration.dynamic_maps.get(entry.dynamic.value) if entry.dynamic is not None else None
        yield from behind.entries if behind is not None else ()


def entry_for(case: Case, side: Side, row: Row) -> CryptoMapEntry | None:
    """The entry of a side for a row: that of its line, else the candidate whose networks come closest."""
    if side in row.lines:
        return row.lines[side].entry
    wanted = seen_by(row, side)
    return max(candidates(case, side), key=lambda entry: _closeness(case.of(side), entry, wanted), default=None)


def _closeness(configuration: Configuration, entry: CryptoMapEntry, wanted: ProxyPair) -> int:
    return max((closeness(configuration, ace, wanted) for ace in permits(configuration, entry)), default=-1)


def closeness(configuration: Configuration, ace: Ace, wanted: ProxyPair) -> int:
    """How close a line comes to these networks: 4 for each end that is the same, 1 for each that overlaps."""
    score = 0
    for part, end in ((ace.source_address, wanted.local), (ace.destination_address, wanted.remote)):
        ranges, one = ranges_of(configuration, part), AddressRange(end.first, end.last)
        score += 4 * (one in ranges) + overlap(ranges, frozenset((one,)))
    return score


def protected(configuration: Configuration, entry: CryptoMapEntry | None) -> Iterator[tuple[Ace, ProxyPair]]:
    """The permit lines of an entry with the networks of each."""
    for ace in permits(configuration, entry):
        for proxies in proxies_of(configuration, ace):
            yield ace, proxies
