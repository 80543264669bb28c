"""What is told to the user: findings with their evidence, advice, and what else it could be."""

from enum import Enum

from mainmode.base.dataclass import dataclass
from mainmode.base.provenance import Source
from mainmode.catalogue.facts import Whose
from mainmode.explain.record import Record


class Sure(Enum):
    """How sure a finding is."""

    CERTAIN = "certain: a device states it"
    LIKELY = "likely: what is seen fits this and hardly anything else"
    POSSIBLE = "possible: what is seen fits this and other causes as well"


class Safety(Enum):
    """What typing a command does to tunnels that work."""

    LOOK = "changes nothing"
    SAFE = "touches this tunnel only"
    DISRUPTIVE = "interrupts this tunnel"
    WIDE = "touches other tunnels as well: use a maintenance window"


@dataclass(frozen=True, slots=True)
class Check:
    """Something to look at. `where` is OWN (the device that wrote the log), PEER, or None for the path between."""

    where: Whose | None
    text: str


@dataclass(frozen=True, slots=True)
class Commands:
    """Commands to type on one side. `vendor` is the dialect's name; `about` says what they do, one sentence."""

    where: Whose
    vendor: str
    about: str
    lines: tuple[str, ...]
    safety: Safety


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another cause that fits, and what would tell it apart."""

    code: str
    tell_apart: str


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a configuration that was given. `log` is whose configuration: 0 for --config, 1 for --peer-config."""

    log: int
    note: str
    source: Source


@dataclass(frozen=True, slots=True)
class Finding:
    """One diagnosis on one peer.

    `code` is stable. `sees` tells what the log shows in one sentence with its values, `why` why it happens. `whose`
    is the side at fault where known. `negotiations` are the numbers of those it was found in.
    """

    code: str
    title: str
    sure: Sure
    sees: str
    why: str
    peer: str
    negotiations: tuple[int, ...]
    evidence: tuple[Record, ...]
    whose: Whose | None = None
    checks: tuple[Check, ...] = ()
    commands: tuple[Commands, ...] = ()
    alternatives: tuple[Alternative, ...] = ()
    places: tuple[Place, ...] = ()
    warning: bool = False
    """A remark about a tunnel that is up (weak algorithm, lifetimes differ), not the cause of a failure."""
    log: int = 0
    """The log whose writer is OWN in this finding, and the other side PEER."""
    unknowable: str = ""
    """What cannot be known from what is shown, and where it stands; empty where nothing is left open. `why` ends with
    it."""
