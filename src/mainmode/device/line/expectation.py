"""What may come next in a line that is being typed: the answer to `?`, and what Tab completes."""

from enum import Enum

from mainmode.base.dataclass import dataclass


class Kind(Enum):
    """What an expectation is."""

    KEYWORD = "keyword"
    """A word of the command; it may be cut short."""
    NAME = "name"
    """A name that exists in the configuration, for a place."""
    PLACE = "place"
    """Something else that the command takes: `word` says what it looks like."""
    END = "end"
    """The line may end here."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """One thing that may come next: how the list shows it, a short help, and what it is."""

    word: str
    help: str
    kind: Kind = Kind.KEYWORD


END = Expectation("<cr>", "", Kind.END)


@dataclass(frozen=True, slots=True)
class Offer:
    """All that may come next of one kind of commands; `mode` is the first word of the list's head: `exec`."""

    mode: str
    expectations: tuple[Expectation, ...]
