"""What the box answers with: the effects of IKE, packets that leave, and what the packet path decided."""

from enum import Enum
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, NamedTuple

from mainmode.base.dataclass import dataclass
from mainmode.base.instant import Instant
from mainmode.base.later import Later
from mainmode.base.provenance import Source
from mainmode.ike.effects import Dropped, Effect

if TYPE_CHECKING:
    from mainmode.device.connections import Connection
    from mainmode.device.crypto_maps import Protected
    from mainmode.device.nat_rules import Rule
    from mainmode.device.routing import Hop
    from mainmode.ipsec.sad import SaState


class Stage(Enum):
    """Where on its way through the box a packet is, in the packet-tracer's words where it has one."""

    REASSEMBLY = "REASSEMBLY"
    DECRYPT = "VPN DECRYPT"
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


class Turned(NamedTuple):
    """What address translation made of one end of a packet: an address with its port or echo identifier."""

    rule: "Rule"
    before: tuple[IPv4Address, int]
    after: tuple[IPv4Address, int]


class Decision(NamedTuple):
    """One decision of the packet path: the stage, what it did, a sentence, the statements it rests on.

    `about` is what was found: the next hop of a route, what translation made of an address, the entry that protects,
    the SAs that seal, the connection that was made or stands.
    """

    stage: Stage
    verdict: Verdict
    sentence: str | Later
    sources: tuple[Source, ...] = ()
    about: "Hop | Turned | Protected | SaState | Connection | None" = None

    @property
    def text(self) -> str:
        """The sentence."""
        return str(self.sentence)


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
    `until`: its tunnel stands, and takes packets from this moment on; None: it has none yet.
    """

    interface: str | None
    packet: bytes
    detail: str
    sources: tuple[Source, ...]
    until: Instant | None = None


class EchoReply(NamedTuple):
    """An echo request of the box itself was answered."""

    source: IPv4Address
    sequence: int


BoxEffect = Effect | PacketOut | Decision | ToHost | Held | EchoReply


@dataclass(frozen=True, slots=True)
class Trace:
    """One packet's way through the box, for those who ask how it would go.

    `records` are its decisions, and the drop where it ended in one. `effects` is what a shell still has to carry out:
    the negotiation that the packet began; the packet itself does not leave. `output` is the nameif by which it would;
    None for one that reaches the box itself.
    """

    records: tuple[Decision | Dropped, ...]
    effects: tuple[BoxEffect, ...]
    output: str | None

    @property
    def allowed(self) -> bool:
        """Whether the packet would leave, or reach the box."""
        return not any(isinstance(record, Dropped) for record in self.records)

    @property
    def to_the_box(self) -> bool:
        """Whether the box itself takes the packet."""
        last = self.records[-1] if self.records else None
        return isinstance(last, Decision) and last.stage is Stage.TO_THE_BOX
