"""What the box answers with: the effects of IKE, packets that leave, and what the packet path decided."""

from dataclasses import dataclass
from enum import Enum
from ipaddress import IPv4Address
from typing import NamedTuple

from mainmode.base.provenance import Source
from mainmode.ike.effects import Dropped, Effect


class Stage(Enum):
    """Where on its way through the box a packet is, in the packet-tracer's words where it has one."""

    REASSEMBLY = "REASSEMBLY"
    DECRYPT = "VPN DECRYPT"
    TUNNEL_FLOW = "VPN IPSEC-TUNNEL-FLOW"
    FLOW_LOOKUP = "FLOW-LOOKUP"
    UN_NAT = "UN-NAT"
    ROUTE = "ROUTE-LOOKUP"
    ACCESS_LIST = "ACCESS-LIST"
    VPN_FILTER = "VPN FILTER"
    NAT = "NAT"
    NAT_RPF = "NAT RPF-CHECK"
    FLOW_CREATION = "FLOW-CREATION"
    TCP_MSS = "TCP-MSS"
    CRYPTO_MAP = "CRYPTO-MAP"
    FRAGMENTATION = "FRAGMENTATION"
    ENCRYPT = "VPN ENCRYPT"
    PATH_MTU = "PATH-MTU"
    TO_THE_BOX = "TO-THE-BOX"


class Verdict(Enum):
    """What a stage did with the packet. A packet that ends here leaves a `Dropped` with the reason instead."""

    ALLOW = "ALLOW"
    PROTECT = "PROTECT"
    IN_CLEAR = "IN CLEAR"
    SKIPPED = "SKIPPED"
    HELD = "HELD"
    DROP = "DROP"


class Decision(NamedTuple):
    """One decision of the packet path: the stage, what it did, a sentence, the statements it rests on."""

    stage: Stage
    verdict: Verdict
    text: str
    sources: tuple[Source, ...] = ()


class PacketOut(NamedTuple):
    """An IPv4 packet that leaves by a nameif, in clear or as ESP. `next_hop` is on its link."""

    interface: str
    packet: bytes
    next_hop: IPv4Address


class ToHost(NamedTuple):
    """An IPv4 packet that came out of a tunnel for the box's own address: the host that the box runs on takes it."""

    interface: str
    packet: bytes


class Held(NamedTuple):
    """An IPv4 packet that asked for a tunnel and waits for it in the shell, which gives it to the box again.

    `interface` is where it came in, None for a packet of the host itself. `sources` end with the ACE that protects it.
    """

    interface: str | None
    packet: bytes
    detail: str
    sources: tuple[Source, ...]


class EchoReply(NamedTuple):
    """An echo request of the box itself was answered."""

    source: IPv4Address
    sequence: int


BoxEffect = Effect | PacketOut | Decision | ToHost | Held | EchoReply


@dataclass(frozen=True, slots=True)
class Trace:
    """One packet's way through the box, for those who ask how it would go.

    `records` are its decisions, and the drop where it ended in one. `effects` is what a shell still has to carry out:
    the negotiation that the packet began; the packet itself does not leave. `output` is the nameif by which it would.
    """

    records: tuple[Decision | Dropped, ...]
    effects: tuple[BoxEffect, ...]
    output: str | None

    @property
    def allowed(self) -> bool:
        """Whether the packet would leave, or reach the box."""
        return not any(isinstance(record, Dropped) for record in self.records)
