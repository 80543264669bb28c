"""Several things under one key, where mostly there is one: that one takes no room of its own."""

from typing import Generic, TypeVar

Key = TypeVar("Key")
Thing = TypeVar("Thing")


class _Several(dict[Thing, None]):
    """More than one, in their order."""


class Multimap(Generic[Key, Thing]):
    """Things by key, under each in the order in which they were added. Each is there once, by its hash."""

    __slots__ = ("_found",)

    def __init__(self) -> None:
        self._found: dict[Key, Thing | _Several[Thing]] = {}

    def add(self, key: Key, thing: Thing) -> None:
        """Put a thing behind the others under its key; where it is there already it stays in its place."""
        there = self._found.get(key)
        if there is None:
            self._found[key] = thing
        elif isinstance(there, _Several):
            there[thing] = None
        elif there != thing:
            self._found[key] = _Several({there: None, thing: None})

    def remove(self, key: Key, thing: Thing) -> None:
        """Take a thing from under a key; again and again is harmless."""
        there = self._found.get(key)
        if isinstance(there, _Several):
            there.pop(thing, None)
            if len(there) == 1:
                [self._found[key]] = there
        elif there is not None and there == thing:
            del self._found[key]

    def at(self, key: Key) -> tuple[Thing, ...]:
        """What is under a key, in its order."""
        there = self._found.get(key)
        if there is None:
            return ()
        return tuple(there) if isinstance(there, _Several) else (there,)

    def __contains__(self, key: Key) -> bool:
        return key in self._found

    def __len__(self) -> int:
        """How many keys there are."""
        return len(self._found)
