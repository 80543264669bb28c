"""The door of the data plane: plain values that describe IPsec SAs. Software ESP and the kernel stand behind it."""

from collections.abc import Callable
from enum import Enum
from functools import cache

from mainmode.base.address import Path, ProxyPair
from mainmode.base.codes import EspAuthentication, EspTransform, Group
from mainmode.base.dataclass import dataclass
from mainmode.base.instant import Instant
from mainmode.base.later import Later
from mainmode.base.provenance import Source
from mainmode.base.secret import Secret


class Mode(Enum):
    """How ESP wraps a packet."""

    TUNNEL = "Tunnel"
    TRANSPORT = "Transport"


@dataclass(frozen=True, slots=True)
class EspSuite:
    """The algorithms of an IPsec SA: ESP transform, its key length in bits (0: fixed), and the authentication."""

    encryption: EspTransform
    key_bits: int
    authentication: EspAuthentication


@cache
def suite_of(encryption: EspTransform, key_bits: int, authentication: EspAuthentication) -> EspSuite:
    """The suite of a transform set's words, the same for all pairs that have it."""
    return EspSuite(encryption, key_bits, authentication)


@dataclass(frozen=True, slots=True)
class SaKeys:
    """The keys of one direction: cipher key (with its salt at the end for AES-GCM) and integrity key."""

    cipher: Secret
    integrity: Secret


@dataclass(frozen=True, slots=True)
class SaPair:
    """One pair of IPsec SAs as phase 2 agreed on it, from one device's side.

    `path` holds the outer addresses; its ports are 4500 or what NAT made of it when `udp_encapsulated`, 0 otherwise.
    Lifetimes: seconds and kilobytes, None for no limit. `session` is the device's Session ID / conn_id.
    `acl` is the entry of the access list that protects its traffic, as the device writes it.
    `sources` are the statements that the agreement rests on (crypto map entry, ACE, transform set, lifetime).
    """

    peer: str
    group_name: str
    interface: str
    map_name: str
    map_sequence: int
    acl: Later
    path: Path
    proxies: ProxyPair
    inbound_spi: int
    outbound_spi: int
    inbound_keys: SaKeys
    outbound_keys: SaKeys
    suite: EspSuite
    mode: Mode
    udp_encapsulated: bool
    pfs_group: Group | None
    lifetime_seconds: int | None
    lifetime_kilobytes: int | None
    initiator: bool
    session: int
    message_id: int
    sources: tuple[Source, ...] = ()

    @property
    def acl_text(self) -> str:
        """The line of the access list; nothing where there is none."""
        return str(self.acl)


@dataclass(frozen=True, slots=True)
class SaTally:
    """What one pair of SAs carried so far: packets, octets of inner packets, and what was refused inbound."""

    encapsulated: int = 0
    decapsulated: int = 0
    octets_out: int = 0
    octets_in: int = 0
    replays: int = 0
    bad_icv: int = 0
    selector_mismatches: int = 0


@dataclass(frozen=True, slots=True)
class Activity:
    """When one pair of SAs last opened and sealed a packet (None: never), and octets of inner packets both ways."""

    heard: Instant | None
    sent: Instant | None
    octets_in: int
    octets_out: int

    @property
    def latest(self) -> Instant | None:
        """The later of both moments; None where nothing passed yet."""
        if self.heard is None or self.sent is None:
            return self.sent if self.heard is None else self.heard
        return max(self.heard, self.sent)


Watch = Callable[[int], Activity | None]
"""The activity of the pair with this inbound SPI; None where the data plane has no such pair, or does not count."""
