"""Another configuration while the gateway runs: SIGHUP, and addresses of the host that change under a mapping."""

import asyncio
from collections.abc import Callable, Mapping

from mainmode.base.errors import InputError
from mainmode.base.instant import Instant
from mainmode.device.box import Box
from mainmode.device.config.model import Configuration
from mainmode.device.decision import BoxEffect
from mainmode.gateway.choosing import unmet
from mainmode.gateway.data_plane import PlaneError
from mainmode.gateway.gateway import Gateway
from mainmode.gateway.greeting import problem_lines, warnings
from mainmode.gateway.interfaces import Placed, place
from mainmode.gateway.links import differences
from mainmode.gateway.netlink.codec import NetlinkError
from mainmode.gateway.netlink.host import HostNetwork

Reader = Callable[[], Configuration]


class Host:
    """The host's interfaces as they are now, and which of them the command line names."""

    def __init__(self, network: HostNetwork, mapping: Mapping[str, str]) -> None:
        self._network = network
        self._mapping = mapping

    def place(self, configuration: Configuration, *, patient: bool = False) -> Placed:
        """Raises InputError for a mapping of what is not there, NetlinkError where the host does not answer.

        `patient`: an interface that is mapped and not there may come back.
        """
        links, addresses = self._network.links(), self._network.addresses()
        return place(configuration, links, addresses, self._mapping, patient=patient)


def usable(placed: Placed) -> None:
    """Raises InputError where no interface of the configuration runs IKE: that was not meant."""
    configuration = placed.configuration
    if not configuration.enabled:
        raise InputError(
            f"{configuration.file}: no interface runs IKE; the line is `crypto ikev1 enable outside` (before 8.4: "
            "`crypto isakmp enable outside`)"
        )
    if not any(configuration.map_on(one.value) for one in configuration.enabled):
        raise InputError(
            f"{configuration.file}: no crypto map is bound to an interface with IKE; the line is "
            f"`crypto map MAP interface {configuration.enabled[0].value}`"
        )


class Reloading:
    """Keeps the box at what the file and the host say. What cannot be used changes nothing."""

    def __init__(
        self, gateway: Gateway, host: Host, read: Reader, written: Configuration, placed: Placed,
        tell: Callable[[str], None],
    ) -> None:  # fmt: skip
        """`written` is the configuration as it stands in the file, `placed` the same on this host."""
        self._gateway = gateway
        self._host = host
        self._read = read
        self._written = written
        self.placed = placed
        self._tell = tell

    async def reread(self) -> None:
        """SIGHUP. The file is read beside the loop: a large one takes seconds, and the tunnels go on meanwhile."""
        try:
            written = await asyncio.to_thread(self._read)
        except InputError as error:
            self._gateway.warn(f"the configuration stays as it was: {error}")
        except Exception as fault:
            self._gateway.contain(fault)
        else:
            self._take(written)

    def _take(self, written: Configuration) -> None:
        for line in problem_lines(written, {str(problem) for problem in self._written.problems}):
            self._gateway.warn(line)
        try:
            placed = self._host.place(written)
            usable(placed)
        except (InputError, NetlinkError) as error:
            self._gateway.warn(f"the configuration stays as it was: {error}")
            return
        for line in warnings(written):
            self._gateway.warn(line)
        if placed.configuration == self._gateway.box.configuration:
            self._written, self.placed = written, placed
            self._tell(f"{written.file} is read again: nothing changed")
            return
        pairs = len(self._gateway.box.sad.states())
        if self._adopt(placed):
            self._written = written
            ended = pairs - len(self._gateway.box.sad.states())
            taken_down = f"; pairs of SAs that no longer fit: {ended}" if ended else ""
            self._tell(f"{written.file} is read again and in force{taken_down}")
            plane = self._gateway.plane
            for line in unmet(plane, self._gateway.box) if plane is not None else ():
                self._gateway.warn(line)

    def look_at_host(self) -> None:
        """Links or addresses of the host have changed."""
        try:
            placed = self._host.place(self._written, patient=True)
        except InputError as error:
            self._gateway.warn(f"the interfaces stay as they were: {error}")
            return
        except NetlinkError as error:
            self._gateway.trouble("the host's interfaces cannot be read", error)
            return
        for line in differences(self.placed.places, placed.places):
            self._tell(line)
        gone = any(place.index is None for place in placed.places)
        if not gone and placed.configuration != self._gateway.box.configuration:
            self._adopt(placed)
        self.placed = placed if not gone else Placed(self.placed.configuration, placed.places)
        plane = self._gateway.plane
        if plane is not None:
            try:
                plane.mend()
            except (OSError, PlaneError) as error:
                self._gateway.trouble(f"the {plane.name} data plane is not whole", error)

    def _adopt(self, placed: Placed) -> bool:
        """Whether the box took it."""
        taken: list[Placed] = []

        def exchange(box: Box, now: Instant) -> list[BoxEffect]:
            effects = box.reconfigure(placed.configuration, now)
            taken.append(placed)
            return effects

        self._gateway.act(exchange)
        if not taken:
            self._gateway.warn("the configuration stays as it was")
            return False
        self.placed = placed
        self._gateway.follow()
        self._protect()
        return True

    def _protect(self) -> None:
        plane = self._gateway.plane
        if plane is not None:
            try:
                plane.protect(self._gateway.box)
            except (OSError, PlaneError) as error:
                self._gateway.trouble(f"the {plane.name} data plane cannot follow", error)
