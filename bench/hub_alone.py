"""A hub as a value, in a process of its own: its CPU and memory without its peers', in virtual time."""

import gc
import multiprocessing
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from multiprocessing.connection import Connection
from typing import Any

from measuring import resident
from negotiation import ENTROPY, NOON
from spokes import HUB, Datagram, Spokes, hub

from mainmode.base.address import Endpoint, Path
from mainmode.base.instant import Instant, Span, later, seconds
from mainmode.device.box import Box, BoxEffect
from mainmode.device.config.reader import read
from mainmode.ike.effects import Send
from mainmode.ike.engine import IKE_PORT

SPREAD = seconds(2700)
"""Over so long the tunnels come up: IKE SAs of an hour are renewed after 45 minutes, so that renewals never pause."""
RENEWING = seconds(3060)
"""After so long IPsec SAs of an hour are renewed too."""
_STEP = seconds(0.5)
"""So long a datagram takes at most."""
_WARM = seconds(20)


class _Hub:
    """What runs in the process. All of its CPU time counts, the pipe's too, but for what stands in for packets."""

    def __init__(self, count: int) -> None:
        self._box = Box(read(hub(count), "hub.cfg"), ENTROPY, NOON, listened=False, hosted=True)
        self._here = Endpoint(HUB, IKE_PORT)
        self._carrying = 0.0

    def arrive(self, datagrams: list[Datagram], now: Instant) -> list[Datagram]:
        """What spokes sent; the answers."""
        effects: list[BoxEffect] = []
        for spoke, datagram in datagrams:
            effects += self._box.datagram_in("outside", datagram, Path(self._here, Endpoint(spoke, IKE_PORT)), now)
        return _sent(effects)

    def run(self, until: Instant) -> list[Datagram]:
        """Every deadline in its turn."""
        effects: list[BoxEffect] = []
        while (due := self._box.deadline()) is not None and due <= until:
            effects += self._box.expire(due)
        return _sent(effects)

    def jump(self, now: Instant) -> list[Datagram]:
        """Time leaps: what became due meanwhile is served once."""
        return _sent(self._box.expire(now))

    def carry(self, heard: Instant | None, sent: Instant) -> None:
        """Each pair carried a packet more, by what a kernel would tell. It does not count."""
        began = time.process_time()
        for state in self._box.sad.states():
            tally = replace(state.tally, octets_in=state.tally.octets_in + 84, octets_out=state.tally.octets_out + 84)
            self._box.carried(state.pair.inbound_spi, tally, heard, sent)
        self._carrying += time.process_time() - began

    def told(self) -> tuple[int, float, float]:
        """Pairs that stand, CPU seconds so far, and kilobytes of resident memory."""
        spent = time.process_time() - self._carrying
        gc.collect()
        return len(self._box.sad.states()), spent, resident(multiprocessing.current_process().pid or 0)


def _sent(effects: Iterable[BoxEffect]) -> list[Datagram]:
    return [(one.path.remote.address, one.datagram) for one in effects if isinstance(one, Send)]


def _serve(count: int, link: Connection) -> None:
    one = _Hub(count)
    link.send(one.told())
    while order := link.recv():
        name, *given = order
        call: Callable[..., Any] = getattr(one, name)
        link.send(call(*given))


class HubAlone:
    """A hub and its spokes, which live here."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._spokes = Spokes(count)
        context = multiprocessing.get_context("spawn")
        self._link, there = context.Pipe()
        self._process = context.Process(target=_serve, args=(count, there), daemon=True)
        self._process.start()
        self.now = NOON
        self.told: tuple[int, float, float] = self._link.recv()

    def end(self) -> None:
        """The process ends."""
        self._link.send(None)
        self._process.join()

    def bring_up(self, first: int, last: int) -> tuple[int, float, float]:
        """The tunnels of these numbers, spread over the time in which all are renewed; what the hub tells then."""
        for number in range(first, last):
            self.now = later(NOON, Span(SPREAD * number // self._count))
            self._deliver(self._spokes.begin(number, self.now))
        self._ask("carry", None, self.now)
        return self._ask("told")  # type: ignore[no-any-return]

    def settle(self) -> None:
        """Time leaps to where both phases are renewed all the time; what became due meanwhile is over after a while."""
        self.now = later(NOON, RENEWING)
        if self._spokes.busy:
            self._ask("carry", self.now, self.now)
        self._deliver(self._spokes.expire(self.now), self._ask("jump", self.now))
        self._run(later(self.now, _WARM))

    def share(self, span: Span, *, busy: bool) -> float:
        """The share of a core, 1.0, that the hub takes for so long. `busy`: packets come through all tunnels.

        Raises RuntimeError where a tunnel is lost.
        """
        self._spokes.busy = busy
        self._run(later(self.now, _WARM))
        _, before, _ = self._ask("told")
        self._run(later(self.now, span))
        pairs, after, _ = self._ask("told")
        if pairs < self._count or self._spokes.installed < self._count:
            raise RuntimeError(f"{pairs} pairs of {self._count} tunnels stand")
        return (after - before) / (span / seconds(1))

    def _run(self, until: Instant) -> None:
        carried = self.now
        while self.now < until:
            self.now = later(self.now, _STEP)
            if self._spokes.busy and self.now - carried >= seconds(5):
                self._ask("carry", self.now, self.now)
                carried = self.now
            self._deliver((), self._ask("run", self.now))
            self._deliver(self._spokes.expire(self.now))

    def _deliver(self, up: Iterable[Datagram], down: Iterable[Datagram] = ()) -> None:
        """What is under way, until nothing is."""
        up = [*up, *self._spokes.receive(down, self.now)]
        while up:
            up = self._spokes.receive(self._ask("arrive", up, self.now), self.now)

    def _ask(self, *order: Any) -> Any:
        self._link.send(order)
        return self._link.recv()
