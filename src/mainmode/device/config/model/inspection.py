"""Policy maps, as far as they say that ICMP is inspected."""

from dataclasses import field

from mainmode.base.dataclass import dataclass
from mainmode.base.provenance import Source
from mainmode.device.config.model.values import Sourced


@dataclass(frozen=True, slots=True)
class PolicyClass:
    """`class CLASS` of a policy map. `inspects_icmp`: replies to echo requests come back without a line."""

    policy_map: str
    class_name: str
    source: Source = field(compare=False)
    inspects_icmp: Sourced[bool]


@dataclass(frozen=True, slots=True)
class PolicyMap:
    """One `policy-map`; it does something where a service-policy names it."""

    name: str
    source: Source = field(compare=False)
    classes: tuple[PolicyClass, ...] = ()
