"""What of two crypto access lists has no mirror: lines that one side lacks, and lines that mirror nothing."""

from collections.abc import Iterator

from mainmode.base.address import ProxyPair
from mainmode.base.dataclass import dataclass
from mainmode.base.provenance import Source
from mainmode.check.repairs.declaration import Case
from mainmode.check.repairs.networks import Ranges, ranges_of
from mainmode.check.repairs.tunnels import MOST_ROWS, candidates, closeness, entry_for, list_of, protected, seen_by
from mainmode.device.config.model import AccessList, Ace, AddressRange, CryptoMapEntry
from mainmode.ladder.transcript import Side

MOST_LINES = 4
"""Lines without a mirror that are looked at beside one."""

Ends = tuple[Ranges, Ranges]
"""The networks of the two ends of a line: source and destination."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Networks of a line of one side, `theirs`, that nothing mirrors on the other, `side`: its `near` ones and `far`.

    `access_list` is the list of `side` that should, `entry` the entry that it belongs to. `their_list` names the
    list of `theirs`.
    """

    side: Side
    entry: CryptoMapEntry
    access_list: AccessList
    theirs: Ace
    their_list: str
    near: Ranges
    far: Ranges

    @property
    def ends(self) -> Ends:
        """The two ends of the mirror that is wanted."""
        return self.near, self.far


@dataclass(slots=True)
class _Lacking:
    """The pairs of one line that have no mirror, as the side that lacks it sees them, until they become gaps."""

    side: Side
    entry: CryptoMapEntry
    access_list: AccessList
    theirs: Ace
    their_entry: CryptoMapEntry
    pairs: dict[tuple[AddressRange, AddressRange], None]


def gaps(case: Case) -> list[Gap]:
    """What has no mirror: for each line its networks at once where they are all pairs of two sets, else each pair.

    Of the rows of the case, and of all lines of their entries: one change may have to mend them together.
    """
    found: dict[tuple[Side, Source], _Lacking] = {}
    for row in case.rows[:MOST_ROWS]:
        for side in Side:
            line = row.lines.get(side.other)
            entry = entry_for(case, side, row) if side not in row.lines else None
            access_list = list_of(case.of(side), entry)
            if line is None or entry is None or access_list is None:
                continue
            new = _Lacking(side, entry, access_list, line.ace, line.entry, {})
            found.setdefault((side, line.ace.source), new).pairs[_span(seen_by(row, side))] = None
    for lacking in list(found.values()):
        _extend(case, lacking, found)
    return [gap for lacking in list(found.values())[:MOST_ROWS] for gap in _as_gaps(lacking)]


def _extend(case: Case, lacking: _Lacking, found: dict[tuple[Side, Source], _Lacking]) -> None:
    """Put in the other pairs of the two entries that have no mirror, on either side."""
    mine, theirs = lacking.entry, lacking.their_entry
    for side, entry, other in ((lacking.side, mine, theirs), (lacking.side.other, theirs, mine)):
        access_list = list_of(case.of(side), entry)
        if access_list is None:
            continue
        mirrors = _mirrors(case, side)
        for ace, proxies in protected(case.of(side.other), other):
            if proxies not in mirrors:
                new = _Lacking(side, entry, access_list, ace, other, {})
                found.setdefault((side, ace.source), new).pairs[_span(proxies.mirrored())] = None


def _mirrors(case: Case, side: Side) -> set[ProxyPair]:
    """What the lines of a side's entries for the other device mirror."""
    configuration = case.of(side)
    return {proxies.mirrored() for entry in candidates(case, side) for _, proxies in protected(configuration, entry)}


def _span(proxies: ProxyPair) -> tuple[AddressRange, AddressRange]:
    local, remote = proxies.local, proxies.remote
    return AddressRange(local.first, local.last), AddressRange(remote.first, remote.last)


def _as_gaps(lacking: _Lacking) -> Iterator[Gap]:
    near, far = frozenset(one for one, _ in lacking.pairs), frozenset(other for _, other in lacking.pairs)
    together = len(near) * len(far) == len(lacking.pairs)
    each = ((frozenset((one,)), frozenset((other,))) for one, other in lacking.pairs)
    acl = lacking.their_entry.acl.value if lacking.their_entry.acl is not None else ""
    for ends in ((near, far),) if together else each:
        yield Gap(lacking.side, lacking.entry, lacking.access_list, lacking.theirs, acl, *ends)


@dataclass(frozen=True, slots=True)
class Loose:
    """Networks of a line that mirror nothing of the other side. `kept`: the pairs of the line that do."""

    ace: Ace
    near: Ranges
    far: Ranges
    kept: tuple[Ends, ...] = ()


def loose(case: Case, gap: Gap) -> list[Loose]:
    """The lines of the gap's own list that mirror nothing of the other side, the closest to what is wanted first."""
    configuration, mirrors = case.of(gap.side), _mirrors(case, gap.side.other)
    lines: dict[int, tuple[Ace, list[ProxyPair]]] = {}
    for ace, proxies in protected(configuration, gap.entry):
        lines.setdefault(id(ace), (ace, []))[1].append(proxies)
    wanted = [seen_by(row, gap.side) for row in case.rows if gap.side not in row.lines]
    found: list[tuple[int, Loose]] = []
    for ace, pairs in lines.values():
        score = max((closeness(configuration, ace, one) for one in wanted), default=0)
        kept = tuple(_singly(one) for one in pairs if one in mirrors)
        strays = [_singly(one) for one in pairs if one not in mirrors]
        if not kept and strays:
            found.append((score, Loose(ace, *both_ends(case, gap.side, ace))))
        else:
            found += [(score, Loose(ace, *pair, kept)) for pair in strays[:MOST_LINES]]
    return [one for _, one in sorted(found, key=lambda one: -one[0])[:MOST_LINES]]


def _singly(proxies: ProxyPair) -> Ends:
    near, far = _span(proxies)
    return frozenset((near,)), frozenset((far,))


def both_ends(case: Case, side: Side, ace: Ace) -> Ends:
    """The two ends of a line."""
    configuration = case.of(side)
    return ranges_of(configuration, ace.source_address), ranges_of(configuration, ace.destination_address)
