"""The path MTUs that routers told about, by peer, and how long they count."""

from collections.abc import Sequence
from ipaddress import IPv4Address

from mainmode.base.instant import Instant, Span, between, later, seconds, whole_seconds

SMALLEST = 576
"""What every host takes (RFC 791); a router that says less is not believed."""


class PathMtus:
    """`aging` in seconds; None: what was learned counts for ever."""

    __slots__ = ("_learned", "aging")

    def __init__(self, aging: int | None = None) -> None:
        self.aging = aging
        self._learned: dict[int, tuple[int, Instant | None]] = {}

    @classmethod
    def joined(cls, several: Sequence["PathMtus"]) -> "PathMtus":
        """Those of several processes of one device; each peer is with one."""
        whole = cls(several[0].aging)
        for one in several:
            whole._learned |= one._learned
        return whole

    def learn(self, peer: IPv4Address, mtu: int, now: Instant) -> None:
        """A router on the way to `peer` carries at most `mtu` octets."""
        until = later(now, seconds(self.aging)) if self.aging is not None else None
        self._learned[int(peer)] = (max(mtu, SMALLEST), until)

    def towards(self, peer: IPv4Address, link: int, now: Instant) -> int:
        """The largest packet on the way to `peer`, by a link with an MTU of `link`."""
        if not self._learned:
            return link
        mtu, until = self._learned.get(int(peer), (link, None))
        if until is not None and now >= until:
            del self._learned[int(peer)]
            return link
        return min(mtu, link)

    def seconds_left(self, peer: IPv4Address, now: Instant) -> int:
        """How long what was learned still counts; 0 where nothing was, or where it counts for ever."""
        _, until = self._learned.get(int(peer), (0, None))
        return 0 if until is None else whole_seconds(max(Span(0), between(now, until)))

    def forget(self, peer: IPv4Address) -> None:
        """Nothing is known of the way to `peer` any more."""
        self._learned.pop(int(peer), None)
