"""What a declared command is: its text, what it does, where it stands, and how far it is carried out."""

from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from typing import Any

from mainmode.base.dataclass import dataclass
from mainmode.base.provenance import Statement
from mainmode.device.config.actions import Action, Remove
from mainmode.device.config.draft import Draft, Mode, Row, Scope, Table
from mainmode.device.config.forms import kind
from mainmode.device.config.grammar import Syntax
from mainmode.device.config.parts import Spelling


class Support(Enum):
    """How far a command is carried out: one of these for everything that a listing may hold."""

    UNKNOWN = "unknown"
    IRRELEVANT = "irrelevant"
    NOT_BUILT = "known but not built"
    CONDITIONAL = "conditional"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Command:
    """One declared command. `also` are further spellings that are read and never written; `note` is for the page.

    Of a command that is not built the note says what is missing, and is the warning; of a conditional one it says
    under which condition it is carried out. `ending` is what the device prints after the line's last word.
    """

    syntax: Syntax
    action: Action
    mode: Mode
    also: tuple[Syntax, ...]
    written: bool
    support: Support
    note: str
    ending: str

    @property
    def only_negated(self) -> bool:
        """Whether the command exists in its `no` form only."""
        return isinstance(self.action, Remove)

    def text(self, row: Row, spelling: Spelling, *, reveal: bool = False) -> str:
        """The line as it is written; keys are five stars unless `reveal`. Raises UnwritableError."""
        if row.negated:
            return "no " + self.syntax.write(row.values, spelling, to_mark=True)
        hidden = () if reveal else self.syntax.secrets
        values = {
            name: None if name in hidden else value
            for name, value in row.values.items()
            if self.mode is Mode.GLOBAL or name not in self.action.table.keys
        }
        return self.syntax.write(values, spelling) + self.ending


@dataclass(frozen=True, slots=True)
class EnterBelow(Action):
    """In a submode on a record of `table`, opens another one on a record of `inner`, whose first key is that record's.

    `records` finds the inner ones in a record of the model; `commands` are those of the inner submode.
    """

    table: Table
    inner: Table
    mode: Mode
    records: Callable[[Any], Iterable[Any]]
    commands: tuple[Command, ...]

    def do(self, draft: Draft, scope: Scope, values: Mapping[str, Any], source: Statement) -> Scope | None:
        """Find or make the inner record and stand in it."""
        return Scope(self.mode, draft.find(self.inner, self._inner_key(scope, values), source, create=True))

    def undo(self, draft: Draft, scope: Scope, values: Mapping[str, Any], source: Statement) -> None:
        """Forget the inner record."""
        draft.drop(self.inner, self._inner_key(scope, values))

    def row(self, inner: Any) -> Row:
        """The header line of an inner record of the model."""
        return Row({key: getattr(inner, key) for key in self.inner.keys[1:]})

    def _inner_key(self, scope: Scope, values: Mapping[str, Any]) -> tuple[Any, ...]:
        outer = scope.record.key[:1] if scope.record is not None else ()
        return (*outer, *(values[key] for key in self.inner.keys[1:]))


def command(
    text: str,
    action: Action,
    note: str = "",
    *,
    mode: Mode = Mode.GLOBAL,
    also: tuple[str, ...] = (),
    written: bool = True,
    support: Support = Support.FULL,
    ending: str = "",
) -> Command:
    """Declare a command; see `grammar` for the text."""
    further = tuple(Syntax(other, kind) for other in also)
    return Command(Syntax(text, kind), action, mode, further, written, support, note, ending)
