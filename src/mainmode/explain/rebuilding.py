"""Trees of values gone through and made anew: every text and every address in them, wherever it stands."""

from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from ipaddress import IPv4Address
from operator import is_
from typing import TypeVar, cast

Value = TypeVar("Value")


class Rebuilding:
    """Makes values anew: `text` for each string, `address` for each address, and for each value before its parts.

    `kept` are types whose values stay as they are, `plain` tells values that hold nothing to change. A value that
    stands in several places is made once, and what does not change stays the same object.
    """

    def __init__(
        self,
        text: Callable[[str], str],
        address: Callable[[IPv4Address], IPv4Address] = lambda one: one,
        special: Callable[[object], object] = lambda one: one,
        kept: tuple[type, ...] = (),
        plain: Callable[[object], bool] | None = None,
    ) -> None:
        self._text = text
        self._address = address
        self._special = special
        self._kept = (int, float, Enum, bytes, *kept)
        self._plain = plain
        self._leaves: set[type] = {type(None)}
        self._made: dict[int, tuple[object, object]] = {}

    def of(self, value: Value) -> Value:
        """The value made anew."""
        return cast(Value, self._of(value))

    def _of(self, value: object) -> object:
        kind = value.__class__
        if kind is str:
            return self._text(value)  # type: ignore[arg-type]
        if kind in self._leaves:
            return value
        if isinstance(value, self._kept):
            self._leaves.add(kind)
            return value
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, IPv4Address):
            return self._address(value)
        known = self._made.get(id(value))
        if known is None and self._plain is not None and self._plain(value):
            known = self._made[id(value)] = value, value
        if known is None:
            # The value is held beside what was made of it, so that its id cannot come to mean another one.
            known = self._made[id(value)] = value, self._parts(self._special(value))
        return known[1]

    def _parts(self, value: object) -> object:
        if isinstance(value, tuple):
            parts = [self._of(one) for one in value]
            if all(map(is_, parts, value)):
                return value
            made: Callable[..., object] = getattr(type(value), "_make", tuple)
            return made(parts)
        if is_dataclass(value) and not isinstance(value, type):
            names = _made_of(type(value))
            before = [getattr(value, name) for name in names]
            parts = [self._of(one) for one in before]
            if all(map(is_, parts, before)):
                return value
            return type(value)(**dict(zip(names, parts, strict=True)))
        return value


@cache
def _made_of(kind: type) -> tuple[str, ...]:
    """The names of the parts that a value of this dataclass is made of."""
    return tuple(field.name for field in fields(kind) if field.init)


def everything(value: object) -> Iterator[object]:
    """Every value in a tree, each once, outer ones first; enumerations and numbers are left out."""
    seen: dict[int, object] = {}
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if one is None or isinstance(one, int | float | Enum | bytes) or id(one) in seen:
            continue
        seen[id(one)] = one
        yield one
        if isinstance(one, tuple):
            waiting.extend(reversed(one))
        elif is_dataclass(one) and not isinstance(one, type):
            waiting.extend(getattr(one, field.name) for field in reversed(fields(one)))
