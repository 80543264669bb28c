"""One negotiation with what diagnoses ask of it: facts by kind, who waits for what, what was answered."""

from collections.abc import Iterable, Iterator
from dataclasses import field
from functools import cached_property
from typing import Any

from mainmode.base.dataclass import dataclass
from mainmode.catalogue.facts import (
    Agreed,
    Began,
    Exchange,
    Fact,
    Floated,
    GaveUp,
    Message,
    NatFound,
    Notify,
    Phase,
    Refused,
    Role,
    State,
    Symptom,
    Told,
    Up,
    Vendor,
    Way,
    Whose,
)
from mainmode.device.config.model import Configuration
from mainmode.explain.negotiation import Attempt, Negotiation, Outcome
from mainmode.explain.pairing import Link, Pairing
from mainmode.explain.record import Noted

_DONE = (Outcome.UP, Outcome.CLOSED)
_ANSWERS = {"MM1": "MM2", "MM2": "MM3", "MM3": "MM4", "MM4": "MM5", "MM5": "MM6", "AM1": "AM2", "AM2": "AM3"}
"""Which message a sent one is answered by."""

_UNREAD = (Symptom.KEY_WRONG, Symptom.MALFORMED)

_ERRORS = frozenset(
    {
        "NO-PROPOSAL-CHOSEN",
        "INVALID-ID-INFORMATION",
        "AUTHENTICATION-FAILED",
        "PAYLOAD-MALFORMED",
        "INVALID-COOKIE",
        "INVALID-HASH-INFORMATION",
        "INVALID-KEY-INFORMATION",
        "INVALID-MAJOR-VERSION",
        "INVALID-EXCHANGE-TYPE",
        "INVALID-PAYLOAD-TYPE",
        "INVALID-SPI",
        "SITUATION-NOT-SUPPORTED",
        "DOI-NOT-SUPPORTED",
        "ATTRIBUTES-NOT-SUPPORTED",
        "BAD-PROPOSAL-SYNTAX",
        "INVALID-SIGNATURE",
        "INVALID-CERTIFICATE",
        "UNEQUAL-PAYLOAD-LENGTHS",
    }
)


@dataclass(eq=False)
class Case:
    """A negotiation under examination. `own` and `theirs` are the configurations of its writer and of the peer.

    `others` are the other negotiations of the same log with the same peer. `pairing` is with `partner`, a negotiation
    of the other log that is the same exchange; `both` tells that there is another log at all. `loaded` are the
    connections and keys that the log's writer says it has loaded.
    """

    negotiation: Negotiation
    others: tuple[Negotiation, ...] = ()
    own: Configuration | None = None
    theirs: Configuration | None = None
    theirs_dialect: str = ""
    pairing: Pairing | None = None
    partner: Negotiation | None = None
    both: bool = False
    loaded: tuple[Noted, ...] = ()
    _kinds: dict[type, list[Noted]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._kinds = {}
        for noted in self.negotiation.noted:
            self._kinds.setdefault(type(noted.fact), []).append(noted)

    def all(self, kind: type[Fact]) -> list[Noted]:
        """Its facts of one kind, in order."""
        return self._kinds.get(kind, [])

    def first(self, kind: type[Fact]) -> Any:
        """The first fact of a kind, None without one."""
        found = self._kinds.get(kind)
        return found[0].fact if found else None

    # --- what was said ---------------------------------------------------------------------------------------------

    def told(self, *symptoms: Symptom) -> tuple[Noted, ...]:
        """Where one of these symptoms is stated."""
        return tuple(
            noted for noted in self.all(Told) if isinstance(noted.fact, Told) and noted.fact.symptom in symptoms
        )

    def loaded_for(self, *exchanges: Exchange | None) -> tuple[Noted, ...]:
        """What was loaded for one of these versions or modes."""
        return tuple(one for one in self.loaded if getattr(one.fact, "exchange", None) in exchanges)

    def loaded_with(self, end: str) -> tuple[Noted, ...]:
        """What was loaded that names an address or identity."""
        return tuple(one for one in self.loaded if end and end in getattr(one.fact, "ends", ()))

    def detail(self, *symptoms: Symptom) -> str:
        """What a statement of a symptom adds; empty where none does."""
        for noted in self.told(*symptoms):
            if isinstance(noted.fact, Told) and noted.fact.detail:
                return noted.fact.detail
        return ""

    def notified(self, *names: str, way: Way = Way.RECEIVED, protected: bool | None = None) -> tuple[Noted, ...]:
        """Notifies by name; `protected` True: only those known to be, False: only those not known to be."""
        return tuple(
            noted
            for noted in self.all(Notify)
            if isinstance(noted.fact, Notify)
            and noted.fact.way is way
            and noted.fact.name in names
            and (protected is None or protected is (noted.fact.protected is True))
        )

    def errors(self, way: Way = Way.RECEIVED) -> tuple[Noted, ...]:
        """Notifies that tell of an error."""
        return tuple(
            noted
            for noted in self.all(Notify)
            if isinstance(noted.fact, Notify) and noted.fact.way is way and noted.fact.name in _ERRORS
        )

    def refusals(self, phase: Phase) -> tuple[Noted, ...]:
        """Where this device refused proposals of a phase, those with an attribute first."""
        found = [noted for noted in self.all(Refused) if isinstance(noted.fact, Refused) and noted.fact.phase is phase]
        return tuple(sorted(found, key=lambda noted: isinstance(noted.fact, Refused) and not noted.fact.attribute))

    def agreed(self, phase: Phase) -> bool:
        """Whether a proposal of a phase was found acceptable."""
        return any(isinstance(noted.fact, Agreed) and noted.fact.phase is phase for noted in self.all(Agreed))

    # --- how far it came ---------------------------------------------------------------------------------------------

    @cached_property
    def initiator(self) -> bool | None:
        """Whether the writer of the log began; None where nothing tells."""
        if self.negotiation.role is not None:
            return self.negotiation.role is Role.INITIATOR
        if self.messages(Way.SENT, "MM1", "MM3", "MM5", "AM1"):
            return True
        return False if self.messages(Way.RECEIVED, "MM1", "MM3", "MM5", "AM1") else None

    @property
    def afterglow(self) -> bool:
        """Whether it is only what is said after another negotiation with the peer was torn down."""
        negotiation = self.negotiation
        tried = negotiation.phase1 is not None or bool(negotiation.phase2) or bool(self.all(Began))
        before = any(other.first < negotiation.first for other in self.others)
        return before and not tried and not self.heard

    @property
    def phase1_up(self) -> bool:
        """Whether phase 1 came up, or must have since phase 2 went on."""
        phase1 = self.negotiation.phase1
        return (
            self.negotiation.reached != "none"
            or (phase1 is not None and phase1.outcome in _DONE)
            or any(attempt.outcome in _DONE for attempt in self.negotiation.phase2)
            or self.negotiation.outcome is Outcome.CLOSED
            or bool(self.all(Up))
            or any(isinstance(noted.fact, Notify) and noted.fact.phase is Phase.TWO for noted in self.all(Notify))
            or (phase1 is None and bool(self.negotiation.phase2))
        )

    @property
    def phase2_up(self) -> bool:
        """Whether a pair of IPsec SAs came up, or had before the log begins."""
        negotiation = self.negotiation
        before = negotiation.outcome is Outcome.CLOSED and negotiation.phase1 is None and not negotiation.phase2
        return (
            before
            or negotiation.reached == "phase 2"
            or any(isinstance(noted.fact, Up) and noted.fact.phase is Phase.TWO for noted in self.all(Up))
        )

    @cached_property
    def lame(self) -> tuple[Attempt, ...]:
        """Quick modes that did not come up."""
        return tuple(attempt for attempt in self.negotiation.phase2 if attempt.outcome not in _DONE)

    @property
    def phase2_lame(self) -> bool:
        """Whether phase 2 was tried, or only rejected, and at least one try did not come up."""
        return bool(self.lame) or (not self.negotiation.phase2 and not self.phase2_up)

    def in_lame(self, found: Iterable[Noted]) -> tuple[Noted, ...]:
        """Those that do not belong to a quick mode that came up."""
        done = {
            (id(noted.record), noted.fact)
            for attempt in self.negotiation.phase2
            if attempt.outcome in _DONE
            for noted in attempt.noted
        }
        return tuple(noted for noted in found if (id(noted.record), noted.fact) not in done)

    # --- the exchange ------------------------------------------------------------------------------------------------

    def messages(self, way: Way, *names: str) -> tuple[Noted, ...]:
        """Messages sent or received, by name or all, repetitions included."""
        return tuple(
            noted
            for noted in self.all(Message)
            if isinstance(noted.fact, Message) and noted.fact.way is way and (not names or noted.fact.name in names)
        )

    def repeats(self, way: Way, *names: str) -> tuple[Noted, ...]:
        """Repetitions among them."""
        return tuple(
            noted for noted in self.messages(way, *names) if isinstance(noted.fact, Message) and noted.fact.again
        )

    @cached_property
    def waiting(self) -> str:
        """Which message of phase 1 never came: MM2 … MM6, AM2; empty where nothing tells."""
        for noted in reversed(self.all(GaveUp)):
            fact = noted.fact
            if isinstance(fact, GaveUp) and fact.phase is not Phase.TWO and fact.waiting_for[:2] in ("MM", "AM"):
                return fact.waiting_for
        came = {noted.fact.name for noted in self.messages(Way.RECEIVED) if isinstance(noted.fact, Message)}
        for name in reversed([one.fact.name for one in self.messages(Way.SENT) if isinstance(one.fact, Message)]):
            if name in _ANSWERS:
                return _ANSWERS[name] if _ANSWERS[name] not in came else ""
        for noted in reversed(self.all(State)):
            if isinstance(noted.fact, State) and noted.fact.waiting_for[:2] in ("MM", "AM"):
                return noted.fact.waiting_for
        return ""

    @property
    def gave_up(self) -> tuple[Noted, ...]:
        """Where a wait of phase 1 was given up."""
        return tuple(
            noted for noted in self.all(GaveUp) if isinstance(noted.fact, GaveUp) and noted.fact.phase is not Phase.TWO
        )

    @property
    def silence(self) -> tuple[Noted, ...]:
        """What shows that this device waited in vain: its repetitions, and that it gave up, or a device says so."""
        repeated = self.repeats(Way.SENT)
        said = self.told(Symptom.NO_RESPONSE)
        return (*repeated[:3], *self.gave_up[:1], *said[:1], *self.hanging[:1])

    @property
    def hanging(self) -> tuple[Noted, ...]:
        """Where a list of the SAs shows this one in a state in which it waits: it was still there to be listed."""
        return tuple(
            noted
            for noted in self.all(State)
            if noted.record.reading.entry == "SHOW_IKE_SA" and isinstance(noted.fact, State) and noted.fact.waiting_for
        )

    @property
    def heard(self) -> bool:
        """Whether a message of the exchange came from the peer (a notify is none)."""
        return any(
            isinstance(noted.fact, Message) and not _is_informational(noted.fact)
            for noted in self.messages(Way.RECEIVED)
        )

    @property
    def nat(self) -> bool:
        """Whether a NAT was found on the path; of what a router tells of several hashes the last counts."""
        return _finds_nat(self.negotiation) or (self.partner is not None and _finds_nat(self.partner))

    @property
    def floated(self) -> bool:
        """Whether it went on to UDP 4500."""
        return bool(self.all(Floated))

    def lost(self, whose: Whose) -> tuple[Link, ...]:
        """Messages of one side that the other log lacks; none without two logs of one exchange."""
        if self.pairing is None:
            return ()
        mine = self.negotiation.log
        sender = mine if whose is Whose.OWN else 1 - mine
        return tuple(link for link in self.pairing.links if link.sender == sender and link.sent and not link.received)

    def arrived(self, whose: Whose) -> tuple[Link, ...]:
        """Messages of one side that both logs have."""
        if self.pairing is None:
            return ()
        mine = self.negotiation.log
        sender = mine if whose is Whose.OWN else 1 - mine
        return tuple(link for link in self.pairing.links if link.sender == sender and link.sent and link.received)

    @property
    def unread(self) -> bool:
        """Whether a device of the exchange could not read a message: what it got may be in its log as nothing."""
        both = (self.negotiation, *((self.partner,) if self.partner is not None else ()))
        return any(fact.symptom in _UNREAD for one in both for fact, _ in one.all(Told))

    # --- whom it is with -------------------------------------------------------------------------------------------

    @property
    def peer(self) -> str:
        """The peer as it is called: its address, else `the peer`."""
        told = self.negotiation.peer or (self.partner.local if self.partner is not None else "")
        return told or "the peer"

    @cached_property
    def vendor(self) -> str:
        """The language of the log's writer: a dialect's name; for a capture, what its vendor IDs tell."""
        own = self.negotiation.dialect
        return own if own in LANGUAGES else _vendor_of(self._names(Whose.OWN)) or "asa"

    @cached_property
    def their_vendor(self) -> str:
        """The peer's language: of its log, else what its vendor IDs tell; empty where nothing does."""
        if self.theirs_dialect in LANGUAGES:
            return self.theirs_dialect
        return _vendor_of(self._names(Whose.PEER))

    def _names(self, whose: Whose) -> Iterator[str]:
        for noted in self.all(Vendor):
            if isinstance(noted.fact, Vendor) and noted.fact.whose is whose:
                yield noted.fact.name.lower()


LANGUAGES = ("asa", "ios", "charon", "pluto")
"""Dialects in which commands can be given."""

_MARKS = (
    ("asa", ("asa", "altiga", "vpn3000", "vpn 3000", "concentrator")),
    ("charon", ("strongswan",)),
    ("pluto", ("libreswan", "openswan", "pluto", "freeswan")),
    ("ios", ("ios",)),
)


def _vendor_of(names: Iterable[str]) -> str:
    """The vendor that vendor IDs speak for. A firewall calls itself a router as well, so its own mark counts first."""
    known = list(names)
    for vendor, marks in _MARKS:
        if any(mark in name.replace("keepalive", "") for name in known for mark in marks):
            return vendor
    return ""


def _finds_nat(negotiation: Negotiation) -> bool:
    told = [fact for fact, _ in negotiation.all(NatFound)]
    if negotiation.dialect == "ios":
        told = told[-1:]
    return any(fact.own or fact.peer for fact in told)


def _is_informational(message: Message) -> bool:
    if message.exchange is Exchange.INFORMATIONAL:
        return True
    payloads = set(message.payloads) - {"HASH"}
    return message.name in ("INFO", "") and bool(payloads) and payloads <= {"NOTIFY", "DELETE"}
