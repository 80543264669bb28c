"""NAT traversal: which version both know, what the NAT-D payloads tell, and where the talk goes on (RFC 3947)."""

from enum import Enum

from mainmode.base.address import Endpoint, Path
from mainmode.base.dataclass import dataclass
from mainmode.crypto.algorithms import HashAlgorithm
from mainmode.crypto.skeyid import equal, nat_d
from mainmode.wire.payloads import NatDiscovery, VendorId
from mainmode.wire.vendor import NAT_T_02, NAT_T_03, NAT_T_RFC

FLOATED_PORT = 4500


class NatVersion(Enum):
    """NAT traversal versions by the device's name; best last."""

    DRAFT_02 = "02"
    DRAFT_03 = "03"
    RFC = "RFC"

    @property
    def vendor_id(self) -> bytes:
        """The vendor ID that announces it."""
        return _VENDOR_IDS[self]

    @property
    def draft(self) -> bool:
        """Whether it uses the drafts' payload numbers."""
        return self is not NatVersion.RFC


_VENDOR_IDS = {NatVersion.DRAFT_02: NAT_T_02, NatVersion.DRAFT_03: NAT_T_03, NatVersion.RFC: NAT_T_RFC}
_PLAIN_DRAFT_02 = bytes.fromhex("cd60464335df21f87cfdb2fc68b6a448")


@dataclass(slots=True)
class NatStatus:
    """What is known of NAT for one IKE SA. `version` None: not both ends can do NAT traversal, or it is off."""

    version: NatVersion | None = None
    local_behind: bool = False
    remote_behind: bool = False
    judged: bool = False

    @property
    def found(self) -> bool:
        """Whether a NAT is on the path."""
        return self.local_behind or self.remote_behind


def best_common(vendor_ids: tuple[VendorId, ...]) -> NatVersion | None:
    """The best version that the peer announced."""
    announced = {payload.data for payload in vendor_ids}
    for version in (NatVersion.RFC, NatVersion.DRAFT_03, NatVersion.DRAFT_02):
        if version.vendor_id in announced:
            return version
    return NatVersion.DRAFT_02 if _PLAIN_DRAFT_02 in announced else None


def discovery_payloads(
    hash_: HashAlgorithm, cookie_i: bytes, cookie_r: bytes, path: Path, version: NatVersion
) -> tuple[NatDiscovery, NatDiscovery]:
    """The destination's hash first, then our own (RFC 3947 §3.2)."""

    def payload(end: Endpoint) -> NatDiscovery:
        return NatDiscovery(nat_d(hash_, cookie_i, cookie_r, end), version.draft)

    return payload(path.remote), payload(path.local)


def judge(
    status: NatStatus,
    hash_: HashAlgorithm,
    cookie_i: bytes,
    cookie_r: bytes,
    path: Path,
    received: tuple[NatDiscovery, ...],
) -> bool:
    """Fill in who is behind a NAT from the peer's payloads. False where fewer than two came: traversal is off then."""
    if len(received) < 2:
        status.version = None
        return False
    own = nat_d(hash_, cookie_i, cookie_r, path.local)
    peers = nat_d(hash_, cookie_i, cookie_r, path.remote)
    status.local_behind = not equal(received[0].digest, own)
    status.remote_behind = not any(equal(payload.digest, peers) for payload in received[1:])
    status.judged = True
    return True


def floated(path: Path) -> Path:
    """The initiator's path from MM5 on: both ends on port 4500 (RFC 3947 §4)."""
    return Path(Endpoint(path.local.address, FLOATED_PORT), Endpoint(path.remote.address, FLOATED_PORT))
