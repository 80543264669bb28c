"""What the data plane counts: for one pair of SAs, and for the whole device (`show crypto ipsec stats`)."""

from dataclasses import field

from mainmode.base.dataclass import dataclass
from mainmode.base.errors import Drop


@dataclass(slots=True)
class FragmentTally:
    """Sizes and fragments of one pair of SAs, in packets.

    `pre_` is about packets cut before encryption, `post_` after it; a failure is a packet that must not be cut.
    `needing_reassembly` are fragments that came out of the tunnel. `send_errors` are packets that could not be sealed.
    """

    pre_successes: int = 0
    pre_failures: int = 0
    post_successes: int = 0
    post_failures: int = 0
    created: int = 0
    pmtus_sent: int = 0
    pmtus_received: int = 0
    needing_reassembly: int = 0
    send_errors: int = 0


@dataclass(slots=True)
class InboundTally:
    """Octets and packets that came as ESP, and why some of them ended."""

    octets: int = 0
    packets: int = 0
    dropped: int = 0
    replay_failures: int = 0
    authentications: int = 0
    authentication_failures: int = 0
    decryptions: int = 0
    decryption_failures: int = 0
    needing_reassembly: int = 0

    def refused(self, drop: Drop) -> None:
        """An SA did not open a packet."""
        self.dropped += 1
        if drop is Drop.REPLAY:
            self.replay_failures += 1
        elif drop is Drop.BAD_ICV:
            self.authentication_failures += 1
        else:
            self.decryption_failures += 1


@dataclass(slots=True)
class OutboundTally:
    """Octets and packets that left as ESP, the ones that could not, and what was cut."""

    octets: int = 0
    packets: int = 0
    dropped: int = 0
    authentications: int = 0
    authentication_failures: int = 0
    encryptions: int = 0
    encryption_failures: int = 0
    pre_fragmentation_successes: int = 0
    post_fragmentation_successes: int = 0
    pre_fragmentation_failures: int = 0
    post_fragmentation_failures: int = 0
    fragments_created: int = 0
    pmtus_sent: int = 0
    pmtus_received: int = 0

    @property
    def fragmentation_successes(self) -> int:
        """Packets cut, before or after encryption."""
        return self.pre_fragmentation_successes + self.post_fragmentation_successes

    @property
    def fragmentation_failures(self) -> int:
        """Packets that were too large and must not be cut."""
        return self.pre_fragmentation_failures + self.post_fragmentation_failures


@dataclass(slots=True)
class IpsecStatistics:
    """Everything since the start or since the counters were cleared. A tunnel is a pair of SAs.

    `protocol_failures` are packets that were not what their SA is for; `missing_sa_failures` came for no SA here or
    asked for one that was not there.
    """

    active_tunnels: int = 0
    previous_tunnels: int = 0
    inbound: InboundTally = field(default_factory=InboundTally)
    outbound: OutboundTally = field(default_factory=OutboundTally)
    protocol_failures: int = 0
    missing_sa_failures: int = 0
    system_capacity_failures: int = 0

    def clear(self) -> None:
        """Back to nothing, but for the tunnels that stand."""
        self.previous_tunnels = self.protocol_failures = self.missing_sa_failures = self.system_capacity_failures = 0
        self.inbound = InboundTally()
        self.outbound = OutboundTally()
