"""What ESP adds to a packet by the device's account: the `ipsec overhead` of `show crypto ipsec sa`."""

from mainmode.crypto.algorithms import esp_cipher, esp_integrity
from mainmode.ipsec.dataplane import EspSuite

_IP_HEADER = 20
_UDP_HEADER = 8
_ESP_HEADER = 8
_TRAILER = 2


def headers_before_payload(suite: EspSuite, udp_encapsulated: bool) -> int:
    """Octets before the inner packet in tunnel mode: outer IP, UDP, ESP header and IV.

    44 for esp-aes, 52 with NAT-T: the figure in brackets of newer releases (wire reference §12). Raises
    UnsupportedAlgorithm.
    """
    iv = esp_cipher(suite.encryption, suite.key_bits).iv_length
    return _IP_HEADER + (_UDP_HEADER if udp_encapsulated else 0) + _ESP_HEADER + iv


def overhead(suite: EspSuite, udp_encapsulated: bool) -> int:
    """The most that tunnel mode adds, as the device counts: headers, a block of padding, trailer, ICV.

    74 for esp-aes esp-sha-hmac, 82 with NAT-T (wire reference §12; other suites by the same formula, inferred).
    Raises UnsupportedAlgorithm.
    """
    cipher = esp_cipher(suite.encryption, suite.key_bits)
    icv = cipher.icv_length + esp_integrity(suite.authentication).icv_length
    return headers_before_payload(suite, udp_encapsulated) + cipher.block + _TRAILER + icv
