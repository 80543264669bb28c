"""Repairs of crypto maps: bound to the interface, their entries with peer and access list."""

from collections.abc import Iterator
from difflib import SequenceMatcher

from mainmode.base.provenance import Absent
from mainmode.check.repairs.declaration import Case, Change, Repair
from mainmode.check.repairs.networks import ranges_of
from mainmode.check.repairs.transform_sets import offered_by, wanted
from mainmode.check.repairs.tunnels import candidates, head, list_of, protected
from mainmode.check.repairs.written import Wanted, written
from mainmode.check.spare import spare_lists
from mainmode.device.config.model import AccessList, Ace, Configuration, CryptoMapEntry
from mainmode.device.routing import RoutingTable
from mainmode.explain.finding import Safety
from mainmode.lab.scene import permits
from mainmode.lab.traffic import proxies_of
from mainmode.ladder.transcript import Side

_MOST_ENTRIES = 3
_MOST_LISTS = 3
_MOST_LINES = 16
"""Lines of a new access list."""


def _bound(case: Case) -> Iterator[Change]:
    for side in Side:
        configuration = case.of(side)
        interfaces = dict.fromkeys((case.end(side).interface, *_towards(configuration, case, side)))
        names = dict.fromkeys(entry.map_name for entry in candidates(case, side)[:_MOST_ENTRIES])
        for name in names:
            for interface in interfaces:
                bound = configuration.map_on(interface)
                if name not in configuration.crypto_maps or (bound is not None and bound.name == name):
                    continue
                displaced = bound is not None and bool(bound.entries)
                yield Change(
                    side,
                    f"binds crypto map {name} to interface {interface}",
                    (f"crypto map {name} interface {interface}",),
                    Safety.WIDE if displaced else Safety.SAFE,
                    f"takes the place of crypto map {bound.name}: an interface has one" if bound and displaced else "",
                )


def _towards(configuration: Configuration, case: Case, side: Side) -> tuple[str, ...]:
    """The interface by which the other device is reached."""
    hop = RoutingTable.of(configuration).hop(case.peer(side))
    return (hop.interface,) if hop is not None else ()


def _peer(case: Case) -> Iterator[Change]:
    for side in Side:
        for entry in candidates(case, side)[:_MOST_ENTRIES]:
            if entry.peers is None and entry.dynamic is None:
                name = head(case.of(side), entry)
                yield Change(
                    side,
                    f"gives {name} the address of {case.subject.names[side.other]} as its peer",
                    (f"{name} set peer {case.peer(side)}",),
                    Safety.SAFE,
                )


def _list(case: Case) -> Iterator[Change]:
    """An entry without an access list, or with the name of one that is not there, gets one that fits, or a new one."""
    for side in Side:
        configuration = case.of(side)
        for entry in candidates(case, side)[:_MOST_ENTRIES]:
            if entry.dynamic is not None:
                continue
            name, held = head(configuration, entry), list_of(configuration, entry)
            lost = entry.acl.value if entry.acl is not None and held is None else ""
            mirrored = _mirrored(case, side, held) if held is not None else 0
            for one in _fitting(case, side, lost):
                if _mirrored(case, side, configuration.access_lists[one]) <= mirrored and held is not None:
                    continue
                about = f"lets {name} protect what access-list {one} says"
                if lost:
                    about += f", in place of {lost}, which does not exist"
                safety = Safety.SAFE if held is None else Safety.DISRUPTIVE
                yield Change(side, about, (f"{name} match address {one}",), safety)
            if held is None:
                yield from _new_list(case, side, entry, lost)


def _mirrored(case: Case, side: Side, access_list: AccessList) -> int:
    """How many pairs of networks of a list mirror one of the other side's lines."""
    configuration, other = case.of(side), case.of(side.other)
    mirrors = {
        proxies.mirrored()
        for entry in candidates(case, side.other)[:_MOST_ENTRIES]
        for _, proxies in protected(other, entry)
    }
    pairs = {proxies for ace in access_list.aces if ace.permit for proxies in proxies_of(configuration, ace)}
    return len(pairs & mirrors)


def _fitting(case: Case, side: Side, lost: str) -> list[str]:
    """The access lists that nothing uses, those first that mirror the other side's, then by their names.

    One that is the only one may be meant for an entry that has none.
    """
    configuration = case.of(side)
    scored: list[tuple[int, float, str]] = []
    spare = spare_lists(configuration)
    for name in spare:
        count = _mirrored(case, side, configuration.access_lists[name])
        alike = SequenceMatcher(None, lost.lower(), name.lower()).ratio() if lost else 0.0
        if count or alike > 0.7 or (not lost and len(spare) == 1):
            scored.append((-count, -alike, name))
    return [name for _, _, name in sorted(scored)[:_MOST_LISTS]]


def _new_list(case: Case, side: Side, entry: CryptoMapEntry, lost: str) -> Iterator[Change]:
    """A new access list of mirrors of the other side's lines."""
    configuration, other = case.of(side), case.of(side.other)
    taken = configuration.access_lists
    wanted = lost or f"VPN-{case.subject.names[side.other]}"
    name = next(one for one in (wanted, *(f"{wanted}-{n}" for n in range(2, len(taken) + 3))) if one not in taken)
    for theirs in candidates(case, side.other)[:_MOST_ENTRIES]:
        aces = [ace for ace in permits(other, theirs) if proxies_of(other, ace)]
        if not aces or len(aces) > _MOST_LINES:
            continue
        lines = _mirrors(case, side, name, aces)
        match = () if lost == name else (f"{head(configuration, entry)} match address {name}",)
        yield Change(
            side,
            f"makes access-list {name} of the mirrors of {case.subject.names[side.other]}'s lines",
            (*lines, *match),
            Safety.SAFE,
        )
        return


def _mirrors(case: Case, side: Side, name: str, theirs: list[Ace]) -> tuple[str, ...]:
    """The lines of a new access list that mirrors the other side's."""
    other = case.of(side.other)
    empty = AccessList(name, Absent("", ""), ())
    lines = [
        line
        for ace in theirs
        for ends in [(ranges_of(other, ace.destination_address), ranges_of(other, ace.source_address))]
        for line in written(case, side, empty, Wanted.mirror(ace, ends))
    ]
    return tuple(dict.fromkeys(lines))


def _whole(case: Case) -> Iterator[Change]:
    """An entry of its own for the other device, as its entry asks for it."""
    for side in Side:
        configuration, other = case.of(side), case.of(side.other)
        peer = case.peer(side)
        named = any(entry.peers and peer in entry.peers.value for entry in candidates(case, side))
        theirs = next((one for one in candidates(case, side.other) if one.acl is not None and one.transform_sets), None)
        bound = configuration.map_on(case.end(side).interface)
        if named or theirs is None:
            continue
        yield from _entry_like(case, side, theirs, bound.name if bound is not None else "VPN", other)


def _entry_like(
    case: Case, side: Side, theirs: CryptoMapEntry, map_name: str, other: Configuration
) -> Iterator[Change]:
    configuration = case.of(side)
    crypto_map = configuration.crypto_maps.get(map_name)
    taken = {entry.sequence for entry in crypto_map.entries} if crypto_map is not None else set()
    dynamic = [entry.sequence for entry in crypto_map.entries if entry.dynamic is not None] if crypto_map else []
    last = min(dynamic, default=65536)
    free = next(
        (number for number in (*range(10, 65000, 10), *range(1, 65535)) if number not in taken and number < last), 0
    )
    sets = wanted(case, side)
    aces = [ace for ace in permits(other, theirs) if proxies_of(other, ace)]
    if not (free and sets and aces) or len(aces) > _MOST_LINES:
        return
    lists = configuration.access_lists
    base = f"VPN-{case.subject.names[side.other]}"
    acl = next(one for one in (base, *(f"{base}-{n}" for n in range(2, len(lists) + 3))) if one not in lists)
    lines = _mirrors(case, side, acl, aces)
    set_name, made = offered_by(case, side, sets[0])
    entry = f"crypto map {map_name} {free}"
    setting = f"{entry} set {case.word(side)}transform-set {set_name}"
    pfs = (f"{entry} set pfs group{theirs.pfs.value}",) if theirs.pfs is not None else ()
    peer = f"{entry} set peer {case.peer(side)}"
    binding = (
        ()
        if configuration.map_on(case.end(side).interface)
        else (f"crypto map {map_name} interface {case.end(side).interface}",)
    )
    yield Change(
        side,
        f"makes an entry of crypto map {map_name} for {case.subject.names[side.other]}",
        (*lines, *made, f"{entry} match address {acl}", peer, setting, *pfs, *binding),
        Safety.SAFE,
    )


_CAUSES = ("NO_MATCHING_ENTRY", "NOT_INTERESTING", "PROXY_MISMATCH", "PEER_ADDRESS_WRONG", "NO_ANSWER", "PEER_REFUSED")

MAP_ENTRIES = (
    Repair(
        "MAP_BOUND",
        "Binds the crypto map to the interface that faces the other device.",
        ("CRYPTO_MAP_NOT_BOUND", *_CAUSES, "NO_ROUTE", "IKE_NOT_ENABLED"),
        _bound,
    ),
    Repair("PEER_GIVEN", "Gives an entry without a peer the other device's address.", (*_CAUSES, "NO_ROUTE"), _peer),
    Repair(
        "LIST_NAMED",
        "Gives an entry an access list where it has none, or one that does not exist.",
        (*_CAUSES, "NO_ROUTE"),
        _list,
    ),
    Repair("ENTRY_MADE", "Makes a crypto map entry for the other device where there is none.", _CAUSES, _whole),
)
