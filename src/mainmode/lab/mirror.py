"""The crypto access lists of both sides compared line by line: what the traffic of a run did not try."""

from collections.abc import Iterable, Iterator
from itertools import islice

from mainmode.base.address import ProxyPair
from mainmode.base.dataclass import dataclass
from mainmode.device.config.model import Ace, CryptoMapEntry
from mainmode.lab.facing import Facing, Pair
from mainmode.lab.scene import permits, refused_lines
from mainmode.lab.traffic import Traffic, entries_towards, networks_of, proxies_of, unusable_lines
from mainmode.ladder.transcript import Blame, Outcome, Side, Verdict

_MOST_LINES = 8
_MOST_UNUSED = 4


@dataclass(frozen=True, slots=True)
class Comparison:
    """`untried`: how many pairs of networks of the sender got no traffic. `lines`: how many lines have no mirror.

    `blames` are those lines, the first few, each behind the lines of the other side that its reader refused.
    """

    untried: int
    lines: int
    blames: tuple[Blame, ...]


def compare(pair: Pair, facing: tuple[Facing, ...], tried: tuple[Traffic, ...]) -> Comparison:
    """Each permit line of the entries that the two devices have for each other, but for what was tried."""
    starter = tried[0].side
    sent = {traffic.proxies for traffic in tried if traffic.proxies is not None}
    towards = {side: entries_towards(pair[side], facing, side) for side in Side}
    said = {side: list(_said(pair, side, towards[side])) for side in Side}
    networks = {networks_of(proxies) for _, proxies in said[starter]} - {networks_of(proxies) for proxies in sent}
    lines: list[tuple[Side, Ace]] = []
    for side in Side:
        mirrors = {proxies.mirrored() for _, proxies in said[side.other]}
        done = sent if side is starter else {proxies.mirrored() for proxies in sent}
        lonely = (ace for ace, proxies in said[side] if proxies not in mirrors and proxies not in done)
        lines += [(side, ace) for ace in dict.fromkeys(lonely)] if mirrors else []
    blames = [
        blame
        for side, ace in lines[:_MOST_LINES]
        for blame in (
            *_refused(pair, side.other, towards[side.other]),
            Blame(side, "was not tried, and has no mirror on the other side", ace.source),
        )
    ]
    return Comparison(len(networks), len(lines), tuple(dict.fromkeys(blames)))


def _said(pair: Pair, side: Side, towards: list[CryptoMapEntry]) -> Iterator[tuple[Ace, ProxyPair]]:
    for entry in towards:
        for ace in permits(pair[side], entry):
            for proxies in proxies_of(pair[side], ace):
                yield ace, proxies


def _refused(pair: Pair, side: Side, towards: list[CryptoMapEntry]) -> Iterator[Blame]:
    for entry in towards:
        if entry.acl is not None:
            yield from refused_lines(pair[side], side, f"access-list {entry.acl.value}")


def one_way(pair: Pair, facing: tuple[Facing, ...], judged: Iterable[tuple[Traffic, Verdict]]) -> tuple[str, ...]:
    """A note for each tunnel that is up because its initiator alone asks for PFS: begun by the other side it fails."""
    notes: dict[str, None] = {}
    for traffic, verdict in judged:
        side, entry = traffic.side, traffic.entry
        if verdict.outcome is Outcome.DOWN or entry is None or entry.pfs is None:
            continue
        theirs = [one for one in entries_towards(pair[side.other], facing, side.other) if _mirrors(pair, traffic, one)]
        if theirs and all(one.pfs is None for one in theirs):
            asks, has_none = (pair[one].settings.hostname.value for one in (side, side.other))
            notes[
                f"only {asks} asks for perfect forward secrecy ({entry.pfs.source}): the tunnel comes up when {asks} "
                f"begins, and fails when {has_none} does, whose entry has no set pfs"
            ] = None
    return tuple(notes)


def _mirrors(pair: Pair, traffic: Traffic, entry: CryptoMapEntry) -> bool:
    """Whether an entry of the other side protects the same networks."""
    wanted = traffic.proxies.mirrored() if traffic.proxies is not None else None
    return any(proxies == wanted for _, proxies in _said(pair, traffic.side.other, [entry]))


def unused(pair: Pair, facing: tuple[Facing, ...]) -> tuple[str, ...]:
    """A note for each of the first lines that a device does not use, since they say more than proxies can."""
    found = (
        f"{reason}: nothing was sent for it"
        for side in Side
        for entry in entries_towards(pair[side], facing, side)
        for reason in unusable_lines(pair[side], entry)
    )
    return tuple(islice(found, _MOST_UNUSED))
