"""Which traffic may pass between interfaces: access groups, security levels, and the tunnel's exemption."""

from dataclasses import dataclass, replace
from ipaddress import IPv4Address

from mainmode.base.codes import IpProtocol
from mainmode.base.provenance import Absent, Default, Source
from mainmode.device.addresses import AddressBook, Ranges, holds
from mainmode.device.config.model import AccessGroup, Ace, Configuration, IcmpMatch, PortIs, PortMatch, PortRange
from mainmode.device.decision import Decision, Stage, Verdict

_HIGHEST = 100
"""The security level of an interface named `inside`; every other starts at 0."""


@dataclass(frozen=True, slots=True)
class Flow:
    """What access lists and crypto maps look at; ports, ICMP type and code are 0 where there are none."""

    source: IPv4Address
    destination: IPv4Address
    protocol: int
    source_port: int = 0
    destination_port: int = 0
    icmp_type: int = 0
    icmp_code: int = 0

    def reversed(self) -> "Flow":
        """The way back."""
        return replace(
            self,
            source=self.destination,
            destination=self.source,
            source_port=self.destination_port,
            destination_port=self.source_port,
        )

    def __str__(self) -> str:
        name = IpProtocol(self.protocol).name.lower()
        source = _end(self.source, self.source_port)
        return f"{name} {source} to {_end(self.destination, self.destination_port)}"


def _end(address: IPv4Address, port: int) -> str:
    return f"{address}/{port}" if port else str(address)


class AccessPolicy:
    """The access rules of one configuration.

    Real addresses count, as from 8.3 on. The box keeps no table of connections: a reply is judged like any
    other packet.
    """

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration
        book = AddressBook(configuration)
        self._lists: dict[str, list[tuple[Ace, Ranges, Ranges]]] = {
            group.acl: [
                (ace, book.of(ace.source_address), book.of(ace.destination_address))
                for ace in configuration.access_lists[group.acl].aces
            ]
            for group in configuration.access_groups
            if group.acl in configuration.access_lists
        }
        self._groups = {(group.interface, group.direction): group for group in configuration.access_groups}

    def judge(self, flow: Flow, ingress: str, egress: str, *, tunnelled: bool) -> Decision:
        """Whether `flow` may pass from `ingress` to `egress`; `tunnelled` traffic was decrypted just now."""
        if ingress == egress:
            text = f"a packet does not leave by {egress}, where it came in"
            missing = Absent(self._configuration.file, "same-security-traffic permit intra-interface")
            return Decision(Stage.ACCESS_LIST, Verdict.DROP, text, (missing,))
        permit_vpn = self._configuration.settings.permit_vpn
        if tunnelled and permit_vpn.value:
            text = "traffic of a tunnel passes without interface access lists"
            return Decision(Stage.ACCESS_LIST, Verdict.ALLOW, text, (permit_vpn.source,))
        inbound = self._groups.get((ingress, "in"))
        decision = self._by_level(ingress, egress) if inbound is None else self._by_list(inbound, flow)
        outbound = self._groups.get((egress, "out"))
        if decision.verdict is Verdict.DROP or outbound is None:
            return decision
        return self._by_list(outbound, flow)

    def _by_list(self, group: AccessGroup, flow: Flow) -> Decision:
        for ace, sources, destinations in self._lists.get(group.acl, ()):
            if _matches(ace, sources, destinations, flow):
                verdict = Verdict.ALLOW if ace.permit else Verdict.DROP
                text = f"{flow} matches access list {group.acl} on {group.interface}"
                return Decision(Stage.ACCESS_LIST, verdict, text, (ace.source, group.source))
        text = f"{flow} matches no entry of access list {group.acl} on {group.interface}: implicit deny"
        return Decision(Stage.ACCESS_LIST, Verdict.DROP, text, (group.source,))

    def _by_level(self, ingress: str, egress: str) -> Decision:
        (high, high_source), (low, low_source) = self._level(ingress), self._level(egress)
        sources = (high_source, low_source)
        levels = f"security level {high} ({ingress}) to {low} ({egress})"
        if high > low:
            return Decision(Stage.ACCESS_LIST, Verdict.ALLOW, levels, sources)
        permit = Absent(self._configuration.file, f"access-group ACL in interface {ingress}")
        return Decision(Stage.ACCESS_LIST, Verdict.DROP, f"{levels} needs an access list", (*sources, permit))

    def _level(self, nameif: str) -> tuple[int, Source]:
        interface = self._configuration.interface(nameif)
        if interface is not None and interface.security_level is not None:
            return interface.security_level.value, interface.security_level.source
        level = _HIGHEST if nameif == "inside" else 0
        return level, Default(self._configuration.file, f"security-level {level}")


def _matches(ace: Ace, sources: Ranges, destinations: Ranges, flow: Flow) -> bool:
    if ace.protocol not in (0, flow.protocol):
        return False
    if isinstance(ace.icmp, IcmpMatch) and (
        ace.icmp.type != flow.icmp_type or ace.icmp.code not in (None, flow.icmp_code)
    ):
        return False
    return (
        holds(sources, flow.source)
        and holds(destinations, flow.destination)
        and _port_matches(ace.source_port, flow.source_port)
        and _port_matches(ace.destination_port, flow.destination_port)
    )


def _port_matches(match: PortMatch | None, port: int) -> bool:
    """Whether a port fits. A reference to a service group fits nothing: the configuration has none."""
    match match:
        case None:
            return True
        case PortRange(first, last):
            return first <= port <= last
        case PortIs("eq", wanted):
            return port == wanted
        case PortIs("neq", wanted):
            return port != wanted
        case PortIs("lt", wanted):
            return port < wanted
        case PortIs("gt", wanted):
            return port > wanted
        case _:
            return False
