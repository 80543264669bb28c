"""The SA payloads that a device offers: all IKE policies in MM1, all transform sets of a crypto map entry in QM1."""

from functools import lru_cache

from mainmode.base.codes import (
    Encapsulation,
    EspAuthentication,
    LifeType,
    Phase1Attribute,
    Phase2Attribute,
    ProtocolId,
)
from mainmode.ike.settings import IkePolicy, MapEntry, TransformSet
from mainmode.ipsec.dataplane import Mode
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


@lru_cache(256)
def phase1_offer(policies: tuple[IkePolicy, ...]) -> SecurityAssociation:
    """All policies as transforms of one proposal, in priority order (RFC 2409 §5, at most 255)."""
    transforms = tuple(_policy_transform(number, policy) for number, policy in enumerate(policies[:255], 1))
    return SecurityAssociation((Proposal(1, ProtocolId.ISAKMP, b"", transforms),))


def encapsulation(mode: Mode, nat: bool, draft: bool) -> Encapsulation:
    """The encapsulation attribute: plain, or in UDP by the numbers of RFC 3947 or of its drafts."""
    if not nat:
        return Encapsulation.TUNNEL if mode is Mode.TUNNEL else Encapsulation.TRANSPORT
    if draft:
        return Encapsulation.UDP_TUNNEL_DRAFT if mode is Mode.TUNNEL else Encapsulation.UDP_TRANSPORT_DRAFT
    return Encapsulation.UDP_TUNNEL if mode is Mode.TUNNEL else Encapsulation.UDP_TRANSPORT


def _set_attributes(entry: MapEntry, candidate: TransformSet, wrap: Encapsulation) -> tuple[Attribute, ...]:
    attributes = [
        Attribute.basic_of(Phase2Attribute.LIFE_TYPE, LifeType.SECONDS),
        _duration(Phase2Attribute.LIFE_DURATION, entry.lifetime_seconds),
    ]
    if entry.lifetime_kilobytes is not None:
        attributes.append(Attribute.basic_of(Phase2Attribute.LIFE_TYPE, LifeType.KILOBYTES))
        attributes.append(Attribute.variable(Phase2Attribute.LIFE_DURATION, entry.lifetime_kilobytes, 4))
    attributes.append(Attribute.basic_of(Phase2Attribute.ENCAPSULATION, wrap))
    if candidate.authentication != EspAuthentication.NONE:
        attributes.append(Attribute.basic_of(Phase2Attribute.AUTHENTICATION, candidate.authentication))
    if candidate.key_bits:
        attributes.append(Attribute.basic_of(Phase2Attribute.KEY_LENGTH, candidate.key_bits))
    if entry.pfs is not None:
        attributes.append(Attribute.basic_of(Phase2Attribute.GROUP, entry.pfs))
    return tuple(attributes)


def phase2_offer(entry: MapEntry, spi: int, nat: bool, draft: bool) -> SecurityAssociation:
    """One proposal with one transform for each transform set, all with the SPI that this side receives on."""
    sound = [candidate for candidate in entry.transform_sets if candidate.sound]
    return SecurityAssociation(
        tuple(
            Proposal(
                number,
                ProtocolId.ESP,
                spi.to_bytes(4),
                (
                    Transform(
                        1,
                        candidate.encryption,
                        _set_attributes(entry, candidate, encapsulation(candidate.mode, nat, draft)),
                    ),
                ),
            )
            for number, candidate in enumerate(sound, 1)
        )
    )
