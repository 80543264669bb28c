"""Which of many address ranges hold an address, found without looking at each of them."""

from collections.abc import Iterable
from ipaddress import IPv4Address, summarize_address_range
from typing import Generic, TypeVar

T = TypeVar("T")


class PrefixIndex(Generic[T]):
    """Values under address ranges. A look-up costs one step for each length of prefix, and one for each value found.

    Values come back in the order in which they were added.
    """

    __slots__ = ("_count", "_tables")

    def __init__(self) -> None:
        self._count = 0
        self._tables: dict[int, dict[int, list[tuple[int, T]]]] = {}

    def add(self, ranges: Iterable[tuple[IPv4Address, IPv4Address]], value: T) -> None:
        """Put `value` under each range, both ends included; under an address twice it is found once."""
        self._count += 1
        for first, last in ranges:
            for network in summarize_address_range(first, last):
                table = self._tables.setdefault(int(network.netmask), {})
                held = table.setdefault(int(network.network_address), [])
                if not held or held[-1][0] != self._count:
                    held.append((self._count, value))

    def find(self, address: int) -> list[T]:
        """The values whose ranges hold the address, given as a number."""
        found: list[tuple[int, T]] = []
        parts = 0
        for mask, table in self._tables.items():
            held = table.get(address & mask)
            if held is not None:
                parts += 1
                found = [*found, *held] if parts > 1 else held
        if parts <= 1:
            return [value for _, value in found]
        ordered = sorted(found, key=_place)
        return [value for place, (number, value) in enumerate(ordered) if not place or ordered[place - 1][0] != number]


def _place(held: tuple[int, object]) -> int:
    return held[0]
