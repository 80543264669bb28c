"""`mainmode up`: the parts put together in their order, and taken apart again."""

import asyncio
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import field
from typing import Any, Protocol

from mainmode import __version__
from mainmode.base.dataclass import dataclass
from mainmode.base.errors import InputError, MainmodeError
from mainmode.base.strand import WHOLE
from mainmode.catalogue.conditions import Wish
from mainmode.catalogue.debugs import Debugs
from mainmode.device.box import Box
from mainmode.device.config.model import Configuration
from mainmode.device.console import FORMS
from mainmode.device.debug_lines import DebugLines
from mainmode.device.running import Running
from mainmode.gateway import privileges
from mainmode.gateway.choosing import choose
from mainmode.gateway.clock import Clock
from mainmode.gateway.control import DEFAULT_PATH
from mainmode.gateway.control.connection import Connection, Talk
from mainmode.gateway.control.server import ControlServer, Door
from mainmode.gateway.data_plane import DataPlane, PlaneError
from mainmode.gateway.gateway import Gateway
from mainmode.gateway.greeting import interface_lines, problem_lines, tunnel_lines, warnings, weak_lines_of
from mainmode.gateway.holders import PROGRAM
from mainmode.gateway.host_setting import LARVAL_DROP
from mainmode.gateway.interfaces import Placed
from mainmode.gateway.leavings import Leavings
from mainmode.gateway.links import LinkWatch
from mainmode.gateway.log_targets import LogTarget
from mainmode.gateway.loop import LoopAlarm
from mainmode.gateway.mending import Mending
from mainmode.gateway.metrics_server import MetricsAddress
from mainmode.gateway.netlink.codec import NetlinkError
from mainmode.gateway.netlink.host import HostNetwork
from mainmode.gateway.output import LineWriter
from mainmode.gateway.outside import Outside
from mainmode.gateway.recall import Recall
from mainmode.gateway.reload import ConfigurationFile, Host, Reloading, usable
from mainmode.gateway.signals import signals
from mainmode.gateway.sockets import IkeSockets, RouterSocket
from mainmode.gateway.terminal import TunnelLines
from mainmode.gateway.workers.company import Company
from mainmode.gateway.workers.crew import Crew, muster
from mainmode.gateway.xfrm.kernel import Xfrm
from mainmode.gateway.xfrm.plane import KernelPlane

DEVICE = "mainmode0"
_IV, _DRAWN = 16, 4096


@dataclass(frozen=True, slots=True)
class Order:
    """What `mainmode up` is asked for. `file` keeps the configuration, which is read again at each SIGHUP.

    `control` is where the control socket has to be; None for the usual place, where it may be missing. `log_targets`
    are places for the system log beside the configuration's hosts, `metrics` is where their page is served. `attach`
    makes what people sit at.
    """

    file: ConfigurationFile
    mapping: Mapping[str, str] = field(default_factory=dict)
    data_plane: str = "auto"
    device: str = DEVICE
    debugs: Debugs = field(default_factory=Debugs)
    control: str | None = None
    log_targets: tuple[LogTarget, ...] = ()
    metrics: MetricsAddress | None = None
    attach: "Callable[[Gateway, Reloading], Attached] | None" = None


class Attached(Protocol):
    """What people sit at: it is there as long as the gateway is."""

    def sit(self, connection: Connection, words: Sequence[str]) -> Talk:
        """The errand `console` of the control socket. Raises InputError."""

    def bind(self) -> None:
        """Take what only a process with all its rights may take. Raises InputError."""

    async def open(self) -> Sequence[str]:
        """Let people in; lines to be told of it. Raises InputError."""

    async def close(self) -> None:
        """End all sessions."""


class SystemEntropy:
    """The system's random octets. Those of an IV are drawn in advance, many at once."""

    def __init__(self) -> None:
        self._drawn = b""
        self._at = 0

    def take(self, count: int) -> bytes:
        """`count` fresh octets."""
        if count > _IV:
            return os.urandom(count)
        begin = self._at
        self._at = end = begin + count
        if end > len(self._drawn):
            self._drawn = os.urandom(_DRAWN)
            begin, self._at = 0, count
        return self._drawn[begin : self._at]


class Startup:
    """One gateway from start to end. `out` prints what happens, `err` what is wrong.

    `crew` is there where several processes are the gateway, of which this is one.
    """

    def __init__(self, order: Order, out: LineWriter, err: LineWriter, crew: Crew | None = None) -> None:
        self._order = order
        self._out = out
        self._err = err
        self._crew = crew
        self._first = crew is None or crew.first
        self._company: Company | None = None
        self._stack = ExitStack()
        self._control: ControlServer | None = None
        self._reloading: Reloading | None = None
        self._attached: Attached | None = None
        self._reading: asyncio.Task[None] | None = None
        self._asked_again = False

    async def run(self) -> None:
        """Until SIGTERM or SIGINT. Raises InputError for what the user can mend, with nothing left behind."""
        loop = asyncio.get_running_loop()
        ended = asyncio.Event()
        calls = {signal.SIGTERM: ended.set, signal.SIGINT: ended.set, signal.SIGHUP: self._reread}
        with signals(loop, calls if self._first else {}), self._stack:
            gateway = self._start(loop)
            outside = Outside(gateway, self._order.log_targets, self._out.write)
            if self._company is not None:
                await self._company.open(loop, outside, ended)
            if self._control is not None:
                await self._control.listen()
            for line in await self._attached.open() if self._attached is not None else ():
                self._out.write(line)
            await outside.open(self._order.metrics if self._first else None)
            if self._first:
                self._out.write("ready; SIGHUP reads the configuration again, SIGTERM ends")
            self._out.start()
            self._err.start()
            await ended.wait()
            pairs = len(gateway.box.sad.states())
            if self._attached is not None:
                await self._attached.close()
            self._stop(gateway)
            if self._company is not None:
                pairs += await self._company.disband(loop)
            await outside.close()
        if self._first:
            self._out.write(f"ended; tunnels taken down, with a delete to the peer: {pairs}" if pairs else "ended")
        if self._company is not None:
            await self._company.close(pairs)

    def _reread(self) -> None:
        """SIGHUP. One that comes while the file is read makes it read once more afterwards."""
        self._asked_again = self._reading is not None
        if self._reloading is not None and self._reading is None:
            self._reading = asyncio.get_running_loop().create_task(self._read_again(self._reloading))
            self._reading.add_done_callback(self._read)

    async def _read_again(self, reloading: Reloading) -> None:
        """The file, and the control socket where somebody took it away."""
        if self._control is not None and not self._control.stands:
            try:
                await self._control.renew()
                self._out.write(f"control socket: {self._control.path}, made anew: its file was gone")
            except InputError as error:
                self._err.write(f"there is no control socket: {error}")
        await reloading.reread()

    def _read(self, task: asyncio.Task[None]) -> None:
        self._reading = None
        if not task.cancelled() and self._asked_again:
            self._reread()

    # --- start ---------------------------------------------------------------------------------------------------

    def _start(self, loop: asyncio.AbstractEventLoop) -> Gateway:
        order, tell, crew = self._order, self._out.write, self._crew
        running = crew.running if crew is not None else prepared(order, self._err.write)
        written = running.configuration
        try:
            network = HostNetwork()
            self._stack.callback(network.close)
            host = Host(network, order.mapping)
            placed = host.place(written)
        except NetlinkError as error:
            raise InputError(str(error)) from None
        usable(placed)
        if self._first:
            self._introduce(placed)
        clock = crew.clock if crew is not None else Clock()
        strand = crew.strand if crew is not None else WHOLE

        def box_of(configuration: Configuration) -> Box:
            box = Box(configuration, SystemEntropy(), clock.now(), hosted=True, strand=strand)
            box.journal.log.trace(box, order.debugs)
            return box

        gateway = Gateway(box_of(placed.configuration), clock, tell, self._err.write)
        if crew is not None:
            gateway.share = crew.share
            gateway.box.leave_to_others(lambda entry: bool(entry.peers) and not gateway.share.has(entry))
        loop.set_exception_handler(lambda _, context: _contained(gateway, context))
        recall = Recall(gateway)
        gateway.alarm = LoopAlarm(loop, clock, gateway.wake)
        debugs = DebugLines(Wish(order.debugs), FORMS[written.release], tell)
        for watcher in (debugs, TunnelLines(tell, gateway.stamp), recall):
            gateway.watch(watcher)
        opened = crew.sockets if crew is not None else None
        sockets = IkeSockets(loop, gateway.datagram_arrived, gateway.trouble, gateway.sheds, opened)
        self._stack.callback(sockets.close)
        gateway.sender = sockets
        reloading = Reloading(gateway, host, order.file, running, placed, box_of, crew)
        mending = Mending(loop, gateway, reloading.look_at_host)
        self._stack.callback(mending.close)
        gateway.owe = mending.owe
        self._open_plane(gateway, loop, sockets, network)
        routers = self._listen_to_the_host(loop, gateway, reloading)
        self._reloading = reloading
        if crew is not None:
            self._company = Company(crew, gateway, reloading, self._err.write)
        if self._first:
            self._attach(gateway, reloading)
            self._open_control(gateway)
        kept = privileges.give_up()
        if kept is not None:
            self._err.write(f"privileges that could not be given up: {kept}")
        sockets.listen()
        routers.listen()
        if self._first:
            self._greet(gateway)
        _catch_up(gateway, recall)
        gateway.look_at_the_clock()
        return gateway

    def _listen_to_the_host(
        self, loop: asyncio.AbstractEventLoop, gateway: Gateway, reloading: Reloading
    ) -> RouterSocket:
        """To what routers tell it, which is heard later, and to what changes of its links."""
        try:
            routers = RouterSocket(loop, gateway.icmp_arrived)
            self._stack.callback(routers.close)
            if self._crew is not None:
                self._crew.hear(routers)
            self._stack.callback(LinkWatch(loop, reloading.look_at_host).close)
        except (OSError, NetlinkError) as error:
            raise InputError(str(error)) from None
        return routers

    def _open_plane(
        self, gateway: Gateway, loop: asyncio.AbstractEventLoop, sockets: IkeSockets, network: HostNetwork
    ) -> None:
        plane = choose(self._order.data_plane, gateway, loop, self._order.device, sockets)
        self._stack.callback(self._close, plane)
        try:
            plane.open()
            if self._crew is not None and self._first:
                self._crew.await_others()
            plane.protect(gateway.box)
            if self._crew is not None and not self._first:
                self._crew.tell_ready()
        except (PlaneError, OSError) as error:
            raise InputError(f"the {plane.name} data plane cannot be opened: {error}") from None
        gateway.plane = plane
        if self._first:
            self._clear_away(gateway, plane, network)

    def _clear_away(self, gateway: Gateway, plane: DataPlane, network: HostNetwork) -> None:
        """What a gateway that was killed left behind, and this one does not take over."""
        leavings = Leavings(network)
        if isinstance(plane, KernelPlane):
            leavings.clear_user_space()
        else:
            leavings.clear_kernel(Xfrm, (LARVAL_DROP,))
            leavings.clear_workers(gateway.share.count)
        if told := str(leavings):
            self._out.write(told)
        for refused in leavings.failed:
            gateway.trouble("what a gateway that was killed left behind stays", refused)

    def _attach(self, gateway: Gateway, reloading: Reloading) -> None:
        if self._order.attach is not None:
            self._attached = self._order.attach(gateway, reloading)
            self._attached.bind()

    def _open_control(self, gateway: Gateway) -> None:
        """Tunnels matter more than a socket in a place that nobody asked for."""
        doors: dict[str, Door] = {"console": self._attached.sit} if self._attached is not None else {}
        place = self._order.control or DEFAULT_PATH
        if self._company is not None:
            control = ControlServer(gateway, place, self._company.doors, self._company.carry_out)
        else:
            control = ControlServer(gateway, place, doors)
        try:
            control.bind()
        except InputError as error:
            if self._order.control is not None:
                raise
            self._err.write(f"there is no control socket: {error}")
            return
        self._control = control
        self._stack.callback(control.close)

    def _introduce(self, placed: Placed) -> None:
        configuration = placed.configuration
        hostname = configuration.settings.hostname.value
        self._out.write(f"mainmode {__version__}: {hostname}, {configuration.file}, process {os.getpid()}")
        for line, there in interface_lines(placed):
            (self._out if there else self._err).write(line)
        for line in warnings(configuration):
            self._err.write(line)

    def _greet(self, gateway: Gateway) -> None:
        """What runs now."""
        tell, plane = self._out.write, gateway.plane
        if plane is not None:
            tell(f"data plane: {plane.name}; {plane.why}")
        tell("listening on UDP 500 and 4500")
        if self._crew is not None:
            tell(str(self._crew))
        if self._control is not None:
            tell(f"control socket: {self._control.path}")
        for line in tunnel_lines(gateway.box):
            tell(line)

    # --- end -----------------------------------------------------------------------------------------------------

    def _stop(self, gateway: Gateway) -> None:
        """The peers are told; nothing is due any more."""
        gateway.act(lambda box, now: box.clear(None, now))
        gateway.held.clear()
        gateway.alarm.set(None)

    def _close(self, plane: DataPlane) -> None:
        """What cannot be taken away is told; the rest goes."""
        try:
            plane.close()
        except (OSError, MainmodeError) as error:
            self._err.write(f"the {plane.name} data plane left something behind: {error}")


def _catch_up(gateway: Gateway, recall: Recall) -> None:
    """What happened in the kernel before anybody looked, and whom a gateway that was killed has left without a word."""
    if isinstance(gateway.plane, KernelPlane):
        gateway.mend()
        for peer in gateway.plane.bereft:
            recall.begin(peer)


def _contained(gateway: Gateway, context: Mapping[str, Any]) -> None:
    """What was raised in a callback of the loop: a fault of ours, which must not print what it was about."""
    fault = context.get("exception")
    if isinstance(fault, BaseException):
        gateway.contain(fault)


def prepared(order: Order, tell: Callable[[str], None]) -> Running:
    """The configuration, where this process may be a gateway. Raises InputError."""
    privileges.hide_memory()
    running = order.file.read()
    for line in (*problem_lines(running.configuration), *weak_lines_of(running.configuration)):
        tell(line)
    privileges.check()
    privileges.take_name(PROGRAM)
    return running


def mustered(order: Order, count: int, tell: Callable[[str], None]) -> Crew:
    """The processes of a gateway with so many workers: this returns in each of them.

    Raises InputError, in the one that was there, for what is known to fail in all.
    """
    running = prepared(order, tell)
    try:
        with closing(HostNetwork()) as network:
            usable(Host(network, order.mapping).place(running.configuration))
    except NetlinkError as error:
        raise InputError(str(error)) from None
    return muster(running, count)


async def run(order: Order, out: LineWriter, err: LineWriter, crew: Crew | None = None) -> None:
    """A gateway until it is told to end. Raises InputError for what the user can mend, WorkerLost."""
    await Startup(order, out, err, crew).run()
