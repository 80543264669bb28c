"""The standard library's `dataclass`, of which a class gets a method's code only when it is first called.

Six methods are compiled for each frozen class; of the hundreds of classes a command loads, half are ever made, and few
compared. Here a class begins with its fields and slots. The first call of a method has the standard library make it, in
a class of the same fields that nobody sees, and puts it into the class; from then on nothing lies between. Only the
`__init__` of the usual class, frozen, with slots and few fields, is no text that is compiled: it is a function of this
module under the names of the fields. To type checkers all is the standard library's own.
"""

import dataclasses
import reprlib
from collections.abc import Callable
from types import CellType, FunctionType
from typing import TYPE_CHECKING, Any, NoReturn

_Set = Callable[..., Any]

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
        made.__init__ = (  # type: ignore[misc]
            _setting(made)
            if frozen and slots and _is_plain(made)
            else _later(made, "__init__", repr=False, eq=False, frozen=frozen, slots=slots)
        )
    if shown and "__repr__" not in own:
        made.__repr__ = _shown  # type: ignore[assignment]
    if eq:
        _compare(made, frozen)
    if frozen:
        _freeze(made, slots)
    return made


def _templates(_0: _Set, _1: _Set, _2: _Set, _3: _Set, _4: _Set, _5: _Set, _6: _Set, _7: _Set) -> tuple[_Set, ...]:
    """Functions that set no attribute of `self`, one, and so on, each by a function of its own that returns None."""
    return (
        lambda self: None,
        lambda self, a: _0(self, a),
        lambda self, a, b: _0(self, a) or _1(self, b),
        lambda self, a, b, c: _0(self, a) or _1(self, b) or _2(self, c),
        lambda self, a, b, c, d: _0(self, a) or _1(self, b) or _2(self, c) or _3(self, d),
        lambda self, a, b, c, d, e: _0(self, a) or _1(self, b) or _2(self, c) or _3(self, d) or _4(self, e),
        lambda self, a, b, c, d, e, f: (
            _0(self, a) or _1(self, b) or _2(self, c) or _3(self, d) or _4(self, e) or _5(self, f)
        ),
        lambda self, a, b, c, d, e, f, g: (
            _0(self, a) or _1(self, b) or _2(self, c) or _3(self, d) or _4(self, e) or _5(self, f) or _6(self, g)
        ),
        lambda self, a, b, c, d, e, f, g, h: (
            _0(self, a)
            or _1(self, b)
            or _2(self, c)
            or _3(self, d)
            or _4(self, e)
            or _5(self, f)
            or _6(self, g)
            or _7(self, h)
        ),
    )


_TEMPLATES = tuple(one.__code__ for one in _templates(*[lambda self, value: None] * 8))


def _is_plain(made: type) -> bool:
    """Whether all that `__init__` has to do is to set few fields to what it is given, or to a default."""
    fields = dataclasses.fields(made)
    return (
        len(fields) < len(_TEMPLATES)
        and not hasattr(made, "__post_init__")
        and all(one.init and not one.kw_only and one.default_factory is dataclasses.MISSING for one in fields)
    )


def _setting(made: type) -> FunctionType:
    """`__init__` of a plain frozen class: a template with the fields' names, which sets their slots."""
    fields = dataclasses.fields(made)
    names = ["self", *(one.name for one in fields)]
    code = _TEMPLATES[len(fields)].replace(
        co_varnames=tuple(names), co_name="__init__", co_qualname=f"{made.__qualname__}.__init__"
    )
    setters = {f"_{place}": CellType(getattr(made, one.name).__set__) for place, one in enumerate(fields)}
    defaults = tuple(one.default for one in fields if one.default is not dataclasses.MISSING)
    init = FunctionType(code, {}, "__init__", defaults, tuple(setters[name] for name in code.co_freevars))
    init.__annotations__ = {**{one.name: one.type for one in fields}, "return": None}
    return init


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
