"""Dynamic translation: which address and port a host has on the other side, and until when.

A host behind a shared address keeps its port where that is free, else it gets the next free one of the same kind
(below 512, below 1024, above). A translation stands as long as a connection uses it.
"""

from collections.abc import Callable
from ipaddress import IPv4Address

from mainmode.base.codes import IpProtocol
from mainmode.base.dataclass import dataclass
from mainmode.device.addresses import Ranges, size
from mainmode.device.nat import nth
from mainmode.device.nat_rules import Rule

_BANDS = ((0, 511), (512, 1023), (1024, 65535))
_WITH_PORTS = (int(IpProtocol.TCP), int(IpProtocol.UDP), int(IpProtocol.ICMP))
_MOST_ADDRESSES = 4096
"""Addresses of one pool that are tried before it counts as used up."""


@dataclass(slots=True)
class Translation:
    """One host (and port) of a rule, and what it is on the other side. `users` counts connections.

    `mapped_port` None: the host has the whole address.
    """

    rule: Rule
    protocol: int
    real: IPv4Address
    real_port: int
    mapped: IPv4Address
    mapped_port: int | None
    users: int = 0


class Translations:
    """The dynamic translations of one device."""

    def __init__(self) -> None:
        self._shared: dict[tuple[int, int, int, int], Translation] = {}
        self._ports: dict[tuple[int, int], dict[int, Translation]] = {}
        self._next: dict[tuple[int, int, int], int] = {}
        self._own: dict[tuple[int, int], Translation] = {}
        self._taken: dict[int, Translation] = {}
        self._turn: dict[int, int] = {}

    def all(self) -> tuple[Translation, ...]:
        """Every translation that a connection uses."""
        return (*self._shared.values(), *self._own.values())

    def take(
        self, rule: Rule, interface: Ranges, protocol: int, real: IPv4Address, port: int
    ) -> tuple[Translation, Callable[[], None]] | None:
        """A translation for a host and port, and how to give it back; None where nothing is free.

        `interface` holds the egress interface's address; `port` is an echo's identifier for ICMP.
        """
        found: Translation | None = None
        if not rule.pool and rule.mapped_source is not None:
            found = self._address(rule, rule.mapped_source, protocol, real)
        elif rule.mapped_source is not None:
            found = self._port(rule, rule.mapped_source, protocol, real, port)
        if found is None and (rule.mapped_source is None or rule.fallback):
            found = self._port(rule, interface, protocol, real, port)
        if found is None:
            return None
        found.users += 1
        return found, _Release(self, found)

    def give_back(self, one: Translation) -> None:
        """A connection does not use it any more."""
        one.users -= 1
        if one.users:
            return
        if one.mapped_port is None:
            del self._own[int(one.real), one.rule.order]
            del self._taken[int(one.mapped)]
        else:
            del self._shared[one.rule.order, one.protocol, int(one.real), one.real_port]
            del self._ports[int(one.mapped), one.protocol][one.mapped_port]

    def _address(self, rule: Rule, pool: Ranges, protocol: int, real: IPv4Address) -> Translation | None:
        """A whole address for the host."""
        held = self._own.get((int(real), rule.order))
        if held is not None:
            return held
        for offset in range(min(size(pool), _MOST_ADDRESSES)):
            mapped = nth(pool, offset)
            if mapped is not None and int(mapped) not in self._taken:
                one = Translation(rule, protocol, real, 0, mapped, None)
                self._own[int(real), rule.order] = self._taken[int(mapped)] = one
                return one
        return None

    def _port(self, rule: Rule, pool: Ranges, protocol: int, real: IPv4Address, port: int) -> Translation | None:
        """A port of a shared address; protocols without ports have the address alone."""
        key = rule.order, protocol, int(real), port
        held = self._shared.get(key)
        if held is not None:
            return held
        count = min(size(pool), _MOST_ADDRESSES)
        start = self._turn.get(rule.order, 0) if rule.round_robin else 0
        for step in range(count):
            mapped = nth(pool, (start + step) % count)
            free = self._free(mapped, protocol, port) if mapped is not None else None
            if mapped is None or free is None:
                continue
            self._turn[rule.order] = start + step + 1
            one = Translation(rule, protocol, real, port, mapped, free)
            self._shared[key] = self._ports.setdefault((int(mapped), protocol), {})[free] = one
            return one
        return None

    def _free(self, mapped: IPv4Address, protocol: int, wanted: int) -> int | None:
        """`wanted` or the next free port of its kind; None where there is none."""
        used = self._ports.get((int(mapped), protocol), {})
        if wanted not in used:
            return wanted
        if protocol not in _WITH_PORTS:
            return None
        first, last = next(band for band in _BANDS if wanted <= band[1])
        place = int(mapped), protocol, first
        count = last - first + 1
        if len(used) >= count and all(port in used for port in range(first, last + 1)):
            return None
        at = self._next.get(place, first)
        for _ in range(count):
            port, at = at, first + (at + 1 - first) % count
            if port not in used:
                self._next[place] = at
                return port
        return None


@dataclass(frozen=True, slots=True)
class _Release:
    translations: Translations
    one: Translation

    def __call__(self) -> None:
        self.translations.give_back(self.one)
