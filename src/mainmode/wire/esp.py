"""The part of an ESP packet that is readable without keys (RFC 4303 §2)."""

import struct
from typing import NamedTuple

from mainmode.base.errors import Drop, WireError

_HEADER = struct.Struct(">II")
ESP_HEADER_LENGTH = _HEADER.size


class EspHeader(NamedTuple):
    """SPI and sequence number, four octets each."""

    spi: int
    sequence: int


def read_esp(octets: bytes) -> EspHeader:
    """The header of an ESP packet.

    Raises WireError: RUNT under eight octets, UNKNOWN_SPI for SPI 0, which is never sent (RFC 4303 §2.1).
    """
    if len(octets) < ESP_HEADER_LENGTH:
        raise WireError(Drop.RUNT, len(octets), f"{len(octets)} octets of ESP")
    header = EspHeader(*_HEADER.unpack_from(octets))
    if header.spi == 0:
        raise WireError(Drop.UNKNOWN_SPI, 0, "SPI 0")
    return header
