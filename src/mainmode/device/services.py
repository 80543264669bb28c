"""Protocols, ports and ICMP types of a configuration as a packet meets them."""

from collections.abc import Iterator, Mapping

from mainmode.base.codes import IpProtocol
from mainmode.base.dataclass import dataclass
from mainmode.device.config.model import (
    Ace,
    Configuration,
    GroupRef,
    IcmpGroup,
    IcmpMatch,
    ObjectRef,
    PortIs,
    PortMatch,
    PortRange,
    ProtocolGroup,
    Service,
    ServiceGroup,
)
from mainmode.device.flow import Flow

_LAST_PORT = 0xFFFF
_ANY_PROTOCOL = int(IpProtocol.IP)

Ports = tuple[tuple[int, int], ...]
"""Ranges of ports, both ends included."""

_Group = ServiceGroup | ProtocolGroup | IcmpGroup


@dataclass(frozen=True, slots=True)
class Match:
    """What one service lets through. None: everything. `protocols` are IP protocol numbers."""

    protocols: frozenset[int] | None = None
    source: Ports | None = None
    destination: Ports | None = None
    icmp: IcmpMatch | None = None

    def fits(self, flow: Flow) -> bool:
        """Whether the flow's protocol, ports and ICMP type are of this service."""
        return (
            (self.protocols is None or flow.protocol in self.protocols)
            and (self.source is None or within(self.source, flow.source_port))
            and (self.destination is None or within(self.destination, flow.destination_port))
            and (self.icmp is None or _is(self.icmp, flow))
        )


def within(ports: Ports, port: int) -> bool:
    """Whether `port` is in one of the ranges."""
    return any(first <= port <= last for first, last in ports)


def ports_of_match(match: PortIs | PortRange) -> Ports:
    """The ranges that a port match stands for."""
    match match:
        case PortRange(first, last):
            return ((first, last),)
        case PortIs("eq", port):
            return ((port, port),)
        case PortIs("lt", port):
            return ((0, port - 1),)
        case PortIs("gt", port):
            return ((port + 1, _LAST_PORT),)
        case PortIs("neq", port):
            return ((0, port - 1), (port + 1, _LAST_PORT))
        case _:
            return ()


class ServiceBook:
    """Resolves the services of one configuration; a name that stands for nothing gives no match."""

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration

    def of(self, ace: Ace) -> tuple[Match, ...]:
        """What the protocol, port and ICMP parts of an access list entry match: one of these."""
        return tuple(match_of(service) for service in self.elements(ace))

    def elements(self, ace: Ace) -> tuple[Service, ...]:
        """The services that an access list entry stands for, each with one protocol, one match of ports on either side
        and one ICMP type: the lines into which the device expands it.
        """
        found = []
        for protocol, service in self._protocols_of(ace.protocol):
            sources = self._ports(ace.source_port) if service.source_port is None else [service.source_port]
            destinations = (
                self._ports(ace.destination_port) if service.destination_port is None else [service.destination_port]
            )
            types = self._icmp(ace.icmp) if service.icmp is None else [service.icmp]
            found += [
                Service((protocol,), source, destination, icmp)
                for source in sources
                for destination in destinations
                for icmp in types
            ]
        return tuple(found)

    def named(self, name: str) -> tuple[Service, ...]:
        """The services behind the name of an object or of a group."""
        return tuple(self._members(ObjectRef(name) if name in self._configuration.services else GroupRef(name)))

    def _protocols_of(self, protocol: int | ObjectRef | GroupRef) -> Iterator[tuple[int, Service]]:
        """Each protocol, with the ports and the type that an object or a group says of it."""
        if isinstance(protocol, int):
            yield protocol, Service((protocol,))
            return
        groups = self._configuration.protocol_groups
        if isinstance(protocol, GroupRef) and protocol.name in groups:
            for name in self._groups(protocol.name, groups):
                for member in groups[name].members:
                    if isinstance(member.content, int):
                        yield member.content, Service((member.content,))
            return
        for service in self._members(protocol):
            for one in service.protocols:
                yield one, service

    def _icmp(self, match: IcmpMatch | GroupRef | None) -> list[IcmpMatch | None]:
        if match is None or isinstance(match, IcmpMatch):
            return [match]
        groups = self._configuration.icmp_groups
        return [
            IcmpMatch(member.content)
            for one in self._groups(match.name, groups)
            for member in groups[one].members
            if isinstance(member.content, int)
        ]

    def _ports(self, match: PortMatch | None) -> list[PortIs | PortRange | None]:
        if not isinstance(match, GroupRef):
            return [match]
        groups = self._configuration.service_groups
        return [
            member.content
            for one in self._groups(match.name, groups)
            for member in groups[one].members
            if isinstance(member.content, PortIs | PortRange)
        ]

    def _members(self, reference: ObjectRef | GroupRef) -> Iterator[Service]:
        configuration = self._configuration
        if isinstance(reference, ObjectRef):
            held = configuration.services.get(reference.name)
            if held is not None and held.content is not None:
                yield held.content.value
            return
        for one in self._groups(reference.name, configuration.service_groups):
            group = configuration.service_groups[one]
            for member in group.members:
                if isinstance(member.content, Service):
                    yield member.content
                elif isinstance(member.content, ObjectRef):
                    yield from self._members(member.content)

    def _groups(self, name: str, held: Mapping[str, _Group]) -> list[str]:
        """A group and all groups in it, each once."""
        found: list[str] = []
        waiting = [name]
        while waiting:
            one = waiting.pop()
            group = held.get(one)
            if group is None or one in found:
                continue
            found.append(one)
            waiting += [member.content.name for member in group.members if isinstance(member.content, GroupRef)]
        return found


def match_of(service: Service) -> Match:
    """A service as a match."""
    return Match(
        _numbers(service.protocols),
        None if service.source_port is None else ports_of_match(service.source_port),
        None if service.destination_port is None else ports_of_match(service.destination_port),
        service.icmp,
    )


def _numbers(protocols: tuple[int, ...]) -> frozenset[int] | None:
    return None if _ANY_PROTOCOL in protocols else frozenset(protocols)


def _is(match: IcmpMatch, flow: Flow) -> bool:
    return match.type == flow.icmp_type and match.code in (None, flow.icmp_code)
