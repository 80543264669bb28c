"""Another configuration while the gateway runs: SIGHUP, lines typed at a prompt, addresses that change on the host."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from ipaddress import IPv4Address
from typing import Protocol

from mainmode.base.errors import InputError
from mainmode.base.instant import Instant
from mainmode.device.box import Box
from mainmode.device.config.model import Configuration
from mainmode.device.decision import BoxEffect
from mainmode.device.running import Running
from mainmode.device.weak.lines import weak_lines
from mainmode.gateway.choosing import unmet
from mainmode.gateway.gateway import Gateway
from mainmode.gateway.greeting import problem_lines, warnings, weak_lines_of
from mainmode.gateway.interfaces import Placed, place
from mainmode.gateway.links import differences
from mainmode.gateway.netlink.codec import NetlinkError
from mainmode.gateway.netlink.host import HostNetwork
from mainmode.gateway.unsaved import thrown_away
from mainmode.gateway.workers.share import Share

MakeBox = Callable[[Configuration], Box]


class Sharing(Protocol):
    """How the peers are shared out among the workers of one gateway."""

    share: Share

    def plan(self, configuration: Configuration) -> Share:
        """Who gets which peers by another configuration; who has one keeps it. Raises InputError."""

    def adopt(self, share: Share, gateway: Gateway) -> None:
        """From here on the peers are shared out so. Raises OSError."""


class ConfigurationFile(Protocol):
    """Where the configuration of a gateway is kept."""

    def read(self) -> Running:
        """The configuration, as it starts. Raises InputError."""

    def write(self, text: str, known: str) -> tuple[str, ...]:
        """Keep this text, keys in clear, in the place of that which is known. What is to be told besides.

        Raises InputError; nothing changed then.
        """


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
    """Keeps the box at what the file, the prompt and the host say. What cannot be used changes nothing.

    `running` is the configuration as sessions change it: another one after the file was read again. `written` is what
    is in force as it was written, `placed` the same on this host. `spread` brings what is read to the other workers.
    """

    def __init__(
        self, gateway: Gateway, host: Host, file: ConfigurationFile, running: Running, placed: Placed,
        make_box: MakeBox, sharing: Sharing | None = None,
    ) -> None:  # fmt: skip
        """`sharing` where there are several workers."""
        self._gateway = gateway
        self._host = host
        self._file = file
        self._make_box = make_box
        self._sharing = sharing
        self.spread: Callable[[str, Share], Awaitable[None]] | None = None
        self.running = running
        self._known = running.startup
        self._written = running.configuration
        self.placed = placed
        self._lacking: tuple[str, ...] = ()

    # --- the file ------------------------------------------------------------------------------------------------

    async def reread(self) -> None:
        """SIGHUP. The file is read beside the loop: a large one takes seconds, and the tunnels go on meanwhile."""
        before = self.running
        typed = (before.startup, before.text(reveal=True), before.text()) if before.modified else None
        try:
            running = await asyncio.to_thread(self._file.read)
            gone = await asyncio.to_thread(thrown_away, *typed, running) if typed is not None else ()
        except InputError as error:
            self._gateway.warn(f"the configuration stays as it was: {error}")
        except Exception as fault:
            self._gateway.contain(fault)
        else:
            before_all = self._gateway.box.configuration
            if self._take(running):
                for line in gone:
                    self._gateway.remark(line)
                await self._spread_out(running, before_all)

    async def _spread_out(self, running: Running, before: Configuration) -> None:
        """The other workers follow where something changed."""
        if self.spread is not None and self._sharing is not None and self._gateway.box.configuration is not before:
            try:
                await self.spread(running.startup, self._sharing.share)
            except InputError as error:
                self._gateway.warn(f"not all workers have the configuration: {error}")

    async def follow(self, text: str, placed: Mapping[IPv4Address, int]) -> None:
        """The first worker has put this text in force, and shared the peers out so. Raises where it cannot be here."""
        if self._sharing is None:
            raise InputError("there are no other workers")
        running = await asyncio.to_thread(Running, text, self._written.file)
        here = self._host.place(running.configuration, patient=True)
        if not self._adopt(here, replace(self._sharing.share, placed=placed)):
            raise InputError("the configuration stays as it was")
        self._know(running)
        self.placed = here

    def _take(self, running: Running) -> bool:
        """Whether this is in force now."""
        written = running.configuration
        for line in problem_lines(written, {str(problem) for problem in self._written.problems}):
            self._gateway.warn(line)
        try:
            placed = self._host.place(written)
            usable(placed)
            share = self._sharing.plan(placed.configuration) if self._sharing is not None else None
        except (InputError, NetlinkError) as error:
            self._gateway.warn(f"the configuration stays as it was: {error}")
            return False
        weak_before = {str(problem) for problem in weak_lines(self._written)}
        for line in (*warnings(written), *weak_lines_of(written, weak_before)):
            self._gateway.warn(line)
        if placed.configuration == self._gateway.box.configuration:
            self._know(running)
            self.placed = placed
            self._gateway.tell(f"{written.file} is read again: nothing changed")
            return True
        pairs = len(self._gateway.box.sad.states())
        if not self._adopt(placed, share):
            self._gateway.warn("the configuration stays as it was")
            return False
        self._know(running)
        ended = pairs - len(self._gateway.box.sad.states())
        taken_down = f"; pairs of SAs that no longer fit: {ended}" if ended else ""
        self._gateway.tell(f"{written.file} is read again and in force{taken_down}")
        for line in self._unmet():
            self._gateway.warn(line)
        return True

    async def save(self, text: str) -> tuple[str, ...]:
        """Keep this text in the file: what is to be told besides. Raises InputError; nothing changed then."""
        told = await asyncio.to_thread(self._file.write, text, self._known)
        self._known = text
        kept = await asyncio.to_thread(Running, text, self._written.file)
        try:
            usable(Placed(kept.configuration, ()))
        except InputError as error:
            return (*told, f"WARNING: the gateway would not start with it: {error}")
        return told

    async def restart(self) -> None:
        """Start anew with what the file says, in this process: a box that knows nothing of what was.

        Raises InputError where that cannot be; all goes on as it was then.
        """
        running = await asyncio.to_thread(self._file.read)
        written = running.configuration
        try:
            placed = self._host.place(written)
        except NetlinkError as error:
            raise InputError(str(error)) from None
        usable(placed)
        box = self._make_box(placed.configuration)
        pairs = len(self._gateway.box.sad.states())
        self._gateway.restart(box)
        self._know(running)
        self.placed = placed
        self._gateway.protect()
        taken_down = f"; tunnels taken down, with a delete to the peer: {pairs}" if pairs else ""
        self._gateway.tell(f"{written.file} is read, and the device starts anew{taken_down}")
        for line in (*warnings(written), *self._unmet()):
            self._gateway.warn(line)

    # --- the prompt ----------------------------------------------------------------------------------------------

    def adopt(self, written: Configuration) -> tuple[str, ...]:
        """Lines were typed: this is in force from here on. What will not work as it stands.

        Raises InputError where it cannot be in force on this host; nothing changed then.
        """
        try:
            placed = self._host.place(written, patient=True)
        except NetlinkError as error:
            raise InputError(f"the host's interfaces cannot be read: {error}") from None
        before, lacking = self.placed, self._lacking
        if placed.configuration != self._gateway.box.configuration and not self._adopt(placed):
            raise InputError("the configuration stays as it was: the gateway's own output says why")
        self._written, self.placed = written, placed
        known = {*lacking, *(str(one) for one in before.places if one.index is None)}
        absent = (str(one) for one in placed.places if one.index is None)
        return tuple(line for line in (*absent, *self._unmet()) if line not in known)

    # --- the host ------------------------------------------------------------------------------------------------

    def look_at_host(self) -> bool:
        """Links or addresses of the host have changed. False where that has to be tried again."""
        try:
            placed = self._host.place(self._written, patient=True)
        except InputError as error:
            self._gateway.warn(f"the interfaces stay as they were: {error}")
            return True
        except NetlinkError as error:
            self._gateway.trouble("the host's interfaces cannot be read", error)
            self._gateway.owe()
            return False
        for line in differences(self.placed.places, placed.places) if self._gateway.share.first else ():
            self._gateway.tell(line)
        gone = any(place.index is None for place in placed.places)
        if not gone and placed.configuration != self._gateway.box.configuration and not self._adopt(placed):
            self._gateway.warn("the configuration stays as it was")
        self.placed = placed if not gone else Placed(self.placed.configuration, placed.places)
        return self._gateway.mend()

    # --- inside --------------------------------------------------------------------------------------------------

    def _know(self, running: Running) -> None:
        """What the file says is in force."""
        self.running, self._written, self._known = running, running.configuration, running.startup

    def _adopt(self, placed: Placed, share: Share | None = None) -> bool:
        """Whether the box took it; `share` where the peers may be shared out in another way than before."""
        taken: list[Placed] = []

        def exchange(box: Box, now: Instant) -> list[BoxEffect]:
            effects = box.reconfigure(placed.configuration, now)
            taken.append(placed)
            return effects

        self._gateway.act(exchange)
        if not taken:
            return False
        self.placed = placed
        if share is not None and self._sharing is not None:
            try:
                self._sharing.adopt(share, self._gateway)
            except OSError as error:
                self._gateway.trouble("the kernel does not take the filter that shares out the peers", error)
        self._gateway.follow()
        self._gateway.protect()
        return True

    def _unmet(self) -> tuple[str, ...]:
        plane = self._gateway.plane
        self._lacking = tuple(unmet(plane, self._gateway.box)) if plane is not None else ()
        return self._lacking
