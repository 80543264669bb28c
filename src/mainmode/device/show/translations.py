"""`show nat`, `show xlate` and `show conn`.

The rows of `show nat` and the heading of `show xlate` are those of public outputs (ntc-templates fixtures `show_nat`
and `show_xlate`). The rows that `detail` adds, and those of `show conn`, are recalled.
"""

from collections.abc import Iterator, Sequence
from ipaddress import IPv4Address, summarize_address_range

from mainmode.base.codes import IpProtocol
from mainmode.base.instant import between
from mainmode.base.provenance import Source
from mainmode.device.addresses import AddressBook, Ranges
from mainmode.device.config.forms import kind
from mainmode.device.config.model import NatRule, NetworkObject, ObjectNat, Release
from mainmode.device.config.parts import Spelling
from mainmode.device.connections import Connection, Kind
from mainmode.device.nat import NatHits
from mainmode.device.nat_rules import Rule
from mainmode.device.show.layout import clock_time, text
from mainmode.device.show.standing import Standing
from mainmode.device.translations import Translation

_SECTIONS = {
    1: "Manual NAT Policies (Section 1)",
    2: "Auto NAT Policies (Section 2)",
    3: "Manual NAT Policies (Section 3)",
}
_FLAGS = (
    "Flags: D - DNS, i - dynamic, r - portmap, s - static, I - identity, T - twice",
    "e - extended",
)
_OPTIONS = (
    "extended", "flat", "include_reserve", "round_robin", "net_to_net", "dns", "unidirectional", "no_proxy_arp",
    "route_lookup", "inactive",
)  # fmt: skip
"""Options of a rule in the order in which the device prints them."""


# --- show nat --------------------------------------------------------------------------------------------------------


def nat(standing: Standing, *, detail: bool = False) -> str:
    """Every rule with its hits, section by section; with `detail` the addresses that its names stand for."""
    configuration = standing.configuration
    manual = configuration.nat_rules
    holders = {holder.nat.source: holder for holder in configuration.objects.values() if holder.nat is not None}
    by_section: dict[int, list[tuple[str, Source, tuple[str, str], tuple[str, str] | None]]] = {1: [], 2: [], 3: []}
    for rule in manual:
        by_section[3 if rule.after_auto else 1].append(_twice(rule))
    for resolved in standing.nat_rules:
        holder = holders.get(resolved.source)
        if resolved.section == 2 and holder is not None and holder.nat is not None:
            by_section[2].append(_of_object(holder, holder.nat.value, resolved.source))
    lines: list[str] = []
    book = AddressBook(configuration)
    for section, rules in by_section.items():
        if not rules:
            continue
        lines += ["", _SECTIONS[section]] if lines else [_SECTIONS[section]]
        for number, (row, source, origin, destination) in enumerate(rules, 1):
            hits = standing.nat_hits.get(source, NatHits())
            lines.append(f"{number} {row}")
            lines.append(f"    translate_hits = {hits.translated}, untranslate_hits = {hits.untranslated}")
            if detail:
                lines.append(f"    Source - Origin: {_named(book, origin[0])}, Translated: {_named(book, origin[1])}")
            if detail and destination is not None:
                first, second = destination
                lines.append(f"    Destination - Origin: {_named(book, first)}, Translated: {_named(book, second)}")
    return text(lines)


_Row = tuple[str, Source, tuple[str, str], tuple[str, str] | None]


def _twice(rule: NatRule) -> _Row:
    mapped = _mapped_words(rule.mapped_source, rule.pat_pool, rule.interface)
    parts: list[str] = []
    destination = None
    if rule.mapped_destination is not None and rule.real_destination is not None:
        destination = rule.mapped_destination, rule.real_destination
        parts.append(f"destination static {rule.mapped_destination} {rule.real_destination}")
    if rule.mapped_service is not None and rule.real_service is not None:
        parts.append(f"service {rule.mapped_service} {rule.real_service}")
    parts += _options(rule)
    if rule.description is not None:
        parts.append(f"description {rule.description}")
    row = _row(rule.interfaces, rule.method, rule.real_source, mapped, parts)
    return row, rule.source, (rule.real_source, rule.mapped_source), destination


def _of_object(holder: NetworkObject, rule: ObjectNat, source: Source) -> _Row:
    mapped = _mapped_words(str(rule.mapped), rule.pat_pool, rule.interface)
    parts: list[str] = []
    if rule.service is not None:
        parts.append(f"service {kind('nat-service').write(rule.service, Spelling(Release.NEW))}")
    row = _row(rule.interfaces, rule.method, holder.name, mapped, [*parts, *_options(rule)])
    return row, source, (holder.name, str(rule.mapped)), None


def _row(interfaces: tuple[str, str], method: str, real: str, mapped: str, parts: Sequence[str]) -> str:
    front = f"({interfaces[0]}) to ({interfaces[1]}) source {method} {real} {mapped}"
    return f"{front}   {' '.join(parts)}" if parts else front


def _mapped_words(name: str, pool: bool, interface: bool) -> str:
    words = f"pat-pool {name}" if pool else name
    return f"{words} interface" if interface else words


def _options(rule: NatRule | ObjectNat) -> list[str]:
    return [name.replace("_", "-") for name in _OPTIONS if getattr(rule, name, False)]


def _named(book: AddressBook, name: str) -> str:
    """`192.168.1.0/24`: the networks behind a name, an address as itself, `interface` as the word."""
    if name == "interface":
        return name
    try:
        return f"{IPv4Address(name)}/32"
    except ValueError:
        return ", ".join(_networks(book.named(name))) or name


def _networks(ranges: Ranges) -> Iterator[str]:
    for one in ranges:
        for network in summarize_address_range(one.first, one.last):
            yield str(network)


# --- show xlate ------------------------------------------------------------------------------------------------------


def xlate(standing: Standing) -> str:
    """The static rules as they stand, and every dynamic translation that a connection uses."""
    blocks = [block for rule in standing.nat_rules if not rule.dynamic for block in _static(rule)]
    blocks += [[_dynamic(one)] for one in standing.translations]
    return text([f"{len(blocks)} in use", *_FLAGS, *(row for block in blocks for row in block)])


def _static(rule: Rule) -> Iterator[list[str]]:
    """A block for the source and, of twice NAT, one for the destination."""
    twice = "T" if rule.section != 2 else ""
    mapped = rule.mapped_source
    if mapped is not None:
        flags = "s" + ("I" if mapped == rule.real_source else "") + twice
        yield _both(rule.real_interface, rule.real_source, rule.mapped_interface, mapped, flags)
    if rule.real_destination is not None and rule.mapped_destination is not None:
        flags = "s" + ("I" if rule.mapped_destination == rule.real_destination else "") + twice
        yield _both(rule.mapped_interface, rule.real_destination, rule.real_interface, rule.mapped_destination, flags)


def _both(real_interface: str, real: Ranges, mapped_interface: str, mapped: Ranges, flags: str) -> list[str]:
    front = f"NAT from {real_interface}:{_threes(real)} to {mapped_interface}:{_threes(mapped)}"
    return [*front.splitlines(), f"    flags {flags} timeout 0:00:00"]


def _threes(ranges: Ranges) -> str:
    """`10.9.0.9, 10.9.0.10/31, 10.9.0.12/30,` and so on, three on a line; a host without its prefix length."""
    names = [one.removesuffix("/32") for one in _networks(ranges)]
    return ",\n".join(", ".join(names[place : place + 3]) for place in range(0, len(names), 3))


def _dynamic(one: Translation) -> str:
    rule = one.rule
    interface = rule.mapped_interface
    front = f"from {rule.real_interface}:{one.real}"
    if one.mapped_port or rule.pool:
        protocol = IpProtocol(one.protocol).name
        ends = f"{front}/{one.real_port} to {interface}:{one.mapped}/{one.mapped_port}"
        return f"{protocol} PAT {ends} flags ri"
    return f"NAT {front} to {interface}:{one.mapped} flags i"


# --- show conn -------------------------------------------------------------------------------------------------------


def connections(standing: Standing) -> str:
    """Every connection that is not idle too long, kind by kind, the longest idle first."""
    rows = [_connection(one, standing) for one in standing.connections]
    return text([f"{len(rows)} in use, {standing.most_connections} most used", "", *rows])


def _connection(one: Connection, standing: Standing) -> str:
    protocol, source, destination, source_port, destination_port = one.forward
    name = IpProtocol(protocol).name
    there = f"{one.egress}  {IPv4Address(destination)}:{destination_port}"
    here = f"{one.ingress}  {IPv4Address(source)}:{source_port}"
    flags = "U" if one.kind in (Kind.TCP, Kind.HALF_CLOSED) else "-"
    idle = clock_time(between(one.last, standing.now))
    return f"{name} {there} {here}, idle {idle}, bytes {one.octets}, flags {flags}"
