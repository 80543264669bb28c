"""The SA payloads that a device offers: all IKE policies in MM1, all transform sets of a crypto map entry in QM1."""

from functools import lru_cache

from mainmode.base.codes import (
    Encapsulation,
    EspAuthentication,
    Group,
    LifeType,
    Phase1Attribute,
    Phase2Attribute,
    ProtocolId,
)
from mainmode.ike.settings import IkePolicy, MapEntry, Policies
from mainmode.ipsec.dataplane import EspSuite, Mode, suite_of
from mainmode.wire.payloads import Attribute, Proposal, SecurityAssociation, Transform

KEY_IKE = 1
"""The only phase 1 transform identifier (RFC 2407 §4.4.2)."""


def _duration(kind: int, value: int) -> Attribute:
    """Two octets where the value fits, else four: what the device's message lengths show."""
    return Attribute.basic_of(kind, value) if value < 0x10000 else Attribute.variable(kind, value, 4)


def _policy_transform(number: int, policy: IkePolicy) -> Transform:
    attributes = [
        Attribute.basic_of(Phase1Attribute.GROUP, policy.group),
        Attribute.basic_of(Phase1Attribute.ENCRYPTION, policy.encryption),
        Attribute.basic_of(Phase1Attribute.HASH, policy.hash),
        Attribute.basic_of(Phase1Attribute.AUTHENTICATION, policy.authentication),
    ]
    if policy.key_bits:
        attributes.insert(2, Attribute.basic_of(Phase1Attribute.KEY_LENGTH, policy.key_bits))
    if policy.lifetime is not None:
        attributes.append(Attribute.basic_of(Phase1Attribute.LIFE_TYPE, LifeType.SECONDS))
        attributes.append(Attribute.variable(Phase1Attribute.LIFE_DURATION, policy.lifetime, 4))
    return Transform(number, KEY_IKE, tuple(attributes))


def phase1_offer(policies: tuple[IkePolicy, ...]) -> SecurityAssociation:
    """All policies as transforms of one proposal, in priority order (RFC 2409 §5, at most 255)."""
    known = Policies.of(policies)
    if known.offer is None:
        transforms = tuple(_policy_transform(number, policy) for number, policy in enumerate(known[:255], 1))
        known.offer = SecurityAssociation((Proposal(1, ProtocolId.ISAKMP, b"", transforms),))
    return known.offer


def encapsulation(mode: Mode, nat: bool, draft: bool) -> Encapsulation:
    """The encapsulation attribute: plain, or in UDP by the numbers of RFC 3947 or of its drafts."""
    if not nat:
        return Encapsulation.TUNNEL if mode is Mode.TUNNEL else Encapsulation.TRANSPORT
    if draft:
        return Encapsulation.UDP_TUNNEL_DRAFT if mode is Mode.TUNNEL else Encapsulation.UDP_TRANSPORT_DRAFT
    return Encapsulation.UDP_TUNNEL if mode is Mode.TUNNEL else Encapsulation.UDP_TRANSPORT


@lru_cache(256)
def _set_transform(
    suite: EspSuite, wrap: Encapsulation, seconds: int, kilobytes: int | None, pfs: Group | None
) -> Transform:  # fmt: skip
    """The same for every negotiation under one configuration: only the proposal around it has an SPI."""
    attributes = [
        Attribute.basic_of(Phase2Attribute.LIFE_TYPE, LifeType.SECONDS),
        _duration(Phase2Attribute.LIFE_DURATION, seconds),
    ]
    if kilobytes is not None:
        attributes.append(Attribute.basic_of(Phase2Attribute.LIFE_TYPE, LifeType.KILOBYTES))
        attributes.append(Attribute.variable(Phase2Attribute.LIFE_DURATION, kilobytes, 4))
    attributes.append(Attribute.basic_of(Phase2Attribute.ENCAPSULATION, wrap))
    if suite.authentication != EspAuthentication.NONE:
        attributes.append(Attribute.basic_of(Phase2Attribute.AUTHENTICATION, suite.authentication))
    if suite.key_bits:
        attributes.append(Attribute.basic_of(Phase2Attribute.KEY_LENGTH, suite.key_bits))
    if pfs is not None:
        attributes.append(Attribute.basic_of(Phase2Attribute.GROUP, pfs))
    return Transform(1, suite.encryption, tuple(attributes))


def phase2_offer(entry: MapEntry, spi: int, nat: bool, draft: bool) -> SecurityAssociation:
    """One proposal with one transform for each transform set, all with the SPI that this side receives on."""
    octets = spi.to_bytes(4)
    transforms = [
        _set_transform(
            suite_of(candidate.encryption, candidate.key_bits, candidate.authentication),
            encapsulation(candidate.mode, nat, draft),
            entry.lifetime_seconds,
            entry.lifetime_kilobytes,
            entry.pfs,
        )
        for candidate in entry.transform_sets
        if candidate.sound
    ]
    return SecurityAssociation(
        tuple(Proposal(number, ProtocolId.ESP, octets, (transform,)) for number, transform in enumerate(transforms, 1))
    )
