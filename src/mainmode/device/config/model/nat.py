"""NAT rules: inside `object network` (section 2) and twice NAT (sections 1 and 3)."""

from dataclasses import field
from ipaddress import IPv4Address

from mainmode.base.dataclass import dataclass
from mainmode.base.provenance import Source


@dataclass(frozen=True, slots=True)
class NatService:
    """`service {tcp|udp} REAL MAPPED` of an object's static rule: one port for another."""

    protocol: int
    real: int
    mapped: int


@dataclass(frozen=True, slots=True)
class ObjectNat:
    """` nat [(REAL,MAPPED)] {static|dynamic} …` inside `object network`: a rule of section 2.

    `mapped` is an address, an object's name, the word `interface`, or the pool's name after `pat-pool`. `interface`
    stands for the fallback to the interface's own address behind another `mapped`.
    """

    method: str
    mapped: IPv4Address | str
    interfaces: tuple[str, str] = ("any", "any")
    pat_pool: bool = False
    interface: bool = False
    ipv6: bool = False
    service: NatService | None = None
    round_robin: bool = False
    extended: bool = False
    flat: bool = False
    include_reserve: bool = False
    net_to_net: bool = False
    dns: bool = False
    no_proxy_arp: bool = False
    route_lookup: bool = False


@dataclass(frozen=True, slots=True)
class NatRule:
    """A twice NAT rule, `nat (REAL,MAPPED) source …`; rules stand in their order of evaluation.

    `interfaces` are the real and the mapped one (a nameif or `any`), `method` is `static` or `dynamic`. Names are
    objects, object-groups, `any` or (mapped only) `interface`; after `pat-pool` the mapped one is the pool. `interface`
    stands for the fallback to the interface's own address behind another mapped name. On the destination side the
    device writes the mapped name first: `destination static MAPPED REAL`. `after_auto` puts the rule into section 3.
    """

    method: str
    real_source: str
    mapped_source: str
    source: Source = field(compare=False)
    interfaces: tuple[str, str] = ("any", "any")
    mapped_destination: str | None = None
    real_destination: str | None = None
    mapped_service: str | None = None
    real_service: str | None = None
    after_auto: bool = False
    pat_pool: bool = False
    interface: bool = False
    ipv6: bool = False
    round_robin: bool = False
    extended: bool = False
    flat: bool = False
    include_reserve: bool = False
    net_to_net: bool = False
    dns: bool = False
    unidirectional: bool = False
    no_proxy_arp: bool = False
    route_lookup: bool = False
    inactive: bool = False
    description: str | None = None

    @property
    def identity(self) -> bool:
        """Whether the rule leaves every address as it is."""
        return (
            self.method == "static"
            and self.real_source == self.mapped_source
            and self.real_destination == self.mapped_destination
        )
