"""Objects put back to where they were, with everything that hangs on them: much cheaper than making or copying them.

The graph below the objects is walked once, and what each mutable object holds is noted; going back fills that in again.
Objects made since then hang on nothing that is kept, and so are gone.
"""

import dataclasses
import types
from array import array
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable
from enum import Enum
from typing import Any

from mainmode.crypto.primitives import _CbcContexts

_ATOMS = (
    *(type(None), bool, int, float, str, bytes, type, Enum, types.ModuleType, types.BuiltinFunctionType),
    *(types.MappingProxyType, types.MemberDescriptorType, types.GetSetDescriptorType, property, range),
    _CbcContexts,
)
"""What never changes, or carries a state that nothing can tell: a cipher's context notes itself what is left in it."""
_FOREIGN = (
    "cryptography.",
    "_hashlib",
    "hmac",
    "re",
    "ipaddress",
    "ctypes",
    "_hmacopenssl",
    "functools",
    "_cffi",
    "mainmode.crypto._native",
)


class Rewind:
    """A point to go back to."""

    def __init__(self, *roots: object, still: Iterable[object] = ()) -> None:
        """`still` are objects that do not change, and nothing below them."""
        self._steps: list[tuple[Callable[[Any, Any], None], Any, Any]] = []
        self._seen: dict[int, object] = {}
        self._walk(list(still))
        self._steps.clear()
        self._walk(list(roots))

    def _walk(self, waiting: list[object]) -> None:
        while waiting:
            one = waiting.pop()
            if id(one) not in self._seen and not _atom(one):
                self._seen[id(one)] = one
                waiting.extend(self._note(one))

    def __len__(self) -> int:
        """How many objects are put back."""
        return len(self._steps)

    def back(self) -> None:
        """Put everything back."""
        for step, one, held in self._steps:
            step(one, held)

    def _note(self, one: object) -> Iterable[object]:
        """Note what an object holds, and tell what hangs on it."""
        kind = type(one)
        if isinstance(one, dict):
            held = dict(one)
            self._steps.append((_fill_dict, one, held))
            return [*held.keys(), *held.values()]
        if isinstance(one, set):
            kept = set(one)
            self._steps.append((_fill_set, one, kept))
            return kept
        if isinstance(one, bytearray):
            self._steps.append((_fill_octets, one, bytes(one)))
            return ()
        if isinstance(one, list | deque | array):
            items = list(one)
            self._steps.append((_fill_deque if isinstance(one, deque) else _fill_list, one, items))
            return items
        if isinstance(one, tuple | frozenset):
            return one
        if isinstance(one, types.MethodType):
            return [one.__self__]
        if isinstance(one, types.FunctionType):
            return [cell.cell_contents for cell in one.__closure__ or ()]
        return self._note_fields(one, kind)

    def _note_fields(self, one: object, kind: type) -> Iterable[object]:
        frozen = dataclasses.is_dataclass(one) and kind.__setattr__ is not object.__setattr__
        values: list[object] = []
        own = getattr(one, "__dict__", None)
        if own is not None:
            if not frozen:
                self._steps.append((_fill_own, one, dict(own)))
            values += own.values()
        slots = _slots(kind)
        if own is None and not slots:
            raise TypeError(f"how to put back a {kind.__module__}.{kind.__qualname__} is not known")
        present = {name: getattr(one, name) for name in slots if hasattr(one, name)}
        if present and not frozen:
            self._steps.append((_fill_slots, one, (present, tuple(name for name in slots if name not in present))))
        return [*values, *present.values()]


def _atom(one: object) -> bool:
    if isinstance(one, _ATOMS):
        return True
    return type(one).__module__.startswith(_FOREIGN)


def _slots(kind: type) -> tuple[str, ...]:
    names: list[str] = []
    for part in kind.__mro__:
        own = part.__dict__.get("__slots__", ())
        own = (own,) if isinstance(own, str) else own
        names += [f"_{part.__name__.lstrip('_')}{name}" if _private(name) else name for name in own]
    return tuple(name for name in names if name not in ("__dict__", "__weakref__"))


def _private(name: str) -> bool:
    return name.startswith("__") and not name.endswith("__")


def _fill_dict(one: dict[Any, Any] | OrderedDict[Any, Any], held: dict[Any, Any]) -> None:
    if one or held:
        one.clear()
        one.update(held)


def _fill_set(one: set[Any], held: set[Any]) -> None:
    if one or held:
        one.clear()
        one.update(held)


def _fill_list(one: Any, held: list[Any]) -> None:
    if one or held:
        del one[:]
        one.extend(held)


def _fill_octets(one: bytearray, held: bytes) -> None:
    one[:] = held


def _fill_deque(one: deque[Any], held: list[Any]) -> None:
    if one or held:
        one.clear()
        one.extend(held)


def _fill_own(one: object, held: dict[str, Any]) -> None:
    one.__dict__.clear()
    one.__dict__.update(held)


def _fill_slots(one: object, held: tuple[dict[str, Any], tuple[str, ...]]) -> None:
    present, absent = held
    for name, value in present.items():
        setattr(one, name, value)
    for name in absent:
        if hasattr(one, name):
            delattr(one, name)
