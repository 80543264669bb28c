"""Everything that the packet path derives from one configuration; a change of configuration makes new tables."""

from collections.abc import Mapping
from ipaddress import IPv4Address

from mainmode.base.provenance import Absent, Default, Source
from mainmode.device.acl import AccessPolicy
from mainmode.device.config.model import Configuration, Sourced
from mainmode.device.crypto_maps import CryptoMaps
from mainmode.device.hits import HitCounts
from mainmode.device.nat import Translator
from mainmode.device.routing import RoutingTable
from mainmode.ike.settings import IkeSettings
from mainmode.ipsec.dataplane import SaPair

_INSPECT_ICMP = "inspect icmp"
_LINK_MTU = 1500


class Tables:
    """Routes, translation, access lists, crypto maps, and what is said of interfaces by name.

    `own` are the box's addresses with their nameif; `management` is the interface that is reached through tunnels too.
    """

    def __init__(self, configuration: Configuration, settings: IkeSettings, previous: "Tables | None" = None) -> None:
        """`previous` are the tables before a change: lines that stayed keep their hit counts."""
        self.configuration = configuration
        self.settings = settings
        self.own = {address: nameif for nameif, address in settings.addresses.items()}
        self.routes = RoutingTable.of(configuration)
        self.translator: Translator = Translator(configuration, previous.translator if previous is not None else None)
        hits: HitCounts | None = previous.access.hits if previous is not None else None
        self.access: AccessPolicy = AccessPolicy(configuration, hits)
        if hits is not None:
            hits.keep(ace.source for one in configuration.access_lists.values() for ace in one.aces)
        self.maps = CryptoMaps(configuration)
        management = configuration.settings.management_access
        self.management = management.value if management is not None else None
        self._df_bits = configuration.derived(_df_bits)

    def mtu(self, nameif: str) -> int:
        """The largest packet that an interface sends."""
        found = self.configuration.mtus.get(nameif)
        return found.value if found is not None else _LINK_MTU

    def fragmentation(self, nameif: str) -> Sourced[str]:
        """Whether what is too large for a tunnel is cut before or after encryption."""
        found = self.configuration.fragmentation.get(nameif)
        word = "before-encryption"
        return found or Sourced(word, Default(self.configuration.file, f"crypto ipsec fragmentation {word} {nameif}"))

    def df_bit(self, pair: SaPair, nameif: str) -> Sourced[str]:
        """What becomes of the DF bit: the crypto map entry's word, else the interface's."""
        found = self._df_bits.get((pair.map_name, pair.map_sequence)) or self.configuration.df_bits.get(nameif)
        return found or Sourced("copy-df", Default(self.configuration.file, f"crypto ipsec df-bit copy-df {nameif}"))

    def vpn_filter(self, pair: SaPair) -> tuple[str, Source] | None:
        """The access list that filters the traffic of a pair's tunnel-group, with its line."""
        settings = self.settings
        default = settings.default_group
        group = settings.groups.get(pair.group_name)
        if group is None and default is not None and default.name == pair.group_name:
            group = default
        if group is None or group.vpn_filter is None:
            return None
        return group.vpn_filter, group.sources["vpn_filter"]

    def controlled(self, *interfaces: str) -> Source | None:
        """The line of `nat-control`, where it asks for a rule between these two interfaces; None where it does not."""
        control = self.configuration.settings.nat_control
        found = [self.configuration.interface(name) for name in interfaces]
        levels = {one.security_level.value for one in found if one is not None and one.security_level is not None}
        return control.source if control.value and len(levels) > 1 else None

    def uninspected(self, *interfaces: str) -> Source | None:
        """What would let replies to echo requests pass between these interfaces, and is missing; None where it stands.

        That is a service-policy of all interfaces or of one of them whose policy map inspects ICMP.
        """
        configuration = self.configuration
        named = (configuration.settings.service_policy, *map(configuration.service_policies.get, interfaces))
        bound = {one.value for one in named if one is not None}
        inspecting = [
            one.name
            for one in configuration.policy_maps.values()
            if any(part.inspects_icmp.value for part in one.classes)
        ]
        if bound.intersection(inspecting):
            return None
        missing = f"service-policy {inspecting[0]} global" if inspecting else _INSPECT_ICMP
        return Absent(configuration.file, missing)

    def egress(self, destination: IPv4Address) -> str | None:
        """The interface by which the routes lead to an address."""
        hop = self.routes.hop(destination)
        return hop.interface if hop is not None else None


def _df_bits(configuration: Configuration) -> Mapping[tuple[str, int], Sourced[str]]:
    """The words of crypto map entries, by map and number."""
    return {
        (one.name, entry.sequence): entry.df_bit
        for one in (*configuration.dynamic_maps.values(), *configuration.crypto_maps.values())
        for entry in one.entries
        if entry.df_bit is not None
    }
