from ipaddress import IPv4Address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainmode.base.address import Proxy
from mainmode.base.codes import IdType
from mainmode.base.errors import Drop, WireError
from mainmode.wire.identity import identification_to_proxy, proxy_to_identification
from mainmode.wire.payloads import Identification

ADDRESSES = st.integers(0, 0xFFFF_FFFF).map(IPv4Address)


@pytest.mark.parametrize(
    ("proxy", "body"),
    [
        (Proxy.of("192.168.1.0/24", 1), "04010000 c0a80100 ffffff00"),
        (Proxy.of("10.0.0.2"), "01000000 0a000002"),
        (Proxy.of("0.0.0.0/0", 6, 23), "04060017 00000000 00000000"),
        (
            Proxy(IPv4Address("10.0.0.5"), IPv4Address("10.0.0.9"), 17, 53),
            "07110035 0a000005 0a000009",
        ),
    ],
)
def test_proxies_are_written_as_the_doi_says(proxy: Proxy, body: str) -> None:
    """RFC 2407 §4.6.2, octets laid out by hand."""
    assert proxy_to_identification(proxy).body == bytes.fromhex(body)
    assert identification_to_proxy(proxy_to_identification(proxy)) == proxy


@given(ADDRESSES, ADDRESSES, st.integers(0, 255), st.integers(0, 65535))
@settings(max_examples=100, deadline=None)
def test_any_proxy_survives(one: IPv4Address, other: IPv4Address, protocol: int, port: int) -> None:
    proxy = Proxy(min(one, other), max(one, other), protocol, port)
    assert identification_to_proxy(proxy_to_identification(proxy)) == proxy


def test_host_bits_under_the_mask_are_cut_off_and_a_full_mask_is_a_host() -> None:
    subnet = Identification(IdType.IPV4_ADDR_SUBNET, 0, 0, bytes.fromhex("c0a80107ffffff00"))
    assert identification_to_proxy(subnet) == Proxy.of("192.168.1.0/24")
    host = Identification(IdType.IPV4_ADDR_SUBNET, 0, 0, bytes.fromhex("c0a80107ffffffff"))
    assert identification_to_proxy(host) == Proxy.of("192.168.1.7")


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        (IdType.IPV4_ADDR, "c0a801"),
        (IdType.IPV4_ADDR, "c0a8010000"),
        (IdType.IPV4_ADDR_SUBNET, "c0a80100"),
        (IdType.IPV4_ADDR_SUBNET, "c0a80100ff00ff00"),
        (IdType.IPV4_ADDR_SUBNET, "c0a8010000ffffff"),
        (IdType.IPV4_ADDR_RANGE, "0a0000090a000005"),
        (IdType.IPV6_ADDR, "00" * 16),
        (IdType.FQDN, "61626364"),
        (IdType(99), "c0a80100"),
        (IdType.IPV4_ADDR, ""),
    ],
)
def test_identities_that_name_no_ipv4_traffic_are_refused(kind: IdType, data: str) -> None:
    """A QM identity of type FQDN: CVE-2023-38711."""
    with pytest.raises(WireError) as caught:
        identification_to_proxy(Identification(kind, 0, 0, bytes.fromhex(data)))
    assert caught.value.drop is Drop.MALFORMED_PAYLOAD
