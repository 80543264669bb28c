"""Negotiation as pure functions: an offer and what is configured in; a choice, or a reason for every refusal, out."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import islice

from mainmode.base.codes import (
    Encapsulation,
    EspTransform,
    Group,
    LifeType,
    Phase1Attribute,
    Phase2Attribute,
    ProtocolId,
)
from mainmode.base.dataclass import dataclass
from mainmode.base.provenance import Source
from mainmode.ike.naming import (
    authentication_name,
    encryption_name,
    group_name,
    hash_name,
    integrity_name,
    transform_name,
)
from mainmode.ike.proposals import KEY_IKE
from mainmode.ike.settings import IkePolicy, MapEntry, Phase1Numbers, Policies, TransformSet
from mainmode.ipsec.dataplane import EspSuite, Mode, suite_of
from mainmode.wire.layout import member_of
from mainmode.wire.payloads import Attribute, Proposal, SecurityAssociation, Transform

GROUP_CLASS = "Group Description"
PFS_CLASS = "Group Description (PFS)"
ENCAPSULATION_CLASS = "Encapsulation Mode"
ABSENT = "none"

MOST_COMPARED = 255
"""Transforms of one offer that are looked at: what one proposal can hold (RFC 2408 §3.5)."""
MOST_EXPLAINED = 32
"""Transforms of one offer whose refusal is explained attribute by attribute."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """One attribute of one offered transform that differs from one configured candidate.

    `against` is the policy's priority or the transform set's name; `attribute` is the device's name of the class.
    """

    proposal: int
    transform: int
    against: str
    attribute: str
    offered: str
    configured: str
    source: Source | None


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing fits. `refusals` holds, for every pair compared, each attribute that differs, in order of comparison."""

    refusals: tuple[Refusal, ...]

    def nearest(self) -> tuple[Refusal, ...]:
        """The refusals of the pair that failed in the fewest attributes: what a person would mend first."""
        pairs: dict[tuple[int, int, str], list[Refusal]] = {}
        for refusal in self.refusals:
            pairs.setdefault((refusal.proposal, refusal.transform, refusal.against), []).append(refusal)
        sizes = {pair: len(found) for pair, found in pairs.items()}
        return tuple(pairs[min(sizes, key=lambda pair: sizes[pair])]) if pairs else ()

    def first_of_each(self) -> Iterator[Refusal]:
        """The first differing attribute of each pair: what the device prints."""
        seen: set[tuple[int, int, str]] = set()
        for refusal in self.refusals:
            key = (refusal.proposal, refusal.transform, refusal.against)
            if key not in seen:
                seen.add(key)
                yield refusal


@dataclass(frozen=True, slots=True)
class PolicyChosen:
    """Phase 1: the policy, where it stands among the configured (from 1), and the transform as offered.

    `lifetime` is the smaller of both in seconds, None for no limit.
    """

    policy: IkePolicy
    entry: int
    proposal: int
    transform: Transform
    lifetime: int | None


@dataclass(frozen=True, slots=True)
class TransformChosen:
    """Phase 2: the transform set, the peer's proposal and transform, and the lifetimes the peer asked for."""

    transform_set: TransformSet
    suite: EspSuite
    proposal: Proposal
    transform: Transform
    encapsulation: Encapsulation
    group: Group | None
    offered_seconds: int | None
    offered_kilobytes: int | None

    @property
    def spi(self) -> int:
        """The SPI that the offering side wants to receive on."""
        return int.from_bytes(self.proposal.spi)


def lifetimes(attributes: Sequence[Attribute], type_class: int, duration_class: int) -> tuple[int | None, int | None]:
    """Seconds and kilobytes; each life type is followed by its own duration (RFC 2407 §4.5)."""
    values: dict[int, int] = {}
    kind = 0
    for attribute in attributes:
        if attribute.kind == type_class:
            kind = attribute.number
        elif attribute.kind == duration_class and kind:
            values.setdefault(kind, attribute.number)
    return values.get(LifeType.SECONDS), values.get(LifeType.KILOBYTES)


def _lifetimes_of(transform: Transform, type_class: int, duration_class: int) -> tuple[int | None, int | None]:
    """The same of a transform, reckoned once."""
    known = transform.lives.get(type_class)
    if known is None:
        known = transform.lives[type_class] = lifetimes(transform.attributes, type_class, duration_class)
    return known


def phase1_lifetime(transform: Transform) -> int | None:
    """The lifetime that a phase 1 transform carries, in seconds."""
    return _lifetimes_of(transform, Phase1Attribute.LIFE_TYPE, Phase1Attribute.LIFE_DURATION)[0]


def compare_policy(transform: Transform, policy: IkePolicy) -> Iterator[tuple[str, str, str, str]]:
    """The differences of an offered phase 1 transform from a policy: class, offered, configured, source key."""
    offered = transform.numbers
    if _private_group(transform):
        yield GROUP_CLASS, "private group", group_name(policy.group), "group"
    wanted_numbers = (policy.group, policy.encryption, policy.hash, policy.authentication)
    for (name, kind, spell, key), wanted in zip(_POLICY_CLASSES, wanted_numbers, strict=True):
        got = offered.get(kind)
        if got != wanted:
            yield name, ABSENT if got is None else spell(got), spell(wanted), key
    bits = offered.get(_PHASE1_KEY_LENGTH, 0)
    if bits != policy.key_bits and offered.get(_ENCRYPTION) == policy.encryption:
        yield "Key Length", str(bits or ABSENT), str(policy.key_bits or ABSENT), "encryption"


_PRIVATE_GROUP = frozenset(range(Phase1Attribute.GROUP_TYPE, Phase1Attribute.GROUP_CURVE_B + 1))
_ENCRYPTION, _PHASE1_KEY_LENGTH = int(Phase1Attribute.ENCRYPTION), int(Phase1Attribute.KEY_LENGTH)
_HASH, _METHOD = int(Phase1Attribute.HASH), int(Phase1Attribute.AUTHENTICATION)
_DH_GROUP = int(Phase1Attribute.GROUP)


def _private_group(transform: Transform) -> bool:
    """Whether an offered phase 1 transform describes a group of its own (RFC 2409 App. A)."""
    offered = transform.numbers
    return not _PRIVATE_GROUP.isdisjoint(offered) and any(offered.get(kind) for kind in _PRIVATE_GROUP)


def _phase1_numbers(transform: Transform) -> Phase1Numbers:
    """What `compare_policy` holds against a policy: equal numbers leave it nothing to name, but for a private group."""
    get = transform.numbers.get
    return get(_DH_GROUP), get(_ENCRYPTION), get(_HASH), get(_METHOD), get(_PHASE1_KEY_LENGTH, 0)


_POLICY_CLASSES: tuple[tuple[str, int, Callable[[int], str], str], ...] = (
    (GROUP_CLASS, Phase1Attribute.GROUP, group_name, "group"),
    ("Encryption Alg", Phase1Attribute.ENCRYPTION, encryption_name, "encryption"),
    ("Hash Alg", Phase1Attribute.HASH, hash_name, "hash"),
    ("Auth Method", Phase1Attribute.AUTHENTICATION, authentication_name, "authentication"),
)
"""The device's name of a class, the attribute, how its values are spelled, and the key of the policy's source."""


def choose_policy(
    offer: SecurityAssociation, policies: tuple[IkePolicy, ...], unspoken: Sequence[IkePolicy] = ()
) -> PolicyChosen | Refused:
    """The first offered transform, in the peer's order, that equals a policy, lowest priority number first.

    The offer is a stranger's: so many transforms are compared, so many refusals explained, and no more. Policies that
    are `unspoken` are never chosen; the refusals say how the offer differs from them too.
    """
    offered = list(islice(_offered(offer, ProtocolId.ISAKMP), MOST_COMPARED))
    known = Policies.of(policies).by_numbers
    for proposal, transform in offered:
        found = known.get(_phase1_numbers(transform))
        if found is not None and not _private_group(transform):
            entry, policy = found
            lifetime = smaller(phase1_lifetime(transform), policy.lifetime)
            return PolicyChosen(policy, entry, proposal.number, transform, lifetime)
    return Refused(
        tuple(
            Refusal(proposal.number, transform.number, str(policy.priority), name, got, wanted, policy.sources.get(key))
            for proposal, transform in offered[:MOST_EXPLAINED]
            for policy in sorted((*policies, *unspoken), key=lambda one: one.priority)
            for name, got, wanted, key in compare_policy(transform, policy)
        )
    )


def _offered(offer: SecurityAssociation, protocol: ProtocolId) -> Iterator[tuple[Proposal, Transform]]:
    """Each transform of a protocol with its proposal, in the peer's order; of ISAKMP there is one kind only."""
    for proposal in offer.proposals:
        if proposal.protocol == protocol:
            for transform in proposal.transforms:
                if protocol != ProtocolId.ISAKMP or transform.identifier == KEY_IKE:
                    yield proposal, transform


def smaller(first: int | None, second: int | None) -> int | None:
    """The shorter of two lifetimes; None is no limit."""
    if first is None or second is None:
        return second if first is None else first
    return min(first, second)


def accept_policy(answer: SecurityAssociation, policies: tuple[IkePolicy, ...]) -> PolicyChosen | Refused | None:
    """The initiator's check of MM2: the one transform that came back must be one that was offered.

    None where the answer is not one proposal with one transform. The lifetime is the one that was offered, whatever the
    answer says: no hash covers it there, and a responder that wants a shorter one says so in MM6, under protection.
    """
    if len(answer.proposals) != 1 or len(answer.proposals[0].transforms) != 1:
        return None
    found = choose_policy(answer, policies)
    if not isinstance(found, PolicyChosen) or found.lifetime == found.policy.lifetime:
        return found
    return replace(found, lifetime=found.policy.lifetime)


_PHASE2_KEY_LENGTH, _AUTHENTICATION = int(Phase2Attribute.KEY_LENGTH), int(Phase2Attribute.AUTHENTICATION)
_ENCAPSULATION, _GROUP = int(Phase2Attribute.ENCAPSULATION), int(Phase2Attribute.GROUP)
_EXTENDED_SEQUENCE = int(Phase2Attribute.EXTENDED_SEQUENCE)
_ENCAPSULATIONS = {
    (True, False): (Encapsulation.TUNNEL,),
    (False, False): (Encapsulation.TRANSPORT,),
    (True, True): (Encapsulation.UDP_TUNNEL, Encapsulation.UDP_TUNNEL_DRAFT),
    (False, True): (Encapsulation.UDP_TRANSPORT, Encapsulation.UDP_TRANSPORT_DRAFT),
}
"""What to take, by tunnel mode or not, and NAT or not."""


def _key_bits(transform: Transform) -> int:
    """Ciphers with a choice of key lengths name it; RFC 3602 has no default, peers that leave it out mean 128."""
    unnamed = 128 if transform.identifier in (EspTransform.AES_CBC, EspTransform.AES_GCM_16) else 0
    return transform.numbers.get(_PHASE2_KEY_LENGTH, unnamed)


def _compare_set(
    transform: Transform, candidate: TransformSet, pfs: Group | None, nat: bool, is_answer: bool
) -> Iterator[tuple[str, str, str]]:
    offered = transform.numbers
    bits = _key_bits(transform)
    if (transform.identifier, bits) != (candidate.encryption, candidate.key_bits):
        wanted = transform_name(candidate.encryption, candidate.key_bits)
        yield "Encryption Alg", transform_name(transform.identifier, bits), wanted
    got_auth = offered.get(_AUTHENTICATION, 0)
    if got_auth != candidate.authentication:
        yield "Auth Alg", integrity_name(got_auth), integrity_name(candidate.authentication)
    modes = _ENCAPSULATIONS[candidate.mode is Mode.TUNNEL, nat]
    got_mode = offered.get(_ENCAPSULATION, 0)
    if got_mode not in modes:
        yield ENCAPSULATION_CLASS, str(Encapsulation(got_mode).name), str(modes[0].name)
    if offered.get(_EXTENDED_SEQUENCE):
        yield "Extended Sequence Number", "64-bit", "32-bit"
    got_group = offered.get(_GROUP)
    differs = got_group != pfs if pfs is not None or is_answer else False
    if differs:
        yield (
            PFS_CLASS,
            ABSENT if got_group is None else group_name(got_group),
            ABSENT if pfs is None else group_name(pfs),
        )


def choose_transform(
    offer: SecurityAssociation, entry: MapEntry, nat: bool, is_answer: bool = False
) -> TransformChosen | Refused:
    """The first offered ESP transform that one of the entry's transform sets equals.

    Perfect forward secrecy: where the entry sets a group the offer must have it; where it sets none a responder takes
    what is offered (ASA command reference, `crypto map set pfs`), an initiator only what it asked for.
    """
    proposals = offer.proposals
    numbers = Counter([proposal.number for proposal in proposals]) if len(proposals) > 1 else _ONCE
    usable = [each for each in entry.transform_sets if each.sound]
    single = [
        (proposal, transform)
        for proposal, transform in islice(_offered(offer, ProtocolId.ESP), MOST_COMPARED)
        if (numbers is _ONCE or numbers[proposal.number] == 1) and len(proposal.spi) == 4
    ]
    for proposal, transform in single:
        for candidate in usable:
            if next(_compare_set(transform, candidate, entry.pfs, nat, is_answer), None) is None:
                return _chosen(proposal, transform, candidate)
    refusals = [
        Refusal(
            proposal.number, transform.number, candidate.name, name, got, wanted,
            entry.sources.get("pfs") if name == PFS_CLASS else candidate.source,
        )
        for proposal, transform in single[:MOST_EXPLAINED]
        for candidate in usable
        for name, got, wanted in _compare_set(transform, candidate, entry.pfs, nat, is_answer)
    ]  # fmt: skip
    for proposal in offer.proposals[:MOST_EXPLAINED]:
        bundled = numbers[proposal.number] > 1
        if proposal.protocol != ProtocolId.ESP or bundled or len(proposal.spi) != 4:
            offered = ("a bundle with " if bundled else "") + proposal.protocol.name
            source = entry.sources.get("transform_set")
            refusals.append(Refusal(proposal.number, 0, entry.map_name, "Protocol", offered, "ESP", source))
    return Refused(tuple(refusals))


_ONCE: Counter[int] = Counter()
"""Of an offer with one proposal nothing is counted."""
_encapsulation, _group = member_of(Encapsulation), member_of(Group)


def _chosen(proposal: Proposal, transform: Transform, candidate: TransformSet) -> TransformChosen:
    numbers = transform.numbers
    asked_seconds, asked_kilobytes = _lifetimes_of(transform, Phase2Attribute.LIFE_TYPE, Phase2Attribute.LIFE_DURATION)
    group = numbers.get(_GROUP)
    return TransformChosen(
        candidate,
        suite_of(candidate.encryption, candidate.key_bits, candidate.authentication),
        proposal,
        transform,
        _encapsulation(numbers[_ENCAPSULATION]),
        None if group is None else _group(group),
        asked_seconds,
        asked_kilobytes,
    )
