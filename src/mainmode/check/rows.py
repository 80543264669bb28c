"""Which networks are to be protected between a pair: a row for each pair of networks that either side's lines name."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from difflib import get_close_matches
from itertools import zip_longest

from mainmode.base.address import ProxyPair
from mainmode.check.matrix import Line, Row
from mainmode.check.spare import spare_lists
from mainmode.device.config.model import Ace, Configuration, CryptoMapEntry, Sourced
from mainmode.lab.facing import Facing, Pair, entries
from mainmode.lab.scene import permits
from mainmode.lab.traffic import proxies_of
from mainmode.ladder.transcript import Side

MOST_ROWS = 48
"""Pairs of networks that one check tries; those without a mirror come first, then some of every line."""

_Lines = dict[ProxyPair, Line]
"""Lines by the networks as their own side sees them; of lines that say the same the first one counts."""


def rows_of(pair: Pair, facing: tuple[Facing, ...], wanted: Collection[ProxyPair] = ()) -> tuple[tuple[Row, ...], int]:
    """The rows that are tried, in the order of the lines of A and then of B, and how many more there are.

    Where not all are, those of the `wanted` networks (as A sees them) are among them.
    """
    lines = {side: _lines(pair[side], side, _named(pair, facing, side)) for side in Side}
    found = {side: lines[side] | _strays(pair, facing, side, lines) for side in Side}
    if not any(found.values()):
        found = {side: _meant(pair[side], side, _named(pair, facing, side)) for side in Side}
    joined = [{Side.A: line, **_mirror(found[Side.B], proxies, Side.B)} for proxies, line in found[Side.A].items()]
    joined += [{Side.B: line} for proxies, line in found[Side.B].items() if proxies.mirrored() not in found[Side.A]]
    joined = [both for both in joined if not _turned_round(both, found)]
    chosen = _chosen(joined, wanted)
    rows = tuple(Row(number, both, _as_a_sees(both)) for number, both in enumerate(chosen, 1))
    return rows, len(joined) - len(rows)


def _turned_round(both: Mapping[Side, Line], found: Mapping[Side, _Lines]) -> bool:
    """Whether a line of B without a mirror says word for word what a line of A does: its row is that one's."""
    line = both.get(Side.B)
    return len(both) == 1 and line is not None and line.proxies in found[Side.A]


def _mirror(lines: _Lines, proxies: ProxyPair, side: Side) -> dict[Side, Line]:
    found = lines.get(proxies.mirrored())
    return {side: found} if found is not None else {}


def _as_a_sees(lines: Mapping[Side, Line]) -> ProxyPair:
    return lines[Side.A].proxies if Side.A in lines else lines[Side.B].proxies.mirrored()


def _named(pair: Pair, facing: tuple[Facing, ...], side: Side) -> list[CryptoMapEntry]:
    """The entries that name an address of the other device as their peer."""
    peers = {one.ends[side.other].address for one in facing}
    return [one for one in entries(pair[side]) if one.peers is not None and not peers.isdisjoint(one.peers.value)]


def _lines(configuration: Configuration, side: Side, candidates: Iterable[CryptoMapEntry]) -> _Lines:
    lines: _Lines = {}
    for entry in candidates:
        for ace in permits(configuration, entry):
            for proxies in proxies_of(configuration, ace):
                lines.setdefault(proxies, Line(side, entry, ace, proxies))
    return lines


def _strays(pair: Pair, facing: tuple[Facing, ...], side: Side, lines: Mapping[Side, _Lines]) -> _Lines:
    """Lines of entries that do not name the other device, but say what it asks for, or stand where it is missing.

    They are the mirrors of its lines that have none yet, under a static entry or a dynamic one. Where no entry names
    the other device at all, the lines of static entries that overlap what it asks for (by the entries that name this
    one, else by all that it has); else those of the entries without a peer; else of the only entry there is, where the
    other device asks for nothing, or takes whoever comes by a dynamic entry. What does so itself has no more lines.
    """
    configuration, wanted = (
        pair[side],
        [one.mirrored() for one in lines[side.other] if one.mirrored() not in lines[side]],
    )
    named = _named(pair, facing, side)
    known = {id(entry) for entry in named}
    sayings = configuration.derived(_sayings)
    said = ((one, entry, ace) for one in wanted for entry, ace in sayings.get(one, ()) if id(entry) not in known)
    strays: _Lines = {}
    for one, entry, ace in said:
        strays.setdefault(one, Line(side, entry, ace, one))
    if strays or named:
        return strays
    other = pair[side.other]
    static = [entry for entry in entries(configuration) if entry.dynamic is None]
    asked = [one.mirrored() for one in (lines[side.other] or other.derived(_sayings).keys())]
    own = _lines(configuration, side, static)
    if _takes_whoever_comes(configuration):
        return {}
    overlapping = {one: line for one, line in own.items() if any(_overlap(one, another) for another in asked)}
    if overlapping:
        return overlapping
    alone = static if len(static) == 1 and (_takes_whoever_comes(other) or not asked) else []
    return _lines(configuration, side, [entry for entry in static if entry.peers is None] or alone)


def _takes_whoever_comes(configuration: Configuration) -> bool:
    return any(entry.dynamic is not None for entry in entries(configuration))


def _sayings(configuration: Configuration) -> Mapping[ProxyPair, list[tuple[CryptoMapEntry, Ace]]]:
    """All permit lines of all entries, static ones first, by the networks that they say."""
    found: dict[ProxyPair, list[tuple[CryptoMapEntry, Ace]]] = {}
    for entry in (*entries(configuration), *_behind(configuration)):
        for ace in permits(configuration, entry):
            for proxies in proxies_of(configuration, ace):
                found.setdefault(proxies, []).append((entry, ace))
    return found


def _meant(configuration: Configuration, side: Side, candidates: Iterable[CryptoMapEntry]) -> _Lines:
    """Where nothing else names networks: the lines of lists that nothing uses.

    For an entry whose list does not exist it is the one with the closest name, for one without any the only one.
    """
    spare = spare_lists(configuration)
    lines: _Lines = {}
    for entry in candidates:
        lost = entry.acl.value if entry.acl is not None else ""
        if lost in configuration.access_lists:
            continue
        for name in get_close_matches(lost, spare, 1) if lost else spare if len(spare) == 1 else []:
            found = _lines(configuration, side, [replace(entry, acl=Sourced(name, entry.source))])
            lines |= {proxies: replace(line, entry=entry) for proxies, line in found.items()}
    return lines


def _behind(configuration: Configuration) -> Iterator[CryptoMapEntry]:
    """The entries of dynamic maps."""
    for dynamic in configuration.dynamic_maps.values():
        yield from dynamic.entries


def _overlap(one: ProxyPair, other: ProxyPair) -> bool:
    return (
        one.local.first <= other.local.last
        and other.local.first <= one.local.last
        and one.remote.first <= other.remote.last
        and other.remote.first <= one.remote.last
    )


def _chosen(joined: list[dict[Side, Line]], wanted: Collection[ProxyPair]) -> list[dict[Side, Line]]:
    """All of them, or as many as are tried, in their order."""
    if len(joined) <= MOST_ROWS:
        return joined
    first = [place for place, both in enumerate(joined) if _as_a_sees(both) in wanted] if wanted else []
    lonely = [place for place, both in enumerate(joined) if len(both) == 1]
    by_line: dict[tuple[str, int, int], list[int]] = {}
    for place, both in enumerate(joined):
        if len(both) == 2:
            line = both[Side.A]
            by_line.setdefault((line.entry.map_name, line.entry.sequence, id(line.ace)), []).append(place)
    in_turn = [place for turn in zip_longest(*by_line.values()) for place in turn if place is not None]
    few = lonely[: MOST_ROWS - min(len(in_turn), MOST_ROWS // 2)]
    taken = list(dict.fromkeys([*first, *few, *in_turn]))[:MOST_ROWS]
    return [joined[place] for place in sorted(taken)]
