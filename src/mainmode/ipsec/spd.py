"""The security policy database: which outbound packets a device's crypto maps protect."""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address
from itertools import groupby

from mainmode.base.address import ProxyPair
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
    """The rules of all bound crypto maps: entries by sequence, inside an entry in the order given."""

    __slots__ = ("_entries",)

    def __init__(self, rules: Iterable[SpdRule]) -> None:
        ordered = sorted(rules, key=lambda rule: (rule.entry.interface, rule.entry.sequence))
        self._entries = [
            (interface, tuple(entry))
            for (interface, _), entry in groupby(ordered, key=lambda rule: (rule.entry.interface, rule.entry.sequence))
        ]

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
        denied = None
        for bound_to, rules in self._entries:
            if bound_to != interface:
                continue
            for rule in rules:
                proxies = rule.proxies
                if proxies.local.holds(source, protocol, source_port) and proxies.remote.holds(
                    destination, protocol, destination_port
                ):
                    if rule.permit:
                        return Protect(rule)
                    denied = rule
                    break
        return Bypass(denied)
