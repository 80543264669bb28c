"""Regular expressions as the device reads them, found in lines in bounded time whatever they are.

`.` any character, `[abc] [^a-z]` one of a set, `*` `+` `?` `{2}` `{2,}` `{2,5}` repetition, `|` either, `( )` grouping,
`^` and `$` the ends of the line, and a backslash takes the meaning away from what follows it. Nothing is ever tried
twice: all ways through the expression are followed at once, so a line costs its length times that of the expression.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import field

from mainmode.base.dataclass import dataclass

_MOST_NODES = 1000
_MOST_STATES = 1000
"""Sets of nodes that are kept with what follows them."""
_DEEPEST = 50
_PLAIN = re.compile(r"[^][\\.*+?(){}^$]*")
"""An expression that is nothing but texts, one of which is looked for."""
_COUNTED = re.compile(r"\{(\d{1,3})(,(\d{1,3})?)?\}")
_ESCAPES = {"t": "\t", "r": "\r", "n": "\n", "f": "\f"}


class PatternError(ValueError):
    """An expression that cannot be read; the text says why."""


@dataclass(slots=True)
class _Node:
    """A place in the expression that `takes` a character or an end of the line, or is a fork; `next` is behind it."""

    takes: "_Set | str | None" = None
    next: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Set:
    """Characters: those of the ranges, or with `negated` all others."""

    ranges: tuple[tuple[str, str], ...]
    negated: bool = False

    def has(self, letter: str) -> bool:
        return any(low <= letter <= high for low, high in self.ranges) is not self.negated


@dataclass(slots=True)
class _State:
    """A set of nodes, where each character leads from there, and whether a match ends there."""

    nodes: frozenset[int]
    done: bool
    onwards: dict[str, "_State"] = field(default_factory=dict)


_ANY = _Set((), negated=True)
_START, _END = "^", "$"


class Pattern:
    """One expression. Raises PatternError."""

    def __init__(self, text: str) -> None:
        self._nodes: list[_Node] = [_Node()]
        self._text = text
        self._at = 0
        end = self._either(0, 0)
        if self._at < len(text):
            raise PatternError(f"unmatched {text[self._at]}")
        self._accept = end
        self._plain = text.split("|") if _PLAIN.fullmatch(text) else None
        self._states: dict[frozenset[int], _State] = {}
        self._unanchored = self._reached([0])

    def found_in(self, line: str) -> bool:
        """Whether a part of the line matches."""
        if self._plain is not None:
            return any(one in line for one in self._plain)
        state = self._state(self._reached([0], at_start=True))
        for letter in line:
            if state.done:
                return True
            following = state.onwards.get(letter)
            state = following if following is not None else self._step(state, letter)
        return state.done or self._accept in self._reached(state.nodes, at_start=not line, at_end=True)

    # --- following -----------------------------------------------------------------------------------------------

    def _step(self, state: _State, letter: str) -> _State:
        nodes = self._nodes
        led = [
            onwards
            for number in state.nodes
            if isinstance(takes := nodes[number].takes, _Set) and takes.has(letter)
            for onwards in nodes[number].next
        ]
        following = self._state(self._reached(led) | self._unanchored)
        state.onwards[letter] = following
        return following

    def _state(self, nodes: frozenset[int]) -> _State:
        found = self._states.get(nodes)
        if found is None:
            if len(self._states) >= _MOST_STATES:
                self._forget()
            found = self._states[nodes] = _State(nodes, self._accept in nodes)
        return found

    def _forget(self) -> None:
        """Keep nothing of what was found out, lest it becomes more and more."""
        for state in self._states.values():
            state.onwards.clear()
        self._states.clear()

    def _reached(self, begin: Iterable[int], *, at_start: bool = False, at_end: bool = False) -> frozenset[int]:
        """The nodes that are reached from these without taking a character."""
        reached: set[int] = set()
        waiting = list(begin)
        while waiting:
            number = waiting.pop()
            if number in reached:
                continue
            reached.add(number)
            takes = self._nodes[number].takes
            if takes is None or (takes == _START and at_start) or (takes == _END and at_end):
                waiting.extend(self._nodes[number].next)
        return frozenset(reached)

    # --- reading: each method builds what it reads behind the node `begin`, and returns the node where that ends ----

    def _node(self, takes: "_Set | str | None" = None) -> int:
        if len(self._nodes) >= _MOST_NODES:
            raise PatternError("it is too long")
        self._nodes.append(_Node(takes))
        return len(self._nodes) - 1

    def _either(self, begin: int, depth: int) -> int:
        if depth > _DEEPEST:
            raise PatternError("too many parentheses")
        end = self._node()
        while True:
            head = self._node()
            self._nodes[begin].next.append(head)
            self._nodes[self._sequence(head, depth)].next.append(end)
            if self._peek() != "|":
                return end
            self._at += 1

    def _sequence(self, begin: int, depth: int) -> int:
        while self._peek() not in ("", "|", ")"):
            begin = self._repeated(begin, depth)
        return begin

    def _repeated(self, begin: int, depth: int) -> int:
        """One item and the marks of repetition behind it."""
        start = self._at
        head = self._node()
        self._nodes[begin].next.append(head)
        end = self._item(head, depth)
        counted = _COUNTED.match(self._text, self._at)
        if counted is not None:
            self._nodes[begin].next.remove(head)
            low = int(counted[1])
            high = low if counted[2] is None else int(counted[3]) if counted[3] else None
            end = self._counted(begin, start, (low, high), depth)
            self._at = counted.end()
            return end
        while mark := self._peek():
            if mark not in "*+?":
                break
            self._at += 1
            out = self._node()
            self._nodes[end].next.append(out)
            if mark != "?":
                self._nodes[end].next.append(head)
            if mark != "+":
                self._nodes[head].next.append(out)
            end = out
        return end

    def _counted(self, begin: int, at: int, times: tuple[int, int | None], depth: int) -> int:
        """The item that stands at `at` so many times: it is read anew for each."""
        low, high = times
        if high is not None and high < low:
            raise PatternError(f"{{{low},{high}}} is no range")
        end = begin
        for _ in range(low):
            end = self._again(end, at, depth)
        if high is None:
            loop = self._node()
            self._nodes[end].next.append(loop)
            self._nodes[self._again(loop, at, depth)].next.append(loop)
            return loop
        out = self._node()
        for _ in range(high - low):
            self._nodes[end].next.append(out)
            end = self._again(end, at, depth)
        self._nodes[end].next.append(out)
        return out

    def _again(self, begin: int, at: int, depth: int) -> int:
        self._at = at
        head = self._node()
        self._nodes[begin].next.append(head)
        return self._item(head, depth)

    def _item(self, begin: int, depth: int) -> int:
        letter = self._peek()
        self._at += 1
        if letter == "(":
            end = self._either(begin, depth + 1)
            if self._peek() != ")":
                raise PatternError("unmatched (")
            self._at += 1
            return end
        if letter in ("*", "+", "?"):
            raise PatternError(f"nothing stands before {letter}")
        takes: _Set | str
        if letter == "[":
            takes = self._set()
        elif letter == ".":
            takes = _ANY
        elif letter in (_START, _END):
            takes = letter
        else:
            letter = self._escaped() if letter == "\\" else letter
            takes = _Set(((letter, letter),))
        taking, end = self._node(takes), self._node()
        self._nodes[begin].next.append(taking)
        self._nodes[taking].next.append(end)
        return end

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _escaped(self) -> str:
        letter = self._peek()
        if not letter:
            raise PatternError("nothing stands behind the last \\")
        self._at += 1
        return _ESCAPES.get(letter, letter)

    def _set(self) -> _Set:
        """A set, from behind its opening bracket on; a closing bracket that stands first is one of its characters."""
        negated = self._peek() == "^"
        self._at += negated
        letters = list(self._set_letters())
        ranges: list[tuple[str, str]] = []
        place = 0
        while place < len(letters):
            low = letters[place]
            if letters[place + 1 : place + 2] == ["-"] and place + 2 < len(letters):
                high = letters[place + 2]
                if high < low:
                    raise PatternError(f"[{low}-{high}] is no range")
                ranges.append((low, high))
                place += 3
            else:
                ranges.append((low, low))
                place += 1
        return _Set(tuple(ranges), negated)

    def _set_letters(self) -> Iterator[str]:
        first = True
        while True:
            letter = self._peek()
            if not letter:
                raise PatternError("unmatched [")
            self._at += 1
            if letter == "]" and not first:
                return
            first = False
            yield self._escaped() if letter == "\\" else letter
