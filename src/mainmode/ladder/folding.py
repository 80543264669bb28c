"""Lines that a repetition or an informational message repeats word for word, told in one line instead.

The text, the page and the ticket fold; the JSON document has every line.
"""

from collections.abc import Iterator
from itertools import groupby

from mainmode.base.dataclass import dataclass
from mainmode.base.instant import Instant
from mainmode.base.provenance import Source
from mainmode.ladder.spelling import clean
from mainmode.ladder.steps import LadderStep, Said
from mainmode.ladder.transcript import LineSaid, Side

FEWEST = 2
"""A single line is not folded."""


@dataclass(frozen=True, slots=True)
class Fold:
    """Lines of one side that stand in an earlier step already; `at` is when the first of them was said."""

    side: Side
    at: Instant
    text: str
    sources: tuple[Source, ...]


class Folding:
    """Takes the steps of a ladder in their order, and knows what the last one of each name said."""

    def __init__(self) -> None:
        self._told: dict[str, dict[tuple[Side, tuple[str, ...]], str]] = {}

    def shown(self, step: LadderStep) -> tuple[tuple[Said | Fold, ...], tuple[Said | Fold, ...]]:
        """What is said before and after the step's message, each run of lines of one side folded where it is known."""
        message = step.message
        folds = message is not None and (message.retransmission or step.name == "INFO")
        known = self._told.get(step.name, {}) if folds else {}
        told: dict[tuple[Side, tuple[str, ...]], str] = {}
        shown = tuple(tuple(_folded(part, step.title, known, told)) for part in (step.before, step.after))
        self._told[step.name] = told
        return shown[0], shown[1]


def _folded(
    part: tuple[Said, ...],
    title: str,
    known: dict[tuple[Side, tuple[str, ...]], str],
    told: dict[tuple[Side, tuple[str, ...]], str],
) -> Iterator[Said | Fold]:
    for (side, is_line), run in groupby(part, key=lambda one: (one.side, isinstance(one, LineSaid))):
        held = tuple(run)
        if side is None or not is_line:
            yield from held
            continue
        texts = side, tuple(one.text for one in held)
        earlier = known.get(texts) if len(held) >= FEWEST else None
        told[texts] = earlier or title
        if earlier is None:
            yield from held
        else:
            sources = dict.fromkeys(source for one in held for source in one.sources)
            text = f"the same {len(held)} lines as in {clean(earlier)} above"
            yield Fold(side, held[0].at, text, tuple(sources))
