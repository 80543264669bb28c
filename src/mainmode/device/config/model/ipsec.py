"""Transform sets and crypto maps."""

from dataclasses import field
from ipaddress import IPv4Address

from mainmode.base.dataclass import dataclass
from mainmode.base.provenance import Source
from mainmode.device.config.model.values import Sourced


@dataclass(frozen=True, slots=True)
class TransformSet:
    """One transform set: the device's words (`esp-aes-256`, `esp-sha-hmac`, `esp-none`), tunnel or transport."""

    name: str
    source: Source = field(compare=False)
    encryption: Sourced[str]
    authentication: Sourced[str]
    mode: Sourced[str]


@dataclass(frozen=True, slots=True)
class Phase1Mode:
    """`set phase1-mode {main|aggressive [groupN]}`."""

    mode: str = "main"
    group: int | None = None


@dataclass(frozen=True, slots=True)
class Trustpoint:
    """`set trustpoint NAME [chain]`."""

    name: str
    chain: bool = False


@dataclass(frozen=True, slots=True)
class CryptoMapEntry:
    """One sequence of a crypto map or a dynamic map. `source` is the entry's first line; None: nothing says it.

    `pfs` is a group number (a bare `set pfs` is group 2). `lifetime_kilobytes` holds None for `unlimited`.
    `reverse_route` is None, `static` or `dynamic` (9.x). `df_bit` is `copy-df`, `set-df` or `clear-df`.
    `dynamic` names the dynamic map behind `ipsec-isakmp dynamic`. Trustpoint, TFC packets and what is of IKEv2 is
    kept and not acted on.
    """

    map_name: str
    sequence: int
    source: Source = field(compare=False)
    acl: Sourced[str] | None
    peers: Sourced[tuple[IPv4Address, ...]] | None
    transform_sets: Sourced[tuple[str, ...]] | None
    pfs: Sourced[int] | None
    lifetime_seconds: Sourced[int] | None
    lifetime_kilobytes: Sourced[int | None] | None
    reverse_route: Sourced[str | None]
    connection_type: Sourced[str]
    phase1_mode: Sourced[Phase1Mode]
    nat_t_disable: Sourced[bool]
    inheritance: Sourced[str]
    df_bit: Sourced[str] | None
    validate_icmp_errors: Sourced[bool] | None
    trustpoint: Sourced[Trustpoint] | None
    tfc_packets: Sourced[str] | None
    ikev2_proposals: Sourced[tuple[str, ...]] | None
    ikev2_mode: Sourced[str]
    dynamic: Sourced[str] | None = None

    @property
    def complete(self) -> bool:
        """Whether match address, peer and transform set stand, or the entry names a dynamic map."""
        return self.dynamic is not None or (
            self.acl is not None and self.peers is not None and self.transform_sets is not None
        )


@dataclass(frozen=True, slots=True)
class CryptoMap:
    """A crypto map (or dynamic map): entries by sequence, and the interfaces it is bound to with their lines."""

    name: str
    entries: tuple[CryptoMapEntry, ...]
    interfaces: tuple[Sourced[str], ...] = ()
