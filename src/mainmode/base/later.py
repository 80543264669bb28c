"""A text that few ever ask for: it is made when somebody does."""

from collections.abc import Callable


class Later:
    """Makes its text once, at the first `str` of it. Two are the same where their texts are; a pickle has the text."""

    __slots__ = ("_made",)

    def __init__(self, make: Callable[[], str]) -> None:
        self._made: str | Callable[[], str] = make

    def __str__(self) -> str:
        if not isinstance(self._made, str):
            self._made = self._made()
        return self._made

    def __eq__(self, other: object) -> bool:
        return str(self) == str(other) if isinstance(other, Later | str) else NotImplemented

    def __hash__(self) -> int:
        return hash(str(self))

    def __repr__(self) -> str:
        return repr(str(self))

    def __reduce__(self) -> "tuple[type[Later], tuple[_Text]]":
        return Later, (_Text(str(self)),)


class _Text(str):
    """A text that is there, as what makes it."""

    __slots__ = ()

    def __call__(self) -> str:
        return str(self)
