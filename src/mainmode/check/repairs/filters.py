"""Repairs of access rules: interface access lists, vpn-filters, security levels, traffic out of tunnels."""

from collections.abc import Iterator
from difflib import get_close_matches

from mainmode.base.provenance import Source, Statement
from mainmode.check.repairs.declaration import Case, Change, Repair
from mainmode.check.repairs.networks import line_of, place_of, ranges_of, turned, uses_names
from mainmode.check.repairs.ways import Through, hardware, throughs
from mainmode.check.repairs.written import Wanted, written
from mainmode.device.acl import AccessPolicy
from mainmode.device.config.model import (
    DEFAULT_GROUP_POLICY,
    AccessGroup,
    AccessList,
    AnyAddress,
    Configuration,
)
from mainmode.device.decision import Decision, Verdict
from mainmode.explain.finding import Safety
from mainmode.lab.clock import START
from mainmode.ladder.transcript import Side


def _judged(configuration: Configuration, way: Through) -> Iterator[tuple[bool, Decision]]:
    """What the access rules say of a row's traffic on one side: out into the tunnel, and out of it."""
    policy = AccessPolicy(configuration)
    if way.inside is None or way.inside == way.outside:
        return
    yield True, policy.judge(way.flow, way.inside, way.outside, START, tunnelled=False)
    yield False, policy.judge(way.flow.reversed(), way.outside, way.inside, START, tunnelled=True)


def _refusals(case: Case) -> Iterator[tuple[Through, bool, Decision]]:
    """The rows that a side refuses, and whether on the way out."""
    for side in Side:
        for way in throughs(case, side):
            for outwards, decision in _judged(case.of(side), way):
                if decision.verdict is Verdict.DROP:
                    yield way, outwards, decision


def _permitted(case: Case) -> Iterator[Change]:
    """Lines that permit the traffic, before the one that denies it; or that line is taken away."""
    found: dict[tuple[Side, AccessGroup], list[tuple[str, ...]]] = {}
    for way, outwards, decision in _refusals(case):
        configuration = case.of(way.side)
        group = next((one for one in configuration.access_groups if one.source in decision.sources), None)
        access_list = configuration.access_lists.get(group.acl) if group is not None else None
        if access_list is None or group is None:
            continue
        lines = _line(case, access_list, way, decision.sources, outwards=outwards)
        found.setdefault((way.side, group), []).append(lines)
        yield from _undenied(way.side, configuration, access_list, decision.sources)
    for (side, group), texts in found.items():
        where = f"bound to {group.interface}" if group.interface is not None else "which is global"
        yield Change(
            side, f"permits the tunnel's traffic in access-list {group.acl}, {where}", _together(texts), Safety.SAFE
        )


def _together(texts: list[tuple[str, ...]]) -> tuple[str, ...]:
    """All commands, each once."""
    return tuple(dict.fromkeys(line for lines in texts for line in lines))


def _undenied(
    side: Side, configuration: Configuration, access_list: AccessList, sources: tuple[Source, ...]
) -> Iterator[Change]:
    """The line that denies the traffic, taken away: nothing where it denies everything."""
    denying = next((ace for ace in access_list.aces if ace.source in sources and not ace.permit), None)
    if denying is None or (
        isinstance(denying.source_address, AnyAddress) and isinstance(denying.destination_address, AnyAddress)
    ):
        return
    yield Change(
        side,
        f"takes the line out of access-list {access_list.name} that denies the traffic",
        (f"no {line_of(configuration, access_list.name, denying)}",),
        Safety.WIDE,
        "all that the line denied passes then, where no later one denies it",
    )


def _line(
    case: Case, access_list: AccessList, way: Through, sources: tuple[Source, ...], *, outwards: bool
) -> tuple[str, ...]:
    """The lines for a row, in front of the line that denies it, or at the end of the list."""
    denying = next((ace for ace in access_list.aces if ace.source in sources), None)
    at = place_of(access_list, denying) if denying is not None else None
    line, protocol = way.row.lines.get(way.side), way.row.proxies.local.protocol
    near, far = frozenset((way.near,)), frozenset((way.far,))
    if line is None or not uses_names((line.ace,)):
        return written(case, way.side, access_list, Wanted(*((near, far) if outwards else (far, near)), protocol), at)
    own = line.ace if outwards else turned(line.ace)
    ends = ranges_of(case.of(way.side), own.source_address), ranges_of(case.of(way.side), own.destination_address)
    return written(case, way.side, access_list, Wanted(*ends, protocol), at, like=own)


def _unfiltered(case: Case) -> Iterator[Change]:
    """Traffic out of tunnels passes the interface's access list, as by default."""
    for side in Side:
        permit_vpn = case.of(side).settings.permit_vpn
        if not permit_vpn.value:
            yield Change(
                side,
                "lets what comes out of tunnels pass without the interface's access list, as by default",
                ("sysopt connection permit-vpn",),
                Safety.WIDE,
                "it holds for all tunnels; vpn-filters stay",
            )


def _filter(case: Case) -> Iterator[Change]:
    """The vpn-filter of the tunnel: lines that permit the traffic, another filter, or none."""
    for side in Side:
        configuration, group = case.of(side), case.group(side)
        policy = configuration.group_policy(group.group_policy.value) if group is not None else None
        name = policy.vpn_filter.value if policy is not None else None
        if policy is None or name is None:
            continue
        rules = AccessPolicy(configuration)
        source = policy.vpn_filter.source
        refused = [
            (way, decision)
            for way in throughs(case, side)
            if (decision := rules.filtered(name, source, way.flow.reversed(), START)).verdict is Verdict.DROP
        ]
        if refused:
            said = configuration.group_policies[policy.name].vpn_filter
            yield from _refiltered(case, side, name, policy.name if said else DEFAULT_GROUP_POLICY, refused)


def _refiltered(
    case: Case, side: Side, name: str, holder: str, refused: list[tuple[Through, Decision]]
) -> Iterator[Change]:
    """What is done about a filter that refuses these rows; `holder` is the group-policy that says it."""
    configuration = case.of(side)
    access_list = configuration.access_lists.get(name)
    if access_list is not None:
        texts = [_line(case, access_list, way, decision.sources, outwards=False) for way, decision in refused]
        about = f"permits the tunnel's traffic in access-list {name}, the vpn-filter"
        yield Change(side, about, _together(texts), Safety.SAFE)
    attributes = f"group-policy {holder} attributes"
    safety = Safety.WIDE if holder == DEFAULT_GROUP_POLICY else Safety.DISRUPTIVE
    for close in get_close_matches(name, list(configuration.access_lists), 2) if access_list is None else ():
        about = f"filters by access-list {close}, as {name} does not exist"
        yield Change(side, about, (attributes, f" vpn-filter value {close}"), safety)
    about = f"takes the vpn-filter {name} off group-policy {holder}"
    yield Change(side, about, (attributes, " vpn-filter none"), safety, "everything may pass the tunnel then")


def _levels(case: Case) -> Iterator[Change]:
    """Security levels that let nothing pass without an access list."""
    done: set[tuple[str, ...]] = set()
    for way, _, decision in _refusals(case):
        configuration = case.of(way.side)
        if any(group.source in decision.sources for group in configuration.access_groups):
            continue
        inside = configuration.interface(way.inside or "")
        outside = configuration.interface(way.outside)
        if inside is None or outside is None or inside.security_level is None or outside.security_level is None:
            continue
        if inside.security_level.value == outside.security_level.value:
            yield from _once(done, Change(way.side, "lets traffic pass between interfaces of one security level",
                                          ("same-security-traffic permit inter-interface",), Safety.WIDE))  # fmt: skip
        if inside.security_level.value <= outside.security_level.value:
            yield from _once(done, Change(way.side, f"gives {way.inside} a higher security level than {way.outside}",
                                          (hardware(inside), " security-level 100"), Safety.WIDE))  # fmt: skip


def _once(done: set[tuple[str, ...]], change: Change) -> Iterator[Change]:
    if change.lines not in done:
        done.add(change.lines)
        yield change


def _lost_list(case: Case) -> Iterator[Change]:
    """An access-group that names a list which does not exist denies everything."""
    for way, _, decision in _refusals(case):
        configuration = case.of(way.side)
        for group in configuration.access_groups:
            if group.source not in decision.sources or group.acl in configuration.access_lists:
                continue
            for close in get_close_matches(group.acl, list(configuration.access_lists), 2):
                if isinstance(group.source, Statement):
                    new = group.source.text.strip().replace(group.acl, close, 1)
                    yield Change(
                        way.side, f"binds access-list {close}, as {group.acl} does not exist", (new,), Safety.WIDE
                    )


_CAUSES = ("DENIED", "NO_REPLY")

FILTERS = (
    Repair(
        "TUNNEL_TRAFFIC_PERMITTED", "Permits the tunnel's traffic in an interface's access list.", _CAUSES, _permitted
    ),
    Repair("TUNNELS_UNFILTERED", "Lets traffic out of tunnels pass the interface's access list.", _CAUSES, _unfiltered),
    Repair("VPN_FILTER", "Permits the tunnel's traffic in the vpn-filter, or takes the filter off.", _CAUSES, _filter),
    Repair("SECURITY_LEVEL", "Lets traffic pass that security levels stop.", _CAUSES, _levels),
    Repair("ACCESS_GROUP_NAMED", "Binds the access list that an access-group means.", _CAUSES, _lost_list),
)
