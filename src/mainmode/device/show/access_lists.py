"""`show access-list`: every line with its hits, and below a line with objects what it expands to.

Layout and wording are those of public outputs (ntc-templates fixtures `show_access-list`). The hashes stand for a line
the same way in every run, and have no other meaning: the device's own are not published. `element` counts are those of
the expanded lines. A list with which an output would come to more than `MOST_ELEMENTS` is shown line by line only.
"""

from collections.abc import Iterator
from dataclasses import replace
from zlib import crc32

from mainmode.base.dataclass import dataclass
from mainmode.base.instant import SECOND
from mainmode.device.config.expansion import address_ranges
from mainmode.device.config.model import (
    AccessList,
    Ace,
    AclAddress,
    AddressRange,
    AnyAddress,
    Configuration,
    Fqdn,
    GroupRef,
    Host,
    Ipv6Host,
    Ipv6Prefix,
    Ipv6Range,
    Logging,
    ObjectRef,
    Remark,
    Service,
    StandardAce,
    Subnet,
)
from mainmode.device.config.running import entry_writer
from mainmode.device.services import ServiceBook
from mainmode.device.show.layout import text
from mainmode.device.show.standing import Standing

_WORD = 0xFFFFFFFF
MOST_ELEMENTS = 20_000
"""Lines that the access lists of one output are expanded to at most."""

_LOG_LEVEL, _LOG_INTERVAL = "informational", 300
"""What a bare `log` means."""
_FLOWS = (
    "access-list cached ACL log flows: total 0, denied 0 (deny-flow-max 4096)",
    "            alert-interval 300",
)
_SOURCE, _DESTINATION = "<source>", "<destination>"
"""Names of objects that stand in a line for what the language of the configuration cannot say there."""

_Address = AclAddress | AddressRange | Fqdn | Ipv6Range


@dataclass(frozen=True, slots=True)
class _Element:
    """One line of an expanded entry. `number` is its service's in the entry."""

    source: _Address
    destination: _Address
    service: Service
    number: int

    @property
    def resolved(self) -> bool:
        """Whether both addresses are known: nothing here asks the DNS."""
        return not isinstance(self.source, Fqdn) and not isinstance(self.destination, Fqdn)


def access_lists(standing: Standing, name: str | None = None) -> str:
    """The whole output; with `name` of one list."""
    configured = standing.configuration.access_lists
    printer = _Printer(standing)
    if name is None:
        return text([*_FLOWS, *(line for one in configured.values() for line in printer.lines(one))])
    if name not in configured:
        return text([f"ERROR: access-list <{name}> does not exist"])
    return text(printer.lines(configured[name]))


def access_lists_brief(standing: Standing, name: str | None = None) -> str:
    """Hashes, hits and the second of the last hit of the entries that matched, all in hexadecimal, list by list."""
    configured = standing.configuration.access_lists
    if name is not None and name not in configured:
        return text([f"ERROR: access-list <{name}> does not exist"])
    printer = _Printer(standing)
    chosen = configured.values() if name is None else (configured[name],)
    lines = [] if name is not None else list(_FLOWS)
    for one in chosen:
        lines += [printer.head(one), *printer.brief(one)]
    return text(lines)


class _Printer:
    """Prints access lists of one box."""

    def __init__(self, standing: Standing) -> None:
        self._standing = standing
        self._write = entry_writer(standing.configuration)
        self._left = MOST_ELEMENTS

    def lines(self, access_list: AccessList) -> Iterator[str]:
        """A list: its head, every entry, and below an entry what its objects come to."""
        configuration = self._standing.configuration
        expanded = self._may_expand(access_list)
        yield self.head(access_list)
        for number, entry in enumerate(access_list.entries, 1):
            if not isinstance(entry, Ace):
                yield self._numbered(access_list, entry, number)
                continue
            elements = list(_elements(configuration, entry)) if expanded and _has_objects(entry) else []
            shown = _with_log(entry)
            lines = [self._line(access_list, shown, element) for element in elements]
            yield self._numbered(access_list, shown, number, lines[0] if len(lines) == 1 else None)
            for element, line in zip(elements, lines, strict=True):
                hits = _hits(self._standing, entry, element) if element.resolved else None
                yield "  " + _finished(line, number, hits, inactive=entry.inactive or not element.resolved)

    def head(self, access_list: AccessList) -> str:
        """The first line of a list: how many elements it has, and its hash."""
        hashed = crc32(access_list.name.encode())
        return f"access-list {access_list.name}; {self._total(access_list)} elements; name hash: 0x{hashed:08x}"

    def brief(self, access_list: AccessList) -> Iterator[str]:
        """A line for each entry that matched; what belongs to no object has no hash of a group."""
        hits = self._standing.hits
        for number, entry in enumerate(access_list.entries, 1):
            count, last = (hits.of(entry.source), hits.last(entry.source)) if isinstance(entry, Ace) else (0, None)
            if count and last is not None and isinstance(entry, Ace):
                hashed = self._numbered(access_list, _with_log(entry), number).split()[-1].removeprefix("0x")
                yield f"{hashed} 00000000 {count & _WORD:08x} {last // SECOND & _WORD:08x}"

    def _may_expand(self, access_list: AccessList) -> bool:
        """Whether what the list comes to still has room in this output; then it is taken."""
        total = self._total(access_list)
        if total > self._left:
            return False
        self._left -= total
        return True

    def _total(self, access_list: AccessList) -> int:
        return sum(_count(self._standing.configuration, entry) for entry in access_list.entries)

    def _numbered(
        self, access_list: AccessList, entry: Ace | StandardAce | Remark, number: int, hashed: str | None = None
    ) -> str:
        """A line of the list itself. `hashed` is the only line that it expands to, whose hash it shares."""
        line = self._write(access_list, entry)
        if isinstance(entry, Remark):
            front, _, rest = line.partition(f" {access_list.name} ")
            return f"{front} {access_list.name} line {number} {rest}"
        inactive = isinstance(entry, Ace) and entry.inactive
        return _finished(line, number, self._standing.hits.of(entry.source), inactive=inactive, hashed=hashed)

    def _line(self, access_list: AccessList, entry: Ace, element: _Element) -> str:
        """An element in the words of the configuration; a range or a name of the DNS where an address stands."""
        service = element.service
        plain = replace(
            entry,
            protocol=service.protocols[0],
            source_address=_spoken(element.source, _SOURCE),
            destination_address=_spoken(element.destination, _DESTINATION),
            source_port=service.source_port,
            destination_port=service.destination_port,
            icmp=service.icmp,
        )
        line = self._write(access_list, plain)
        for name, address in ((_SOURCE, element.source), (_DESTINATION, element.destination)):
            if isinstance(address, AddressRange | Ipv6Range):
                line = line.replace(f"object {name}", f"range {address.first} {address.last}")
            elif isinstance(address, Fqdn):
                line = line.replace(f"object {name}", f"fqdn {address.name} (unresolved)")
        return line


def _hits(standing: Standing, entry: Ace, element: _Element) -> int:
    source, destination = (
        address_ranges(standing.configuration, address) if _is_ipv4(address) else ()
        for address in (element.source, element.destination)
    )
    if not source or not destination:
        return 0
    return standing.hits.of_element(entry.source, source[0], destination[0], element.number)


def _is_ipv4(address: _Address) -> bool:
    return not isinstance(address, Fqdn | Ipv6Host | Ipv6Prefix | Ipv6Range) and address != AnyAddress("any6")


def _finished(line: str, number: int, hits: int | None, *, inactive: bool, hashed: str | None = None) -> str:
    """`access-list A line 1 extended … (hitcnt=0) 0x8b7c4bc4 `: number, hits and hash around a configured line."""
    words = line.split(" ", 2)
    counted = f" (hitcnt={hits})" if hits is not None else ""
    ending = " (inactive)" if inactive else ""
    return f"{words[0]} {words[1]} line {number} {words[2]}{counted}{ending} 0x{crc32((hashed or line).encode()):08x} "


def _with_log(entry: Ace) -> Ace:
    """The entry with what a bare `log` stands for written out."""
    if entry.log is None or entry.log.level in ("disable", "default"):
        return entry
    return replace(entry, log=Logging(entry.log.level or _LOG_LEVEL, entry.log.interval or _LOG_INTERVAL))


def _spoken(address: _Address, name: str) -> AclAddress:
    return ObjectRef(name) if isinstance(address, AddressRange | Fqdn | Ipv6Range) else address


# --- expansion -------------------------------------------------------------------------------------------------------


def _has_objects(entry: Ace) -> bool:
    parts = (entry.protocol, entry.source_address, entry.destination_address, entry.source_port, entry.destination_port)
    return any(isinstance(part, ObjectRef | GroupRef) for part in (*parts, entry.icmp))


def _count(configuration: Configuration, entry: Ace | StandardAce | Remark) -> int:
    if not isinstance(entry, Ace):
        return int(isinstance(entry, StandardAce))
    sources = len(_addresses(configuration, entry.source_address))
    destinations = len(_addresses(configuration, entry.destination_address))
    return sources * destinations * len(ServiceBook(configuration).elements(entry))


def _elements(configuration: Configuration, entry: Ace) -> Iterator[_Element]:
    """The lines that an entry stands for, services outermost, destinations innermost (public outputs)."""
    sources = _addresses(configuration, entry.source_address)
    destinations = _addresses(configuration, entry.destination_address)
    for number, service in enumerate(ServiceBook(configuration).elements(entry)):
        for source in sources:
            for destination in destinations:
                yield _Element(source, destination, service, number)


def _addresses(configuration: Configuration, address: _Address) -> list[_Address]:
    """What an address stands for, in the order of its members; each group once."""
    found: list[_Address] = []
    seen: set[str] = set()
    waiting: list[_Address] = [address]
    while waiting:
        one = waiting.pop()
        if isinstance(one, GroupRef):
            group = configuration.groups.get(one.name)
            if group is not None and one.name not in seen:
                seen.add(one.name)
                waiting.extend(member.content for member in reversed(group.members))
        elif isinstance(one, ObjectRef):
            held = configuration.objects.get(one.name)
            content = held.content if held is not None else None
            if content is not None:
                found.append(_plain(content.value))
        else:
            found.append(one)
    return found


def _plain(content: _Address) -> _Address:
    """An object's content as an access list says it: a host of a subnet of one, everything of the whole net."""
    if isinstance(content, Subnet) and int(content.mask) == 0xFFFFFFFF:
        return Host(content.address)
    if isinstance(content, Subnet) and int(content.mask) == 0:
        return AnyAddress()
    return content
