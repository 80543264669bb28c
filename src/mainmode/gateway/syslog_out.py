"""The system log leaves the gateway: to the hosts of `logging host`, to those of the command line, to the terminal."""

import asyncio
import os
import time
from collections.abc import Callable, Iterator, Sequence

from mainmode.base.instant import Instant
from mainmode.catalogue import lines
from mainmode.catalogue.entry import Line
from mainmode.device.decision import BoxEffect
from mainmode.device.log_forms import LogForms, bare
from mainmode.device.log_rules import CONSOLE, TRAP, LogRules, Message
from mainmode.device.watching import Watcher
from mainmode.gateway.gateway import Action, Gateway
from mainmode.gateway.log_gate import gate_of
from mainmode.gateway.log_sinks import Change, DatagramSink, Sink, TcpSink
from mainmode.gateway.log_targets import LogTarget, configured_targets, refused_hosts
from mainmode.ike.effects import InstallSa, RemoveSa, Say

_USUAL_TRAP = 6
"""The level for targets of the command line where the configuration has no `logging trap`: informational."""
_LONGEST_QUEUE = 8192
_SETTLED = 0.5
"""Seconds after which the peer has the SAs of a new tunnel, too."""
_PATIENCE = 2.0
"""Seconds that messages in a queue may take to leave when the gateway ends."""


class SyslogOut(Watcher):
    """Sends each message where the rules of the box's configuration want it; follows the box to other configurations.

    `asked` are targets of the command line; they get what `logging trap` says, or informational and above.
    `console` prints a message for `logging console`.
    """

    def __init__(self, gateway: Gateway, asked: Sequence[LogTarget], console: Callable[[str], None]) -> None:
        self._gateway = gateway
        self._asked = tuple(asked)
        self._console = console
        self._sinks: dict[LogTarget, Sink] = {}
        self._told_lost: dict[LogTarget, int] = {}
        self._gone_lost = self._gone_sent = 0
        self._closing: set[asyncio.Task[None]] = set()
        self._configuration = gateway.box.configuration
        self._follow()

    # --- what others may look at ---------------------------------------------------------------------------------

    @property
    def messages_sent(self) -> int:
        """Messages that left for a target."""
        return self._gone_sent + sum(sink.sent for sink in self._sinks.values())

    @property
    def messages_lost(self) -> int:
        """Messages that could not be sent, or found a full queue."""
        return self._gone_lost + sum(sink.lost for sink in self._sinks.values())

    @property
    def messages_waiting(self) -> int:
        """Messages in queues."""
        return sum(sink.waiting for sink in self._sinks.values())

    # --- the watcher ---------------------------------------------------------------------------------------------

    @property
    def wants_lines(self) -> bool:
        """For the targets of the command line; for the configuration's the box makes them by itself."""
        return bool(self._asked)

    def happened(self, effect: BoxEffect, now: Instant) -> None:
        """A line may be a message; a pair of SAs may be what messages wait for."""
        if type(effect) is not Say:
            if type(effect) in (InstallSa, RemoveSa):
                self._look_at_gates(effect)
            return
        if self._gateway.box.configuration is not self._configuration:
            self._configuration = self._gateway.box.configuration
            self._follow()
        debugs = self._gateway.box.journal.log.debugs
        now = self._gateway.stamp(now)
        for message in self._rules.messages(effect.line, debugs):
            if CONSOLE in message.destinations:
                self._console(self._forms.local(message, now))
            if TRAP in message.destinations:
                self._send(message, now, asked=False)
        if self._asked:
            for message in self._asked_rules.messages(effect.line, debugs):
                if TRAP in message.destinations:
                    self._send(message, now, asked=True)

    async def close(self) -> None:
        """Let what waits leave, for a moment, and close everything."""
        sinks, self._sinks = list(self._sinks.values()), {}
        await asyncio.gather(*(sink.close(_PATIENCE) for sink in sinks), *self._closing)
        for sink in sinks:
            self._count(sink)

    # --- inside --------------------------------------------------------------------------------------------------

    def _look_at_gates(self, effect: BoxEffect) -> None:
        for sink in self._sinks.values():
            if isinstance(sink, DatagramSink) and sink.gate is not None:
                if isinstance(effect, RemoveSa):
                    sink.gate.removed(effect.inbound_spi)
                elif isinstance(effect, InstallSa) and sink.gate.installed(effect.pair):
                    asyncio.get_running_loop().call_later(_SETTLED, sink.flush)

    def _send(self, message: Message, now: Instant, *, asked: bool) -> None:
        for target, sink in list(self._sinks.items()):
            if (target.host is None) is asked:
                sink.send(self._written(message, now, target))

    def _written(self, message: Message, now: Instant, target: LogTarget) -> str:
        if target.protocol != "unix":
            return self._forms.on_wire(message, now, target.host)
        stamp = time.strftime("%b %e %H:%M:%S", time.localtime(now // 1_000_000))
        return f"{self._forms.priority(message)}{stamp} mainmode[{os.getpid()}]: {bare(message)}"

    def _follow(self) -> None:
        """Targets that stayed keep their connections and queues; those that went send what they have, and go."""
        configuration = self._configuration
        self._rules = LogRules(configuration)
        self._asked_rules = LogRules(configuration, trap=_USUAL_TRAP)
        self._forms = LogForms(configuration)
        queue = configuration.settings.logging.queue.value or _LONGEST_QUEUE
        wanted = dict.fromkeys((*configured_targets(configuration), *self._asked))
        for target in [target for target in self._sinks if target not in wanted]:
            self._let_go(self._sinks.pop(target))
        for target in wanted:
            there = self._sinks.get(target)
            if there is None:
                self._sinks[target] = self._made(target, queue)
            else:
                there.limit(queue)
                if isinstance(there, DatagramSink):
                    there.gate = gate_of(self._gateway.box, target, self._gateway.share)
                    there.flush()
        for host in refused_hosts(configuration):
            self._gateway.tell(
                f"{host.source}: nothing is sent to {host.address}: secure asks for TLS, which is not spoken here"
            )

    def _made(self, target: LogTarget, queue: int) -> Sink:
        def told(change: Change) -> None:
            self._told(target, change)

        if target.protocol == "tcp":
            return TcpSink(target, told, queue)
        gate = gate_of(self._gateway.box, target, self._gateway.share)
        return DatagramSink(target, told, asyncio.get_running_loop().time, queue, gate)

    def _let_go(self, sink: Sink) -> None:
        async def close() -> None:
            await sink.close(_PATIENCE)
            self._count(sink)

        task = asyncio.get_running_loop().create_task(close())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    def _count(self, sink: Sink) -> None:
        self._gone_sent += sink.sent
        self._gone_lost += sink.lost

    def _told(self, target: LogTarget, change: Change) -> None:
        """A target went down or is back: in the terminal's lines and in the log itself."""
        if target not in self._sinks:
            return
        if change is Change.DOWN:
            self._gateway.warn(f"the system log's target {target.name} does not take messages; tried again and again")
        else:
            self._gateway.tell(f"the system log's target {target.name} takes messages again")
        for line in self._lines_about(target, change):
            self._gateway.act(_saying(line))

    def _lines_about(self, target: LogTarget, change: Change) -> Iterator[Line]:
        host = target.host
        if change is Change.BACK:
            lost = self._sinks[target].lost - self._told_lost.get(target, 0)
            self._told_lost[target] = self._sinks[target].lost
            if lost:
                yield lines.LOG_MESSAGES_LOST(server=target.name, count=lost)
        if host is None or target.protocol != "tcp":
            return
        where = {"interface": host.interface, "address": host.address, "port": target.port}
        if change is Change.DOWN:
            yield lines.LOG_HOST_DOWN(**where, permitted="permitted")
        else:
            yield lines.LOG_HOST_RESTORED(**where)


def _saying(line: Line) -> Action:
    return lambda box, now: box.say(line, now)
