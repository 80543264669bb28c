"""Reading octets through exact windows: past the end, or octets left unread, is one error from one place."""

from struct import Struct
from typing import Any, NoReturn

from mainmode.base.errors import Drop, WireError

_U16 = Struct(">H")
_U32 = Struct(">I")


class Cursor:
    """A reading position in `octets[start:end]`. All numbers are big-endian.

    `position` is an index into `octets`; `origin` is what an error adds to it, for octets that were cut out
    of something larger. Every method raises WireError (MALFORMED_PAYLOAD) instead of leaving the window.
    """

    __slots__ = ("_end", "_octets", "_origin", "position")

    def __init__(self, octets: bytes, start: int = 0, end: int | None = None, origin: int = 0) -> None:
        self._octets = octets
        self._end = len(octets) if end is None else min(end, len(octets))
        self._origin = origin
        self.position = start

    @property
    def remaining(self) -> int:
        """How many octets of the window are unread."""
        return self._end - self.position

    @property
    def place(self) -> int:
        """What an error at this position would name."""
        return self._origin + self.position

    def fail(self, detail: str) -> NoReturn:
        """Raise the WireError that belongs to this position."""
        raise WireError(Drop.MALFORMED_PAYLOAD, self.place, detail)

    def _advance(self, count: int) -> int:
        """Move over `count` octets; where they begin."""
        start = self.position
        end = start + count
        if count < 0 or end > self._end:
            self.fail(f"{count} octets wanted, {self._end - start} there")
        self.position = end
        return start

    def u8(self) -> int:
        """The next octet as a number."""
        return self._octets[self._advance(1)]

    def u16(self) -> int:
        """The next two octets as a number."""
        return int(_U16.unpack_from(self._octets, self._advance(2))[0])

    def u32(self) -> int:
        """The next four octets as a number."""
        return int(_U32.unpack_from(self._octets, self._advance(4))[0])

    def unpack(self, layout: Struct) -> tuple[Any, ...]:
        """The values of a struct."""
        return layout.unpack_from(self._octets, self._advance(layout.size))

    def take(self, count: int) -> bytes:
        """The next `count` octets."""
        start = self._advance(count)
        return self._octets[start : self.position]

    def rest(self) -> bytes:
        """All unread octets of the window."""
        start, self.position = self.position, self._end
        return self._octets[start : self._end]

    def window(self, count: int) -> "Cursor":
        """A cursor over the next `count` octets; this one moves past them."""
        start = self._advance(count)
        return Cursor(self._octets, start, self.position, self._origin)

    def finish(self) -> None:
        """Raise where octets of the window are unread."""
        if self.position != self._end:
            self.fail(f"{self.remaining} octets left over")
