"""Who hears the device's lines of IKE, and so whether any are made: they cost more than the negotiation itself."""

from mainmode.base.instant import Instant, Span, seconds

MOST_KEPT = 4_000
"""Lines that a record of the last negotiations holds, and so many are made for it at once."""
REFILL: Span = seconds(10)
"""In this time as many may be made again. Where negotiations say more, the record would hold the last moments only."""
_FULL = MOST_KEPT * REFILL
"""Lines that may be made, times `REFILL`: whole numbers."""


class Hearing:
    """`everyone`: somebody wants every line. Else they are made for a record, where there is one (`kept`), and only
    while there are no more than it holds: after too many none are made until `REFILL` has passed with fewer.

    `missed` are the first and the last moment at which none were made so. A clock that goes back gives nothing.
    """

    __slots__ = ("_at", "_deaf", "_left", "everyone", "kept", "missed")

    def __init__(self, everyone: bool) -> None:
        self.everyone = everyone
        self.kept = False
        self.missed: tuple[Instant, Instant] | None = None
        self._left = _FULL
        self._at = Instant(0)
        self._deaf = False

    def listens(self, now: Instant) -> bool:
        """Whether lines are to be made now."""
        if self.everyone:
            return True
        if not self.kept:
            return False
        passed, self._at = now - self._at, now
        if passed > 0:
            self._left = min(_FULL, self._left + passed * MOST_KEPT)
            self._deaf = self._deaf and self._left < _FULL
        if self._deaf:
            self.missed = (self.missed[0] if self.missed is not None else now, now)
        return not self._deaf

    def said(self, count: int) -> None:
        """So many were made."""
        if not self.everyone:
            self._left -= count * REFILL
            self._deaf = self._deaf or self._left <= 0
