"""What an address translation rule is, resolved: where it holds, what it looks at, what it makes of addresses."""

from dataclasses import field

from mainmode.base.dataclass import dataclass
from mainmode.base.provenance import Source
from mainmode.device.addresses import Ranges
from mainmode.device.services import Ports

SECTIONS = (1, 2, 3)


@dataclass(frozen=True, slots=True)
class Services:
    """The ports of a rule. None: the rule does not look at them; `protocols` None: any."""

    protocols: frozenset[int]
    real_source: Ports | None = None
    mapped_source: Ports | None = None
    mapped_destination: Ports | None = None
    real_destination: Ports | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `order` counts from 0 over all sections.

    `mapped_source` None: the egress interface's address. Without destination ranges the rule looks at the source only.
    `pool`: many hosts share each mapped address, told apart by their ports; else a dynamic rule gives each host an
    address of its own. `fallback`: behind those stands the interface's address.
    """

    order: int = field(compare=False)
    section: int
    real_interface: str
    mapped_interface: str
    dynamic: bool
    unidirectional: bool
    route_lookup: bool
    pool: bool
    round_robin: bool
    fallback: bool
    real_source: Ranges
    mapped_source: Ranges | None
    mapped_destination: Ranges | None
    real_destination: Ranges | None
    services: Services | None
    source: Source = field(compare=False)

    @property
    def on_destination(self) -> bool:
        """Whether the rule says something about the destination."""
        looks_at_port = self.services is not None and self.services.mapped_destination is not None
        return self.mapped_destination is not None or looks_at_port
