"""IANA and vendor numbers of ISAKMP, IKEv1 and ESP, as open enumerations: an unknown number is a value too.

Sources: RFC 2407, 2408, 2409, 3706, 3947, 4303, 4868, 5903; the IANA isakmp and ipsec registries; the `payload types`
and `notify types` rows of the wire reference for the vendors' private numbers.
"""

from enum import IntEnum
from typing import Self


class OpenEnum(IntEnum):
    """An IntEnum that takes any non-negative number; one without a name is called UNKNOWN_<n>."""

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, int) or value < 0:
            return None
        member = int.__new__(cls, value)
        member._name_ = f"UNKNOWN_{value}"
        member._value_ = value
        return member

    @property
    def known(self) -> bool:
        """Whether the number has a name."""
        return self.name in type(self).__members__


class PayloadType(OpenEnum):
    """ISAKMP next payload numbers (RFC 2408 §3.1; 20 and 21 RFC 3947; 128 to 132 private)."""

    NONE = 0
    SA = 1
    PROPOSAL = 2
    TRANSFORM = 3
    KE = 4
    ID = 5
    CERT = 6
    CERT_REQ = 7
    HASH = 8
    SIG = 9
    NONCE = 10
    NOTIFY = 11
    DELETE = 12
    VENDOR = 13
    ATTR = 14
    NAT_D = 20
    NAT_OA = 21
    IOS_KEEPALIVE = 128
    DELETE_WITH_REASON = 129
    NAT_D_DRAFT = 130
    NAT_OA_DRAFT = 131
    FRAGMENT = 132


class ExchangeType(OpenEnum):
    """ISAKMP exchange types (RFC 2408 §3.1, RFC 2409 App. A)."""

    NONE = 0
    BASE = 1
    MAIN_MODE = 2
    AUTH_ONLY = 3
    AGGRESSIVE = 4
    INFORMATIONAL = 5
    TRANSACTION = 6
    QUICK_MODE = 32
    NEW_GROUP = 33


class Flag(IntEnum):
    """ISAKMP header flag bits (RFC 2408 §3.1)."""

    ENCRYPTED = 1
    COMMIT = 2
    AUTH_ONLY = 4


class Doi(OpenEnum):
    """Domains of interpretation (RFC 2407 §4.1)."""

    ISAKMP = 0
    IPSEC = 1


class ProtocolId(OpenEnum):
    """Security protocol identifiers (RFC 2407 §4.4.1)."""

    ISAKMP = 1
    AH = 2
    ESP = 3
    IPCOMP = 4


class Phase1Attribute(OpenEnum):
    """Phase 1 attribute classes (RFC 2409 App. A)."""

    ENCRYPTION = 1
    HASH = 2
    AUTHENTICATION = 3
    GROUP = 4
    GROUP_TYPE = 5
    GROUP_PRIME = 6
    GROUP_GENERATOR_ONE = 7
    GROUP_GENERATOR_TWO = 8
    GROUP_CURVE_A = 9
    GROUP_CURVE_B = 10
    LIFE_TYPE = 11
    LIFE_DURATION = 12
    PRF = 13
    KEY_LENGTH = 14
    FIELD_SIZE = 15
    GROUP_ORDER = 16


class Phase2Attribute(OpenEnum):
    """Phase 2 attribute classes (RFC 2407 §4.5)."""

    LIFE_TYPE = 1
    LIFE_DURATION = 2
    GROUP = 3
    ENCAPSULATION = 4
    AUTHENTICATION = 5
    KEY_LENGTH = 6
    KEY_ROUNDS = 7
    COMPRESS_DICTIONARY = 8
    COMPRESS_PRIVATE = 9
    EXTENDED_SEQUENCE = 11


class Encryption1(OpenEnum):
    """Phase 1 encryption algorithms (RFC 2409 App. A)."""

    DES_CBC = 1
    IDEA_CBC = 2
    BLOWFISH_CBC = 3
    RC5_CBC = 4
    TRIPLE_DES_CBC = 5
    CAST_CBC = 6
    AES_CBC = 7


class Hash1(OpenEnum):
    """Phase 1 hash algorithms (RFC 2409 App. A, RFC 4868)."""

    MD5 = 1
    SHA1 = 2
    TIGER = 3
    SHA2_256 = 4
    SHA2_384 = 5
    SHA2_512 = 6


class Authentication1(OpenEnum):
    """Phase 1 authentication methods (RFC 2409 App. A; XAUTH and hybrid private numbers)."""

    PRE_SHARED_KEY = 1
    DSS_SIGNATURE = 2
    RSA_SIGNATURE = 3
    RSA_ENCRYPTION = 4
    REVISED_RSA_ENCRYPTION = 5
    HYBRID_INIT_RSA = 64221
    XAUTH_INIT_PRE_SHARED = 65001
    XAUTH_RESP_PRE_SHARED = 65002
    XAUTH_INIT_RSA = 65005


class Group(OpenEnum):
    """Diffie-Hellman groups (RFC 2409 §6, RFC 3526, RFC 5903, RFC 5114)."""

    MODP_768 = 1
    MODP_1024 = 2
    EC2N_155 = 3
    EC2N_185 = 4
    MODP_1536 = 5
    EC2N_163 = 7
    MODP_2048 = 14
    MODP_3072 = 15
    MODP_4096 = 16
    MODP_6144 = 17
    MODP_8192 = 18
    ECP_256 = 19
    ECP_384 = 20
    ECP_521 = 21
    MODP_1024_160 = 22
    MODP_2048_224 = 23
    MODP_2048_256 = 24


class LifeType(OpenEnum):
    """What a lifetime counts (RFC 2409 App. A, RFC 2407 §4.5)."""

    SECONDS = 1
    KILOBYTES = 2


class EspTransform(OpenEnum):
    """ESP transform identifiers (RFC 2407 §4.4.4, RFC 3602, RFC 4106)."""

    DES = 2
    TRIPLE_DES = 3
    RC5 = 4
    IDEA = 5
    CAST = 6
    BLOWFISH = 7
    NULL = 11
    AES_CBC = 12
    AES_CTR = 13
    AES_CCM_8 = 14
    AES_CCM_12 = 15
    AES_CCM_16 = 16
    AES_GCM_8 = 18
    AES_GCM_12 = 19
    AES_GCM_16 = 20
    AES_GMAC = 23


class EspAuthentication(OpenEnum):
    """Phase 2 authentication algorithms (RFC 2407 §4.5, RFC 4868). 0: the attribute is absent."""

    NONE = 0
    HMAC_MD5 = 1
    HMAC_SHA1 = 2
    DES_MAC = 3
    KPDK = 4
    HMAC_SHA2_256 = 5
    HMAC_SHA2_384 = 6
    HMAC_SHA2_512 = 7


class Encapsulation(OpenEnum):
    """Encapsulation modes (RFC 2407 §4.5, RFC 3947 §5.1, and the NAT-T drafts')."""

    TUNNEL = 1
    TRANSPORT = 2
    UDP_TUNNEL = 3
    UDP_TRANSPORT = 4
    UDP_TUNNEL_DRAFT = 61443
    UDP_TRANSPORT_DRAFT = 61444


class IdType(OpenEnum):
    """Identification types (RFC 2407 §4.6.2.1)."""

    IPV4_ADDR = 1
    FQDN = 2
    USER_FQDN = 3
    IPV4_ADDR_SUBNET = 4
    IPV6_ADDR = 5
    IPV6_ADDR_SUBNET = 6
    IPV4_ADDR_RANGE = 7
    IPV6_ADDR_RANGE = 8
    DER_ASN1_DN = 9
    DER_ASN1_GN = 10
    KEY_ID = 11


class NotifyType(OpenEnum):
    """Notify message types (RFC 2408 §3.14.1, RFC 2407 §4.6.3, RFC 3706 §5; private ones as seen)."""

    INVALID_PAYLOAD_TYPE = 1
    DOI_NOT_SUPPORTED = 2
    SITUATION_NOT_SUPPORTED = 3
    INVALID_COOKIE = 4
    INVALID_MAJOR_VERSION = 5
    INVALID_MINOR_VERSION = 6
    INVALID_EXCHANGE_TYPE = 7
    INVALID_FLAGS = 8
    INVALID_MESSAGE_ID = 9
    INVALID_PROTOCOL_ID = 10
    INVALID_SPI = 11
    INVALID_TRANSFORM_ID = 12
    ATTRIBUTES_NOT_SUPPORTED = 13
    NO_PROPOSAL_CHOSEN = 14
    BAD_PROPOSAL_SYNTAX = 15
    PAYLOAD_MALFORMED = 16
    INVALID_KEY_INFORMATION = 17
    INVALID_ID_INFORMATION = 18
    INVALID_CERT_ENCODING = 19
    INVALID_CERTIFICATE = 20
    CERT_TYPE_UNSUPPORTED = 21
    INVALID_CERT_AUTHORITY = 22
    INVALID_HASH_INFORMATION = 23
    AUTHENTICATION_FAILED = 24
    INVALID_SIGNATURE = 25
    ADDRESS_NOTIFICATION = 26
    NOTIFY_SA_LIFETIME = 27
    CERTIFICATE_UNAVAILABLE = 28
    UNSUPPORTED_EXCHANGE_TYPE = 29
    UNEQUAL_PAYLOAD_LENGTHS = 30
    CONNECTED = 16384
    RESPONDER_LIFETIME = 24576
    REPLAY_STATUS = 24577
    INITIAL_CONTACT = 24578
    CISCO_HELLO = 30000
    CISCO_WWTEBR = 30001
    CISCO_SHUT_UP = 30002
    IOS_KEEPALIVE_REQUEST = 32768
    IOS_KEEPALIVE_ACK = 32769
    R_U_THERE = 36136
    R_U_THERE_ACK = 36137
    NHTB_INFORM = 40001
    UNITY_LOAD_BALANCE = 40501
    CISCO_UNKNOWN_40502 = 40502
    CISCO_PRESHARED_KEY_HASH = 40503


class IpProtocol(OpenEnum):
    """IP protocol numbers that the device names."""

    IP = 0
    ICMP = 1
    IPIP = 4
    TCP = 6
    UDP = 17
    GRE = 47
    ESP = 50
    AH = 51
