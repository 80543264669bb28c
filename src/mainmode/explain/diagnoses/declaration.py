"""What a diagnosis is: its code, what it looks for, why it happens, what to check and type, what else it could be."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import field
from enum import Enum, IntEnum

from mainmode.base.dataclass import dataclass
from mainmode.catalogue.facts import Whose
from mainmode.explain.diagnoses.case import Case
from mainmode.explain.finding import Check, Safety, Sure
from mainmode.explain.record import Noted


class Scope(Enum):
    """What went wrong: of the causes that fit one of these, the weightiest counts and the others are alternatives."""

    PHASE1 = "phase 1 does not come up"
    PHASE2 = "phase 2 does not come up"
    END = "what was up ended"
    LIFE = "the tunnel is up, and its packets are in trouble"
    REMARK = "a remark on a tunnel that comes up"


class Weight(IntEnum):
    """How much speaks for a cause. What a device states outranks what only fits the shape of the exchange."""

    CONFIGURED = 120
    STATED = 100
    IMPLIED = 85
    SHAPED = 65
    FITS = 45
    MAYBE = 30
    CATCH_ALL = 10

    @property
    def sure(self) -> Sure:
        """What is told to the user."""
        if self >= Weight.IMPLIED:
            return Sure.CERTAIN
        return Sure.LIKELY if self >= Weight.SHAPED else Sure.POSSIBLE


@dataclass(frozen=True, slots=True)
class Match:
    """A diagnosis found in a case. `sees` is a sentence with the values, `noted` where it is seen.

    `instead` are codes of other causes that fit as well, the likeliest first; `unknowable` says what the log cannot
    tell. `values` fill the commands. `better` breaks ties of weight: the higher, the more specific.
    """

    weight: Weight
    sees: str
    noted: tuple[Noted, ...] = ()
    whose: Whose | None = None
    scope: Scope = Scope.PHASE1
    instead: tuple[str, ...] = ()
    unknowable: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    better: int = 0
    warning: bool = False


Finder = Callable[[Case], Iterable[Match]]


class At(Enum):
    """On which side a remedy is typed: where the fault is if that is known (else on both), or on both in any case."""

    FAULT = "where the fault is"
    BOTH = "on both sides"
    OTHER = "on the side that is not at fault"


@dataclass(frozen=True, slots=True)
class Remedy:
    """Commands in the language of one vendor; `{peer}` and the like are filled in, seen from the side that types."""

    vendor: str
    about: str
    lines: tuple[str, ...]
    safety: Safety = Safety.DISRUPTIVE
    at: At = At.FAULT


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One cause, declared once.

    `looks_for` is for the reference page; `signs` tells what would show this cause where another one stands on top.
    """

    code: str
    title: str
    looks_for: str
    why: str
    signs: str
    find: Finder
    checks: tuple[Check, ...] = ()
    remedies: tuple[Remedy, ...] = ()
