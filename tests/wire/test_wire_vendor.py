from hashlib import md5

import pytest

from mainmode.wire import vendor
from mainmode.wire.vendor import Kind, fragmentation_modes, ios_capabilities, ios_vendor_id, recognise


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (vendor.NAT_T_RFC, b"RFC 3947"),
        (vendor.NAT_T_03, b"draft-ietf-ipsec-nat-t-ike-03"),
        (vendor.NAT_T_02, b"draft-ietf-ipsec-nat-t-ike-02\n"),
        (vendor.FRAGMENTATION[:16], b"FRAGMENTATION"),
        (vendor.UNITY[:14], b"CISCO-UNITY"),
        (vendor.DPD[:14], b"CISCO-DEAD-PEER-DETECTION"),
        (vendor.ALTIGA_GATEWAY[:13], b"ALTIGA GATEWAY"),
        (vendor.XAUTH, b"draft-ietf-ipsra-isakmp-xauth-06.txt"),
    ],
)
def test_the_ids_sent_are_the_md5_sums_of_their_texts(data: bytes, text: bytes) -> None:
    assert md5(text).digest().startswith(data)


@pytest.mark.parametrize(
    "text",
    [
        *("draft-ietf-ipsec-nat-t-ike", "draft-ietf-ipsec-nat-t-ike-00", "draft-ietf-ipsec-nat-t-ike-01"),
        *("draft-ietf-ipsec-nat-t-ike-02", "ESPThruNAT", "GSSAPI", "strongSwan", "SSH Sentinel"),
    ],
)
def test_names_are_the_texts_that_were_hashed(text: str) -> None:
    found = recognise(md5(text.encode()).digest())
    assert found is not None
    assert found.name == text


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (vendor.NAT_T_RFC, Kind.NAT_T_RFC),
        (vendor.NAT_T_03, Kind.NAT_T_03),
        (vendor.NAT_T_02, Kind.NAT_T_02),
        (bytes.fromhex("cd60464335df21f87cfdb2fc68b6a448"), Kind.NAT_T_02),
        (vendor.FRAGMENTATION, Kind.FRAGMENTATION),
        (vendor.FRAGMENTATION[:16], Kind.FRAGMENTATION),
        (vendor.FRAGMENTATION[:16] + b"\x80\0\0\0", Kind.FRAGMENTATION),
        (vendor.UNITY, Kind.UNITY),
        (vendor.XAUTH, Kind.XAUTH),
        (vendor.ALTIGA_GATEWAY, Kind.ALTIGA),
        (vendor.ALTIGA_GATEWAY[:13] + b"\x50\x08\x04", Kind.ALTIGA),
        (vendor.DPD, Kind.DPD),
        (vendor.DPD[:14] + b"\x01\x01", Kind.DPD),
        (ios_vendor_id(b"abcdefghijkl"), Kind.IOS),
        (b"abcdefghijkl\x00\x00\x0f\x6f", Kind.IOS),
        (b"OE-Libreswan-4.10", Kind.PRODUCT),
        (b"OEN and more", Kind.PRODUCT),
    ],
)
def test_ids_are_recognised_whole_or_by_their_beginning(data: bytes, kind: Kind) -> None:
    found = recognise(data)
    assert found is not None
    assert found.kind is kind


@pytest.mark.parametrize(
    "data", [b"", b"x", bytes(16), vendor.DPD[:13], vendor.XAUTH + b"x", b"abc\x20\x00\x00\x01", b"x" * 60000]
)
def test_ids_that_nobody_knows_have_no_name(data: bytes) -> None:
    assert recognise(data) is None


def test_the_longest_known_beginning_wins() -> None:
    found = [recognise(data) for data in (b"OE-Libreswan-4.10", b"OEN4.10", b"OEabcdefghij")]
    names = [vendor.name for vendor in found if vendor is not None]
    assert names == ["Libreswan", "Libreswan 3", "Openswan or FreeS/WAN"]


def test_the_fragmentation_word_says_for_which_modes() -> None:
    bare = vendor.FRAGMENTATION[:16]
    assert fragmentation_modes(vendor.FRAGMENTATION) == (True, True)
    assert fragmentation_modes(bare + b"\x40\0\0\0") == (False, False)
    assert fragmentation_modes(bare + b"\x80") == (True, True)
    assert fragmentation_modes(bare) == (True, True)


def test_the_ios_id_has_sixteen_octets_and_ends_in_its_capabilities() -> None:
    data = ios_vendor_id(bytes(range(12)))
    assert data.hex() == "000102030405060708090a0b20000001"
    assert ios_capabilities(data) == 0x20000001
    with pytest.raises(ValueError, match="12 octets"):
        ios_vendor_id(bytes(11))
