"""A declared text as a graph that is walked token by token, for help and for words that are cut short.

A place in the text is a node; a keyword or a kind of value leads to the next one. The graph is made as far as it is
walked. What values mean is for the reader: a walk knows single tokens only.
"""

from collections.abc import Sequence
from dataclasses import field

from mainmode.base.dataclass import dataclass
from mainmode.device.config.forms import EitherKind, VariantsKind
from mainmode.device.config.kinds import RestKind
from mainmode.device.config.model import Release
from mainmode.device.config.parts import AnyOrder, Kind, MismatchError, Optional, Part, Slot, Tokens, Word


@dataclass(eq=False, slots=True)
class Node:
    """A place in a declared text: what stands there and what behind it; the end has neither."""

    part: "Part | Label | Tail | None" = None
    rest: "Node | None" = None
    _ways: "Ways | None" = field(default=None, init=False)
    _before: "dict[tuple[int, ...], Node]" = field(default_factory=dict, init=False)

    def behind(self, options: tuple[Optional, ...]) -> "Node":
        """The place before these options, in any order, and then this one; one for each set of them."""
        if not options:
            return self
        key = tuple(map(id, options))
        if key not in self._before:
            self._before[key] = Node(AnyOrder(options), self)
        return self._before[key]

    @property
    def ways(self) -> "Ways":
        """What leads on from here; found once."""
        if self._ways is None:
            self._ways = Ways()
            _find(self, self._ways, None)
        return self._ways


@dataclass(frozen=True, slots=True)
class Label:
    """One more token of a value that is several tokens long, as help shows it."""

    text: str


@dataclass(frozen=True, slots=True)
class Tail:
    """Any number of further tokens of free text."""

    text: str


@dataclass(frozen=True, slots=True)
class Keyword:
    """A word that may stand somewhere. `only`: the release that it is offered in, None for both; both are read.

    `kind`: that of the value which the word is a name for.
    """

    word: str
    after: Node
    only: Release | None
    kind: Kind | None = None


@dataclass(frozen=True, slots=True)
class Value:
    """A value that may stand somewhere: its kind (None: a further token of one), its part's name, how help shows it."""

    kind: Kind | None
    name: str
    label: str
    after: Node

    @property
    def yields(self) -> bool:
        """Whether a keyword that is cut short comes before it."""
        return getattr(self.kind, "yields", False)

    def reads(self, tokens: Tokens, at: int) -> bool:
        """Whether the token may be it, or its beginning."""
        if self.kind is None:
            return True
        begins = getattr(self.kind, "begins", None)
        if begins is not None:
            return bool(begins(tokens.words[at]))
        try:
            self.kind.read(tokens, at)
        except MismatchError:
            return False
        return True


@dataclass(slots=True)
class Ways:
    """What leads on from a place. `end`: the line may end there; `no_end`: its `no` form may."""

    keywords: list[Keyword] = field(default_factory=list)
    values: list[Value] = field(default_factory=list)
    end: bool = False
    no_end: bool = False


END = Node()
"""Behind the last part."""


def chain(parts: Sequence[Part | Label], rest: Node = END) -> Node:
    """The place in front of these parts, `rest` being the one behind them."""
    for part in reversed(parts):
        rest = Node(part, rest)
    return rest


def _find(node: Node, ways: Ways, only: Release | None) -> None:
    part, rest = node.part, node.rest
    if part is None or rest is None:
        ways.end = True
    elif isinstance(part, Word):
        _find_word(part, rest, ways, only)
    elif isinstance(part, Tail):
        ways.values.append(Value(None, "", part.text, node))
        _find(rest, ways, only)
    elif isinstance(part, Label):
        ways.values.append(Value(None, "", part.text, rest))
    elif isinstance(part, Slot):
        further = Slot(part.name, part.kind, part.most - 1, part.tells)
        _find_kind(part.kind, part.name, rest if part.most == 1 else Node(Optional((further,), None), rest), ways, only)
    elif isinstance(part, Optional):
        _find(chain(part.parts, rest), ways, only)
        _find(rest, ways, only)
    elif isinstance(part, AnyOrder):
        for one in part.parts:
            others = tuple(other for other in part.parts if other is not one)
            _find(chain(one.parts, rest.behind(others)), ways, only)
        _find(rest, ways, only)
    else:
        ways.no_end = True
        _find(rest, ways, only)


def _find_word(part: Word, rest: Node, ways: Ways, only: Release | None) -> None:
    if part.old == part.new:
        ways.keywords.append(Keyword(part.old or "", rest, only))
        return
    for word, release in ((part.old, Release.OLD), (part.new, Release.NEW)):
        if word is not None:
            ways.keywords.append(Keyword(word, rest, release))
    if part.old is None:
        _find(rest, ways, Release.OLD)


def _find_kind(kind: Kind, name: str, rest: Node, ways: Ways, only: Release | None) -> None:
    if isinstance(kind, VariantsKind):
        for syntax in kind.syntaxes:
            _find(chain(syntax.parts, rest), ways, only)
        return
    if isinstance(kind, EitherKind):
        for one in kind.kinds:
            _find_kind(one, name, rest, ways, only)
        return
    tells = getattr(kind, "tells", {})
    for word in kind.words:
        ways.keywords.append(Keyword(word, rest, tells.get(word.lower(), only), kind))
    for first, second in getattr(kind, "phrases", ()):
        ways.keywords.append(Keyword(first, chain([Word(second, second)], rest), only))
    if kind.starts is not None and {word.lower() for word in kind.starts} <= {word.lower() for word in kind.words}:
        return
    labels: tuple[str, ...] = getattr(kind, "places", (_label(kind),))
    if isinstance(kind, RestKind):
        rest = Node(Tail(kind.label), rest)
    ways.values.append(Value(kind, name, labels[0], chain([Label(label) for label in labels[1:]], rest)))


def _label(kind: Kind) -> str:
    """How help shows a kind: a name as `WORD`, a number with a word beside it as the number."""
    return kind.label.strip("{}").split("|")[0].rstrip(" ") if kind.label not in ("", "NAME") else "WORD"
