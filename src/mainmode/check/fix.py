"""Edits of a configuration, and fixes made of them: the commands, how invasive they are, and the proof. Values only."""

from dataclasses import field

from mainmode.base.dataclass import dataclass
from mainmode.check.matrix import Matrix
from mainmode.explain.finding import Safety
from mainmode.ladder.transcript import Side


@dataclass(frozen=True, slots=True)
class Edit:
    """Commands for one side, from the repair with this code.

    `lines` are as they are shown, keys masked; what the other side's file alone tells, or no file does (a gateway),
    stands in angle brackets. `typed` are as the model takes them, and never shown. `about` says what they do.
    `weakens`: they lower what protects the traffic, an algorithm or a group.
    """

    repair: str
    side: Side
    about: str
    lines: tuple[str, ...]
    typed: tuple[str, ...] = field(repr=False)
    safety: Safety
    note: str = ""
    """What has to be known besides: where the key stands, which gateway the model took."""
    weakens: bool = False


@dataclass(frozen=True, slots=True)
class Proof:
    """The matrix of the edited configurations, and what it shows in one sentence."""

    matrix: Matrix
    sentence: str
    whole: bool
    """Whether all is up with it; else what it was meant for is, and nothing that was up is down."""


@dataclass(frozen=True, slots=True)
class Fix:
    """Edits that were tried together on the model and hold. The smallest comes first among alternatives."""

    edits: tuple[Edit, ...]
    proof: Proof

    @property
    def sides(self) -> frozenset[Side]:
        """Where something is to be typed."""
        return frozenset(edit.side for edit in self.edits)

    @property
    def commands(self) -> int:
        """How many lines are to be typed."""
        return sum(len(edit.lines) for edit in self.edits)
