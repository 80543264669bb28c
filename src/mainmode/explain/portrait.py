"""What one side's log tells of the other: its address, vendor and identity, and what would fit this side."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from mainmode.base.address import Proxy
from mainmode.base.dataclass import dataclass
from mainmode.catalogue.facts import (
    Agreed,
    Configured,
    Exchange,
    Floated,
    Identity,
    Message,
    NatFound,
    Offer,
    Phase,
    Proxies,
    Refused,
    Suite,
    Symptom,
    Timer,
    Told,
    Up,
    Vendor,
    Whose,
)
from mainmode.explain.negotiation import Negotiation
from mainmode.explain.offers import whole

MOST_NETWORKS = 20
"""Pairs of networks that are shown."""

_TOLD_BY = (
    ("swanctl", ("strongswan", "charon")),
    ("ipsec.conf", ("libreswan", "openswan", "freeswan", "frees/wan", "pluto")),
    ("asa", ("asa", "vpn 3000", "vpn3000", "altiga", "pix")),
    ("ios", ("ios", "cisco unity", "unity")),
)
_OF_DIALECT = {"asa": "asa", "ios": "ios", "charon": "swanctl", "pluto": "ipsec.conf"}
VENDORS = {
    "asa": "Cisco ASA",
    "ios": "Cisco IOS",
    "swanctl": "strongSwan (swanctl.conf)",
    "ipsec.conf": "Libreswan (ipsec.conf)",
}
"""The languages of a sketch, for people."""


@dataclass(frozen=True, slots=True)
class Wish:
    """Algorithms that fit this side, and how that is known; empty where nothing is. `agreed`: both sides use it."""

    suite: Suite
    ground: str
    agreed: bool = False


NOTHING = Suite()
NO_WISH = Wish(NOTHING, "")


@dataclass(frozen=True, slots=True)
class Portrait:
    """The peer as far as a log tells. `networks` are (the peer's, this side's), None where not told.

    `language` is the key of `VENDORS` in which the peer is sketched, `ground` why that one, `is_known` whether it is
    the peer's own for sure. `pfs` is a group, empty for one that is not told, None where no PFS was seen. `offered` is
    what the peer offered itself, in phase 1 and in phase 2.
    """

    peer: str
    own: str
    language: str
    ground: str
    is_known: bool
    phase1: Wish
    phase2: Wish
    offered: tuple[tuple[Suite, ...], tuple[Suite, ...]]
    pfs: str | None
    networks: tuple[tuple[Proxy | None, Proxy | None], ...]
    refused_networks: tuple[tuple[Proxy | None, Proxy | None], ...]
    identity: Identity | None
    expected: Identity | None
    behind_nat: bool | None
    translated: bool
    aggressive: bool
    version2: bool
    dead_peer_detection: bool


def portrait(negotiation: Negotiation, others: Sequence[Negotiation] = ()) -> Portrait:
    """The peer of a negotiation. `others` are further ones of the same log with the same peer, for what this one lacks.

    Raises nothing: what is not told is empty or None.
    """
    all_of_them = (negotiation, *(one for one in others if one is not negotiation and one.peer == negotiation.peer))
    facts = [noted.fact for one in all_of_them for noted in one.noted]
    language, ground, is_known = _language(negotiation, facts)
    nat = [fact.peer for fact in facts if isinstance(fact, NatFound) and fact.peer is not None]
    exchanges = {fact.exchange for fact in facts if isinstance(fact, Message)}
    wanted = {fact.exchange for fact in facts if isinstance(fact, Configured)}
    symptoms = {fact.symptom for fact in facts if isinstance(fact, Told)}
    own, refused = _networks(facts)
    return Portrait(
        peer=negotiation.peer,
        own=next((one.local for one in all_of_them if one.local), ""),
        language=language,
        ground=ground,
        is_known=is_known,
        phase1=_wish(facts, Phase.ONE),
        phase2=_wish(facts, Phase.TWO),
        offered=(_offered(facts, Phase.ONE), _offered(facts, Phase.TWO)),
        pfs=_pfs(facts, symptoms),
        networks=own,
        refused_networks=refused,
        identity=_identity(facts, Whose.PEER),
        expected=_identity(facts, Whose.OWN),
        behind_nat=nat[-1] if nat else None,
        translated=any(isinstance(fact, Floated) for fact in facts),
        aggressive=Exchange.AGGRESSIVE in exchanges and Exchange.MAIN not in exchanges,
        version2=Exchange.IKEV2 in exchanges | wanted,
        dead_peer_detection=any(isinstance(fact, Vendor) and "DPD" in fact.name.upper() for fact in facts)
        or any(isinstance(fact, Timer) and fact.name == "keepalive" for fact in facts),
    )


def of_dialect(found: Portrait, dialect: str) -> Portrait:
    """The portrait of a peer whose own log is there and tells what it is."""
    language = _OF_DIALECT.get(dialect)
    return replace(found, language=language, ground="its own log is in that form", is_known=True) if language else found


def _language(negotiation: Negotiation, facts: Iterable[object]) -> tuple[str, str, bool]:
    names = [fact.name for fact in facts if isinstance(fact, Vendor) and fact.whose is Whose.PEER]
    for language, words in _TOLD_BY:
        for name in names:
            if any(word in name.lower() for word in words):
                return language, f"its vendor ID says {name}", True
    language = _OF_DIALECT.get(negotiation.dialect, "asa")
    return language, "no vendor ID tells what it is, so it is sketched as if it were like this side", False


def _offers(facts: Iterable[object], phase: Phase, whose: Whose) -> list[Suite]:
    offers = whole(one for one in facts if isinstance(one, Offer))
    return [one.suite for one in offers if (one.phase, one.whose) == (phase, whose) and one.suite != NOTHING]


def _offered(facts: Iterable[object], phase: Phase) -> tuple[Suite, ...]:
    return tuple(dict.fromkeys(_offers(facts, phase, Whose.PEER)))


def _wish(facts: Sequence[object], phase: Phase) -> Wish:
    """What was agreed on, else what this side offers, else what it refuses the peer's offer for."""
    agreed = [one.suite for one in facts if isinstance(one, Agreed) and one.phase is phase and one.suite != NOTHING]
    own, theirs = _offers(facts, phase, Whose.OWN), _offers(facts, phase, Whose.PEER)
    configured = _configured(facts, phase)
    if agreed:
        suite = _filled(agreed[-1], [*own, *theirs])
        return Wish(suite, "both sides agreed on this", True)
    if own:
        return Wish(_filled(own[0], [configured]), "this side offers this")
    if any(isinstance(one, Agreed | Up) and one.phase is phase for one in facts):
        # What was refused on the way to an agreement tells nothing of what was agreed on.
        return Wish(theirs[0], "the peer offered this, and this side accepted an offer") if theirs else NO_WISH
    if configured != NOTHING:
        base = theirs[0] if theirs else NOTHING
        return Wish(_filled(configured, [base]), "the peer's own offer, with what this side says to have instead")
    return NO_WISH


def _filled(suite: Suite, others: Iterable[Suite]) -> Suite:
    """A suite with what it does not say taken from others that do not contradict it."""
    for other in others:
        if suite.encryption and other.encryption and not _alike(suite.encryption, other.encryption):
            continue
        longer = suite.encryption and other.encryption.startswith(f"{suite.encryption}-")
        suite = Suite(
            encryption=other.encryption if longer else suite.encryption or other.encryption,
            integrity=suite.integrity or other.integrity,
            group=suite.group or other.group,
            authentication=suite.authentication or other.authentication,
            seconds=suite.seconds if suite.seconds is not None else other.seconds,
            kilobytes=suite.kilobytes if suite.kilobytes is not None else other.kilobytes,
            mode=suite.mode or other.mode,
            protocol=suite.protocol or other.protocol,
        )
    return suite


def _alike(one: str, other: str) -> bool:
    return one == other or one.startswith(f"{other}-") or other.startswith(f"{one}-")


_FIELDS: dict[str, Callable[[Suite, str], Suite]] = {
    "encryption": lambda suite, value: replace(suite, encryption=value),
    "hash": lambda suite, value: replace(suite, integrity=value),
    "group": lambda suite, value: replace(suite, group=value),
    "pfs": lambda suite, value: replace(suite, group=value),
    "authentication": lambda suite, value: replace(suite, authentication=value),
    "lifetime": lambda suite, value: replace(suite, seconds=int(value[:12])) if value.isdecimal() else suite,
    "mode": lambda suite, value: replace(suite, mode=value),
}


def _configured(facts: Iterable[object], phase: Phase) -> Suite:
    """What this side says to have, where it refuses an offer for another value."""
    suite = Suite()
    for fact in facts:
        if isinstance(fact, Refused) and fact.phase is phase and fact.configured and fact.by is Whose.OWN:
            filled = _FIELDS.get(fact.attribute)
            suite = filled(suite, fact.configured) if filled is not None else suite
    return suite


def _pfs(facts: Sequence[object], symptoms: set[Symptom]) -> str | None:
    refused = (one.configured for one in facts if isinstance(one, Refused) and one.attribute == "pfs")
    group = _wish(facts, Phase.TWO).suite.group or next((one for one in refused if one), "")
    if group:
        return "" if group in ("none", "0") else group
    if Symptom.PFS_MISSING in symptoms:
        return ""
    with_key = any(
        isinstance(one, Message) and "KE" in one.payloads and one.exchange is Exchange.QUICK for one in facts
    )
    return "" if with_key else None


def _networks(
    facts: Iterable[object],
) -> tuple[tuple[tuple[Proxy | None, Proxy | None], ...], tuple[tuple[Proxy | None, Proxy | None], ...]]:
    """Pairs that this side has or took, and pairs that only the peer proposed."""
    told = [fact for fact in facts if isinstance(fact, Proxies)]
    own = _pairs(one for one in told if one.by is Whose.OWN)
    theirs = tuple(pair for pair in _pairs(one for one in told if one.by is Whose.PEER) if pair not in own)
    took = any(isinstance(fact, Agreed) and fact.phase is Phase.TWO for fact in facts)
    return (own or theirs, ()) if took and not own else (own, theirs)


def _pairs(told: Iterable[Proxies]) -> tuple[tuple[Proxy | None, Proxy | None], ...]:
    """Pairs as the peer has them; halves that come one after the other are put together."""
    found: list[tuple[Proxy | None, Proxy | None]] = []
    for one in told:
        pair = one.peer, one.own
        last = found[-1] if found else (None, None)
        apart = not (_both(last[0], pair[0]) or _both(last[1], pair[1]))
        if found and apart and None in last and None in pair:
            found[-1] = last[0] or pair[0], last[1] or pair[1]
        else:
            found.append(pair)
    whole_ones = [pair for pair in found if None not in pair]
    return tuple(dict.fromkeys(whole_ones or [pair for pair in found if pair != (None, None)]))[:MOST_NETWORKS]


def _both(one: Proxy | None, other: Proxy | None) -> bool:
    return one is not None and other is not None


def _identity(facts: Iterable[object], whose: Whose) -> Identity | None:
    found = [fact for fact in facts if isinstance(fact, Identity) and fact.whose is whose and fact.value]
    return found[-1] if found else None
