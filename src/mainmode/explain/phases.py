"""Which phase a fact speaks of."""

from mainmode.catalogue.facts import (
    Exchange,
    Fact,
    Floated,
    Identity,
    Message,
    NatFound,
    Phase,
    Proxies,
    Spi,
    State,
    Vendor,
)

_FIXED: dict[type, Phase] = {
    Vendor: Phase.ONE,
    NatFound: Phase.ONE,
    Floated: Phase.ONE,
    Identity: Phase.ONE,
    Proxies: Phase.TWO,
    Spi: Phase.TWO,
}
_EXCHANGES = {Exchange.MAIN: Phase.ONE, Exchange.AGGRESSIVE: Phase.ONE, Exchange.QUICK: Phase.TWO}
_STATES = (("QM_IDLE", None), ("QM", Phase.TWO), ("QUICK", Phase.TWO), ("MM", Phase.ONE), ("MAIN", Phase.ONE))
_AGGRESSIVE = ("AM_", "AGGR")


def phase_of(fact: Fact) -> Phase | None:
    """The phase that a fact itself tells; None where it does not."""
    fixed = _FIXED.get(type(fact))
    if fixed is not None:
        return fixed
    if isinstance(fact, Message):
        return message_phase(fact)
    if isinstance(fact, State):
        name = fact.name.upper()
        for word, meant in _STATES:
            if word in name:
                return meant
        return Phase.ONE if any(word in name for word in _AGGRESSIVE) else None
    phase: Phase | None = getattr(fact, "phase", None)
    return phase


def message_phase(fact: Message) -> Phase | None:
    """By its exchange, name or payloads."""
    if fact.exchange is not None:
        return _EXCHANGES.get(fact.exchange)
    if fact.name:
        return Phase.TWO if fact.name.startswith("QM") else Phase.ONE
    payloads = fact.payloads
    if "HASH" in payloads and ("SA" in payloads or payloads == ("HASH",)):
        return Phase.TWO
    if "SA" in payloads or "KE" in payloads or "ID" in payloads:
        return Phase.ONE
    return None


def opens(fact: Message) -> bool:
    """Whether it is the first or second message of a phase 1, by what it shows."""
    return "SA" in fact.payloads and message_phase(fact) is Phase.ONE
