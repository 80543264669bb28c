"""Whose log a capture is read as."""

from collections import Counter, OrderedDict
from collections.abc import Iterable

from mainmode.capture.datagrams import Address, Ends

_MOST_PAIRS = 65_536


class Viewpoint:
    """The own end of each pair of addresses.

    It is the end that the user named, the other one of the peer that the user named, else the end that talks with more
    peers than the other, else the one that was seen to send first: the initiator. Once chosen it stays.
    """

    def __init__(self, own: str = "", peer: str = "") -> None:
        self._own, self._peer = own, peer
        self._chosen: OrderedDict[frozenset[Address], Address] = OrderedDict()
        self._partners: Counter[Address] = Counter()

    def look_ahead(self, ends: Iterable[Ends]) -> None:
        """Count who talks with how many, before the first choice."""
        for pair in {frozenset((one.source, one.destination)) for one in ends}:
            self._partners.update(pair)

    def own(self, ends: Ends) -> Address:
        """The own end of two."""
        pair = frozenset((ends.source, ends.destination))
        found = self._chosen.get(pair)
        if found is None:
            found = self._chosen[pair] = self._choose(ends)
            if len(self._chosen) > _MOST_PAIRS:
                self._chosen.popitem(last=False)
        return found

    def _choose(self, ends: Ends) -> Address:
        first, second = ends.source, ends.destination
        for one, other in ((first, second), (second, first)):
            if str(one) == self._own or str(other) == self._peer:
                return one
        return second if self._partners[second] > self._partners[first] else first

    @property
    def named(self) -> str:
        """The end that most pairs are told from; empty before the first."""
        most = Counter(self._chosen.values()).most_common(1)
        return str(most[0][0]) if most else ""
