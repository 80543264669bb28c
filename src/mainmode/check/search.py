"""The smallest repairs, found by trying: sets of edits in the order of what they cost, each run on the model.

A set is looked at by one cell that is down first. If that cell fails as before, the set is given up; else the other
cells of the goal are run, and what is still down says which repairs come next. Where the goal holds, the whole matrix
is run: only what it proves is a fix.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from heapq import heappop, heappush
from itertools import count, islice, product

from mainmode.base.dataclass import dataclass
from mainmode.check.fix import Edit, Fix
from mainmode.check.goal import Goal, Wanted, all_up, goal_of, reached, rest_of
from mainmode.check.matrix import Came, Cell, Matrix
from mainmode.check.proof import proof_of
from mainmode.check.repairs import repairs_for
from mainmode.check.subject import Subject
from mainmode.check.trials import Edits, Trials, in_order
from mainmode.check.trouble import Trouble
from mainmode.explain.finding import Safety
from mainmode.ladder.transcript import Side

_MOST_SPENT = 100
"""Sets of edits typed and cells run in one search for each side; most pairs have one fault, and need a handful."""

_MOST_ROUNDS = 4
"""How often all cells of a goal are run besides."""

_MOST_EDITS = 6
_MOST_PAIRS = 24
_MOST_CHOSEN = 256
_MOST_UNIONS = 12
_WEIGHTS = {Safety.LOOK: 0, Safety.SAFE: 0, Safety.DISRUPTIVE: 1, Safety.WIDE: 8}
"""How many commands more the harm of an edit is worth."""

_EITHER = frozenset(Side)
_STAGES = ("packet path", "phase 1", "phase 2", "data", "")
"""How far a cell came, the least first."""


def cost(edits: Sequence[Edit]) -> int:
    """What a set of edits costs: its commands, what they do to tunnels that work, and one more for less protection."""
    return sum(len(edit.lines) + _WEIGHTS[edit.safety] + edit.weakens for edit in edits)


def commands(edits: Sequence[Edit]) -> int:
    """How many commands a set of edits has."""
    return sum(len(edit.lines) for edit in edits)


Measure = Callable[[Sequence[Edit]], int]
"""What is to be as little as can be."""


def mended(
    subject: Subject, matrix: Matrix, troubles: Sequence[Trouble]
) -> tuple[tuple[Trouble, ...], tuple[Fix, ...]]:
    """The troubles with their fixes, the smallest first, and the fixes that mend all of them at once."""
    trials = Trials(subject, matrix)
    known: dict[Edits, None] = {}
    """What mended one trouble, tried on the others before anything else is: often the cause is one."""
    found: list[list[Edits]] = []
    tried: list[int] = []
    for trouble in troubles:
        before = trials.typed
        found.append(_alternatives(trials, goal_of(matrix, trouble.cells), known))
        tried.append(trials.typed - before)
    told = []
    for trouble, wanted in zip(troubles, tried, strict=True):
        goal = goal_of(matrix, trouble.cells)
        sets = _ranked((edits for edits in known if _holds(trials, goal, edits)), trouble.at_fault)
        fixes = tuple(_fix(trials, edits) for edits in sets)
        told.append(replace(trouble, fixes=fixes, unproved="" if fixes else trouble.unproved or _unproved(wanted)))
    return tuple(told), tuple(_fix(trials, edits) for edits in _whole(trials, matrix, found, known))


def _holds(trials: Trials, goal: Goal, edits: Edits) -> bool:
    return bool(goal.wanted) and trials.typable(edits) and reached(goal, trials.matrix(edits))


def _fix(trials: Trials, edits: Edits) -> Fix:
    return Fix(edits, proof_of(edits, trials.matrix(edits), trials.names))


def _unproved(tried: int) -> str:
    if not tried:
        return "no repair is known for it"
    return f"{'1 repair was' if tried == 1 else f'{tried} repairs were'} tried, and none brings it up"


def _alternatives(trials: Trials, goal: Goal, known: dict[Edits, None]) -> list[Edits]:
    """The sets on either side alone that harm least and that have the fewest commands; with none, one on both."""
    if not goal.wanted:
        return []
    found = [edits for edits in known if _holds(trials, goal, edits)]
    for side in Side:
        alone = frozenset((side,))
        if any(_sides(edits) == alone for edits in found):
            continue
        least = _Search(trials, goal, alone, cost).best()
        if least is not None:
            fewest = _Search(trials, goal, alone, commands, commands(least)).best()
            found += [least] if fewest is None else [least, fewest]
    if not found:
        both = _Search(trials, goal, _EITHER, cost).best()
        found += [both] if both is not None else []
    known.update(dict.fromkeys(found))
    return found


def _sides(edits: Edits) -> frozenset[Side]:
    return frozenset(edit.side for edit in edits)


def _ranked(sets: Iterable[Edits], at_fault: Side | None = None) -> list[Edits]:
    """Sets that all hold, the cheapest first; those that have one of the others in them are left out."""
    ordered = sorted(sets, key=lambda edits: (cost(edits), edits[0].side is not at_fault, *_order(edits)))
    kept: list[Edits] = []
    for edits in ordered:
        if not any(set(one) <= set(edits) for one in kept):
            kept.append(edits)
    return kept


def _order(edits: Edits) -> tuple[int, list[tuple[str, tuple[str, ...]]]]:
    """What decides among sets that cost the same: fewer commands, then side A."""
    return commands(edits), [(edit.side.value, edit.lines) for edit in edits]


def _whole(trials: Trials, matrix: Matrix, alternatives: Sequence[list[Edits]], known: Iterable[Edits]) -> list[Edits]:
    """The sets that bring all up: one that is known, or one for each trouble put together.

    Where none of them does, what a search for everything finds.
    """
    with_fix = [sets for sets in alternatives if sets]
    if not with_fix:
        return []
    chosen = islice(product(*with_fix), _MOST_CHOSEN)
    unions = {in_order(edit for edits in one for edit in edits) for one in (*chosen, *((one,) for one in known))}
    cheapest = sorted(unions, key=lambda edits: (cost(edits), *_order(edits)))
    whole: list[Edits] = []
    for edits in islice(cheapest, _MOST_UNIONS):
        if trials.typable(edits) and trials.matrix(edits).up:
            whole.append(edits)
    for start in (*cheapest[:1], ()) if not whole else ():
        if trials.typable(start):
            one = _Search(trials, all_up(matrix), _EITHER, cost).best(start)
            if one is not None:
                return [one]
    return _ranked(whole)


@dataclass(frozen=True, slots=True)
class _Mark:
    """A cell that was down before an edit, and how: what has to be different with it, and no worse."""

    wanted: Wanted
    sign: tuple[Came, str, str, str]

    def useless(self, cell: Cell | None) -> bool:
        """Whether an edit left the cell as it was, or keeps it from leaving where it had left before."""
        if cell is None or not cell.came.down:
            return False
        return _sign(cell) == self.sign or (cell.stage == _STAGES[0] and self.sign[1] != _STAGES[0])


def _sign(cell: Cell) -> tuple[Came, str, str, str]:
    return cell.came, cell.stage, cell.cause, cell.sentence


class _Search:
    """One search for the set of edits on some sides that reaches a goal with the least of a measure, below a bound."""

    def __init__(
        self, trials: Trials, goal: Goal, sides: frozenset[Side], measure: Measure, below: int | None = None
    ) -> None:
        self._trials = trials
        self._goal = goal
        self._sides = sides
        self._measure = measure
        self._below = below
        self._most = trials.spent + _MOST_SPENT * len(sides) + _MOST_ROUNDS * len(goal.wanted)
        self._most_edits = _MOST_EDITS
        self._heap: list[tuple[int, int, Edits, _Mark]] = []
        self._seen: set[frozenset[Edit]] = set()
        self._order = count()
        self._alone: list[tuple[Edits, _Mark]] = []
        """Single edits that changed nothing: the other side may have to change with them."""

    def best(self, start: Edits = ()) -> Edits | None:
        """The cheapest set that holds, without what it does not need; None where none was found.

        `start` are edits that the search builds on.
        """
        self._most_edits += len(start)
        self._go_on(start)
        found = self._drain()
        if found is None and self._sides == _EITHER:
            self._pair_up()
            found = self._drain()
        return None if found is None else in_order(self._needed(found))

    def _drain(self) -> Edits | None:
        while self._heap and self._trials.spent < self._most:
            _, _, edits, mark = heappop(self._heap)
            if not self._trials.typable(edits):
                continue
            if mark.useless(self._trials.cell(edits, mark.wanted)):
                if len(edits) == 1:
                    self._alone.append((edits, mark))
            elif self._go_on(edits):
                return edits
        return None

    def _go_on(self, edits: Edits) -> bool:
        """Whether a set holds; if not, put those behind it that have one repair more for what is down."""
        if not self._all_carry(edits):
            self._expand(edits, self._goal)
            return False
        after = self._trials.matrix(edits)
        if reached(self._goal, after):
            return True
        if self._goal.whole:
            self._expand(edits, rest_of(self._goal, after))
        return False

    def _all_carry(self, edits: Edits) -> bool:
        cells = (self._trials.cell(edits, wanted) for wanted in self._goal.wanted)
        return not any(cell is not None and cell.came.down for cell in cells)

    def _expand(self, edits: Edits, goal: Goal) -> None:
        """Put the repairs of the first case that is still down, and has any, behind a set, each as a set of its own."""
        if len(edits) >= self._most_edits:
            return
        for case in self._trials.cases(edits, goal):
            mark = _Mark((case.rows[0].proxies, case.cells[0].starter), _sign(case.cells[0]))
            found = [edit for repair in repairs_for(case.cause) for edit in repair.edits(case)]
            for edit in found:
                if edit.side in self._sides and edit not in edits:
                    self._put((*edits, edit), mark)
            if found:
                return

    def _put(self, edits: Edits, mark: _Mark) -> None:
        key, measured = frozenset(edits), self._measure(edits)
        if key not in self._seen and (self._below is None or measured < self._below):
            self._seen.add(key)
            heappush(self._heap, (measured, next(self._order), edits, mark))

    def _pair_up(self) -> None:
        """Single edits of the two sides together, where neither alone changed anything."""
        ours, theirs = ([one for one in self._alone if one[0][0].side is side] for side in Side)
        for (one, mark), (other, _) in islice(product(ours, theirs), _MOST_PAIRS):
            self._put((*one, *other), mark)

    def _needed(self, edits: Edits) -> Edits:
        """The set without the edits that it holds without."""
        for edit in edits:
            rest = tuple(one for one in edits if one is not edit)
            if rest and self._trials.typable(rest) and self._holds(rest):
                return self._needed(rest)
        return edits

    def _holds(self, edits: Edits) -> bool:
        return self._all_carry(edits) and reached(self._goal, self._trials.matrix(edits))
