"""Traffic that more than one entry of a crypto map names, and dynamic entries before static ones."""

from collections.abc import Iterator
from itertools import islice

from mainmode.base.address import ProxyPair
from mainmode.check.cautions.declaration import Found, Look, Warned
from mainmode.check.cautions.tracing import common, networks, traced
from mainmode.check.matrix import Line
from mainmode.device.config.model import Ace, CryptoMapEntry
from mainmode.ladder.transcript import Blame, Side

_MOST_TOLD = 4
"""Overlaps that are told of one side: the first ones show what is wrong."""


def _overlapping(look: Look) -> Iterator[Found]:
    for side in Side:
        yield from islice(_of_side(look, side), _MOST_TOLD)


def _of_side(look: Look, side: Side) -> Iterator[Found]:
    """Each pair of entries of one crypto map of a side that share traffic, one of which is for the other side."""
    rows = {tunnel.row.number: tunnel.row for tunnel in look.tunnels}
    known: set[frozenset[int]] = set()
    for row in rows.values():
        line = row.lines.get(side)
        if line is None:
            continue
        for other, ace, proxies, _ in look.lines_towards(side, line.entry.map_name, line.proxies.remote):
            both = frozenset((line.entry.sequence, other.sequence))
            if len(both) < 2 or both in known:
                continue
            shared = _shared(line.proxies, proxies)
            if shared is None:
                continue
            found = _found(look, line, other, ace, shared)
            if found is not None:
                known.add(both)
                yield found


def _shared(one: ProxyPair, other: ProxyPair) -> ProxyPair | None:
    local, remote = common(one.local, other.local), common(one.remote, other.remote)
    return None if local is None or remote is None else ProxyPair(local, remote)


def _found(look: Look, line: Line, other: CryptoMapEntry, ace: Ace, shared: ProxyPair) -> Found | None:
    """What the device does with a packet that both entries name; None where the first of them does not take it."""
    side, own = line.side, line.entry
    met = traced(look.box(side), look.outside(side), shared)
    first = line.ace if own.sequence < other.sequence else ace
    if met is None or not met.protected or first.source not in met.sources:
        return None
    name, peer = look.name(side), look.name(side.other)
    if own.sequence < other.sequence:
        sentence = (
            f"{name}: entry {_named(own)}, for {peer}, takes traffic that entry {_named(other)}{_peer(other)} names "
            f"too: {networks(shared)}."
        )
    else:
        sentence = (
            f"{name}: entry {_named(other)}{_peer(other)} comes first, and takes traffic of the tunnel to {peer} "
            f"(entry {_named(own)}): {networks(shared)}."
        )
    return Found(
        sentence,
        met.text,
        (
            Blame(side, f"in entry {own.sequence}, for {peer}", line.ace.source),
            Blame(side, f"in entry {other.sequence}{_peer(other)}", ace.source),
        ),
        "Narrow one of the two access lists, or put a deny for what they share before the permit of the wider one.",
    )


def _named(entry: CryptoMapEntry) -> str:
    return f"{entry.map_name} {entry.sequence}"


def _peer(entry: CryptoMapEntry) -> str:
    peers = entry.peers.value if entry.peers is not None else ()
    return f", for {', '.join(str(peer) for peer in peers)}" if peers else ""


def _dynamic_first(look: Look) -> Iterator[Found]:
    for side in Side:
        for entry, dynamic in _behind_dynamic(look, side):
            if dynamic.dynamic is None:
                continue
            begun = [tunnel for tunnel in look.tunnels if tunnel.cell.starter is side.other]
            if not begun:
                continue
            taken = [tunnel for tunnel in begun if tunnel.agreed.sides[side].map_name == dynamic.dynamic.value]
            if taken:
                standing = taken[0].agreed.sides[side]
                answered = f"dynamic map {standing.map_name} {standing.map_sequence}"
                evidence = f"{look.name(side)} took {look.begun(taken)}, for {answered}"
            else:
                evidence = f"{look.name(side)} took {look.begun(begun)}, for its static entry all the same"
            yield Found(
                f"{look.name(side)}: the dynamic entry {_named(dynamic)} stands before the static entry "
                f"{_named(entry)} for {look.name(side.other)}.",
                evidence,
                (
                    Blame(side, "is asked first", dynamic.dynamic.source),
                    Blame(side, "comes behind it", entry.source),
                ),
                "Give the dynamic entry the highest number of the map, 65535.",
            )


def _behind_dynamic(look: Look, side: Side) -> Iterator[tuple[CryptoMapEntry, CryptoMapEntry]]:
    """The first static entry for the other side, of each map, that has a dynamic one before it."""
    known: set[str] = set()
    for tunnel in look.tunnels:
        line = tunnel.row.lines.get(side)
        if line is None or line.entry.map_name in known or line.entry.dynamic is not None:
            continue
        bound = look.of(side).crypto_maps.get(line.entry.map_name)
        for one in bound.entries if bound is not None else ():
            if one.dynamic is not None and one.sequence < line.entry.sequence:
                known.add(line.entry.map_name)
                yield line.entry, one
                break


OVERLAPS = (
    Warned(
        "OVERLAP",
        "Two tunnels name the same traffic",
        "an entry for the other side shares networks with another entry of its crypto map, and a packet between them "
        "would be protected",
        "The entry with the lower number takes it all, so hosts there are reached by one tunnel or not at all, and "
        "what comes back by the other one does not fit its SAs.",
        _overlapping,
    ),
    Warned(
        "DYNAMIC_BEFORE_STATIC",
        "A dynamic entry before a static one",
        "in the crypto map of a side a dynamic entry has a lower number than the static one for the other side",
        "What a peer proposes is compared in the order of the entries: the dynamic one takes it, or refuses it, with "
        "its own transform sets and lifetimes, though a static one was meant.",
        _dynamic_first,
    ),
)
