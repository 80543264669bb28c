"""Static routes."""

from dataclasses import field
from ipaddress import IPv4Address

from mainmode.base.dataclass import dataclass
from mainmode.base.provenance import Source


@dataclass(frozen=True, slots=True)
class Route:
    """`route IFC NETWORK MASK GATEWAY [DISTANCE] [track N]` or `… tunneled`.

    A `tunneled` route is for traffic that came out of a tunnel. `track` is the object that withdraws the route.
    """

    interface: str
    network: IPv4Address
    mask: IPv4Address
    gateway: IPv4Address
    source: Source = field(compare=False)
    distance: int = 1
    track: int | None = None
    tunneled: bool = False


@dataclass(frozen=True, slots=True)
class NullRoute:
    """`route Null0 NETWORK MASK [DISTANCE]`, kept and not acted on."""

    network: IPv4Address
    mask: IPv4Address
    source: Source = field(compare=False)
    interface: str = "Null0"
    distance: int = 1
