"""Those who look at a running device: the lines on a terminal, the log, metrics, captures, followers."""

from mainmode.base.instant import Instant
from mainmode.device.decision import BoxEffect
from mainmode.ike.hearing import MOST_KEPT

LINES_KEPT = MOST_KEPT
"""Lines of IKE that are made for a record of the last ones."""


class Watcher:
    """Is told what happens, in its order. Its methods must not block; one that raises is told of once and goes on.

    A watcher that needs to change the box acts by the shell that tells it: what it asks for happens after the present
    effects.
    """

    wants_packets: bool = False
    """Whether `sent` and `received` are called."""

    @property
    def wants_lines(self) -> bool:
        """Whether it wants every line of the device. To one that does not, IKE's come as long as they are few."""
        return self.wants_packets

    def happened(self, effect: BoxEffect, now: Instant) -> None:
        """One effect of the box, before the shell carries it out."""

    def remarked(self, text: str, now: Instant) -> None:
        """Something that the shell tells by itself and no effect of the box is, such as a fault or a restart."""

    def sent(self, interface: str, packet: bytes, now: Instant) -> None:
        """A whole IPv4 packet left by a nameif: IKE, ESP, or in clear what came out of a tunnel."""

    def received(self, interface: str, packet: bytes, now: Instant) -> None:
        """A whole IPv4 packet came in by a nameif: IKE, ESP, or in clear what is meant for a tunnel."""
