"""What the box answers with: the effects of IKE, packets that leave, and what the packet path decided."""

from dataclasses import dataclass
from enum import Enum
from ipaddress import IPv4Address

from mainmode.base.provenance import Source
from mainmode.ike.effects import Effect


class Stage(Enum):
    """Where on its way through the box a packet is, in the packet-tracer's words where it has one."""

    TO_THE_BOX = "TO-THE-BOX"
    DECRYPT = "VPN DECRYPT"
    ROUTE = "ROUTE-LOOKUP"
    ACCESS_LIST = "ACCESS-LIST"
    NAT = "NAT"
    CRYPTO_MAP = "CRYPTO-MAP"
    ENCRYPT = "VPN ENCRYPT"


class Verdict(Enum):
    """What a stage did with the packet. A packet that ends here leaves a `Dropped` with the reason instead."""

    ALLOW = "ALLOW"
    PROTECT = "PROTECT"
    IN_CLEAR = "IN CLEAR"
    SKIPPED = "SKIPPED"
    DROP = "DROP"


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision of the packet path: the stage, what it did, a sentence, the statements it rests on."""

    stage: Stage
    verdict: Verdict
    text: str
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True, slots=True)
class PacketOut:
    """An IPv4 packet that leaves by a nameif, in clear or as ESP. `next_hop` is on its link."""

    interface: str
    packet: bytes
    next_hop: IPv4Address


BoxEffect = Effect | PacketOut | Decision
