"""The processes of one gateway: the first one, which `mainmode up` is, makes the others and watches over them.

All of it is made before anything runs: the configuration is read once, the peers are shared out, the sockets of both
ports are opened for everybody, and each process keeps its own. Nobody outlives the others: where the first one is gone
the others see their link closed and end, and where another one is gone the first one ends them all.
"""

import os
import signal
import socket
import sys
from asyncio import AbstractEventLoop
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import field

from mainmode.base.dataclass import dataclass
from mainmode.base.errors import InputError, MainmodeError
from mainmode.base.strand import Strand
from mainmode.device.config.model import Configuration
from mainmode.device.running import Running
from mainmode.device.settings import ike_settings
from mainmode.gateway.clock import Clock
from mainmode.gateway.gateway import Gateway
from mainmode.gateway.sockets import IKE_PORT, NAT_T_PORT, RouterSocket, open_groups
from mainmode.gateway.workers.link import Link
from mainmode.gateway.workers.program import choose_among, choosing, keeping_errors
from mainmode.gateway.workers.share import Share, shared_out

_READY = b"+"
_PATIENCE = 60.0
"""Seconds in which a worker has to be ready."""
_FAREWELL = 10.0
"""Seconds in which it has to end."""
_SHUT = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class WorkerLost(MainmodeError):  # noqa: N818 (it names what happened)
    """A worker ended without being told to, so the gateway did."""


@dataclass
class Crew:
    """The crew as one of its processes sees it.

    `share` is this one's, `sockets` are its own of both ports. `ends` are those of the links to the other workers, by
    their numbers, and `processes` their ids, for the first one; for another one there is the end to the first.
    `leaving`: the others were told to end.
    """

    share: Share
    running: Running
    clock: Clock
    sockets: dict[int, socket.socket]
    ends: dict[int, socket.socket]
    processes: dict[int, int] = field(default_factory=dict)
    links: dict[int, Link] = field(default_factory=dict)
    leaving: bool = False
    _routers: RouterSocket | None = None

    @property
    def first(self) -> bool:
        """Whether this is the process that people know."""
        return self.share.first

    @property
    def strand(self) -> Strand:
        """The numbers that this process draws."""
        return Strand(self.share.number, self.share.count)

    def __str__(self) -> str:
        """One line: the processes, and how many peers of the configuration each has."""
        peers = [sum(at == worker for at in self.share.placed.values()) for worker in range(self.share.count)]
        pids = [os.getpid(), *self.processes.values()]
        named = (f"{many} at worker {at + 1} (process {pids[at]})" for at, many in enumerate(peers))
        return f"{self.share.count} workers; peers of the configuration: {', '.join(named)}; others go by their address"

    def hear(self, routers: RouterSocket) -> None:
        """What routers tell of this worker's peers. Raises OSError."""
        self._routers = routers
        routers.keep(keeping_errors(self.share))

    # --- peers ---------------------------------------------------------------------------------------------------

    def plan(self, configuration: Configuration) -> Share:
        """Who gets which peers by another configuration; who has one keeps it. Raises InputError, see `choosing`."""
        return _planned(configuration, self.share)

    def adopt(self, share: Share, gateway: Gateway) -> None:
        """From here on the peers are shared out so. Those that are another's now are told that they are, here.

        Raises OSError where the kernel refuses the program of the ports.
        """
        before, self.share = self.share, share.seen_by(self.share.number)
        gateway.share = self.share
        if self.first:
            for one in self.sockets.values():
                choose_among(one, choosing(self.share))
        if self._routers is not None:
            self._routers.keep(keeping_errors(self.share))
        for peer, at in before.placed.items():
            if at == self.share.number != self.share.owner(peer):
                gateway.act(lambda box, now, peer=peer: box.clear(peer, now))  # type: ignore[misc]

    # --- start and end -------------------------------------------------------------------------------------------

    def tell_ready(self) -> None:
        """This worker's traffic is led to it."""
        self.ends[0].send(_READY)

    def await_others(self) -> None:
        """Until every other worker is ready. Raises InputError where one is not; it told why itself."""
        for worker, end in self.ends.items():
            end.settimeout(_PATIENCE)
            try:
                told = end.recv(1)
            except OSError:
                told = b""
            if told != _READY:
                raise InputError(f"worker {worker + 1} did not start; what it said stands before this line")
            end.setblocking(False)

    async def connect(
        self, loop: AbstractEventLoop, heard: Callable[[Link, object], None], lost: Callable[[int], None]
    ) -> None:
        """Messages go both ways from here on: `heard` takes each, `lost` the number of who is gone."""
        for worker, end in self.ends.items():
            link = Link(worker, heard, lost)
            await loop.connect_accepted_socket(lambda link=link: link, end)  # type: ignore[misc]
            self.links[worker] = link

    async def disband(self, loop: AbstractEventLoop) -> tuple[int, Sequence[str]]:
        """End the others, which take down their own tunnels: how many those were, and what went wrong."""
        for link in self.links.values():
            link.end()
        left = {worker: await link.ended(_FAREWELL) for worker, link in self.links.items()}
        wrong = []
        for worker, pid in self.processes.items():
            if left.get(worker) is None:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                wrong.append(
                    f"worker {worker + 1} (process {pid}) did not end by itself; what it held may still be there"
                )
            await loop.run_in_executor(None, _reaped, pid)
        return sum(count or 0 for count in left.values()), wrong


def muster(running: Running, count: int) -> Crew:
    """Make the other processes: this returns in each of them. Raises InputError where that cannot be, in the first."""
    share = _planned(running.configuration, Share(0, count))
    sockets = open_groups(count)
    clock = Clock()
    for one in sockets[0].values():
        choose_among(one, choosing(share))
    pairs = {worker: socket.socketpair() for worker in range(1, count)}
    crew = Crew(share, running, clock, sockets[0], {worker: ours for worker, (ours, _) in pairs.items()})
    sys.stdout.flush()
    sys.stderr.flush()
    for worker, (_, theirs) in pairs.items():
        pid = os.fork()
        if pid == 0:
            _keep_only(sockets[worker], theirs, sockets, pairs)
            for number in _SHUT:
                signal.signal(number, signal.SIG_IGN)
            return Crew(share.seen_by(worker), running, clock, sockets[worker], {0: theirs})
        crew.processes[worker] = pid
    _keep_only(sockets[0], None, sockets, {})
    for _, theirs in pairs.values():
        theirs.close()
    return crew


def _planned(configuration: Configuration, before: Share) -> Share:
    hairpins = configuration.settings.same_security_intra.value
    entries = ike_settings(configuration).entries
    share = shared_out(entries, before.count, hairpins=hairpins, before=before.placed)
    choosing(share)
    return share


def _keep_only(
    mine: dict[int, socket.socket],
    link: socket.socket | None,
    sockets: Sequence[dict[int, socket.socket]],
    pairs: dict[int, tuple[socket.socket, socket.socket]],
) -> None:
    """Close what is of the others."""
    for by_port in sockets:
        if by_port is not mine:
            for port in (IKE_PORT, NAT_T_PORT):
                by_port[port].close()
    for pair in pairs.values():
        for end in pair:
            if end is not link:
                end.close()


def _reaped(pid: int) -> None:
    with suppress(ChildProcessError):
        os.waitpid(pid, 0)
