"""Parts as steps: each is compiled once into a function that reads it and goes on to what follows.

A step takes the reading, the token it stands at and the values so far; it gives the values and the token after all that
it read, or None where the line does not fit. Where a part may be left out, the step tries it on a copy of the values.
"""

from collections.abc import Callable, Sequence
from dataclasses import field
from typing import Any

from mainmode.base.dataclass import dataclass
from mainmode.device.config.model import Release
from mainmode.device.config.parts import (
    END,
    AnyOrder,
    MismatchError,
    Miss,
    NoEnd,
    Optional,
    Part,
    Slot,
    Tokens,
    Word,
    starts,
)

Found = tuple[dict[str, Any], int] | None


@dataclass(slots=True)
class Reading:
    """One try of one syntax on one line. `told` are releases that its spelling tells of, `secrets` token numbers.

    Without a `miss` nobody asks how far the line fitted. Not `whole`: more may follow.
    """

    tokens: Tokens
    miss: Miss | None
    negated: bool = False
    whole: bool = True
    told: list[Release] = field(default_factory=list)
    secrets: list[int] = field(default_factory=list)


Step = Callable[[Reading, int, dict[str, Any]], Found]


def compiled(parts: Sequence[Part], after: Step | None = None) -> Step:
    """The parts as one step, and `after` what comes after them."""
    step = after if after is not None else _end
    for part in reversed(parts):
        if isinstance(part, Word):
            step = _word(part, step)
        elif isinstance(part, Slot):
            step = _slot(part, step) if part.most == 1 and not part.tells else _slots(part, step)
        elif isinstance(part, Optional):
            step = _optional(part, compiled(part.parts, step), step)
        elif isinstance(part, AnyOrder):
            step = _any_order(part.parts, step)
        else:
            step = _no_end(part, step)
    return step


def _end(reading: Reading, at: int, values: dict[str, Any]) -> Found:
    if reading.whole and at < len(reading.tokens.words):
        if reading.miss is not None:
            reading.miss.note(at, END)
        return None
    return values, at


def _word(part: Word, after: Step) -> Step:
    old, new = part.old, part.new
    expected = old or new or ""
    told = None if old == new else {old: Release.OLD, new: Release.NEW}

    def step(reading: Reading, at: int, values: dict[str, Any]) -> Found:
        lowered = reading.tokens.lowered
        word = lowered[at] if at < len(lowered) else None
        if word is not None and word in (old, new):
            if told is not None:
                reading.told.append(told[word])
            return after(reading, at + 1, values)
        if reading.miss is not None:
            reading.miss.note(at, expected)
        if old is None:
            reading.told.append(Release.OLD)
            return after(reading, at, values)
        return None

    return step


def _slot(part: Slot, after: Step) -> Step:
    name, kind, secret = part.name, part.kind, part.kind.secret

    def step(reading: Reading, at: int, values: dict[str, Any]) -> Found:
        try:
            if at >= len(reading.tokens.words):
                raise MismatchError(at, kind.expected)
            values[name], end = kind.read(reading.tokens, at)
        except MismatchError as mismatch:
            if reading.miss is not None:
                reading.miss.note(mismatch.at, mismatch.expected, mismatch.wording)
            return None
        if secret:
            reading.secrets.extend(range(at, end))
        return after(reading, end, values)

    return step


def _slots(part: Slot, after: Step) -> Step:
    """Of one or several values, or of words that tell the release."""
    name, kind, most, tells = part.name, part.kind, part.most, part.tells

    def step(reading: Reading, at: int, values: dict[str, Any]) -> Found:
        start = at
        many: list[Any] = []
        while len(many) < most:
            try:
                if at >= len(reading.tokens.words):
                    raise MismatchError(at, kind.expected)
                value, at = kind.read(reading.tokens, at)
            except MismatchError as mismatch:
                if reading.miss is not None:
                    reading.miss.note(mismatch.at, mismatch.expected, mismatch.wording)
                if not many:
                    return None
                break
            many.append(value)
        values[name] = tuple(many) if most > 1 else many[0]
        reading.told.extend(tells[word] for word in reading.tokens.lowered[start:at] if word in tells)
        return after(reading, at, values)

    return step


def _optional(part: Optional, inside: Step, after: Step) -> Step:
    head, flag = part.parts[0], part.flag
    words = starts(head)
    expected = head.kind.expected if isinstance(head, Slot) else str(getattr(head, "old", ""))

    def step(reading: Reading, at: int, values: dict[str, Any]) -> Found:
        lowered = reading.tokens.lowered
        if words is None or (at < len(lowered) and lowered[at] in words):
            taken = dict(values)
            if flag is not None:
                taken[flag] = True
            told, secrets = len(reading.told), len(reading.secrets)
            found = inside(reading, at, taken)
            if found is not None:
                return found
            del reading.told[told:], reading.secrets[secrets:]
        elif reading.miss is not None:
            reading.miss.note(at, expected)
        return after(reading, at, values)

    return step


def _any_order(options: tuple[Optional, ...], after: Step) -> Step:
    """Tries each of the options, and behind the one that fits the others; made as they are needed, each once."""
    made: dict[tuple[int, ...], Step] = {(): after}

    def left(places: tuple[int, ...]) -> Step:
        if places not in made:
            tries = [(options[place], tuple(one for one in places if one != place)) for place in places]
            made[places] = _first(tries)
        return made[places]

    def _first(tries: list[tuple[Optional, tuple[int, ...]]]) -> Step:
        steps: list[Step] = []

        def step(reading: Reading, at: int, values: dict[str, Any]) -> Found:
            if not steps:
                steps.extend(
                    _optional(option, compiled(option.parts, left(others)), _nothing) for option, others in tries
                )
            for one in steps:
                found = one(reading, at, values)
                if found is not None:
                    return found
            return after(reading, at, values)

        return step

    return left(tuple(range(len(options))))


def _nothing(reading: Reading, at: int, values: dict[str, Any]) -> Found:
    return None


def _no_end(part: NoEnd, after: Step) -> Step:
    def step(reading: Reading, at: int, values: dict[str, Any]) -> Found:
        if reading.negated and at == len(reading.tokens.words):
            return values, at
        return after(reading, at, values)

    return step
