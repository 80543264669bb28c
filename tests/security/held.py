"""What a box holds: everything that hangs on it, counted, and every secret among it."""

from array import array
from collections import Counter, deque
from collections.abc import Iterator
from enum import Enum
from typing import Any

from mainmode.base.secret import Secret
from mainmode.device.box import Box
from mainmode.device.config.model import Configuration
from mainmode.device.express import ExpressLanes
from mainmode.device.journal import Journal
from mainmode.device.shedding import Shedding
from mainmode.device.tables import Tables
from mainmode.ike.gate import Gate
from mainmode.ike.settings import IkeSettings
from mainmode.ike.statistics import CountedEntropy, Statistics
from mainmode.ipsec.statistics import IpsecStatistics

NOT_WALKED = (
    Configuration, IkeSettings, Tables, Journal, Gate, Shedding, ExpressLanes, Statistics, IpsecStatistics,
    CountedEntropy, Enum, type,
)  # fmt: skip
"""What the configuration says, and what only counts. The journal's log, the budgets of the gate and of shedding, and
the lanes of connections have their own bounds."""
NOT_COUNTED = {"_heap", "_touched", "_said", "_outlets"}
"""Stale deadlines, when a line was said last, and the ways out of pairs: bounded by the number of what stands."""


def objects(box: Box) -> Iterator[tuple[str, Any]]:
    """Each object that hangs on a box once, with the way to it: names of attributes, `*` for any item."""
    seen: set[int] = set()
    waiting = deque((name.lstrip("_"), value) for name, value in vars(box).items())
    while waiting:
        place, one = waiting.popleft()
        if id(one) in seen or isinstance(one, NOT_WALKED) or callable(one):
            continue
        seen.add(id(one))
        yield place, one
        if isinstance(one, dict):
            waiting.extend((f"{place}.*", item) for pair in one.items() for item in pair)
        elif isinstance(one, list | tuple | set | frozenset | deque | array):
            waiting.extend((f"{place}.*", item) for item in one)
        elif not isinstance(one, str | bytes | bytearray | int | float | array):
            waiting.extend((f"{place}.{name}", value) for name, value in _attributes(one))


def _attributes(one: Any) -> Iterator[tuple[str, Any]]:
    names = [name for kind in type(one).__mro__ for name in getattr(kind, "__slots__", ())]
    names += list(getattr(one, "__dict__", ()))
    for name in names:
        if name not in NOT_COUNTED and hasattr(one, name):
            yield name, getattr(one, name)


def holdings(box: Box) -> dict[str, int]:
    """How much a box holds: items of each collection, octets of each string of them, and objects of each class."""
    held: Counter[str] = Counter()
    for place, one in objects(box):
        if isinstance(one, dict | list | set | frozenset | deque | array):
            held[f"items of {place}"] += len(one)
        elif isinstance(one, bytes | bytearray):
            held[f"octets of {place}"] += len(one)
        elif type(one).__module__.startswith("mainmode."):
            held[f"{type(one).__name__} at {place}"] += 1
    return {name: count for name, count in sorted(held.items()) if count}


def more_held(before: dict[str, int], after: dict[str, int]) -> dict[str, tuple[int, int]]:
    """What is not as it was: before and after."""
    return {
        name: (before.get(name, 0), after.get(name, 0))
        for name in sorted({*before, *after})
        if before.get(name, 0) != after.get(name, 0)
    }


def secrets(box: Box) -> set[bytes]:
    """The octets of every secret that a box holds and did not forget, those of its configuration too."""
    found = {one.reveal() for _, one in objects(box) if isinstance(one, Secret) and not one.forgotten}
    found |= {group.key.reveal() for group in box.settings.groups.values() if group.key is not None}
    return {octets for octets in found if len(octets) >= 8}
