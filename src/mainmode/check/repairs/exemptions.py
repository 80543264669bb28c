"""Repairs of address translation: an exemption for the tunnel's traffic, in the right place."""

from collections.abc import Iterator

from mainmode.base.provenance import Statement
from mainmode.check.repairs.declaration import Case, Change, Repair
from mainmode.check.repairs.exemptions_before_8_3 import exempted_before_8_3
from mainmode.check.repairs.names import refilled
from mainmode.check.repairs.networks import content, names_of, new_name, overlap, plainly
from mainmode.check.repairs.translation import before_8_3, exempts, first_rule
from mainmode.check.repairs.ways import Through, throughs
from mainmode.device.addresses import AddressBook, size
from mainmode.device.config.model import AddressRange, AnyAddress, Configuration, GroupRef, NatRule, ObjectRef
from mainmode.device.nat_rules import Rule
from mainmode.device.routing import RoutingTable
from mainmode.explain.finding import Safety
from mainmode.lab.facing import ends
from mainmode.ladder.transcript import Side

Ranges = frozenset[AddressRange]
_MOST = 6


def _caught(case: Case) -> Iterator[tuple[Through, Rule]]:
    """The rows whose traffic a rule translates, in the language of 8.3 and later."""
    for side in Side:
        for way in throughs(case, side) if not before_8_3(case.of(side)) else ():
            rule = first_rule(case.of(side), way)
            if rule is not None and not exempts(rule) and way.inside is not None:
                yield way, rule


def _place(configuration: Configuration, rule: Rule) -> int | None:
    """The place in section 1 where an exemption comes before a rule; None: anywhere in it."""
    manual = [one for one in configuration.nat_rules if not one.after_auto]
    return next((number for number, one in enumerate(manual, 1) if one.source == rule.source), None)


def _exempted(case: Case) -> Iterator[Change]:
    """New rules that leave the traffic as it is, for the networks of a line, or of a row alone."""
    found: dict[Side, list[tuple[str, ...]]] = {}
    for way, rule in _caught(case):
        configuration = case.of(way.side)
        made: list[str] = []
        near, far = _names(configuration, way, made)
        at = _place(configuration, rule)
        number = f" {at}" if at is not None else ""
        command = (
            f"nat ({way.inside},{way.outside}){number} source static {near} {near} destination static {far} {far} "
            "no-proxy-arp route-lookup"
        )
        found.setdefault(way.side, []).append((*made, command))
    for side, texts in found.items():
        yield Change(
            side,
            f"exempts the tunnel's traffic to {case.subject.names[side.other]} from address translation",
            tuple(dict.fromkeys(line for lines in texts for line in lines)),
            Safety.SAFE,
            "connections that stand keep their translation until they end",
        )


def _names(configuration: Configuration, way: Through, made: list[str]) -> tuple[str, str]:
    """The objects by which an exemption says the networks of a row; commands for those that are new go into `made`."""
    found = []
    line = way.row.lines.get(way.side)
    parts = (line.ace.source_address, line.ace.destination_address) if line is not None else (None, None)
    for part, one in zip(parts, (way.near, way.far), strict=True):
        if isinstance(plainly(one), AnyAddress):
            found.append("any")
            continue
        ref = part if isinstance(part, ObjectRef | GroupRef) else next(names_of(configuration, frozenset((one,))), None)
        if ref is None:
            name = new_name(configuration, f"NET-{one.first}" + ("" if one.first == one.last else f"-{one.last}"), made)
            made += [f"object network {name}", f" {content(one)}"]
            found.append(name)
        else:
            found.append(ref.name)
    return found[0], found[1]


def _moved(case: Case) -> Iterator[Change]:
    """An exemption that stands behind the rule that translates, or is inactive, comes before it."""
    done: set[int] = set()
    for way, rule in _caught(case):
        configuration = case.of(way.side)
        for one in configuration.nat_rules:
            if id(one) in done or not one.identity or not _holds(configuration, one, way):
                continue
            if not isinstance(one.source, Statement):
                continue
            done.add(id(one))
            old = _text(one)
            at = _place(configuration, rule) or 1
            new = old.replace(" after-auto", "").removesuffix(" inactive").replace(" inactive ", " ")
            head, _, rest = new.partition(" source ")
            what = "lets the exemption count" if one.inactive else "puts the exemption before the rule that translates"
            yield Change(way.side, what, (f"no {old}", f"{head} {at} source {rest}"), Safety.DISRUPTIVE)


def _text(rule: NatRule) -> str:
    """A rule as it is typed, without a place."""
    words = rule.source.text.split() if isinstance(rule.source, Statement) else []
    return " ".join(word for number, word in enumerate(words) if not (word.isdigit() and number in (2, 3)))


def _holds(configuration: Configuration, rule: NatRule, way: Through) -> bool:
    book = AddressBook(configuration)
    if rule.interfaces[0] not in ("any", way.inside) or rule.interfaces[1] not in ("any", way.outside):
        return False
    source = overlap(book.named(rule.real_source), (way.near,))
    return source and (rule.real_destination is None or overlap(book.named(rule.real_destination), (way.far,)))


def _widened(case: Case) -> Iterator[Change]:
    """The objects of an exemption get the network that they lack."""
    done: set[tuple[str, ...]] = set()
    for way, rule in list(_caught(case))[:_MOST]:
        configuration = case.of(way.side)
        book = AddressBook(configuration)
        for one in configuration.nat_rules:
            if not one.identity or one.inactive or one.real_destination is None or one.source == rule.source:
                continue
            ends = (one.real_source, way.near), (one.real_destination, way.far)
            lacking = [(name, wanted) for name, wanted in ends if not overlap(book.named(name), (wanted,))]
            if len(lacking) != 1:
                continue
            name, wanted = lacking[0]
            for lines in _grown(configuration, name, wanted):
                if lines in done:
                    continue
                done.add(lines)
                yield Change(
                    way.side,
                    f"gives {name}, by which an exemption from address translation names networks, what it lacks",
                    lines,
                    Safety.SAFE,
                )


def _grown(configuration: Configuration, name: str, wanted: AddressRange) -> Iterator[tuple[str, ...]]:
    have = frozenset(AddressBook(configuration).named(name))
    if name in configuration.objects and any(_mistaken(one, wanted) for one in have):
        yield refilled(configuration, ObjectRef(name), frozenset((wanted,)))
    elif name in configuration.groups:
        yield refilled(configuration, GroupRef(name), have | {wanted})


def _mapped(case: Case) -> Iterator[Change]:
    """A network that is behind no interface, and that an object stands for, is what one inside is mapped to."""
    for side in Side:
        configuration = case.of(side)
        table = RoutingTable.of(configuration)
        for way in throughs(case, side) if not before_8_3(configuration) else ():
            hop = table.hop(way.flow.source)
            if hop is not None and hop.interface != way.outside:
                continue
            made: list[str] = []
            mapped = next(names_of(configuration, frozenset((way.near,))), None)
            _, far = _names(configuration, way, made)
            if mapped is None or made:
                continue
            for inside, real in _of_one_size(configuration, way):
                about = f"maps {real} to {mapped.name}, which {case.subject.names[side.other]} knows it by"
                sources = f"source static {real} {mapped.name} destination static {far} {far}"
                yield Change(side, about, (f"nat ({inside},{way.outside}) 1 {sources}",), Safety.SAFE)


def _of_one_size(configuration: Configuration, way: Through) -> Iterator[tuple[str, str]]:
    """The interfaces inside, and the objects of their networks, that are as large as a row's network."""
    for end in ends(configuration):
        one = AddressRange(end.network.network_address, end.network.broadcast_address)
        name = next(names_of(configuration, frozenset((one,))), None)
        if end.interface != way.outside and name is not None and size((one,)) == size((way.near,)):
            yield end.interface, name.name


def _mistaken(one: AddressRange, wanted: AddressRange) -> bool:
    """Whether a range may be what somebody typed for another: it overlaps it, or one octet differs."""
    octets = zip(one.first.packed, wanted.first.packed, strict=True)
    size, other = int(one.last) - int(one.first), int(wanted.last) - int(wanted.first)
    return overlap((one,), (wanted,)) or (size == other and sum(first != second for first, second in octets) == 1)


EXEMPTIONS = (
    Repair(
        "EXEMPTION_BEFORE_8_3",
        "Exempts the networks of a crypto access list by nat 0, in the language of 7.x and 8.2.",
        ("NO_NAT_EXEMPTION", "NO_REPLY", "DENIED"),
        exempted_before_8_3,
    ),
    Repair(
        "EXEMPTION_MOVED",
        "Puts an exemption from address translation before the rule that translates.",
        ("NO_NAT_EXEMPTION", "NO_REPLY", "DENIED"),
        _moved,
    ),
    Repair(
        "EXEMPTION_WIDENED",
        "Gives the objects of an exemption the network that they lack.",
        ("NO_NAT_EXEMPTION", "NO_REPLY"),
        _widened,
    ),
    Repair(
        "EXEMPTION_MADE",
        "Exempts the networks of a crypto access list from address translation.",
        ("NO_NAT_EXEMPTION", "NO_REPLY", "DENIED"),
        _exempted,
    ),
    Repair(
        "NETWORK_MAPPED",
        "Maps a network inside to the one that the crypto access list says, and that no interface has.",
        ("NO_ROUTE", "NO_REPLY", "NO_NAT_EXEMPTION", "NOT_INTERESTING", "DENIED"),
        _mapped,
    ),
)
