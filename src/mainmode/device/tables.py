"""Everything that the packet path derives from one configuration; a change of configuration makes new tables."""

from ipaddress import IPv4Address

from mainmode.base.provenance import Absent, Default, Source
from mainmode.device.acl import AccessPolicy
from mainmode.device.config.model import Configuration, Sourced
from mainmode.device.crypto_maps import CryptoMaps
from mainmode.device.hits import HitCounts
from mainmode.device.nat import Translator
from mainmode.device.routing import RoutingTable, routes_of
from mainmode.ike.settings import IkeSettings
from mainmode.ipsec.dataplane import SaPair

_INSPECT_ICMP = "inspect icmp"
_MANAGEMENT_ACCESS = "management-access "
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
        self.routes = RoutingTable(routes_of(configuration))
        self.translator: Translator = Translator(configuration, previous.translator if previous is not None else None)
        hits: HitCounts | None = previous.access.hits if previous is not None else None
        self.access: AccessPolicy = AccessPolicy(configuration, hits)
        if hits is not None:
            hits.keep(ace.source for one in configuration.access_lists.values() for ace in one.aces)
        self.maps = CryptoMaps(configuration, settings)
        self.uninspected = _uninspected(configuration)
        self.management = _management(configuration)
        self._df_bits = {
            (one.name, entry.sequence): entry.df_bit
            for one in configuration.crypto_maps.values()
            for entry in one.entries
            if entry.df_bit is not None
        }

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

    def egress(self, destination: IPv4Address) -> str | None:
        """The interface by which the routes lead to an address."""
        hop = self.routes.hop(destination)
        return hop.interface if hop is not None else None


def _uninspected(configuration: Configuration) -> Source | None:
    """The line that would let the replies to echo requests back in, where it is missing; None where it stands.

    Inspection policies are not in the model: the line alone is looked for.
    """
    if any(line.strip() == _INSPECT_ICMP for line in configuration.lines):
        return None
    return Absent(configuration.file, _INSPECT_ICMP)


def _management(configuration: Configuration) -> str | None:
    """The nameif of `management-access`, which is not in the model either."""
    named = (line.strip() for line in configuration.lines)
    found = [line.removeprefix(_MANAGEMENT_ACCESS).strip() for line in named if line.startswith(_MANAGEMENT_ACCESS)]
    return found[-1] if found else None
