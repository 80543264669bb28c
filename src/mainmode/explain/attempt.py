"""One exchange in the making: its messages named by payloads, way and order, its end told from what was said."""

from dataclasses import replace
from enum import Enum

from mainmode.catalogue.facts import (
    Deleted,
    Down,
    Exchange,
    Fact,
    GaveUp,
    Message,
    Notify,
    Phase,
    Refused,
    Role,
    Spi,
    Symptom,
    Told,
    Up,
    Way,
    Why,
)
from mainmode.explain.negotiation import Outcome

ERRORS = frozenset(
    {
        *("INVALID-PAYLOAD-TYPE", "DOI-NOT-SUPPORTED", "SITUATION-NOT-SUPPORTED", "INVALID-COOKIE"),
        *("INVALID-MAJOR-VERSION", "INVALID-MINOR-VERSION", "INVALID-EXCHANGE-TYPE", "INVALID-FLAGS"),
        *("INVALID-MESSAGE-ID", "INVALID-PROTOCOL-ID", "INVALID-SPI", "INVALID-TRANSFORM-ID"),
        *("ATTRIBUTES-NOT-SUPPORTED", "NO-PROPOSAL-CHOSEN", "BAD-PROPOSAL-SYNTAX", "PAYLOAD-MALFORMED"),
        *("INVALID-KEY-INFORMATION", "INVALID-ID-INFORMATION", "INVALID-CERT-ENCODING", "INVALID-CERTIFICATE"),
        *("CERT-TYPE-UNSUPPORTED", "INVALID-CERT-AUTHORITY", "INVALID-HASH-INFORMATION", "AUTHENTICATION-FAILED"),
        *("INVALID-SIGNATURE", "CERTIFICATE-UNAVAILABLE", "UNSUPPORTED-EXCHANGE-TYPE", "UNEQUAL-PAYLOAD-LENGTHS"),
    }
)
"""Notifies that refuse (RFC 2408 §3.14.1, the types below 16384)."""

FATAL = frozenset(
    {
        *(Symptom.NO_POLICY, Symptom.KEY_WRONG, Symptom.KEY_MISSING, Symptom.NO_TUNNEL_GROUP),
        *(Symptom.IDENTITY_MISMATCH, Symptom.AGGRESSIVE_REFUSED, Symptom.MAIN_REFUSED, Symptom.IKE_VERSION),
        *(Symptom.IKE_NOT_ENABLED, Symptom.CERTIFICATE, Symptom.SIGNATURE, Symptom.NO_MATCHING_ENTRY),
        *(Symptom.PROPOSAL_REFUSED, Symptom.PFS_MISSING, Symptom.PFS_UNWANTED, Symptom.NO_RESPONSE),
        *(Symptom.UNREACHABLE, Symptom.CONNECTION_TYPE, Symptom.LIMIT, Symptom.CATCH_ALL, Symptom.PROTOCOL),
        *(Symptom.WRONG_PEER_FOR_ENTRY, Symptom.MAP_NOT_BOUND, Symptom.ENTRY_INCOMPLETE),
    }
)
"""Symptoms that end an exchange unless it comes to stand afterwards."""

MAX_AGAIN = 8
"""Repetitions of one message that are kept; all are counted."""


class End(Enum):
    """How an exchange stands while the log is read."""

    NOT_YET = 0
    FAILED = 1
    UP = 2
    CLOSED = 3


class Trying:
    """An attempt in the making. `names` are the messages so far, each once."""

    def __init__(self, phase: Phase, role: Role | None = None, rekey: bool = False) -> None:
        self.phase = phase
        self.role = role
        self.rekey = rekey
        self.message_id: int | None = None
        self.end = End.NOT_YET
        self.names: list[str] = []
        self.repeated = 0
        self.aggressive = False
        self.guessed = False
        self.announced = False
        self.inbound = self.outbound = ""
        self.spis: set[str] = set()
        self._last: Message | None = None
        self._again: dict[str, int] = {}

    @property
    def over(self) -> bool:
        """Whether it neither stands nor goes on."""
        return self.end in (End.FAILED, End.CLOSED)

    @property
    def outcome(self) -> Outcome:
        """The end as it is told."""
        return _OUTCOMES[self.end]

    def differs(self, fact: Up) -> bool:
        """Whether SAs that stand are others than this exchange's, by their SPIs."""
        pairs = ((fact.inbound, self.inbound), (fact.outbound, self.outbound))
        return any(told and known and told != known for told, known in pairs)

    def message(self, fact: Message, step: str) -> Message | None:
        """The message with its name and whether it is a repetition; None for one of many repetitions."""
        name = fact.name or step or self._name(fact)
        counted = name[-1:].isdigit()
        again = fact.again or (counted and name in self.names and (not step or self._same_way(fact)))
        if counted and name not in self.names:
            self.names.append(name)
            if self.role is None:
                self.role = Role.INITIATOR if (fact.way is Way.SENT) == (int(name[-1]) % 2 == 1) else Role.RESPONDER
        if name == "QM3" and "QM2" in self.names and self.end is End.NOT_YET:
            # Who sends the third message has installed both SAs; who gets it may use them (RFC 2409 §5.5).
            self.end = End.UP
        if again:
            self.repeated += 1
            count = self._again[name] = self._again.get(name, 0) + 1
            if count > MAX_AGAIN:
                return None
        if name != fact.name or again != fact.again:
            fact = replace(fact, name=name, again=again)
        self._last = fact
        return fact

    def _same_way(self, fact: Message) -> bool:
        return self._last is None or self._last.way is fact.way

    def _name(self, fact: Message) -> str:
        if fact.exchange in (Exchange.INFORMATIONAL, Exchange.TRANSACTION, Exchange.IKEV2):
            return ""
        payloads = fact.payloads
        if payloads and ("NOTIFY" in payloads or "DELETE" in payloads) and not {"SA", "KE", "ID"} & set(payloads):
            return ""
        if self.phase is Phase.TWO:
            return self._place("QM", fact, 1 if "SA" in payloads else 3 if payloads else 0)
        if fact.exchange is Exchange.AGGRESSIVE or ("SA" in payloads and "KE" in payloads):
            self.aggressive = True
        if self.aggressive:
            return self._place("AM", fact, 1 if "SA" in payloads else 3 if payloads else 0)
        first = 1 if "SA" in payloads else 3 if "KE" in payloads else 5 if payloads else 0
        return self._place("MM", fact, first)

    def _place(self, kind: str, fact: Message, first: int) -> str:
        """The name by the pair of messages that begins with number `first`, 0 where the payloads are not known."""
        if not first:
            return self._next(kind, fact)
        if kind != "MM" and first == 3:
            return f"{kind}3"
        if self.role is None:
            self.guessed = True
            self.role = Role.INITIATOR if (fact.way is Way.SENT) != (f"{kind}{first}" in self.names) else Role.RESPONDER
        odd = (fact.way is Way.SENT) == (self.role is Role.INITIATOR)
        return f"{kind}{first if odd else first + 1}"

    def _next(self, kind: str, fact: Message) -> str:
        count = {"MM": 6}.get(kind, 3)
        if not self.names:
            number = 1 if self.role is None or (fact.way is Way.SENT) == (self.role is Role.INITIATOR) else 2
            return f"{kind}{number}"
        last = self.names[-1]
        if fact.again:
            odd = (fact.way is Way.SENT) == (self.role is Role.INITIATOR)
            return next((one for one in reversed(self.names) if one[-1:] in ("135" if odd else "246")), last)
        if self._last is not None and self._last.way is fact.way:
            return self._last.name or last
        number = int(last[-1]) + 1 if last[-1:].isdigit() else 1
        return f"{kind}{number}" if number <= count else ""

    def turn(self, role: Role) -> bool:
        """Take a role that is told for the one that was guessed; whether it is another, so that names change."""
        self.guessed = False
        if role is self.role or self.aggressive:
            return False
        self.role = role
        self.names = [_OTHER_WAY.get(name, name) for name in self.names]
        return True

    def turned(self, fact: Message) -> Message:
        """A message named anew after `turn`."""
        return replace(fact, name=_OTHER_WAY.get(fact.name, fact.name))

    def feel(self, fact: Fact) -> None:
        """Note what a fact of this exchange means for its end."""
        if isinstance(fact, Up):
            self.end = End.UP
            self.role = fact.role or self.role
            self.inbound, self.outbound = fact.inbound or self.inbound, fact.outbound or self.outbound
            self.spis.update(spi for spi in (fact.inbound, fact.outbound) if spi)
        elif isinstance(fact, Spi):
            self.spis.add(fact.spi)
        elif isinstance(fact, Down):
            self.close(fact.why)
        elif isinstance(fact, Deleted):
            if self.end is End.UP:
                self.end = End.CLOSED
        elif self.end is End.NOT_YET and _fails(fact):
            self.end = End.FAILED

    def close(self, why: Why) -> None:
        """The SA, or its session, ended."""
        if self.end is End.UP:
            self.end = End.CLOSED
        elif self.end is End.NOT_YET and why is not Why.REPLACED:
            self.end = End.FAILED


_OTHER_WAY = {f"MM{number}": f"MM{number + 1 if number % 2 else number - 1}" for number in range(1, 7)}
_OUTCOMES = {
    End.NOT_YET: Outcome.OPEN,
    End.FAILED: Outcome.FAILED,
    End.UP: Outcome.UP,
    End.CLOSED: Outcome.CLOSED,
}


def _fails(fact: Fact) -> bool:
    if isinstance(fact, GaveUp):
        return True
    if isinstance(fact, Refused):
        return fact.everything
    if isinstance(fact, Notify):
        return fact.name in ERRORS
    return isinstance(fact, Told) and fact.symptom in FATAL
