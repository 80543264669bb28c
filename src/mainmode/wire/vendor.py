"""Vendor IDs: those that this device sends, and the names of those that peers send.

Most values are MD5 sums of a text that names the feature (vendor ID reference, sections 1 and 3).
A vendor ID is not authenticated: it announces a feature and decides nothing else (RFC 2408 §3.16).
"""

from enum import Enum
from functools import lru_cache

from mainmode.base.dataclass import dataclass

NAT_T_02 = bytes.fromhex("90cb80913ebb696e086381b5ec427b1f")
"""draft-ietf-ipsec-nat-t-ike-02 with a newline: the form that devices send."""
NAT_T_03 = bytes.fromhex("7d9419a65310ca6f2c179d9215529d56")
NAT_T_RFC = bytes.fromhex("4a131c81070358455c5728f20e95452f")
FRAGMENTATION = bytes.fromhex("4048b7d56ebce88525e7de7f00d6c2d3" + "c0000000")
"""The fragmentation ID with the capability word that the device sends."""
UNITY = bytes.fromhex("12f5f28c457168a9702d9fe274cc0100")
XAUTH = bytes.fromhex("09002689dfd6b712")
ALTIGA_GATEWAY = bytes.fromhex("1f07f70eaa6514d3b0fa96542a500407")
"""The gateway's ID; its last three octets are a mark and a version, 4.0.7 here."""
DPD = bytes.fromhex("afcad71368a1f1c96b8696fc77570100")

IOS_CAPABILITIES = 0x20000001
"""The capability word of the IOS ID that the device sends."""
_IOS_WORDS = frozenset({IOS_CAPABILITIES, 0x00000F6F, 0x20000F7F})
_IOS_LENGTH = 16
_FRAGMENTATION_BARE = 16
_FRAGMENTS = 0x80000000


class Kind(Enum):
    """What a vendor ID announces."""

    NAT_T_RFC = "NAT traversal, RFC 3947"
    NAT_T_02 = "NAT traversal, draft 02"
    NAT_T_03 = "NAT traversal, draft 03"
    NAT_T_OTHER = "NAT traversal, another draft"
    FRAGMENTATION = "IKE fragmentation"
    DPD = "dead peer detection"
    XAUTH = "extended authentication"
    UNITY = "Cisco Unity client"
    IOS = "Cisco IOS"
    ALTIGA = "VPN 3000 or ASA gateway"
    PRODUCT = "a product's name"
    OTHER = "another feature"


@dataclass(frozen=True, slots=True)
class Vendor:
    """A vendor ID that has a name."""

    name: str
    kind: Kind


def ios_vendor_id(variable: bytes) -> bytes:
    """The IOS ID of 16 octets: 12 that change from message to message, and the capability word.

    How a real device computes the variable part is not public. Raises ValueError if it has not 12 octets.
    """
    if len(variable) != _IOS_LENGTH - 4:
        raise ValueError("the variable part has 12 octets")
    return variable + IOS_CAPABILITIES.to_bytes(4)


def ios_capabilities(data: bytes) -> int:
    """The capability word of an IOS ID: its last four octets."""
    return int.from_bytes(data[-4:])


def fragmentation_modes(data: bytes) -> tuple[bool, bool]:
    """Whether fragments are taken in main mode, and in aggressive mode; one bit of the word says both.

    An ID without a capability word promises both.
    """
    word = data[_FRAGMENTATION_BARE:]
    taken = not word or bool(int.from_bytes(word[:4].ljust(4, b"\0")) & _FRAGMENTS)
    return taken, taken


@lru_cache(256)
def recognise(data: bytes) -> Vendor | None:
    """The vendor ID's name by its whole value, else by the longest known beginning; None where unknown.

    An IOS ID is told by its length and one of the capability words seen, as the rest of it changes.
    """
    found = _EXACT.get(data)
    if found is not None:
        return found
    for beginning, vendor in _PREFIXES.get(data[:_TOLD_BY], ()):
        if data.startswith(beginning):
            return vendor
    if len(data) == _IOS_LENGTH and ios_capabilities(data) in _IOS_WORDS:
        return Vendor("Cisco IOS", Kind.IOS)
    return None


_EXACT = {
    bytes.fromhex(value): Vendor(name, kind)
    for value, name, kind in (
        ("4a131c81070358455c5728f20e95452f", "RFC 3947", Kind.NAT_T_RFC),
        ("4df37928e9fc4fd1b3262170d515c662", "draft-ietf-ipsec-nat-t-ike", Kind.NAT_T_OTHER),
        ("4485152d18b6bbcd0be8a8469579ddcc", "draft-ietf-ipsec-nat-t-ike-00", Kind.NAT_T_OTHER),
        ("16f6ca16e4a4066d83821a0f0aeaa862", "draft-ietf-ipsec-nat-t-ike-01", Kind.NAT_T_OTHER),
        ("cd60464335df21f87cfdb2fc68b6a448", "draft-ietf-ipsec-nat-t-ike-02", Kind.NAT_T_02),
        ("90cb80913ebb696e086381b5ec427b1f", "draft-ietf-ipsec-nat-t-ike-02\\n", Kind.NAT_T_02),
        ("7d9419a65310ca6f2c179d9215529d56", "draft-ietf-ipsec-nat-t-ike-03", Kind.NAT_T_03),
        ("9909b64eed937c6573de52ace952fa6b", "draft-ietf-ipsec-nat-t-ike-04", Kind.NAT_T_OTHER),
        ("80d0bb3def54565ee84645d4c85ce3ee", "draft-ietf-ipsec-nat-t-ike-05", Kind.NAT_T_OTHER),
        ("4d1e0e136deafa34c4f3ea9f02ec7285", "draft-ietf-ipsec-nat-t-ike-06", Kind.NAT_T_OTHER),
        ("439b59f8ba676c4c7737ae22eab8f582", "draft-ietf-ipsec-nat-t-ike-07", Kind.NAT_T_OTHER),
        ("8f8d83826d246b6fc7a8a6a428c11de8", "draft-ietf-ipsec-nat-t-ike-08", Kind.NAT_T_OTHER),
        ("42ea5b6f898d9773a575df26e7dd19e1", "draft-ietf-ipsec-nat-t-ike-09", Kind.NAT_T_OTHER),
        ("27bab5dc01ea0760ea4e3190ac27c0d0", "draft-stenberg-ipsec-nat-traversal-01", Kind.NAT_T_OTHER),
        ("6105c422e76847e43f9684801292aecd", "draft-stenberg-ipsec-nat-traversal-02", Kind.NAT_T_OTHER),
        ("50760f624c63e5c53eea386c685ca083", "ESPThruNAT", Kind.NAT_T_OTHER),
        ("09002689dfd6b712", "XAUTH", Kind.XAUTH),
        ("f6f7efc7f5aeb8cb158cb9d094ba69e7", "Cisco VPN 3000 client", Kind.PRODUCT),
        ("800100018002000180030002", "Cisco Unity firewall type", Kind.OTHER),
        ("26244d38eddb61b3172a36e3d0cfb819", "Microsoft Initial-Contact", Kind.OTHER),
        ("72872b95fcda2eb708efe322119b4971", "Microsoft NLB present", Kind.OTHER),
        ("214ca4faffa7f32d6748e5303395ae83", "Microsoft AuthIP", Kind.OTHER),
        ("fb1de3cdf341b7ea16b7e5be0855f120", "Microsoft negotiation discovery", Kind.OTHER),
        ("e3a5966a76379fe707228231e5ce8652", "Microsoft CGA 1", Kind.OTHER),
        ("621b04bb09882ac1e15935fefa24aeee", "GSSAPI", Kind.OTHER),
        ("ad2c0dd0b9c32083ccba25b8861ec455", "A GSS-API authentication method for IKE", Kind.OTHER),
        ("882fe56d6fd20dbc2251613b2ebe5beb", "strongSwan", Kind.PRODUCT),
        ("7003cbc1097dbe9c2600ba6983bc8b35", "racoon", Kind.PRODUCT),
        ("1d6e178f6c2c0be284985465450fe9d4", "FortiGate", Kind.PRODUCT),
        ("fd808804df73b15150709d878044cde0ac1efcde", "Juniper SRX", Kind.PRODUCT),
        ("975b7816f69789600dda89040576e0db", "SonicWall client", Kind.PRODUCT),
        ("625027749d5ab97f5616c1602765cf480a3b7d0b", "ZyXEL ZyWALL", Kind.PRODUCT),
        ("dbfb81eb5760b0788562067da102d755", "Netgear", Kind.PRODUCT),
        ("f14b94b7bff1fef02773b8c49feded26", "Shrew Soft client", Kind.PRODUCT),
        ("054182a07c7ae206f9d2cf9d2432c482", "SSH Sentinel", Kind.PRODUCT),
    )
}
_PREFIX = {
    bytes.fromhex(value): Vendor(name, kind)
    for value, name, kind in (
        ("4048b7d56ebce88525e7de7f00d6c2d3", "IKE fragmentation", Kind.FRAGMENTATION),
        ("afcad71368a1f1c96b8696fc7757", "Dead peer detection, RFC 3706", Kind.DPD),
        ("12f5f28c457168a9702d9fe274cc", "Cisco Unity", Kind.UNITY),
        ("1f07f70eaa6514d3b0fa96542a", "Cisco VPN 3000 or ASA gateway", Kind.ALTIGA),
        ("3e984048", "Cisco IOS device", Kind.PRODUCT),
        ("434953434f56504e2d5245562d3032", "CISCOVPN-REV-02", Kind.PRODUCT),
        ("434953434f2d44454c4554452d524541534f4e", "CISCO-DELETE-REASON", Kind.OTHER),
        ("1e2b516905991c7d7c96fcbfb587e461", "Microsoft ISAKMP/Oakley", Kind.PRODUCT),
        ("01528bbbc00696121849ab9a1c5b2a51", "Microsoft key modules", Kind.OTHER),
        ("4f452d4c696272657377616e2d", "Libreswan", Kind.PRODUCT),
        ("4f454e", "Libreswan 3", Kind.PRODUCT),
        ("4f45", "Openswan or FreeS/WAN", Kind.PRODUCT),
        ("4f5357", "Openswan", Kind.PRODUCT),
        ("4f70656e494b4544", "OpenIKED", Kind.PRODUCT),
        ("699369228741c6d4ca094c93e242c9de19e7b7c6", "Juniper NetScreen", Kind.PRODUCT),
        ("4865617274426561745f4e6f74696679", "NetScreen HeartBeat_Notify", Kind.OTHER),
        ("f4ed19e0c114eb516faaac0ee37daf2807b4381f", "Check Point", Kind.PRODUCT),
        ("5b362bc820f6", "SonicWall", Kind.PRODUCT),
        ("404bf439522ca3f6", "SonicWall", Kind.PRODUCT),
        ("da8e9378", "SafeNet or WatchGuard", Kind.PRODUCT),
        ("424e4553", "Nortel Contivity", Kind.PRODUCT),
    )
}
_TOLD_BY = 2
"""Octets that all known beginnings have."""
_PREFIXES: dict[bytes, list[tuple[bytes, Vendor]]] = {}
"""The known beginnings by their first octets, the longest of each first."""
for _beginning in sorted(_PREFIX, key=len, reverse=True):
    _PREFIXES.setdefault(_beginning[:_TOLD_BY], []).append((_beginning, _PREFIX[_beginning]))
