"""The door of the data planes: what carries the packets of tunnels, in the kernel or in user space."""

from collections.abc import Sequence
from typing import Protocol

from mainmode.base.address import Path
from mainmode.base.errors import MainmodeError
from mainmode.base.instant import Instant
from mainmode.device.box import Box
from mainmode.device.decision import PacketOut, ToHost
from mainmode.ipsec.dataplane import SaPair


class PlaneError(MainmodeError):
    """The data plane cannot do what was asked of it. The text says what failed, why, and what to do next."""


def raise_first(failed: Sequence[Exception]) -> None:
    """Raises PlaneError with the first of what failed, and how much more there is; nothing where nothing failed."""
    if failed:
        more = f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""
        raise PlaneError(f"{failed[0]}{more}") from failed[0]


class DataPlane(Protocol):
    """Made with what it needs, then opened on the loop; every method is called on the loop.

    Any method may raise PlaneError or OSError: the gateway tells of it, and the other tunnels go on. A pair that cannot
    be installed is taken down with its delete.
    """

    @property
    def name(self) -> str:
        """`kernel` or `user space`."""

    @property
    def why(self) -> str:
        """One sentence for the line at the start: why this one was chosen."""

    def open(self) -> None:
        """Make what is needed before any tunnel: devices, sockets, subscriptions."""

    def protect(self, box: Box) -> None:
        """Send the traffic of the configuration's crypto access lists this way: at the start and after each change.

        What was made for a configuration before and is wanted no more is taken away; the rest stays untouched.
        """

    def mend(self) -> None:
        """The host's links have changed: what is missing of this data plane is made again."""

    def install(self, pair: SaPair, replaces: int | None) -> None:
        """A pair of SAs stands. Where it renews the pair `replaces` and this side began that, its outbound half is for
        later: `use` tells when.
        """

    def use(self, inbound_spi: int) -> None:
        """Outbound traffic moves to this pair."""

    def move(self, inbound_spi: int, path: Path) -> None:
        """The peer of this pair is reached along another path."""

    def remove(self, inbound_spi: int) -> None:
        """A pair of SAs is gone; nothing happens where there is none."""

    def leave(self, out: PacketOut) -> None:
        """A packet of the box: ESP towards a peer, or one in clear for the host to send on."""

    def deliver(self, packet: ToHost) -> None:
        """A packet out of a tunnel for the host itself."""

    def refresh(self, now: Instant) -> None:
        """Bring the counters of the pairs into the box's SAD (`Box.carried`); before each `expire` and `show`."""

    def close(self) -> None:
        """Take away all that this data plane made. May be called when `open` failed half-way."""
