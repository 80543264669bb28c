"""The crypto map entries of one interface, found by peer, by name and by proxies without a look at all of them.

Each index is made by the first who asks, once for a configuration.
"""

from collections.abc import Mapping
from functools import cached_property
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

from mainmode.base.address import ProxyPair

if TYPE_CHECKING:
    from mainmode.ike.settings import AclEntry, MapEntry

Exact = Mapping[int, tuple[int, "AclEntry"]]
"""By the place of an entry: the first line of its access list that has certain proxies, and where it stands there."""

_NONE: Exact = {}


class MapEntries:
    """`all` is in the order in which the entries are tried; a place is an index into it."""

    def __init__(self, entries: "tuple[MapEntry, ...]") -> None:
        self.all = entries

    def of(self, peer: IPv4Address) -> "tuple[MapEntry, ...]":
        """Those that name the peer."""
        return tuple([self.all[place] for place in self._by_peer.get(peer, ())])

    def named(self, map_name: str, sequence: int) -> "tuple[MapEntry, ...]":
        """Those of a map's sequence; one of a dynamic map may stand behind several static ones."""
        return self._by_name.get((map_name, sequence), ())

    @cached_property
    def dynamic(self) -> "tuple[MapEntry, ...]":
        """Those of dynamic maps."""
        return tuple([self.all[place] for place in self._dynamic])

    def exact(self, proxies: ProxyPair) -> Exact:
        """The static entries with a line that has exactly these proxies."""
        return self._by_proxies.get(proxies, _NONE)

    def deciding(self, peer: IPv4Address, exact: Exact) -> list[int]:
        """The places of the entries that can take what a peer offers, or keep another from taking it.

        Those with the exact proxies, the dynamic ones, and the first complete one that names the peer.
        """
        places = {*exact, *self._dynamic}
        first = next((place for place in self._by_peer.get(peer, ()) if self.all[place].complete), None)
        if first is not None:
            places.add(first)
        return sorted(places)

    def mirror(self, place: int, proxies: ProxyPair, exact: Exact) -> "AclEntry | None":
        """The permit line of the entry at a place that takes the proxies, seen from this side.

        Static entries want the exact mirror; a dynamic one takes what lies within a line (`asa_config.md`, recalled).
        What a deny line before it holds is not taken.
        """
        entry = self.all[place]
        if entry.dynamic:
            found = next((ace for ace in entry.acl or () if ace.proxies.covers(proxies)), None)
            return found if found is not None and found.permit else None
        row, ace = exact.get(place, (0, None))
        if ace is None or not ace.permit:
            return None
        denied = any(before < row and deny.proxies.covers(proxies) for before, deny in self._denies.get(place, ()))
        return None if denied else ace

    @cached_property
    def _by_peer(self) -> dict[IPv4Address, list[int]]:
        found: dict[IPv4Address, list[int]] = {}
        for place, entry in enumerate(self.all):
            for peer in dict.fromkeys(entry.peers):
                found.setdefault(peer, []).append(place)
        return found

    @cached_property
    def _by_name(self) -> "dict[tuple[str, int], tuple[MapEntry, ...]]":
        found: dict[tuple[str, int], tuple[MapEntry, ...]] = {}
        for entry in self.all:
            key = entry.map_name, entry.sequence
            found[key] = (*found.get(key, ()), entry)
        return found

    @cached_property
    def _dynamic(self) -> tuple[int, ...]:
        return tuple([place for place, entry in enumerate(self.all) if entry.dynamic])

    @cached_property
    def _by_proxies(self) -> "dict[ProxyPair, dict[int, tuple[int, AclEntry]]]":
        found: dict[ProxyPair, dict[int, tuple[int, AclEntry]]] = {}
        for place, entry in enumerate(self.all):
            if not entry.dynamic:
                for row, ace in enumerate(entry.acl or ()):
                    found.setdefault(ace.proxies, {}).setdefault(place, (row, ace))
        return found

    @cached_property
    def _denies(self) -> "dict[int, tuple[tuple[int, AclEntry], ...]]":
        """The deny lines of each static entry that has any."""
        found = {}
        for place, entry in enumerate(self.all):
            denies = tuple([(row, ace) for row, ace in enumerate(entry.acl or ()) if not ace.permit])
            if denies and not entry.dynamic:
                found[place] = denies
        return found
