"""The message ids that an IKE SA has used, both sides' alike: none is taken again as long as the SA lives.

A message of a protected exchange proves its origin by its hash, and its newness by nothing but its message id; whoever
keeps one could say it again once the id is forgotten, and a message of this device's own could be sent back to it. So
none is forgotten. They take four octets each, and there is an end to them: long before, phase 1 is renewed.
"""

from array import array
from bisect import bisect_left

MOST = 32_768
"""Ids after which a peer's further messages are refused: 128 kB."""

RENEW = 24_576
"""Ids after which phase 1 is renewed. With a keepalive every 10 seconds that is 34 hours."""


class MessageIds:
    """A sorted set of 32-bit numbers."""

    __slots__ = ("_ids",)

    def __init__(self) -> None:
        self._ids = array("I")

    def __len__(self) -> int:
        return len(self._ids)

    def __contains__(self, message_id: int) -> bool:
        place = bisect_left(self._ids, message_id)
        return place < len(self._ids) and self._ids[place] == message_id

    def add(self, message_id: int) -> None:
        """Note an id; again and again is harmless."""
        place = bisect_left(self._ids, message_id)
        if place == len(self._ids) or self._ids[place] != message_id:
            self._ids.insert(place, message_id)

    @property
    def full(self) -> bool:
        """Whether no further one may be taken."""
        return len(self._ids) >= MOST
