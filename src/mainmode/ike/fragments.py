"""Reassembly of IKE fragments (private payload 132): bounded sets, one for each peer and cookie.

A new identifier discards the old set; pieces are filed by number, so their order costs nothing (CVE-2016-10396); the
sum is capped; and the whole must be a datagram whose own header fits (CVE-2016-1287), which its reader checks.
"""

from collections import OrderedDict
from dataclasses import dataclass, field

from mainmode.base.address import Endpoint
from mainmode.wire.payloads import Fragment

MAX_SETS = 64
MAX_PIECES = 32
MAX_OCTETS = 16384


@dataclass(slots=True)
class _Set:
    identifier: int
    pieces: dict[int, bytes] = field(default_factory=dict)
    last: int = 0


class Reassembly:
    """All fragment sets of one engine; the least recently used set goes when there are too many."""

    __slots__ = ("_sets",)

    def __init__(self) -> None:
        self._sets: OrderedDict[tuple[Endpoint, bytes], _Set] = OrderedDict()

    def add(self, peer: Endpoint, cookie: bytes, piece: Fragment) -> tuple[bytes | None, str]:
        """File a piece. The whole datagram once all are there, else None; and why a piece or set was dropped, if so.

        The reason `new set` means that an unfinished older set was discarded for this piece.
        """
        key = (peer, cookie)
        found = self._sets.get(key)
        reason = ""
        if found is None or found.identifier != piece.identifier:
            reason = "new set" if found is not None else ""
            found = self._sets[key] = _Set(piece.identifier)
        self._sets.move_to_end(key)
        while len(self._sets) > MAX_SETS:
            self._sets.popitem(last=False)
        if not 1 <= piece.number <= MAX_PIECES or not piece.data:
            return None, f"fragment number {piece.number} or an empty fragment"
        found.pieces[piece.number] = piece.data
        if piece.last:
            found.last = piece.number
        if sum(map(len, found.pieces.values())) > MAX_OCTETS:
            del self._sets[key]
            return None, "the fragments together are too long"
        if not found.last:
            return None, reason
        if max(found.pieces) > found.last:
            del self._sets[key]
            return None, "a fragment behind the last one"
        if len(found.pieces) < found.last:
            return None, reason
        del self._sets[key]
        return b"".join(found.pieces[number] for number in range(1, found.last + 1)), reason
