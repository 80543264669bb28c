"""Cisco's IKE fragments (private payload 132) of a capture, put together again within bounds."""

from collections import OrderedDict

from mainmode.wire.payloads import Fragment

_MOST_SETS = 64
_MOST_PIECES = 64
_MOST_OCTETS = 65_536


class Pieces:
    """Pieces by whose they are and the identifier of their message; the oldest unfinished message goes first."""

    def __init__(self) -> None:
        self._sets: OrderedDict[tuple[object, int], dict[int, Fragment]] = OrderedDict()

    def add(self, whose: object, piece: Fragment) -> bytes | None:
        """The whole message that the piece completes, else None. Pieces that do not fit one another give none."""
        key = (whose, piece.identifier)
        pieces = self._sets.setdefault(key, {})
        if 1 <= piece.number <= _MOST_PIECES:
            pieces[piece.number] = piece
        if len(self._sets) > _MOST_SETS:
            self._sets.popitem(last=False)
        last = next((one.number for one in pieces.values() if one.last), 0)
        if not last or any(number not in pieces for number in range(1, last + 1)):
            return None
        self._sets.pop(key, None)
        whole = b"".join(pieces[number].data for number in range(1, last + 1))
        return whole if len(whole) <= _MOST_OCTETS else None
