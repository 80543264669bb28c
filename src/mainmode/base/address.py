"""Addresses, endpoints and proxies (the traffic selectors of IKEv1)."""

from ipaddress import IPv4Address, IPv4Network
from typing import NamedTuple

from mainmode.base.dataclass import dataclass


class Endpoint(NamedTuple):
    """An IPv4 address and a UDP port."""

    address: IPv4Address
    port: int

    def __str__(self) -> str:
        return f"{self.address}:{self.port}"


class Path(NamedTuple):
    """The two ends of a datagram as one device sees them: its own end and the peer's."""

    local: Endpoint
    remote: Endpoint

    def reversed(self) -> "Path":
        """The same path as the other end sees it."""
        return Path(self.remote, self.local)


@dataclass(frozen=True, slots=True)
class Proxy:
    """One side's proxy identity (RFC 2407 §4.6.2): an address range, an IP protocol and a port; 0 means any.

    `first == last` is a host, an aligned power of two a subnet, anything else a range.
    """

    first: IPv4Address
    last: IPv4Address
    protocol: int = 0
    port: int = 0

    def __hash__(self) -> int:
        """Of the numbers: addresses hash their digits."""
        return hash((int(self.first), int(self.last), self.protocol, self.port))

    @classmethod
    def of(cls, network: IPv4Network | IPv4Address | str, protocol: int = 0, port: int = 0) -> "Proxy":
        """The proxy of a network or a host. Raises ValueError for a string that is neither."""
        net = network if isinstance(network, IPv4Network) else IPv4Network(network)
        return cls(net.network_address, net.broadcast_address, protocol, port)

    @property
    def mask(self) -> IPv4Address | None:
        """The netmask, or None where the range is not a subnet."""
        prefix = self.prefix
        return None if prefix is None else IPv4Address(0x1_0000_0000 - (1 << (32 - prefix)))

    @property
    def prefix(self) -> int | None:
        """The length of the netmask in bits, or None where the range is not a subnet."""
        first = int(self.first)
        size = int(self.last) - first + 1
        return None if size < 1 or size & (size - 1) or first % size else 33 - size.bit_length()

    @property
    def is_host(self) -> bool:
        """True for a single address."""
        return self.first == self.last

    def holds(self, address: IPv4Address, protocol: int, port: int) -> bool:
        """Whether traffic with this end, IP protocol and port is inside."""
        return (
            self.protocol in (0, protocol)
            and self.port in (0, port)
            and int(self.first) <= int(address) <= int(self.last)
        )

    def covers(self, other: "Proxy") -> bool:
        """Whether everything in `other` is inside this proxy."""
        return (
            self.first <= other.first
            and other.last <= self.last
            and self.protocol in (0, other.protocol)
            and self.port in (0, other.port)
        )

    def slashed(self) -> str:
        """`192.168.1.0/255.255.255.0/1/0`: address, mask, protocol and port, as the device's lines print it."""
        second = self.mask if self.mask is not None else self.last
        return f"{self.first}/{second}/{self.protocol}/{self.port}"

    def __str__(self) -> str:
        return self.slashed()


@dataclass(frozen=True, slots=True)
class ProxyPair:
    """Local and remote proxy of a tunnel, from one device's side."""

    local: Proxy
    remote: Proxy

    def mirrored(self) -> "ProxyPair":
        """The pair as the peer sees it."""
        return ProxyPair(self.remote, self.local)

    def covers(self, other: "ProxyPair") -> bool:
        """Whether both sides of `other` are inside this pair."""
        return self.local.covers(other.local) and self.remote.covers(other.remote)

    def __str__(self) -> str:
        return f"{self.local} <-> {self.remote}"
