"""Key files as Wireshark keeps them in its configuration folder (`WIRESHARK_CONFIG_DIR`): written, and read again.

`ikev1_decryption_table`: initiator cookie and cipher key. `esp_sa`: protocol, addresses, SPI, cipher, key, integrity,
key. `preferences` switches ESP decryption on, which is off by default. Algorithm names are Wireshark's own.
"""

import re
from collections.abc import Iterable
from ipaddress import IPv4Address

from mainmode.base.codes import EspAuthentication, EspTransform
from mainmode.base.dataclass import dataclass
from mainmode.base.errors import InputError
from mainmode.base.secret import Secret
from mainmode.ipsec.dataplane import EspSuite, SaPair


@dataclass(frozen=True, slots=True)
class IkeKey:
    """The cipher key of one IKE SA, found by the initiator's cookie."""

    cookie: bytes
    cipher_key: Secret


@dataclass(frozen=True, slots=True)
class EspKey:
    """The keys of one direction of a tunnel: outer addresses, SPI and suite."""

    source: IPv4Address
    destination: IPv4Address
    spi: int
    suite: EspSuite
    cipher: Secret
    integrity: Secret


_CIPHERS = {
    EspTransform.NULL: "NULL",
    EspTransform.DES: "DES-CBC [RFC2405]",
    EspTransform.TRIPLE_DES: "TripleDES-CBC [RFC2451]",
    EspTransform.AES_CBC: "AES-CBC [RFC3602]",
    EspTransform.AES_GCM_8: "AES-GCM with 8 octet ICV [RFC4106]",
    EspTransform.AES_GCM_12: "AES-GCM with 12 octet ICV [RFC4106]",
    EspTransform.AES_GCM_16: "AES-GCM with 16 octet ICV [RFC4106]",
}

_INTEGRITIES = {
    EspAuthentication.NONE: "NULL",
    EspAuthentication.HMAC_MD5: "HMAC-MD5-96 [RFC2403]",
    EspAuthentication.HMAC_SHA1: "HMAC-SHA-1-96 [RFC2404]",
    EspAuthentication.HMAC_SHA2_256: "HMAC-SHA-256-128 [RFC4868]",
    EspAuthentication.HMAC_SHA2_384: "HMAC-SHA-384-192 [RFC4868]",
    EspAuthentication.HMAC_SHA2_512: "HMAC-SHA-512-256 [RFC4868]",
}

IKE_TABLE, ESP_TABLE, PREFERENCES_FILE = "ikev1_decryption_table", "esp_sa", "preferences"
PREFERENCES = "esp.enable_encryption_decode: TRUE\nesp.enable_authentication_check: TRUE\n"


def esp_keys(pair: SaPair) -> tuple[EspKey, EspKey]:
    """Both directions of a pair: what it sends with first."""
    local, remote = pair.path.local.address, pair.path.remote.address
    return (
        EspKey(local, remote, pair.outbound_spi, pair.suite, pair.outbound_keys.cipher, pair.outbound_keys.integrity),
        EspKey(remote, local, pair.inbound_spi, pair.suite, pair.inbound_keys.cipher, pair.inbound_keys.integrity),
    )


def key_files(ike: Iterable[IkeKey], esp: Iterable[EspKey]) -> dict[str, str]:
    """File name to content. An SA that both ends know stands there once."""
    return {
        IKE_TABLE: "".join(dict.fromkeys(map(ike_line, ike))),
        ESP_TABLE: "".join(dict.fromkeys(map(esp_line, esp))),
        PREFERENCES_FILE: PREFERENCES,
    }


def ike_line(key: IkeKey) -> str:
    """A line of `ikev1_decryption_table`, with its newline."""
    return f"{key.cookie.hex()},{key.cipher_key.reveal().hex()}\n"


def esp_line(key: EspKey) -> str:
    """A line of `esp_sa`, with its newline."""
    fields = (
        "IPv4",
        str(key.source),
        str(key.destination),
        f"0x{key.spi:08x}",
        _CIPHERS[key.suite.encryption],
        _hexed(key.cipher),
        _INTEGRITIES[key.suite.authentication],
        _hexed(key.integrity),
    )
    return ",".join(f'"{field}"' for field in fields) + "\n"


def _hexed(key: Secret) -> str:
    octets = key.reveal()
    return f"0x{octets.hex()}" if octets else ""


_IKE_LINE = re.compile(r'"?(?:0x)?([0-9a-fA-F]{16})"?\s*,\s*"?(?:0x)?((?:[0-9a-fA-F]{2}){8,64})"?')
_MOST_KEYS = 100_000


def read_ike_table(text: str, name: str) -> tuple[IkeKey, ...]:
    """The keys of an `ikev1_decryption_table`: an initiator's cookie and a cipher key in hexadecimal on each line.

    Blank lines and `#` comments are passed over. Raises InputError, which names the line and never shows it.
    """
    found: list[IkeKey] = []
    for number, line in enumerate(text.splitlines(), 1):
        bare = line.strip()
        if not bare or bare.startswith("#"):
            continue
        fields = _IKE_LINE.fullmatch(bare)
        if fields is None or len(found) == _MOST_KEYS:
            raise InputError(
                f"{name}:{number}: not a line of {IKE_TABLE}: the initiator's cookie (16 hexadecimal digits), a comma, "
                "the cipher key in hexadecimal"
            )
        found.append(IkeKey(bytes.fromhex(fields[1]), Secret(bytes.fromhex(fields[2]))))
    return tuple(found)
