import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wire_generated import ATTRIBUTES, MESSAGES, PAYLOADS, UNKNOWN_TYPES

from mainmode.base.codes import (
    Encapsulation,
    EspAuthentication,
    EspTransform,
    ExchangeType,
    Flag,
    IdType,
    NotifyType,
    PayloadType,
    Phase1Attribute,
    Phase2Attribute,
    ProtocolId,
)
from mainmode.base.errors import Drop, WireError
from mainmode.wire import vendor
from mainmode.wire.cursor import Cursor
from mainmode.wire.describe import describe
from mainmode.wire.message import (
    MAX_PAYLOADS,
    Header,
    Message,
    read_header,
    read_message,
    read_payloads,
    write_payloads,
)
from mainmode.wire.payloads import (
    Attribute,
    Delete,
    Fragment,
    Hash,
    Identification,
    IosKeepalive,
    KeyExchange,
    NatDiscovery,
    Nonce,
    Notify,
    Opaque,
    Payload,
    Proposal,
    SecurityAssociation,
    Transform,
    VendorId,
    read_attributes,
    write_attributes,
)

COOKIE_I = bytes(range(1, 9))
COOKIE_R = bytes(range(9, 17))
B = Attribute.basic_of


def message(*payloads: Payload, exchange: ExchangeType = ExchangeType.MAIN_MODE) -> Message:
    return Message(COOKIE_I, COOKIE_R, exchange, 0, payloads)


def phase1_transform(number: int, *, key_bits: int = 0) -> Transform:
    keyed = (B(Phase1Attribute.KEY_LENGTH, key_bits),) if key_bits else ()
    return Transform(
        number,
        1,
        (
            B(Phase1Attribute.GROUP, 2),
            B(Phase1Attribute.ENCRYPTION, 7 if key_bits else 5),
            *keyed,
            B(Phase1Attribute.HASH, 2),
            B(Phase1Attribute.AUTHENTICATION, 1),
            B(Phase1Attribute.LIFE_TYPE, 1),
            Attribute.variable(Phase1Attribute.LIFE_DURATION, 86400),
        ),
    )


def phase1_sa(*transforms: Transform) -> SecurityAssociation:
    return SecurityAssociation((Proposal(1, ProtocolId.ISAKMP, b"", transforms),))


def phase2_sa() -> SecurityAssociation:
    attributes = (
        B(Phase2Attribute.LIFE_TYPE, 1),
        B(Phase2Attribute.LIFE_DURATION, 3600),
        B(Phase2Attribute.LIFE_TYPE, 2),
        Attribute.variable(Phase2Attribute.LIFE_DURATION, 4608000),
        B(Phase2Attribute.ENCAPSULATION, Encapsulation.TUNNEL),
        B(Phase2Attribute.AUTHENTICATION, EspAuthentication.HMAC_SHA1),
        B(Phase2Attribute.KEY_LENGTH, 128),
    )
    return SecurityAssociation(
        (Proposal(1, ProtocolId.ESP, bytes(4), (Transform(1, EspTransform.AES_CBC, attributes),)),)
    )


NAT_T = tuple(VendorId(data) for data in (vendor.NAT_T_02, vendor.NAT_T_03, vendor.NAT_T_RFC))
FRAGMENTATION = VendorId(vendor.FRAGMENTATION)
KEYS = (
    KeyExchange(bytes(128)),
    Nonce(bytes(20)),
    VendorId(vendor.UNITY),
    VendorId(vendor.XAUTH),
    VendorId(vendor.ios_vendor_id(bytes(12))),
    VendorId(vendor.ALTIGA_GATEWAY),
)
PROOF = (
    Identification(IdType.IPV4_ADDR, 0, 0, bytes(4)),
    Hash(bytes(20)),
    IosKeepalive(),
    VendorId(vendor.DPD),
)
SUBNET = Identification(IdType.IPV4_ADDR_SUBNET, 1, 0, bytes(8))
QUICK = (Hash(bytes(20)), phase2_sa(), Nonce(bytes(20)), SUBNET, SUBNET)
INITIAL_CONTACT = Notify(NotifyType.INITIAL_CONTACT, ProtocolId.ISAKMP, bytes(16))


@pytest.mark.parametrize(
    ("payloads", "length"),
    [
        ((phase1_sa(phase1_transform(1)), *NAT_T, FRAGMENTATION), 168),
        ((phase1_sa(phase1_transform(1, key_bits=256)), *NAT_T, FRAGMENTATION), 172),
        (
            (
                phase1_sa(phase1_transform(1), phase1_transform(2, key_bits=128), phase1_transform(3, key_bits=256)),
                *NAT_T,
                FRAGMENTATION,
            ),
            248,
        ),
        ((phase1_sa(phase1_transform(1)), *NAT_T[:2], FRAGMENTATION), 148),
        ((phase1_sa(phase1_transform(1)), NAT_T[2], FRAGMENTATION), 128),
        ((*KEYS, NatDiscovery(bytes(20)), NatDiscovery(bytes(20))), 304),
        (KEYS, 256),
        (PROOF, 96),
        ((*QUICK, INITIAL_CONTACT), 200),
        (QUICK, 172),
        ((Hash(bytes(20)),), 52),
        ((Hash(bytes(20)), Notify(NotifyType.R_U_THERE, ProtocolId.ISAKMP, bytes(16), bytes(4))), 84),
        ((Hash(bytes(20)), Delete(ProtocolId.ESP, (bytes(4),))), 68),
        ((Hash(bytes(20)), Delete(ProtocolId.ISAKMP, (bytes(16),))), 80),
    ],
)
def test_messages_have_the_lengths_that_real_devices_print(payloads: tuple[Payload, ...], length: int) -> None:
    """The totals of the device's debugs: wire reference §11, read from published logs."""
    built = message(*payloads)
    assert built.length == length
    assert len(built.encode()) == length


@pytest.mark.parametrize(
    ("payload", "length"),
    [
        (phase1_sa(phase1_transform(1)), 56),
        (phase2_sa(), 64),
        (INITIAL_CONTACT, 28),
        (IosKeepalive(), 12),
        (SUBNET, 16),
        (Identification(IdType.IPV4_ADDR, 0, 0, bytes(4)), 12),
    ],
)
def test_payloads_have_the_lengths_that_add_up_to_them(payload: Payload, length: int) -> None:
    assert payload.length == length


def test_an_sa_is_written_octet_by_octet_as_the_rfc_draws_it() -> None:
    """RFC 2408 §3.4 to §3.6 and RFC 2409 App. A, laid out by hand."""
    assert phase1_sa(phase1_transform(1)).body.hex(" ", 4) == (
        "00000001 00000001"  # DOI, situation
        " 0000002c 01010001"  # last proposal of 44 octets: number 1, ISAKMP, no SPI, 1 transform
        " 00000024 01010000"  # last transform of 36 octets: number 1, KEY_IKE
        " 80040002 80010005 80020002 80030001 800b0001"
        " 000c0004 00015180"
    )


@given(MESSAGES)
@settings(max_examples=150, deadline=None)
def test_a_message_survives_writing_and_reading(generated: Message) -> None:
    datagram = generated.encode()
    assert len(datagram) == generated.length
    assert read_message(datagram) == generated
    assert read_message(datagram).encode() == datagram


@given(PAYLOADS, st.binary(max_size=16))
@settings(max_examples=150, deadline=None)
def test_a_chain_ends_where_padding_begins(payload: Payload, padding: bytes) -> None:
    octets = write_payloads((payload, payload))
    payloads, used = read_payloads(payload.type, octets + padding)
    assert payloads == (payload, payload)
    assert used == len(octets)
    assert write_payloads(payloads) == octets


@given(st.lists(ATTRIBUTES, max_size=9).map(tuple))
@settings(max_examples=100, deadline=None)
def test_both_attribute_forms_survive(attributes: tuple[Attribute, ...]) -> None:
    assert read_attributes(Cursor(write_attributes(attributes))) == attributes


def test_an_attribute_is_the_same_number_in_either_form() -> None:
    assert B(2, 3600).number == Attribute.variable(2, 3600).number == 3600
    assert Attribute.variable(2, 3600).value == bytes.fromhex("00000e10")
    assert Attribute.variable(2, b"\x01\x51\x80").number == 86400


def test_an_attribute_of_many_octets_stays_a_number_that_can_be_printed() -> None:
    assert Attribute.variable(2, b"\xff" * 60000).number == 2**64 - 1


@pytest.mark.parametrize(
    "make",
    [
        lambda: Attribute(0x8000, b"ab", True),
        lambda: Attribute(1, b"abc", True),
        lambda: Attribute(1, bytes(0x10000), False),
        lambda: B(1, 0x10000),
        lambda: Notify(NotifyType(0x10000), ProtocolId.ESP, b""),
        lambda: Notify(NotifyType.CONNECTED, ProtocolId.ESP, bytes(256)),
        lambda: Delete(ProtocolId.ESP, (b"abcd", b"abc")),
        lambda: Opaque(PayloadType.HASH, b""),
        lambda: Opaque(PayloadType.PROPOSAL, b""),
        lambda: Opaque(PayloadType(256), b""),
        lambda: write_payloads((Hash(bytes(0xFFFC)),)),
        lambda: Message(b"short", COOKIE_R, ExchangeType.MAIN_MODE, 0, ()).encode(),
        lambda: Message(COOKIE_I, COOKIE_R, ExchangeType.MAIN_MODE, 2**32, ()).encode(),
    ],
)
def test_what_does_not_fit_its_octets_cannot_be_built(make: object) -> None:
    with pytest.raises((ValueError, OverflowError)):
        make()  # type: ignore[operator]


def test_the_longest_body_fits() -> None:
    octets = write_payloads((Hash(bytes(0xFFFB)),))
    assert read_payloads(PayloadType.HASH, octets)[1] == 0xFFFF


def test_a_read_body_is_what_was_received_even_where_reserved_octets_are_set() -> None:
    built = phase1_sa(phase1_transform(1))
    body = built.body.replace(bytes.fromhex("01010000"), bytes.fromhex("0101abcd"), 1)
    octets = bytes(2) + (len(body) + 4).to_bytes(2) + body
    ((read,), _) = read_payloads(PayloadType.SA, octets)
    assert isinstance(read, SecurityAssociation)
    assert read.body == body
    assert read.proposals == built.proposals
    assert read != built
    assert write_payloads((read,)) == octets


def test_unknown_flag_bits_of_a_fragment_stay_in_its_body() -> None:
    ((read,), _) = read_payloads(PayloadType.FRAGMENT, bytes.fromhex("0000000a 0007 02 f1 6162"))
    assert isinstance(read, Fragment)
    assert (read.identifier, read.number, read.last, read.data) == (7, 2, True, b"ab")
    assert read.body[3] == 0xF1
    ((read,), _) = read_payloads(PayloadType.FRAGMENT, bytes.fromhex("0000000a 0007 02 f0 6162"))
    assert isinstance(read, Fragment)
    assert not read.last


@given(UNKNOWN_TYPES, st.binary(max_size=40))
@settings(max_examples=50, deadline=None)
def test_a_payload_nobody_knows_is_a_value(kind: PayloadType, data: bytes) -> None:
    datagram = message(Opaque(kind, data), Hash(b"x")).encode()
    assert read_message(datagram).payloads[0] == Opaque(kind, data)


def test_names_are_the_devices_own() -> None:
    built = message(
        phase1_sa(phase1_transform(1)),
        *(KEYS[0], PROOF[0], Hash(b""), KEYS[1], INITIAL_CONTACT, QUICK[0], FRAGMENTATION),
        Delete(ProtocolId.ESP, ()),
        NatDiscovery(b""),
        NatDiscovery(b"", draft=True),
        IosKeepalive(),
        Opaque(PayloadType(77), b""),
    )
    assert built.names() == (
        *("SA (1)", "KE (4)", "ID (5)", "HASH (8)", "NONCE (10)", "NOTIFY (11)", "HASH (8)", "VENDOR (13)"),
        *("DELETE (12)", "NAT-D (20)", "NAT-D (130)", "IOS KEEPALIVE (128)", "UNKNOWN (77)"),
    )


def test_payloads_are_found_by_class() -> None:
    built = message(*KEYS)
    assert built.first(Nonce) == KEYS[1]
    assert built.first(Hash) is None
    assert built.all(VendorId) == KEYS[2:]


def drop_of(datagram: bytes) -> Drop:
    with pytest.raises(WireError) as caught:
        read_message(datagram)
    return caught.value.drop


def test_a_datagram_is_refused_by_name() -> None:
    whole = message(*KEYS).encode()
    assert drop_of(b"") is Drop.RUNT
    assert drop_of(whole[:27]) is Drop.RUNT
    assert drop_of(whole[:-1]) is Drop.LENGTH_MISMATCH
    assert drop_of(whole + b"\0") is Drop.LENGTH_MISMATCH
    assert drop_of(whole[:17] + b"\x20" + whole[18:]) is Drop.BAD_VERSION
    assert drop_of(whole[:19] + bytes([Flag.ENCRYPTED]) + whole[20:]) is Drop.NOT_DECRYPTABLE
    assert drop_of(message(*[Hash(b"")] * (MAX_PAYLOADS + 1)).encode()) is Drop.TOO_MANY_PAYLOADS
    assert len(read_message(message(*[Hash(b"")] * MAX_PAYLOADS).encode()).payloads) == MAX_PAYLOADS


def malformed(first: PayloadType, text: str) -> int:
    """The offset at which reading a chain stops."""
    with pytest.raises(WireError) as caught:
        read_payloads(first, bytes.fromhex(text))
    assert caught.value.drop is Drop.MALFORMED_PAYLOAD
    return caught.value.offset


@pytest.mark.parametrize(
    ("first", "text", "offset"),
    [
        (PayloadType.HASH, "000000", 28),
        (PayloadType.HASH, "00000000", 32),
        (PayloadType.HASH, "00000003", 32),
        (PayloadType.HASH, "00000005", 32),
        (PayloadType.HASH, "0d000004", 32),
        (PayloadType.PROPOSAL, "00000004", 32),
        (PayloadType.TRANSFORM, "00000004", 32),
        # SA: cut before the situation, no proposal, proposal length 0
        (PayloadType.SA, "00000008 00000001", 32),
        (PayloadType.SA, "0000000c 00000001 00000001", 40),
        (PayloadType.SA, "00000010 00000001 00000001 00000000", 44),
        # one transform announced and none there; two there; none announced and one there
        (PayloadType.SA, "00000014 00000001 00000001 00000008 01010001", 48),
        (PayloadType.SA, "00000024 00000001 00000001 00000018 01010001 03000008 01010000 00000008 02010000", 64),
        (PayloadType.SA, "0000001c 00000001 00000001 00000010 01010000 00000008 01010000", 56),
        # a chain of transforms that ends in something else; a proposal behind the last
        (PayloadType.SA, "0000001c 00000001 00000001 00000010 01010001 08000008 01010000", 56),
        (PayloadType.SA, "00000020 00000001 00000001 00000010 01010001 00000008 01010000 00000000", 56),
        # SPI beyond the proposal; an attribute beyond its transform
        (PayloadType.SA, "00000014 00000001 00000001 00000008 0103ff01", 48),
        (PayloadType.SA, "00000020 00000001 00000001 00000014 01010001 0000000c 01010000 000c0004", 60),
        # DELETE: more SPIs than there are, fewer, many of no octets; NOTIFY: SPI beyond the payload
        (PayloadType.DELETE, "00000010 00000001 03040002 aabbccdd", 40),
        (PayloadType.DELETE, "00000010 00000001 03040000 aabbccdd", 40),
        (PayloadType.DELETE, "0000000c 00000001 0300ffff", 40),
        (PayloadType.NOTIFY, "0000000c 00000001 01106002", 40),
        (PayloadType.FRAGMENT, "00000007 000101", 32),
    ],
)
def test_malformed_payloads_are_refused_where_they_break(first: PayloadType, text: str, offset: int) -> None:
    assert malformed(first, text) == offset


def test_octets_after_the_last_payload_of_a_clear_message_are_alignment_or_an_error() -> None:
    built = message(Hash(b"a"))
    aligned = Header(COOKIE_I, COOKIE_R, PayloadType.HASH, 0x10, ExchangeType.MAIN_MODE, 0, 0, 36).encode()
    assert read_message(aligned + built.body() + bytes(3)) == built
    longer = Header(COOKIE_I, COOKIE_R, PayloadType.HASH, 0x10, ExchangeType.MAIN_MODE, 0, 0, 37).encode()
    assert drop_of(longer + built.body() + bytes(4)) is Drop.MALFORMED_PAYLOAD


def test_the_header_of_an_encrypted_message_is_read_and_written_alone() -> None:
    header = Header(COOKIE_I, COOKIE_R, PayloadType.HASH, 0x10, ExchangeType.QUICK_MODE, Flag.ENCRYPTED, 0xDEADBEEF, 44)
    datagram = header.encode() + bytes(16)
    assert datagram[:28].hex() == "0102030405060708090a0b0c0d0e0f1008102001deadbeef0000002c"
    assert read_header(datagram) == header
    assert header.encrypted


def assert_message_or_named_error(datagram: bytes) -> None:
    stopped = 0
    read = None
    try:
        read = read_message(datagram)
    except WireError as error:
        stopped = error.offset
    assert 0 <= stopped <= len(datagram)
    if read is not None:
        assert read_message(read.encode()) == read
        assert len(describe(read)) == len(read.payloads)


@given(st.binary(max_size=300))
@settings(max_examples=300, deadline=None)
def test_noise_is_a_message_or_a_named_error(noise: bytes) -> None:
    for kind in (PayloadType.SA, PayloadType.NOTIFY, PayloadType.DELETE, PayloadType(noise[0] if noise else 0)):
        header = Header(COOKIE_I, COOKIE_R, kind, 0x10, ExchangeType.MAIN_MODE, 0, 0, 28 + len(noise))
        for datagram in (noise, header.encode() + noise):
            assert_message_or_named_error(datagram)


@given(MESSAGES, st.data())
@settings(max_examples=200, deadline=None)
def test_a_damaged_message_is_a_message_or_a_named_error(generated: Message, data: st.DataObject) -> None:
    octets = bytearray(generated.encode())
    for _ in range(data.draw(st.integers(1, 4))):
        octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
    cut = octets[: data.draw(st.integers(28, len(octets)))]
    cut[24:28] = len(cut).to_bytes(4)
    for damaged in (bytes(octets), bytes(cut)):
        assert_message_or_named_error(damaged)
