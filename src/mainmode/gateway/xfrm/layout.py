"""What SAs, policies and events of the kernel's IPsec have in common, as values and octets.

Source: linux/xfrm.h, whose structures have the padding of a 64-bit machine. IPv4 and ESP only. Addresses, SPIs and
ports are in network byte order, everything else in the host's.
"""

import socket
from dataclasses import replace
from enum import IntEnum
from ipaddress import IPv4Address, IPv4Network
from struct import Struct, error
from typing import Any, NamedTuple

from mainmode.base.codes import IpProtocol
from mainmode.base.dataclass import dataclass

ANYWHERE = IPv4Address(0)

_ADDRESS = 16
_SELECTOR = Struct("=16s16s2s2s2s2sHBBB3xiI")
_ID = Struct("=16s4sB3x")
_LIMITS = Struct("=8Q")
_CARRIED = Struct("=4Q")
_NEVER = 0xFFFF_FFFF_FFFF_FFFF
_EXACT_PORT, _ANY_PORT = b"\xff\xff", b"\0\0"

ID_SIZE = _ID.size
SELECTOR_SIZE = _SELECTOR.size
LIMITS_SIZE = _LIMITS.size
CARRIED_SIZE = _CARRIED.size
ADDRESS_SIZE = _ADDRESS


class Direction(IntEnum):
    """XFRM_POLICY_IN, OUT, FWD: for the host, from the host or through it into a tunnel, through it out of one."""

    IN = 0
    OUT = 1
    FORWARD = 2


class KernelMode(IntEnum):
    """XFRM_MODE_*."""

    TRANSPORT = 0
    TUNNEL = 1


class Attribute(IntEnum):
    """The types of attributes that are used here (XFRMA_*)."""

    ALG_CRYPT = 2
    ENCAP = 4
    TEMPLATES = 5
    LIFETIME = 9
    REPLAY = 10
    LAST_USED = 15
    ALG_AEAD = 18
    ALG_AUTH_TRUNC = 20
    REPLAY_ESN = 23
    PROTOCOL = 25


@dataclass(frozen=True, slots=True)
class Selector:
    """Which packets: networks of their source and destination, IP protocol and ports (0: any). `link` 0: any."""

    source: IPv4Network
    destination: IPv4Network
    protocol: int = 0
    source_port: int = 0
    destination_port: int = 0
    link: int = 0

    def reversed(self) -> "Selector":
        """The packets of the way back."""
        return replace(
            self,
            source=self.destination,
            destination=self.source,
            source_port=self.destination_port,
            destination_port=self.source_port,
        )

    def meeting(self, other: "Selector") -> "Selector | None":
        """The packets that both select; None where there are none."""
        networks = [_meeting(self.source, other.source), _meeting(self.destination, other.destination)]
        numbers = [
            (self.protocol, other.protocol),
            (self.source_port, other.source_port),
            (self.destination_port, other.destination_port),
            (self.link, other.link),
        ]
        if None in networks or any(one and two and one != two for one, two in numbers):
            return None
        source, destination = (network for network in networks if network is not None)
        return Selector(source, destination, *(one or two for one, two in numbers))

    def __str__(self) -> str:
        parts = [f"{self.source} to {self.destination}"]
        parts += [f"protocol {self.protocol}"] if self.protocol else []
        if self.source_port or self.destination_port:
            parts.append(f"ports {self.source_port or 'any'} to {self.destination_port or 'any'}")
        return ", ".join(parts)


def _meeting(one: IPv4Network, other: IPv4Network) -> IPv4Network | None:
    if one.subnet_of(other):
        return one
    return other if other.subnet_of(one) else None


class SaId(NamedTuple):
    """What names an SA in the kernel: its destination and its SPI (struct xfrm_id)."""

    destination: IPv4Address
    spi: int

    def __str__(self) -> str:
        return f"0x{self.spi:08X} to {self.destination}"


@dataclass(frozen=True, slots=True)
class Limits:
    """Lifetimes of an SA (struct xfrm_lifetime_cfg): soft ones are told, hard ones end it. None: no limit."""

    soft_octets: int | None = None
    hard_octets: int | None = None
    soft_packets: int | None = None
    hard_packets: int | None = None
    soft_seconds: int | None = None
    hard_seconds: int | None = None

    def encode(self) -> bytes:
        """The seconds count from the installation; those from the first use are not used here."""
        counts = (self.soft_octets, self.hard_octets, self.soft_packets, self.hard_packets)
        times = (self.soft_seconds, self.hard_seconds)
        return _LIMITS.pack(*(_NEVER if one is None else one for one in counts), *(one or 0 for one in times), 0, 0)

    @classmethod
    def decode(cls, octets: bytes, start: int) -> "Limits":
        """Raises ValueError for octets that are too few."""
        numbers = fixed(_LIMITS, octets, start)
        counts = [None if one == _NEVER else one for one in numbers[:4]]
        return cls(*counts, *(one or None for one in numbers[4:6]))


NO_LIMITS = Limits()


class Carried(NamedTuple):
    """What an SA did so far (struct xfrm_lifetime_cur): seconds since the epoch, 0 for never used."""

    octets: int = 0
    packets: int = 0
    added: int = 0
    first_used: int = 0

    def encode(self) -> bytes:
        """As the kernel takes it for an SA that carries on where another stopped."""
        return _CARRIED.pack(*self)

    @classmethod
    def decode(cls, octets: bytes, start: int) -> "Carried":
        """Raises ValueError for octets that are too few."""
        return cls(*fixed(_CARRIED, octets, start))


def fixed(layout: Struct, octets: bytes, start: int = 0) -> tuple[Any, ...]:
    """The fields of a structure. Raises ValueError for octets that are too few."""
    try:
        return layout.unpack_from(octets, start)
    except error as short:
        raise ValueError(f"{len(octets) - start} octets where {layout.size} should be") from short


def write_address(address: IPv4Address) -> bytes:
    """xfrm_address_t."""
    return address.packed.ljust(_ADDRESS, b"\0")


def read_address(octets: bytes, start: int) -> IPv4Address:
    """Raises ValueError for octets that are too few."""
    return IPv4Address(octets[start : start + 4])


def write_id(one: SaId) -> bytes:
    """struct xfrm_id of an ESP SA."""
    return _ID.pack(write_address(one.destination), one.spi.to_bytes(4), IpProtocol.ESP)


def read_id(octets: bytes, start: int) -> SaId:
    """Raises ValueError for octets that are too few."""
    if len(octets) - start < _ID.size:
        raise ValueError(f"{len(octets) - start} octets where {_ID.size} should be")
    return SaId(read_address(octets, start), int.from_bytes(octets[start + 16 : start + 20]))


def write_selector(one: Selector | None) -> bytes:
    """struct xfrm_selector; None: everything."""
    if one is None:
        return bytes(_SELECTOR.size)
    ports = [
        part
        for port in (one.destination_port, one.source_port)
        for part in (port.to_bytes(2), _EXACT_PORT if port else _ANY_PORT)
    ]
    return _SELECTOR.pack(
        write_address(one.destination.network_address),
        write_address(one.source.network_address),
        *ports,
        socket.AF_INET,
        one.destination.prefixlen,
        one.source.prefixlen,
        one.protocol,
        one.link,
        0,
    )


def read_selector(octets: bytes, start: int) -> Selector | None:
    """None for one of another family than IPv4. Raises ValueError for octets that are too few or make no networks."""
    to, origin, to_port, to_mask, from_port, from_mask, *numbers = fixed(_SELECTOR, octets, start)
    family, to_length, from_length, protocol, link, _ = numbers
    if family != socket.AF_INET:
        return None
    return Selector(
        IPv4Network((origin[:4], from_length)),
        IPv4Network((to[:4], to_length)),
        protocol,
        int.from_bytes(from_port) & int.from_bytes(from_mask),
        int.from_bytes(to_port) & int.from_bytes(to_mask),
        link,
    )
