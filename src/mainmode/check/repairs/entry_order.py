"""Repairs of the order of crypto map entries: an earlier or a dynamic one takes what belongs to a later one."""

from collections.abc import Iterator

from mainmode.base.address import ProxyPair
from mainmode.base.provenance import Absent
from mainmode.check.repairs.declaration import Case, Change, Repair
from mainmode.check.repairs.networks import line_of, overlap, place_of, plainly, ranges_of
from mainmode.check.repairs.tunnels import MOST_ROWS, candidates, list_of, seen_by
from mainmode.device.config.model import Ace, AddressRange, Configuration, CryptoMapEntry
from mainmode.device.config.running import running_config
from mainmode.explain.finding import Safety
from mainmode.ladder.transcript import Side

_MOST_ENTRIES = 3
_LAST = 65535


def _own(case: Case, side: Side) -> list[CryptoMapEntry]:
    """The static entries of a side that name the other device."""
    addresses = {facing.ends[side.other].address for facing in case.subject.facing}
    found = candidates(case, side)[:_MOST_ENTRIES]
    return [entry for entry in found if entry.peers is not None and addresses & set(entry.peers.value)]


def _meant(case: Case, side: Side) -> list[CryptoMapEntry]:
    """The entries that ought to take the case's traffic: a side's own for the other device, else its dynamic ones."""
    bound = case.of(side).map_on(case.end(side).interface)
    dynamic = [entry for entry in bound.entries if entry.dynamic is not None] if bound is not None else []
    return _own(case, side) or dynamic[:1]


def _before(case: Case, side: Side, entry: CryptoMapEntry) -> list[CryptoMapEntry]:
    """The entries of the same map that come before one, and are not for the other device."""
    crypto_map = case.of(side).crypto_maps.get(entry.map_name)
    addresses = {facing.ends[side.other].address for facing in case.subject.facing}
    return [
        one
        for one in (crypto_map.entries if crypto_map is not None else ())
        if one.sequence < entry.sequence and not (one.peers is not None and addresses & set(one.peers.value))
    ]


def _dynamic_last(case: Case) -> Iterator[Change]:
    """A dynamic entry that stands before the static one, or in its place, goes behind the last static one."""
    for side in Side:
        done: set[tuple[str, int]] = set()
        for entry in _own(case, side):
            for one in (*_before(case, side, entry), *((entry,) if entry.dynamic is not None else ())):
                if one.dynamic is None or (one.map_name, one.sequence) in done:
                    continue
                done.add((one.map_name, one.sequence))
                behind = _behind_all(case.of(side), one)
                if behind:
                    yield Change(
                        side,
                        f"moves the dynamic entry {one.sequence} of crypto map {one.map_name} behind the static ones",
                        (
                            f"no crypto map {one.map_name} {one.sequence} ipsec-isakmp dynamic {one.dynamic.value}",
                            f"crypto map {one.map_name} {behind} ipsec-isakmp dynamic {one.dynamic.value}",
                        ),
                        Safety.WIDE,
                        f"peers on dynamic map {one.dynamic.value} lose their tunnels for a moment",
                    )


def _behind_all(configuration: Configuration, entry: CryptoMapEntry) -> int:
    """The highest free number of a map behind its last static entry; 0 where none is free."""
    held = configuration.crypto_maps[entry.map_name].entries
    taken = {one.sequence for one in held}
    last = max((one.sequence for one in held if one.dynamic is None), default=0)
    return next((number for number in range(_LAST, last, -1) if number not in taken), 0)


def _first(case: Case) -> Iterator[Change]:
    """The entry for the other device goes before the one that takes its traffic, or that one goes behind it."""
    for side in Side:
        configuration = case.of(side)
        for entry in _own(case, side):
            takers = [one for one in _before(case, side, entry) if _takes(case, side, one) or one.dynamic is not None]
            crypto_map = configuration.crypto_maps.get(entry.map_name)
            if not takers or crypto_map is None:
                continue
            taken = {one.sequence for one in crypto_map.entries}
            before = (number for number in range(takers[0].sequence - 1, 0, -1) if number not in taken)
            yield from _renumbered(configuration, side, entry, next(before, 0), f"before entry {takers[0].sequence}")
            if takers[0].dynamic is None:
                last = min((one.sequence for one in crypto_map.entries if one.dynamic is not None), default=_LAST + 1)
                behind = (number for number in range(entry.sequence + 1, last) if number not in taken)
                yield from _renumbered(
                    configuration, side, takers[0], next(behind, 0), f"behind entry {entry.sequence}"
                )


def _renumbered(
    configuration: Configuration, side: Side, entry: CryptoMapEntry, free: int, where: str
) -> Iterator[Change]:
    """An entry typed anew under a number that is free; nothing where none is."""
    old = f"crypto map {entry.map_name} {entry.sequence}"
    new = f"crypto map {entry.map_name} {free}"
    lines = [line for line in running_config(configuration, old).splitlines() if line.startswith(f"{old} ")]
    if free and lines:
        yield Change(
            side,
            f"moves entry {entry.sequence} of crypto map {entry.map_name} {where}",
            (f"no {old}", *(new + line.removeprefix(old) for line in lines)),
            Safety.DISRUPTIVE,
        )


def _takes(case: Case, side: Side, entry: CryptoMapEntry) -> Ace | None:
    """The line of an entry that takes traffic of the case."""
    configuration = case.of(side)
    access_list = list_of(configuration, entry)
    wanted = [seen_by(row, side) for row in case.rows[:MOST_ROWS]]
    for ace in access_list.aces if access_list is not None and entry.dynamic is None else ():
        if ace.permit and any(_meets(configuration, ace, one) for one in wanted):
            return ace
    return None


def _meets(configuration: Configuration, ace: Ace, wanted: ProxyPair) -> bool:
    ends = AddressRange(wanted.local.first, wanted.local.last), AddressRange(wanted.remote.first, wanted.remote.last)
    return all(
        overlap(ranges_of(configuration, part), frozenset((end,)))
        for part, end in zip((ace.source_address, ace.destination_address), ends, strict=True)
    )


def _kept_out(case: Case) -> Iterator[Change]:
    """What an earlier entry takes is kept out of it: by a deny before the line, or by taking the line away."""
    for side in Side:
        configuration = case.of(side)
        for entry in _meant(case, side):
            for one in _before(case, side, entry):
                ace, access_list = _takes(case, side, one), list_of(configuration, one)
                if ace is None or access_list is None or access_list.name == (entry.acl and entry.acl.value):
                    continue
                peers = ", ".join(str(peer) for peer in (one.peers.value if one.peers is not None else ()))
                note = f"the tunnel with {peers} loses this traffic" if peers else ""
                denials = _denials(case, side, ace)
                at = place_of(access_list, ace)
                if denials:
                    yield Change(
                        side,
                        f"keeps the traffic of entry {entry.sequence} out of the earlier entry {one.sequence}",
                        tuple(line_of(configuration, access_list.name, denial, at) for denial in denials),
                        Safety.WIDE,
                        note,
                    )
                yield Change(
                    side,
                    f"takes the line out of access-list {access_list.name} that is before entry {entry.sequence}",
                    (f"no {line_of(configuration, access_list.name, ace)}",),
                    Safety.WIDE,
                    note,
                )


def _denials(case: Case, side: Side, taker: Ace) -> list[Ace]:
    """Deny lines for the networks of the case that a line takes, where they can be said plainly."""
    found: list[Ace] = []
    for row in case.rows[:MOST_ROWS]:
        wanted = seen_by(row, side)
        if not _meets(case.of(side), taker, wanted):
            continue
        near = plainly(AddressRange(wanted.local.first, wanted.local.last))
        far = plainly(AddressRange(wanted.remote.first, wanted.remote.last))
        if near is None or far is None:
            return []
        found.append(Ace("deny", wanted.local.protocol, near, far, Absent("", "")))
    return list(dict.fromkeys(found))


_TAKEN = (
    "EARLIER_ENTRY",
    "NO_REPLY",
    "PEER_ADDRESS_WRONG",
    "PROXY_MISMATCH",
    "NOT_INTERESTING",
    "NO_ANSWER",
    "NO_MATCHING_ENTRY",
)
_ANSWERED = ("DYNAMIC_FIRST", "TRANSFORM_MISMATCH", "PFS_MISMATCH", "PEER_REFUSED", "PROXY_MISMATCH")

ENTRY_ORDER = (
    Repair(
        "DYNAMIC_LAST",
        "Moves a dynamic entry behind the static ones of its map.",
        (*_ANSWERED, "NO_REPLY"),
        _dynamic_last,
    ),
    Repair("KEPT_OUT", "Keeps traffic out of an earlier entry that is for another peer.", _TAKEN, _kept_out),
    Repair(
        "ENTRY_FIRST",
        "Gives an entry a number before the one that takes its traffic, or that one a number behind it.",
        _TAKEN,
        _first,
    ),
)
