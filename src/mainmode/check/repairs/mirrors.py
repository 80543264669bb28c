"""Repairs of crypto access lists that are no mirrors: a line is added or replaced, or what it names is changed.

Each works on either side: the side that lacks a mirror gets one, or a line of the other that nothing mirrors is made
one of what the first has. No line is only taken away: its traffic would leave in clear.
"""

from collections.abc import Iterator

from mainmode.check.repairs.declaration import Case, Change, Repair
from mainmode.check.repairs.gaps import MOST_LINES, Gap, both_ends, gaps, loose
from mainmode.check.repairs.names import changed_names, grown_names
from mainmode.check.repairs.networks import in_force, line_of, overlap, place_of, turned
from mainmode.check.repairs.tunnels import MOST_ROWS, list_of
from mainmode.check.repairs.written import Wanted, written
from mainmode.device.config.model import AccessList, Ace
from mainmode.explain.finding import Safety
from mainmode.ladder.transcript import Side


def _named(case: Case) -> Iterator[Change]:
    """Objects and groups of a line changed until it is the mirror, or has the mirror in it."""
    for gap in gaps(case):
        for ace in _near(case, gap):
            yield from grown_names(case, gap.side, ace, gap.ends)
        for stray in loose(case, gap)[:2]:
            held = both_ends(case, gap.side, stray.ace)
            kept = tuple(have if want <= have else want for have, want in zip(held, gap.ends, strict=True))
            for near, far in dict.fromkeys((kept, gap.ends)) if not stray.kept else ():
                yield from changed_names(case, gap.side, stray.ace, (near, far))
            yield from changed_names(case, gap.side.other, gap.theirs, (stray.far, stray.near))


def _near(case: Case, gap: Gap) -> list[Ace]:
    """The lines of the gap's list that have the protocol and one end of what is wanted."""
    alike: list[Ace] = []
    for ace in gap.access_list.aces:
        near, far = both_ends(case, gap.side, ace)
        if ace.permit and _speaks_alike(ace, turned(gap.theirs)) and (near >= gap.near or far >= gap.far):
            alike.append(ace)
    return alike[:MOST_LINES]


def _replaced(case: Case) -> Iterator[Change]:
    """A line of one side that mirrors nothing becomes the mirror of one of the other."""
    for gap in gaps(case):
        if _hidden(case, gap) is not None:
            continue
        theirs = case.of(gap.side.other).access_lists.get(gap.their_list)
        for stray in loose(case, gap)[:2]:
            kept = [Wanted.like(stray.ace, ends) for ends in stray.kept]
            wanted = Wanted.mirror(gap.theirs, gap.ends)
            if len(kept) <= MOST_LINES:
                yield _instead(case, gap.side, gap.access_list, stray.ace, [wanted, *kept])
            if theirs is not None and both_ends(case, gap.side.other, gap.theirs) == (gap.far, gap.near):
                wanted = Wanted.mirror(stray.ace, (stray.far, stray.near))
                yield _instead(case, gap.side.other, theirs, gap.theirs, [wanted])


def _instead(case: Case, side: Side, access_list: AccessList, old: Ace, wanted: list[Wanted]) -> Change:
    """The line `old` of a side replaced by others, the first of which is a mirror."""
    new: list[str] = []
    at = place_of(access_list, old)
    for one in wanted:
        lines = written(case, side, access_list, one, at, like=old)
        new += lines
        at += sum(line.startswith("access-list ") for line in lines)
    return Change(
        side,
        f"makes a line of access-list {access_list.name} the mirror of {case.subject.names[side.other]}'s",
        (*new, f"no {line_of(case.of(side), access_list.name, old)}"),
        Safety.DISRUPTIVE,
    )


def _remade(case: Case) -> Iterator[Change]:
    """A whole list becomes the mirror: what it lacks is added, what mirrors nothing and is in that is taken away."""
    by_list: dict[tuple[Side, str], list[Gap]] = {}
    for gap in gaps(case):
        by_list.setdefault((gap.side, gap.access_list.name), []).append(gap)
    for (side, name), found in by_list.items():
        strays = {stray.ace: stray for gap in found[:1] for stray in loose(case, gap) if not stray.kept}
        within = [
            ace
            for ace, stray in strays.items()
            if any(overlap(stray.near, gap.near) and overlap(stray.far, gap.far) for gap in found)
        ]
        texts = [written(case, side, gap.access_list, Wanted.mirror(gap.theirs, gap.ends)) for gap in found]
        lines = dict.fromkeys(line for some in texts for line in some)
        alone = len(within) + len(lines) < 3
        if not within or alone or any(_hidden(case, gap) is not None for gap in found):
            continue
        removals = (f"no {line_of(case.of(side), name, ace)}" for ace in within)
        about = f"makes access-list {name} the mirror of {case.subject.names[side.other]}'s"
        yield Change(side, about, (*lines, *removals), Safety.DISRUPTIVE)


def _added(case: Case) -> Iterator[Change]:
    """The mirrors that a list lacks added to its end: not where a line that mirrors nothing is in the way of one."""
    by_list: dict[tuple[Side, str], list[Gap]] = {}
    for gap in gaps(case):
        by_list.setdefault((gap.side, gap.access_list.name), []).append(gap)
    for (side, name), found in by_list.items():
        if any(_hidden(case, gap) is not None or _in_the_way(case, gap) for gap in found):
            continue
        texts = [written(case, side, gap.access_list, Wanted.mirror(gap.theirs, gap.ends)) for gap in found]
        about = f"adds to access-list {name} what mirrors {case.subject.names[side.other]}'s"
        yield Change(side, about, tuple(dict.fromkeys(line for lines in texts for line in lines)), Safety.SAFE)


def _in_the_way(case: Case, gap: Gap) -> bool:
    """Whether a line of the list that mirrors nothing takes some of the gap's traffic."""
    strays = (stray for stray in loose(case, gap) if not stray.kept)
    return any(overlap(stray.near, gap.near) and overlap(stray.far, gap.far) for stray in strays)


def _hidden(case: Case, gap: Gap) -> Ace | None:
    """The mirror that stands in the list already, where another line or its own end keeps it from counting."""
    for entry in gap.access_list.entries:
        if isinstance(entry, Ace) and entry.permit and _speaks_alike(entry, turned(gap.theirs)):
            near, far = both_ends(case, gap.side, entry)
            if near >= gap.near and far >= gap.far:
                return entry
    return None


def _speaks_alike(one: Ace, other: Ace) -> bool:
    """Whether two lines are for the same protocol and ports."""
    return (one.protocol, one.source_port, one.destination_port, one.icmp) == (
        other.protocol,
        other.source_port,
        other.destination_port,
        other.icmp,
    )


def _uncovered(case: Case) -> Iterator[Change]:
    """A mirror that is inactive, bound to a time, or behind a line that denies its traffic, is brought into force."""
    for gap in gaps(case):
        found = _hidden(case, gap)
        if found is not None:
            yield from _in_force(case, gap.side, gap.access_list, found)
    for row in case.rows[:MOST_ROWS]:
        for side, line in row.lines.items():
            access_list = list_of(case.of(side), line.entry)
            if access_list is not None:
                yield from _in_force(case, side, access_list, line.ace)


def _in_force(case: Case, side: Side, access_list: AccessList, ace: Ace) -> Iterator[Change]:
    configuration, name = case.of(side), access_list.name
    old = line_of(configuration, name, ace)
    at = place_of(access_list, ace)
    if ace.inactive or ace.time_range is not None:
        new = line_of(configuration, name, in_force(ace), at)
        yield Change(side, f"lets a line of access-list {name} count again", (f"no {old}", new), Safety.SAFE)
    denying = _denying(case, side, access_list, ace)
    if denying is None:
        return
    new = line_of(configuration, name, in_force(ace), place_of(access_list, denying))
    yield Change(
        side,
        f"puts a line of access-list {name} in front of the one that denies its traffic",
        (f"no {old}", new),
        Safety.DISRUPTIVE,
    )
    yield Change(
        side,
        f"takes the line out of access-list {name} that denies the traffic",
        (f"no {line_of(configuration, name, denying)}",),
        Safety.DISRUPTIVE,
        "what that line kept out of the tunnel goes into it then",
    )


def _denying(case: Case, side: Side, access_list: AccessList, ace: Ace) -> Ace | None:
    """The first line that denies some of a line's traffic before it."""
    near, far = both_ends(case, side, ace)
    for one in access_list.aces:
        if one == ace:
            return None
        ends = both_ends(case, side, one)
        if not one.permit and overlap(ends[0], near) and overlap(ends[1], far):
            return one
    return None


_CAUSES = ("PROXY_MISMATCH", "NOT_INTERESTING", "NO_MATCHING_ENTRY", "PEER_REFUSED", "NO_ANSWER", "NO_REPLY")

MIRRORS = (
    Repair(
        "NETWORK_OF_OBJECT",
        "Changes the object, or the members of the group, by which a line names networks.",
        ("PROXY_MISMATCH", "NOT_INTERESTING", "PEER_REFUSED", "NO_ROUTE", "NO_NAT_EXEMPTION"),
        _named,
    ),
    Repair("LINE_IN_FORCE", "Brings a line into force that stands behind a deny or is inactive.", _CAUSES, _uncovered),
    Repair(
        "MIRROR_ADDED",
        "Adds to a crypto access list the mirror of a line of the other side.",
        (*_CAUSES, "NO_ROUTE"),
        _added,
    ),
    Repair(
        "MIRROR_REPLACED",
        "Replaces a line that mirrors nothing by the mirror of a line of the other side.",
        (*_CAUSES, "NO_ROUTE", "NO_NAT_EXEMPTION"),
        _replaced,
    ),
    Repair(
        "MIRROR_MADE",
        "Makes a whole crypto access list the mirror of the other side's.",
        (*_CAUSES, "NO_ROUTE", "NO_NAT_EXEMPTION"),
        _remade,
    ),
)
