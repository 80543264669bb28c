"""The stage of a scenario: its devices, their hosts, their consoles and the net, and what a step can do to them."""

from collections.abc import Iterable, Mapping
from dataclasses import field
from functools import partial
from ipaddress import IPv4Address

from mainmode.base.dataclass import dataclass
from mainmode.base.errors import InputError
from mainmode.base.instant import Instant, Span
from mainmode.base.secret import Secret
from mainmode.device.box import Box
from mainmode.device.config.model import Configuration
from mainmode.device.config.reader import read
from mainmode.device.decision import BoxEffect
from mainmode.device.exec_commands import typed
from mainmode.lab.chronicle import Chronicle
from mainmode.lab.clock import Agenda
from mainmode.lab.cloud import Cloud
from mainmode.lab.consoles import Console
from mainmode.lab.entropy import SeededEntropy
from mainmode.lab.evidence import Evidence
from mainmode.lab.facing import ends
from mainmode.lab.faults.configuration import more_typed, must_be_read
from mainmode.lab.hosts import Probe
from mainmode.lab.inside import Flow, Inside, Watcher
from mainmode.lab.observer import Observer, Tap
from mainmode.lab.rig import WorldRig
from mainmode.lab.traffic import behind
from mainmode.lab.world import Station, World

_MOST_PASSAGES = 20_000
"""Packets that are kept for a verdict: where something fails it fails among the first."""


@dataclass(slots=True)
class Actor:
    """A device of a scenario: its configuration as text and as read, and how often it was started."""

    name: str
    file: str
    text: str = field(repr=False)
    configuration: Configuration
    outside: dict[IPv4Address, str]
    hidden_keys: Mapping[str, Secret] = field(default_factory=dict, repr=False)
    starts: int = 0
    faces: frozenset[str] = field(init=False)
    """Its interfaces on the net, whether they are up or not."""

    def __post_init__(self) -> None:
        self.faces = frozenset(self.outside.values())

    def rewrite(self, text: str) -> Configuration:
        """Take another text as the configuration."""
        if text != self.text:
            self.text = text
            self.configuration = read(text, self.file)
        return self.configuration


@dataclass(slots=True)
class Waiting:
    """A host that pings until it is answered: since when, and when it was; None: it was not, until it gave up."""

    flow: Flow
    since: Instant
    answered: Instant | None = None

    @property
    def over(self) -> bool:
        """Whether a reply came. The first one counts."""
        latest = self.flow.last_answered
        if self.answered is None and latest is not None and latest >= self.since:
            self.answered = latest
        return self.answered is not None


class Stage:
    """Everything that steps act on and expectations look at."""

    def __init__(
        self,
        actors: Iterable[Actor],
        cloud: Cloud,
        agenda: Agenda,
        seed: int,
        consoles: Mapping[str, Console],
        silent: frozenset[IPv4Address],
        observers: Iterable[Observer] = (),
        watcher: Watcher | None = None,
        listened: bool = True,
        most: int | None = None,
    ) -> None:
        """`listened` False: nobody reads what devices say, so they say nothing. `most`: so many reasons and
        happenings are remembered (see `Evidence`), and no packets; None: all of them.


        `repeating` is set while a step happens that has happened before: it is not told again. `waiting` is every host
        that pinged until it was answered.
        """
        self.actors = {actor.name: actor for actor in actors}
        self.cloud = cloud
        self.seed = seed
        self._listened = listened
        self.consoles = consoles
        self.inside = Inside(silent, watcher)
        self.evidence = Evidence(tuple(self.actors), brief=True, most=most)
        self.chronicle = Chronicle(most)
        self.repeating = False
        self.waiting: list[Waiting] = []
        self._flows: dict[tuple[Probe, str | None], Flow] = {}
        self.start = agenda.now
        stations = [Station(actor.name, None, actor.outside) for actor in self.actors.values()]
        self.tap = Tap(_MOST_PASSAGES)
        taps = (self.tap,) if most is None else ()
        watching = (self.evidence, *taps, self.chronicle, *consoles.values(), *observers)
        self.world = World(stations, cloud, agenda, self.inside, watching)
        self.rig = WorldRig(self.world, self.evidence, self._new_box, lambda name: self.actors[name].configuration)
        for name in self.actors:
            self.world.exchange(name, self._new_box(name))

    @property
    def now(self) -> Instant:
        """The virtual time."""
        return self.world.agenda.now

    # --- devices -------------------------------------------------------------------------------------------------

    def _new_box(self, name: str) -> Box:
        actor = self.actors[name]
        actor.starts += 1
        stream = f"device {name}" if actor.starts == 1 else f"device {name} start {actor.starts}"
        entropy, now = SeededEntropy(self.seed, stream), self.world.time_of(name)
        return Box(actor.configuration, entropy, now, actor.hidden_keys, self._listened)

    def configure(self, name: str, lines: str) -> None:
        """Type configuration lines into a device."""
        console, actor = self.consoles[name], self.actors[name]
        known = len(actor.configuration.lines)
        configuration = actor.rewrite(more_typed(actor.text, lines))
        must_be_read(f"configure {name}", configuration, known)
        said = {problem.line: problem for problem in configuration.problems}
        for number, line in enumerate(configuration.lines[known:], known + 1):
            problem = said.get(number)
            console.typed("(config)#", line, problem.wording if problem is not None else "")
        self.chronicle.tell(name, f"configured: {' / '.join(configuration.lines[known:])}", self.now)
        self._follow(actor)
        self.world.act(name, lambda box, now: box.reconfigure(configuration, now))

    def _follow(self, actor: Actor) -> None:
        """A device is found at the addresses that its interfaces on the net have now."""
        faces = actor.faces
        outside = {end.address: end.interface for end in ends(actor.configuration) if end.interface in faces}
        if outside != actor.outside:
            actor.outside = self.world.stations[actor.name].outside = outside
            self.cloud.move(actor.name, outside)

    def command(self, name: str, command: str) -> None:
        """Type an exec command on a device; its output stands on the console."""
        station = self.world.stations[name]
        if station.box is None:
            self.rig.tell(name, f"is down: {command!r} is not typed")
            return
        self.chronicle.tell(name, f"# {command}", self.now)
        found = typed(command, station.box)

        def action(box: Box, now: Instant) -> list[BoxEffect]:
            output, effects = found.command.handler.do(box, found.asked, now)
            self.consoles[name].typed("#", command, str(output))
            return effects

        self.world.act(name, action)

    def shown(self, name: str, command: str) -> str:
        """What a device prints now; empty while it is down."""
        box = self.world.stations[name].box
        return box.show(command, self.world.time_of(name)) if box is not None else ""

    # --- hosts ---------------------------------------------------------------------------------------------------

    def flow(self, probe: Probe, device: str | None = None, expects_replies: bool = True) -> Flow:
        """The flow of the host that the probe's source is; asked for again, it goes on.

        Raises InputError where the host is behind no device.
        """
        asked = (probe, device)
        if asked not in self._flows:
            self._flows[asked] = self._new_flow(probe, device, expects_replies)
        return self._flows[asked]

    def _new_flow(self, probe: Probe, device: str | None, expects_replies: bool) -> Flow:
        places = [
            (actor.name, interface)
            for actor in self.actors.values()
            if device in (None, actor.name)
            and (interface := behind(actor.configuration, set(actor.faces), probe.source)) is not None
        ]
        if not places:
            raise InputError(f"{probe.source} is behind no device of the scenario")
        name, interface = places[0]
        return self.inside.flow(name, interface, probe, expects_replies)

    def begin(self, flow: Flow, count: int, interval: Span, waiting: Waiting | None = None) -> None:
        """The host begins to send so many packets of a flow, or goes on with it; `waiting`: until it is answered."""
        probe = flow.probe
        if not self.repeating:
            text = f"{probe.source} sends {count} x {probe.name} to {probe.destination}"
            self.chronicle.tell(flow.name, text, self.now)
        if waiting is not None:
            self.waiting.append(waiting)
        self.send(flow, count, interval, waiting)

    def send(self, flow: Flow, count: int, interval: Span, waiting: Waiting | None = None) -> None:
        """So many packets of a flow, one now and the others behind it."""
        if waiting is not None and waiting.over:
            return
        self.world.into(flow.name, flow.interface, self.inside.request(flow, self.now))
        if count > 1:
            self.rig.after(interval, partial(self.send, flow, count - 1, interval, waiting))

    # --- the net -------------------------------------------------------------------------------------------------

    def flows_between(self, source: IPv4Address | None, destination: IPv4Address | None) -> list[Flow]:
        """The flows that expect replies, all or those between two hosts."""
        return [
            flow
            for flow in self.inside.flows
            if flow.expects_replies
            and source in (None, flow.probe.source)
            and destination in (None, flow.probe.destination)
        ]

    def address_of(self, name: str) -> IPv4Address:
        """The address under which a device, or the NAT box in front of it, is known on the open net."""
        box = self.cloud.nat_boxes.get(self.cloud.edge(name))
        return box.address if box is not None else next(iter(self.actors[name].outside))
