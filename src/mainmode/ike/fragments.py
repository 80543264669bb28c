"""Cisco's IKE fragments (private payload 132): a message cut into pieces, and the pieces put together again.

There is no public specification; the layout is in the wire room. Only a peer that announced the ability gets pieces.

Sets are bounded and kept for established or half-open IKE SAs only, one for each, wherever its pieces come from; a set
goes with its SA, and when it waited too long for the rest. A new identifier discards the old set; pieces are filed by
number, so their order costs nothing (CVE-2016-10396); the sum is capped; and the whole must be a datagram whose own
header fits (CVE-2016-1287), which its reader checks.
"""

from collections import OrderedDict
from dataclasses import field
from enum import Enum

from mainmode.base.dataclass import dataclass
from mainmode.base.instant import Instant, Span, later, seconds
from mainmode.wire.message import HEADER_LENGTH, Message, read_header
from mainmode.wire.payloads import Fragment

MAX_SETS = 64
MAX_PIECES = 32
MAX_OCTETS = 16384

PATIENCE: Span = seconds(30)
"""How long a set waits for its missing pieces: longer than a sender waits with its last repetition of all. Ours."""

_PIECE_HEADER = 8
"""The generic header of the payload, identifier, number and flags."""


class Filed(Enum):
    """What became of a piece. The value is the device's reason where it was dropped, and empty where it is kept."""

    KEPT = ""
    NEW_SET = "a new set"
    BAD_NUMBER = "fragment number out of range or empty fragment"
    OVERLAP = "fragment number seen before with other contents"
    TOO_LONG = "the fragments together are too long"
    GAP = "fragment numbers are not continuous"

    @property
    def dropped(self) -> bool:
        """Whether the piece, or its whole set, was thrown away."""
        return self not in (Filed.KEPT, Filed.NEW_SET)


@dataclass(slots=True)
class _Set:
    identifier: int
    since: Instant
    pieces: dict[int, bytes] = field(default_factory=dict)
    last: int = 0
    octets: int = 0


class Reassembly:
    """All fragment sets of one engine, by the serial of their IKE SA: the oldest goes when there are too many."""

    __slots__ = ("_sets",)

    def __init__(self) -> None:
        self._sets: OrderedDict[int, _Set] = OrderedDict()

    def __len__(self) -> int:
        return len(self._sets)

    def deadline(self) -> Instant | None:
        """When the next set is given up."""
        for waiting in self._sets.values():
            return later(waiting.since, PATIENCE)
        return None

    def expire(self, now: Instant) -> None:
        """Give up what waited too long; sets stand in the order of their beginning."""
        while (due := self.deadline()) is not None and due <= now:
            self._sets.popitem(last=False)

    def forget(self, serial: int) -> None:
        """The IKE SA is gone; again and again is harmless."""
        self._sets.pop(serial, None)

    def add(self, serial: int, piece: Fragment, now: Instant) -> tuple[bytes | None, Filed]:
        """File a piece: the whole datagram once all are there, else None; and what became of the piece.

        NEW_SET means that an unfinished older set was discarded for this piece.
        """
        self.expire(now)
        if not 1 <= piece.number <= MAX_PIECES or not piece.data:
            return None, Filed.BAD_NUMBER
        found = self._sets.get(serial)
        filed = Filed.KEPT
        if found is None or found.identifier != piece.identifier:
            filed = Filed.NEW_SET if found is not None else Filed.KEPT
            found = self._sets[serial] = _Set(piece.identifier, now)
            self._sets.move_to_end(serial)
        while len(self._sets) > MAX_SETS:
            self._sets.popitem(last=False)
        known = found.pieces.get(piece.number)
        if known is not None:
            return None, filed if known == piece.data else Filed.OVERLAP
        found.pieces[piece.number] = piece.data
        found.octets += len(piece.data)
        if piece.last and found.last:
            del self._sets[serial]
            return None, Filed.GAP
        if piece.last:
            found.last = piece.number
        if found.octets > MAX_OCTETS:
            del self._sets[serial]
            return None, Filed.TOO_LONG
        if found.last and max(found.pieces) > found.last:
            del self._sets[serial]
            return None, Filed.GAP
        if not found.last or len(found.pieces) < found.last:
            return None, filed
        del self._sets[serial]
        return b"".join(found.pieces[number] for number in range(1, found.last + 1)), filed


def pieces_of(octets: bytes, room: int, identifier: int) -> tuple[Message, ...]:
    """An ISAKMP message as messages of at most `room` octets, each with one piece of it, encrypted or not as it was.

    Not more pieces than a receiver of our kind takes: where so many are not enough, they are larger than `room`, and IP
    has to fragment them.
    """
    header = read_header(octets)
    size = max(room - HEADER_LENGTH - _PIECE_HEADER, -(-len(octets) // MAX_PIECES))
    count = -(-len(octets) // size)
    return tuple(
        Message(
            header.initiator_cookie,
            header.responder_cookie,
            header.exchange,
            header.message_id,
            (Fragment(identifier, number, number == count, octets[(number - 1) * size : number * size]),),
        )
        for number in range(1, count + 1)
    )
