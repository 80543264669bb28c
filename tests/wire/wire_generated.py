"""Generated payloads and messages for the tests of the wire room."""

from hypothesis import strategies as st

from mainmode.base.codes import Doi, ExchangeType, IdType, NotifyType, PayloadType, ProtocolId
from mainmode.wire.message import Message
from mainmode.wire.payloads import (
    Attribute,
    Attributes,
    Certificate,
    CertificateRequest,
    Delete,
    DeleteWithReason,
    Fragment,
    Hash,
    Identification,
    IosKeepalive,
    KeyExchange,
    NatDiscovery,
    NatOriginalAddress,
    Nonce,
    Notify,
    Opaque,
    Payload,
    Proposal,
    SecurityAssociation,
    Signature,
    Transform,
    VendorId,
)

OCTET = st.integers(0, 0xFF)
WORD = st.integers(0, 0xFFFF)
LONG = st.integers(0, 0xFFFF_FFFF)
DATA = st.binary(max_size=60)
PROTOCOLS = OCTET.map(ProtocolId)
COOKIES = st.binary(min_size=8, max_size=8)
KINDS = st.integers(0, 0x7FFF)

ATTRIBUTES = st.builds(Attribute.basic_of, KINDS, WORD) | st.builds(Attribute.variable, KINDS, st.binary(max_size=12))
TRANSFORMS = st.builds(Transform, OCTET, OCTET, st.lists(ATTRIBUTES, max_size=8).map(tuple))
PROPOSALS = st.builds(
    Proposal, OCTET, PROTOCOLS, st.binary(max_size=20), st.lists(TRANSFORMS, min_size=1, max_size=3).map(tuple)
)
UNKNOWN_TYPES = st.integers(1, 255).map(PayloadType).filter(lambda number: not number.known and number < 256)


def spis() -> st.SearchStrategy[tuple[bytes, ...]]:
    """SPIs of one size."""
    return st.integers(1, 16).flatmap(
        lambda size: st.lists(st.binary(min_size=size, max_size=size), max_size=4).map(tuple)
    )


PAYLOADS: st.SearchStrategy[Payload] = st.one_of(
    st.builds(
        SecurityAssociation,
        st.lists(PROPOSALS, min_size=1, max_size=3).map(tuple),
        st.just(Doi.IPSEC) | LONG.map(Doi),
        st.just(1) | LONG,
    ),
    st.builds(KeyExchange, DATA),
    st.builds(Identification, OCTET.map(IdType), OCTET, WORD, DATA),
    st.builds(Certificate, OCTET, DATA),
    st.builds(CertificateRequest, OCTET, DATA),
    st.builds(Hash, DATA),
    st.builds(Signature, DATA),
    st.builds(Nonce, DATA),
    st.builds(Notify, WORD.map(NotifyType), PROTOCOLS, st.binary(max_size=16), DATA, LONG.map(Doi)),
    st.builds(Delete, PROTOCOLS, spis(), LONG.map(Doi)),
    st.builds(VendorId, DATA),
    st.builds(Attributes, DATA),
    st.builds(NatDiscovery, DATA, st.booleans()),
    st.builds(NatOriginalAddress, OCTET.map(IdType), DATA, st.booleans()),
    st.builds(IosKeepalive, DATA),
    st.builds(DeleteWithReason, DATA),
    st.builds(Fragment, WORD, OCTET, st.booleans(), DATA),
    st.builds(Opaque, UNKNOWN_TYPES, DATA),
)
MESSAGES = st.builds(
    Message,
    COOKIES,
    COOKIES,
    OCTET.map(ExchangeType),
    LONG,
    st.lists(PAYLOADS, max_size=8).map(tuple),
    OCTET.map(lambda flags: flags & 0xFE),
)
