"""IKE policies and tunnel-groups."""

from dataclasses import field

from mainmode.base.dataclass import dataclass
from mainmode.base.provenance import Source
from mainmode.base.secret import Secret
from mainmode.device.config.model.values import Sourced


@dataclass(frozen=True, slots=True)
class Keepalive:
    """`isakmp keepalive threshold T [retry R]`, both in seconds; a threshold of None is `infinite`."""

    threshold: int | None = 10
    retry: int = 2


@dataclass(frozen=True, slots=True)
class Identity:
    """`crypto isakmp identity {auto|address|hostname|key-id VALUE}`."""

    method: str = "auto"
    value: str | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """One `crypto ikev1 policy`. `lifetime` in seconds, None for `none`; `group` a number."""

    priority: int
    source: Source = field(compare=False)
    authentication: Sourced[str]
    encryption: Sourced[str]
    hash: Sourced[str]
    group: Sourced[int]
    lifetime: Sourced[int | None]


@dataclass(frozen=True, slots=True)
class TunnelGroup:
    """One `tunnel-group`. `type` is None for the built-in groups (`DefaultL2LGroup`), which no line creates.

    `key` is None where no key stands; its value is None where the file hides it (`*****`, or encrypted).
    `keepalive` is None for `disable`. What is of certificates and IKEv2 is kept and not acted on.
    """

    name: str
    source: Source = field(compare=False)
    type: Sourced[str] | None
    key: Sourced[Secret | None] | None
    peer_id_validate: Sourced[str]
    keepalive: Sourced[Keepalive | None]
    group_policy: Sourced[str]
    chain: Sourced[bool]
    trust_point: Sourced[str] | None
    ikev2_remote_key: Sourced[Secret | None] | None
    ikev2_local_key: Sourced[Secret | None] | None

    @property
    def key_hidden(self) -> bool:
        """Whether a key stands that the file does not tell."""
        return self.key is not None and self.key.value is None

    @property
    def is_l2l(self) -> bool:
        """Whether the group is for LAN-to-LAN peers."""
        return self.type.value == "ipsec-l2l" if self.type else self.name == "DefaultL2LGroup"
