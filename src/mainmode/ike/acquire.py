"""Traffic that asks for a tunnel: what the box hands to IKE when the SPD says protect and no SA is there."""

from ipaddress import IPv4Address

from mainmode.base.dataclass import dataclass
from mainmode.ike.settings import AclEntry, MapEntry


@dataclass(frozen=True, slots=True)
class Acquire:
    """A key acquire: the crypto map entry and ACE that matched, and the packet's five-tuple. `ingress` is a nameif."""

    entry: MapEntry
    ace: AclEntry
    ingress: str
    packet_source: IPv4Address
    packet_destination: IPv4Address
    protocol: int
    source_port: int = 0
    destination_port: int = 0
