"""Who watches a world: what devices do and say, and what passes on the wire, told in its true order."""

from ipaddress import IPv4Address

from mainmode.base.instant import Instant
from mainmode.device.decision import BoxEffect
from mainmode.ike.effects import Send
from mainmode.lab.cloud import Passage


class Observer:
    """Looks away from everything; who wants to see something overrides it. Devices are told by their names.

    `about` names the one device whose effects are to be told; empty: those of all. `hears` are the kinds of effects
    that it wants to be told of; None: all kinds.
    """

    about: str = ""
    hears: frozenset[type[BoxEffect]] | None = None

    def happened(self, name: str, effect: BoxEffect, now: Instant) -> None:
        """A device did or said something; packets are told before they are on the wire."""

    def passed(self, passage: Passage) -> None:
        """A packet went onto the wire, and this became of it."""

    def sent(self, name: str, send: Send, passage: Passage) -> None:
        """That packet was a datagram of IKE."""

    def arrived(self, name: str, passage: Passage, now: Instant) -> None:
        """A packet of the wire reached a device; one that was duplicated or cut into pieces does so more than once."""

    def entered(self, name: str, interface: str, packet: bytes, now: Instant) -> None:
        """A packet comes in at an interface of a device, from the net or from its inside."""

    def left(self, name: str, interface: str, packet: bytes, now: Instant) -> None:
        """A packet leaves a device by an interface, to the net or to its inside."""

    def nobody(self, name: str, interface: str, address: IPv4Address, now: Instant) -> None:
        """A packet came out on an inside network where no host has its address."""

    def remarked(self, name: str, text: str, now: Instant) -> None:
        """The lab itself tells something: a fault that fired, a device that is restarted. `name` may be empty."""


class Tap(Observer):
    """Keeps the packets of the wire: all of them, or the first ones of a long run."""

    def __init__(self, most: int | None = None) -> None:
        self.passages: list[Passage] = []
        self._most = most

    def passed(self, passage: Passage) -> None:
        """Keep it."""
        if self._most is None or len(self.passages) < self._most:
            self.passages.append(passage)
