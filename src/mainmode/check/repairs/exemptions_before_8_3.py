"""Exemptions from address translation as 7.x and 8.2 write them: a line in the access list of `nat (IFC) 0`."""

from collections.abc import Iterator
from difflib import get_close_matches

from mainmode.base.provenance import Absent
from mainmode.check.repairs.declaration import Case, Change
from mainmode.check.repairs.networks import Ranges, overlap, place_of, ranges_of
from mainmode.check.repairs.translation import before_8_3, exempts, first_rule
from mainmode.check.repairs.ways import Through, throughs
from mainmode.check.repairs.written import Wanted, written
from mainmode.check.spare import lists_in_use
from mainmode.device.config.model import AccessList, Configuration, PolicyNat
from mainmode.explain.finding import Safety
from mainmode.ladder.transcript import Side


def exempted_before_8_3(case: Case) -> Iterator[Change]:
    """Lines for the list that exempts an interface's traffic: one that it has, one that nobody uses, or a new one."""
    for side in Side:
        if not before_8_3(case.of(side)):
            continue
        by_inside: dict[str, list[Through]] = {}
        for way in throughs(case, side):
            if way.inside is not None and _translated(case.of(side), way):
                by_inside.setdefault(way.inside, []).append(way)
        for inside, ways in by_inside.items():
            yield from _exempted(case, side, inside, ways)


def _translated(configuration: Configuration, way: Through) -> bool:
    """Whether a row's traffic is translated, or refused since nothing translates it."""
    rule = first_rule(configuration, way)
    return configuration.settings.nat_control.value if rule is None else not exempts(rule)


def _exempted(case: Case, side: Side, inside: str, ways: list[Through]) -> Iterator[Change]:
    configuration = case.of(side)
    held = next((one for one in configuration.old_nat if _exempting(one, inside)), None)
    ends = list(dict.fromkeys(_ends(configuration, way) for way in ways))
    about = f"exempts the tunnel's traffic from {inside} from address translation"
    note = "translations that stand go on until they end, or until clear xlate"
    if isinstance(held, PolicyNat) and held.acl in configuration.access_lists:
        lines = _lines(case, side, configuration.access_lists[held.acl], ends)
        yield Change(side, about, lines, Safety.SAFE, note)
        return
    lost = held.acl if isinstance(held, PolicyNat) else ""
    for name in _unused(configuration, ends, lost):
        yield Change(side, about, (f"nat ({inside}) 0 access-list {name}",), Safety.SAFE, note)
    name = lost or _free(configuration, f"{inside}_nat0_outbound")
    lines = _lines(case, side, AccessList(name, Absent("", ""), ()), ends)
    binding = () if lost else (f"nat ({inside}) 0 access-list {name}",)
    yield Change(side, about, (*lines, *binding), Safety.SAFE, note)


def _exempting(one: object, inside: str) -> bool:
    return isinstance(one, PolicyNat) and one.number == 0 and one.interface == inside


def _ends(configuration: Configuration, way: Through) -> tuple[Ranges, Ranges]:
    """The networks of the row's line on this side; of the row alone where it has none."""
    line = way.row.lines.get(way.side)
    if line is None:
        return frozenset((way.near,)), frozenset((way.far,))
    return ranges_of(configuration, line.ace.source_address), ranges_of(configuration, line.ace.destination_address)


def _lines(case: Case, side: Side, access_list: AccessList, ends: list[tuple[Ranges, Ranges]]) -> tuple[str, ...]:
    """The permit lines, in front of a line that denies such traffic."""
    configuration = case.of(side)
    found: list[str] = []
    for near, far in ends:
        denying = (
            place_of(access_list, ace)
            for ace in access_list.aces
            if not ace.permit
            and overlap(ranges_of(configuration, ace.source_address), near)
            and overlap(ranges_of(configuration, ace.destination_address), far)
        )
        found += written(case, side, access_list, Wanted(near, far), next(denying, None))
    return tuple(dict.fromkeys(found))


def _unused(configuration: Configuration, ends: list[tuple[Ranges, Ranges]], lost: str) -> list[str]:
    """The access lists that nothing uses and that permit all of it, or that are called almost as the lost one is."""
    used = lists_in_use(configuration)
    used |= {one.acl.value for maps in configuration.crypto_maps.values() for one in maps.entries if one.acl}
    free = [name for name in configuration.access_lists if name not in used]
    close = get_close_matches(lost, free, 2) if lost else []
    fitting = [name for name in free if all(_permits(configuration, name, *both) for both in ends)]
    return list(dict.fromkeys((*fitting, *close)))


def _permits(configuration: Configuration, name: str, near: Ranges, far: Ranges) -> bool:
    """Whether lines of a list permit what is between these networks."""
    aces = [ace for ace in configuration.access_lists[name].aces if ace.permit]
    return all(
        any(
            overlap(ranges_of(configuration, ace.source_address), (one,))
            and overlap(ranges_of(configuration, ace.destination_address), (other,))
            for ace in aces
        )
        for one in near
        for other in far
    )


def _free(configuration: Configuration, wanted: str) -> str:
    """A name that no access list has."""
    numbered = (f"{wanted}-{number}" for number in range(2, len(configuration.access_lists) + 3))
    taken = configuration.access_lists
    return wanted if wanted not in taken else next(name for name in numbered if name not in taken)
