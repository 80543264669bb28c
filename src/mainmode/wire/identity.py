"""Identification payloads of quick mode as proxies, and back (RFC 2407 §4.6.2)."""

from functools import lru_cache
from ipaddress import IPv4Address

from mainmode.base.address import Proxy
from mainmode.base.codes import IdType
from mainmode.base.errors import Drop, WireError
from mainmode.wire.payloads import Identification

_LENGTHS = {IdType.IPV4_ADDR: 4, IdType.IPV4_ADDR_SUBNET: 8, IdType.IPV4_ADDR_RANGE: 8}


@lru_cache(1024)
def proxy_to_identification(proxy: Proxy) -> Identification:
    """A host as IPV4_ADDR, a subnet as IPV4_ADDR_SUBNET, anything else as IPV4_ADDR_RANGE."""
    if proxy.is_host:
        return Identification(IdType.IPV4_ADDR, proxy.protocol, proxy.port, proxy.first.packed)
    mask = proxy.mask
    kind = IdType.IPV4_ADDR_RANGE if mask is None else IdType.IPV4_ADDR_SUBNET
    second = proxy.last if mask is None else mask
    return Identification(kind, proxy.protocol, proxy.port, proxy.first.packed + second.packed)


def identification_to_proxy(identification: Identification) -> Proxy:
    """The traffic that an identification names; host bits of a subnet's address are cut off.

    Raises WireError (MALFORMED_PAYLOAD) for types that are not IPv4 addresses, wrong lengths, masks with
    holes, and ranges that end before they start.
    """
    return _proxy(identification.id_type, identification.protocol, identification.port, identification.data)


@lru_cache(1024)
def _proxy(kind: IdType, protocol: int, port: int, data: bytes) -> Proxy:
    wanted = _LENGTHS.get(kind)
    if wanted is None:
        raise _refusal(f"ID type {int(kind)} names no IPv4 traffic")
    if len(data) != wanted:
        raise _refusal(f"{len(data)} octets of data for ID type {int(kind)}")
    first = int.from_bytes(data[:4])
    last = int.from_bytes(data[-4:])
    if kind == IdType.IPV4_ADDR_SUBNET:
        wild = last ^ 0xFFFF_FFFF
        if wild & (wild + 1):
            raise _refusal(f"the mask {IPv4Address(last)} has holes")
        first &= last
        last = first | wild
    if last < first:
        raise _refusal("the range ends before it starts")
    return Proxy(IPv4Address(first), IPv4Address(last), protocol, port)


def _refusal(detail: str) -> WireError:
    return WireError(Drop.MALFORMED_PAYLOAD, 0, detail)
