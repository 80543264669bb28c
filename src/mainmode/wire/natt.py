"""What a datagram on UDP port 4500 is (RFC 3948 §2)."""

from mainmode.base.dataclass import dataclass
from mainmode.base.errors import Drop, WireError

NON_ESP_MARKER = bytes(4)
KEEPALIVE = b"\xff"


@dataclass(frozen=True, slots=True)
class Keepalive:
    """One octet ff, which keeps a NAT mapping alive and means nothing else."""


@dataclass(frozen=True, slots=True)
class IkeDatagram:
    """An ISAKMP message, the marker taken off."""

    octets: bytes


@dataclass(frozen=True, slots=True)
class EspDatagram:
    """An ESP packet, SPI first."""

    octets: bytes


def classify(datagram: bytes) -> Keepalive | IkeDatagram | EspDatagram:
    """The kind of a datagram. Raises WireError (RUNT) where it is too short for any."""
    if datagram == KEEPALIVE:
        return Keepalive()
    if len(datagram) < len(NON_ESP_MARKER):
        raise WireError(Drop.RUNT, len(datagram), f"{len(datagram)} octets on port 4500")
    if datagram.startswith(NON_ESP_MARKER):
        return IkeDatagram(datagram[len(NON_ESP_MARKER) :])
    return EspDatagram(datagram)


def mark(datagram: bytes) -> bytes:
    """An ISAKMP message as it goes over port 4500: behind four zero octets."""
    return NON_ESP_MARKER + datagram
