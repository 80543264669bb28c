"""The standard library's `dataclass`, of which a class gets a method's code only when it is first called.

Six methods are compiled for each frozen class; of the hundreds of classes a command loads, few are ever made, and fewer
compared. Here a class begins with its fields and slots. The first call of a method has the standard library make it, in
a class of the same fields that nobody sees, and puts it into the class; from then on nothing lies between. To type
checkers it is the standard library's own.
"""

import dataclasses
import reprlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:

    def dataclass(cls=None, /, *, frozen=False, slots=False, eq=True, repr=True):
        """As `dataclasses.dataclass`, with those of its parameters that are used here."""
        if cls is None:
            return lambda decorated: _declared(decorated, frozen, slots, eq, repr)
        return _declared(cls, frozen, slots, eq, repr)


def _declared(cls: type, frozen: bool, slots: bool, eq: bool, shown: bool) -> type:
    """The class with its fields, and methods that are made when they are called."""
    made: type = dataclasses.dataclass(init=False, repr=False, eq=False, slots=slots)(cls)
    own = vars(made)
    if "__init__" not in own:
        made.__init__ = _later(made, "__init__", repr=False, eq=False, frozen=frozen, slots=slots)  # type: ignore[misc]
    if shown and "__repr__" not in own:
        made.__repr__ = _shown  # type: ignore[assignment]
    if eq:
        _compare(made, frozen)
    if frozen:
        _freeze(made, slots)
    return made


def _compare(made: type, frozen: bool) -> None:
    """Equality, and a hash where the class is frozen; a class that wrote its own keeps them."""
    own = vars(made)
    hashed = own.get("__hash__") is not None
    if "__eq__" not in own:
        made.__eq__ = _later(made, "__eq__", init=False, repr=False)  # type: ignore[method-assign]
    if hashed:
        return
    if frozen:
        made.__hash__ = _later(made, "__hash__", init=False, repr=False, unsafe_hash=True)  # type: ignore[method-assign]
    else:
        made.__hash__ = None  # type: ignore[assignment]


def _freeze(made: type, slots: bool) -> None:
    """No field can be set or deleted; with slots, copies and pickles are made past that."""
    names = frozenset(field.name for field in dataclasses.fields(made))
    for name, verb in (("__setattr__", "assign to"), ("__delattr__", "delete")):
        if name in vars(made):
            raise TypeError(f"{made.__qualname__} has its own {name}")
        setattr(made, name, _refusal(made, name, verb, names))
    if slots:
        for name, function in (("__getstate__", _state), ("__setstate__", _restore)):
            if name not in vars(made):
                setattr(made, name, function)


def _refusal(made: type, name: str, verb: str, names: frozenset[str]) -> Callable[..., None]:
    def refuse(self: object, attribute: str, *value: object) -> None:
        if type(self) is made or attribute in names:
            raise dataclasses.FrozenInstanceError(f"cannot {verb} field {attribute!r}")
        getattr(super(made, self), name)(attribute, *value)

    return refuse


def _later(made: type, name: str, **parameters: Any) -> Callable[..., Any]:
    """A method that is made by its first call, and called."""

    def first(self: object, /, *given: object, **named: object) -> Any:
        method = vars(_twin(made, parameters))[name]
        method.__qualname__ = f"{made.__qualname__}.{name}"
        setattr(made, name, method)
        return method(self, *given, **named)

    return first


def _twin(made: type, parameters: dict[str, Any]) -> type:
    """A class with the same fields that the standard library gives these methods."""
    told = [
        (
            field.name,
            field.type,
            dataclasses.field(
                default=field.default,
                default_factory=field.default_factory,
                init=field.init,
                repr=field.repr,
                hash=field.hash,
                compare=field.compare,
                kw_only=field.kw_only,
            ),
        )
        for field in dataclasses.fields(made)
    ]
    namespace: dict[str, Any] = {"__doc__": made.__doc__}
    if hasattr(made, "__post_init__"):
        namespace["__post_init__"] = _unset
    return dataclasses.make_dataclass(made.__name__, told, bases=(), namespace=namespace, **parameters)


def _unset(self: object) -> NoReturn:
    raise NotImplementedError("of no class that is used")


@reprlib.recursive_repr()
def _shown(self: Any) -> str:
    shown = (f"{field.name}={getattr(self, field.name)!r}" for field in dataclasses.fields(self) if field.repr)
    return f"{type(self).__qualname__}({', '.join(shown)})"


def _state(self: Any) -> list[object]:
    return [getattr(self, field.name) for field in dataclasses.fields(self)]


def _restore(self: Any, state: list[object]) -> None:
    for field, value in zip(dataclasses.fields(self), state, strict=True):
        object.__setattr__(self, field.name, value)
