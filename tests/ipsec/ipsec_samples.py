"""What the tests of the data plane share: entropy, SA pairs, and a small IPv4 packet."""

from hashlib import shake_256
from ipaddress import IPv4Address

from mainmode.base.address import Endpoint, Path, Proxy, ProxyPair
from mainmode.base.codes import EspAuthentication, EspTransform
from mainmode.base.later import Later
from mainmode.base.secret import Secret
from mainmode.crypto.algorithms import esp_cipher, esp_integrity
from mainmode.ipsec.dataplane import EspSuite, Mode, SaKeys, SaPair

AES_SHA = EspSuite(EspTransform.AES_CBC, 128, EspAuthentication.HMAC_SHA1)

SUITES = [
    *(
        EspSuite(transform, bits, authentication)
        for transform, bits in (
            (EspTransform.DES, 0),
            (EspTransform.TRIPLE_DES, 0),
            (EspTransform.AES_CBC, 128),
            (EspTransform.AES_CBC, 192),
            (EspTransform.AES_CBC, 256),
            (EspTransform.NULL, 0),
        )
        for authentication in (
            EspAuthentication.HMAC_MD5,
            EspAuthentication.HMAC_SHA1,
            EspAuthentication.HMAC_SHA2_256,
            EspAuthentication.HMAC_SHA2_384,
            EspAuthentication.HMAC_SHA2_512,
        )
    ),
    EspSuite(EspTransform.AES_CBC, 128, EspAuthentication.NONE),
    EspSuite(EspTransform.TRIPLE_DES, 0, EspAuthentication.NONE),
    *(EspSuite(EspTransform.AES_GCM_16, bits, EspAuthentication.NONE) for bits in (128, 192, 256)),
]


def suite_name(suite: EspSuite) -> str:
    """A readable test id."""
    return f"{suite.encryption.name}-{suite.key_bits}-{suite.authentication.name}"


class Dice:
    """An Entropy that a seed determines."""

    def __init__(self, seed: int = 1) -> None:
        self.state = bytes([seed])

    def take(self, count: int) -> bytes:
        self.state = shake_256(self.state).digest(32)
        return shake_256(b"out" + self.state).digest(count)


def keys_for(suite: EspSuite, seed: int = 1) -> SaKeys:
    """Keys of the right lengths."""
    dice = Dice(seed)
    return SaKeys(
        Secret(dice.take(esp_cipher(suite.encryption, suite.key_bits).key_length)),
        Secret(dice.take(esp_integrity(suite.authentication).key_length)),
    )


def pair_for(
    suite: EspSuite = AES_SHA,
    inbound_spi: int = 0x1698CAC7,
    outbound_spi: int = 0xDB680406,
    seeds: tuple[int, int] = (1, 2),
    seconds: int | None = 3600,
    kilobytes: int | None = 4608000,
    remote: str = "192.168.2.0/24",
) -> SaPair:
    """A pair as 10.0.0.1 sees it."""
    return SaPair(
        peer="10.0.0.2",
        group_name="10.0.0.2",
        interface="outside",
        map_name="MAP",
        map_sequence=10,
        acl=Later(lambda: "access-list VPN extended permit ip any any"),
        path=Path(Endpoint(IPv4Address("10.0.0.1"), 0), Endpoint(IPv4Address("10.0.0.2"), 0)),
        proxies=ProxyPair(Proxy.of("192.168.1.0/24"), Proxy.of(remote)),
        inbound_spi=inbound_spi,
        outbound_spi=outbound_spi,
        inbound_keys=keys_for(suite, seeds[0]),
        outbound_keys=keys_for(suite, seeds[1]),
        suite=suite,
        mode=Mode.TUNNEL,
        udp_encapsulated=False,
        pfs_group=None,
        lifetime_seconds=seconds,
        lifetime_kilobytes=kilobytes,
        initiator=True,
        session=0x4000,
        message_id=0x01020304,
    )


def checksum(octets: bytes) -> int:
    """The Internet checksum (RFC 1071)."""
    total = sum(int.from_bytes(octets[at : at + 2].ljust(2, b"\0")) for at in range(0, len(octets), 2))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ipv4(source: str, destination: str, protocol: int, payload: bytes) -> bytes:
    """An IPv4 packet without options."""
    head = b"\x45\0" + (20 + len(payload)).to_bytes(2) + b"\0\1\0\0\x40" + bytes([protocol])
    ends = IPv4Address(source).packed + IPv4Address(destination).packed
    return head + checksum(head + ends).to_bytes(2) + ends + payload


def echo_request(number: int, size: int = 56) -> bytes:
    """A ping from 192.168.1.10 to 192.168.2.10."""
    rest = b"\x12\x34" + number.to_bytes(2) + bytes(index & 0xFF for index in range(size))
    icmp = b"\x08\0" + checksum(b"\x08\0" + rest).to_bytes(2) + rest
    return ipv4("192.168.1.10", "192.168.2.10", 1, icmp)
