"""The security policy database: which outbound packets a device's crypto maps protect."""

from collections.abc import Iterable
from ipaddress import IPv4Address

from mainmode.base.address import ProxyPair
from mainmode.base.dataclass import dataclass
from mainmode.base.prefixes import PrefixIndex
from mainmode.base.provenance import Source


@dataclass(frozen=True, slots=True)
class EntryKey:
    """One sequence of a crypto map on the interface that the map is bound to (its nameif)."""

    interface: str
    map_name: str
    sequence: int


@dataclass(frozen=True, slots=True)
class SpdRule:
    """One entry of an entry's crypto ACL; `proxies.local` is the source side of outbound packets."""

    permit: bool
    proxies: ProxyPair
    entry: EntryKey
    source: Source


@dataclass(frozen=True, slots=True)
class Protect:
    """The packet goes through the tunnel of this rule's entry, with this rule's proxies."""

    rule: SpdRule


@dataclass(frozen=True, slots=True)
class Bypass:
    """The packet goes in clear. `rule` is the last deny that it met, None where no rule matched at all."""

    rule: SpdRule | None


class Spd:
    """The rules of all bound crypto maps: entries by sequence, inside an entry in the order given.

    Rules are found by their remote side, so a look-up does not grow with the number of tunnels.
    """

    __slots__ = ("_by_interface",)

    def __init__(self, rules: Iterable[SpdRule]) -> None:
        self._by_interface: dict[str, PrefixIndex[SpdRule]] = {}
        for rule in sorted(rules, key=lambda rule: (rule.entry.interface, rule.entry.sequence)):
            index = self._by_interface.setdefault(rule.entry.interface, PrefixIndex())
            index.add([(rule.proxies.remote.first, rule.proxies.remote.last)], rule)

    def lookup(
        self,
        interface: str,
        source: IPv4Address,
        destination: IPv4Address,
        protocol: int,
        source_port: int,
        destination_port: int,
    ) -> Protect | Bypass:
        """What happens to a packet that leaves by `interface`; ports are 0 for protocols without.

        The first entry with a matching permit protects it; a deny sends it on to the next entry (configuration
        reference §4). For a packet that came in, swap source and destination: what is protected going out must
        not come in clear.
        """
        index = self._by_interface.get(interface)
        denied: SpdRule | None = None
        for rule in index.find(int(destination)) if index is not None else ():
            if denied is not None and denied.entry == rule.entry:
                continue
            proxies = rule.proxies
            if proxies.local.holds(source, protocol, source_port) and proxies.remote.holds(
                destination, protocol, destination_port
            ):
                if rule.permit:
                    return Protect(rule)
                denied = rule
        return Bypass(denied)
