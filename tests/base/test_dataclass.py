"""A dataclass whose methods are made late behaves as the standard library's."""

import copy
import dataclasses
import inspect
import pickle
from collections.abc import Callable, Iterator
from dataclasses import FrozenInstanceError, field
from functools import partial
from typing import Any

import pytest

from mainmode.base.dataclass import dataclass

PARAMETERS: list[dict[str, bool]] = [
    {"frozen": frozen, "slots": slots, "eq": eq, "repr": shown}
    for frozen in (False, True)
    for slots in (False, True)
    for eq in (False, True)
    for shown in (False, True)
]


def declared(decorate: Callable[[type], type]) -> type:
    class Point:
        """A class with one field of every kind."""

        name: str
        size: int = field(default=3, compare=False)
        parts: list[int] = field(default_factory=list, hash=False)
        secret: str = field(default="hidden", repr=False)
        double: int = field(init=False, default=0, hash=False)
        unset: int = field(init=False, default=8)
        last: str = field(default="end", kw_only=True)

        def __post_init__(self) -> None:
            object.__setattr__(self, "double", self.size * 2)

    return decorate(Point)


def told(act: Callable[[], Any]) -> object:
    """What comes of it: a value, or the kind and the words of an error."""
    try:
        return act()
    except (TypeError, AttributeError) as error:
        return type(error), str(error)


def behaviour(point: Any) -> Iterator[object]:
    """All that one sees of a class, twice, because the second time its methods are its own."""
    for _ in range(2):
        one, same, other = point("a"), point("a", 4, last="end"), point(name="b", parts=[1], secret="s")
        yield [dataclasses.asdict(each) for each in (one, same, other)]
        yield told(lambda: point())
        yield told(lambda: point("a", more=1))
        yield told(lambda: point("a", 1, [], "", 5))
        for left, right in ((one, same), (one, other), (one, one)):
            yield left == right, left != right
        yield one == "a"
        yield point.__hash__ is None, point.__hash__ is object.__hash__
        yield point.__hash__ not in (None, object.__hash__) and hash(one) == hash(same)
        yield point.__repr__ is object.__repr__ or (repr(one), repr(other))
        yield told(partial(setattr, one, "size", 9)), told(partial(delattr, one, "name"))
        # Of a name that is no field of a class with slots the standard library stumbles (3.11), or says as we do.
        yield bool(told(partial(setattr, one, "none", 1)))
        yield dataclasses.asdict(dataclasses.replace(same, name="c"))
        yield dataclasses.asdict(copy.copy(other)), dataclasses.asdict(copy.deepcopy(other))
        yield point.__match_args__, [each.name for each in dataclasses.fields(point)]
        yield point.__init__.__qualname__ if hasattr(one, "size") else ""


@pytest.mark.parametrize("parameters", PARAMETERS, ids=str)
def test_it_behaves_as_the_standard_librarys(parameters: dict[str, bool]) -> None:
    ours, theirs = declared(dataclass(**parameters)), declared(dataclasses.dataclass(**parameters))
    assert list(behaviour(ours)) == list(behaviour(theirs))


@dataclass(frozen=True, slots=True)
class Pickled:
    """For pickle, which finds classes by name."""

    name: str
    more: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Child(Pickled):
    """A dataclass upon another."""

    own: int = 1


def test_what_is_frozen_with_slots_can_be_pickled() -> None:
    for one in (Pickled("a", (1,)), Child("b", (2,), 5)):
        assert pickle.loads(pickle.dumps(one)) == one


def test_a_child_has_its_parents_fields_and_is_not_its_parent() -> None:
    assert repr(Child("b")) == "Child(name='b', more=(), own=1)"
    assert Child("b") != Pickled("b")
    assert {Child("b"): 1}[Child("b")] == 1
    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'own'"):
        Child("b").own = 2  # type: ignore[misc]


def test_what_a_class_says_itself_stays() -> None:
    @dataclass(frozen=True)
    class Own:
        name: str

        def __repr__(self) -> str:
            return "mine"

        def __eq__(self, other: object) -> bool:
            return True

        def __hash__(self) -> int:
            return 7

    assert (repr(Own("a")), Own("a") == Own("b"), hash(Own("a"))) == ("mine", True, 7)


def test_no_method_lies_between_after_the_first_call() -> None:
    @dataclass(frozen=True, slots=True)
    class Late:
        name: str

    first = Late.__eq__
    assert Late("a") == Late("a")
    made = Late.__eq__
    assert made is not first
    assert Late("b") != Late("a")
    assert Late.__eq__ is made


@pytest.mark.parametrize("count", range(11))
@pytest.mark.parametrize("defaults", [0, 1, 3])
def test_a_class_of_plain_fields_is_made_as_the_standard_librarys(count: int, defaults: int) -> None:
    told_of = [
        (f"_{place}", int, *([field(default=place * 7)] * (place >= count - defaults))) for place in range(count)
    ]
    made = [
        decorate(frozen=True, slots=True)(type("Plain", (), {"__module__": __name__, **_namespace(told_of)}))
        for decorate in (dataclass, dataclasses.dataclass)
    ]
    values = list(range(100, 100 + count))
    for given in (values, values[: count - defaults], [*values, 1], values[: count - defaults - 1]):
        named = {name: value for (name, *_), value in zip(told_of, given, strict=False)}
        ours, theirs = ([told(partial(_shown, one, given, {})), told(partial(_shown, one, (), named))] for one in made)
        assert ours == theirs
    assert told(partial(made[0], none=1)) == told(partial(made[1], none=1))
    assert inspect.signature(made[0]) == inspect.signature(made[1])


def _namespace(told_of: list[Any]) -> dict[str, Any]:
    return {"__annotations__": {name: kind for name, kind, *_ in told_of}} | {
        name: rest[0] for name, _, *rest in told_of if rest
    }


def _shown(made: type, given: Any, named: dict[str, int]) -> tuple[str, int]:
    one = made(*given, **named)
    return repr(one), hash(one)


def test_a_value_that_holds_itself_is_shown() -> None:
    @dataclass(slots=True)
    class Ring:
        inner: object = None

    ring = Ring()
    ring.inner = ring
    assert repr(ring).endswith("Ring(inner=...)")
