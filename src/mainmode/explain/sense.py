"""What a reading means for the sorting of its record, told once for all records that say the same."""

from mainmode.base.dataclass import dataclass
from mainmode.catalogue.facts import (
    Agreed,
    Began,
    Configured,
    Deleted,
    Down,
    Exchange,
    GaveUp,
    Message,
    Notify,
    Offer,
    Phase,
    Proxies,
    Refused,
    Symptom,
    Timer,
    Told,
    Up,
    Wanted,
    Way,
)
from mainmode.explain.dialect import Reading
from mainmode.explain.phases import opens, phase_of

_NO_BEGINNING = (Deleted, Down, Timer, Notify, Told)
"""Facts that speak of an SA without showing how it came to be."""
_FRESH = (Began, Offer, Agreed, Proxies, Refused, GaveUp, Up)
"""Facts that no echo of a negotiation that ended tells."""
_ECHOES = (Symptom.NO_SA, Symptom.BAD_COOKIE, Symptom.DUPLICATE, Symptom.UNEXPECTED, Symptom.UNKNOWN_SPI)


@dataclass(frozen=True, slots=True)
class Sense:
    """`silent`: it tells nothing. `phase`: the phase that it speaks of.

    `begins`: it may be the first that is seen of an exchange. `announces`: it goes with what follows. `begins_one`: it
    says that a phase 1 begins. `opening`: the message that opens one. `fresh`: it is no echo of what ended.
    `sends`: a message leaves. `again`: it tells of nothing but repetitions. `loaded`: of a configuration only.
    """

    silent: bool = True
    phase: Phase | None = None
    begins: bool = False
    announces: bool = False
    begins_one: bool = False
    opening: Message | None = None
    fresh: bool = False
    sends: bool = False
    again: bool = False
    loaded: bool = False


_SILENT = Sense()


def sense_of(said: Reading) -> Sense:
    """The sense of a reading."""
    facts = said.facts
    if not facts:
        return _SILENT if not said.step else Sense(phase=_of_step(said.step))
    messages = [fact for fact in facts if isinstance(fact, Message)]
    opening = next((fact for fact in messages if opens(fact) or (fact.name in ("MM1", "AM1") and not fact.again)), None)
    return Sense(
        silent=False,
        phase=next((phase for phase in map(phase_of, facts) if phase is not None), None) or _of_step(said.step),
        begins=any(not isinstance(fact, _NO_BEGINNING) for fact in facts),
        announces=any(isinstance(fact, Wanted | Began) for fact in facts) or any(map(opens, messages)),
        begins_one=any(isinstance(fact, Began) and fact.phase is Phase.ONE for fact in facts),
        opening=opening,
        fresh=any(
            isinstance(fact, _FRESH)
            or (isinstance(fact, Message) and not _is_informational(fact))
            or (isinstance(fact, Told) and fact.symptom not in _ECHOES)
            for fact in facts
        ),
        sends=any(fact.way is Way.SENT for fact in messages),
        again=len(messages) == len(facts) and all(fact.again for fact in messages),
        loaded=all(isinstance(fact, Configured) for fact in facts),
    )


def _of_step(step: str) -> Phase | None:
    return Phase.TWO if step.startswith("QM") else Phase.ONE if step[:2] in ("MM", "AM") else None


def _is_informational(fact: Message) -> bool:
    return fact.exchange is Exchange.INFORMATIONAL or fact.name == "INFO" or not {"SA", "KE", "ID"} & set(fact.payloads)
