"""A folder of configurations without a scenario: everything that fits is connected, and every tunnel is tried."""

from collections.abc import Iterator, Mapping

from mainmode.base.dataclass import dataclass
from mainmode.base.errors import InputError
from mainmode.base.instant import Span, seconds
from mainmode.device.config.model import Configuration
from mainmode.device.config.reader import read
from mainmode.lab.facing import Facing, find_facing
from mainmode.lab.hosts import Probe
from mainmode.lab.link import Link
from mainmode.lab.scenario.judgement import is_of, verdict_on
from mainmode.lab.scenario.model import DevicePart, Scenario, Timed
from mainmode.lab.scenario.play import Performance
from mainmode.lab.scenario.stage import Stage
from mainmode.lab.scenario.steps import Step
from mainmode.lab.traffic import Traffic, interesting_traffic
from mainmode.ladder.transcript import Outcome, Side

PINGS = 5
_BETWEEN_TUNNELS = seconds(1)
_PATIENCE = seconds(200)
"""How long a run goes on after the last tunnel was tried: until a negotiation that nobody answers is given up."""


@dataclass(frozen=True, slots=True)
class Try(Step):
    """One tunnel is tried: its interesting traffic is sent."""

    device: str
    interface: str
    probe: Probe

    def act(self, stage: Stage) -> None:
        """Send the first request; the others follow."""
        flow = stage.inside.flow(self.device, self.interface, self.probe)
        stage.begin(flow, PINGS, seconds(1))


@dataclass(frozen=True, slots=True)
class Attempt:
    """One tunnel: who begins, with whom, and the traffic."""

    one: str
    other: str
    traffic: Traffic

    @property
    def step(self) -> Try:
        """The step that tries it."""
        traffic = self.traffic
        return Try(self.one, traffic.interfaces[traffic.side], traffic.probe)


def attempts(parts: tuple[DevicePart, ...]) -> tuple[Attempt, ...]:
    """Each pair of devices of which both name the other as a peer, or one does, with the traffic between them."""
    configurations = {part.name: read(part.text, part.file) for part in parts}
    found = []
    names = tuple(configurations)
    for place, one in enumerate(names):
        for other in names[place + 1 :]:
            for first, second in ((one, other), (other, one)):
                series = _series(configurations, first, second)
                if series:
                    found += [Attempt(first, second, traffic) for traffic in series]
                    break
    return tuple(found)


def _series(configurations: Mapping[str, Configuration], one: str, other: str) -> tuple[Traffic, ...]:
    pair = {Side.A: configurations[one], Side.B: configurations[other]}
    try:
        facing = find_facing(pair)
        return interesting_traffic(pair, facing, Side.A) if _named(pair, facing) else ()
    except InputError:
        return ()


def _named(pair: Mapping[Side, Configuration], facing: tuple[Facing, ...]) -> bool:
    """Whether one of the two names the other as its peer: devices of one network alone are no pair."""
    return any(
        one.ends[side.other].address in entry.peers.value
        for one in facing
        for side in Side
        for crypto_map in pair[side].crypto_maps.values()
        for entry in crypto_map.entries
        if entry.peers is not None
    )


def scenario_of(
    name: str, parts: tuple[DevicePart, ...], seed: int, link: Link
) -> tuple[Scenario, tuple[Attempt, ...]]:
    """A scenario that tries every tunnel, one after the other. Raises InputError where there is none."""
    tried = attempts(parts)
    if not tried:
        files = ", ".join(part.file for part in parts) or "none"
        raise InputError(f"{name}: no two of its configurations name each other as peers; they are: {files}")
    steps = tuple(
        Timed(f"{attempt.one} to {attempt.other}", attempt.step, Span(_BETWEEN_TUNNELS * place))
        for place, attempt in enumerate(tried, 1)
    )
    until = Span(_BETWEEN_TUNNELS * len(tried) + _PATIENCE)
    scenario = Scenario(name, name, "", seed, parts, link=link, steps=steps, until=until, consoles=False)
    return scenario, tried


@dataclass(frozen=True, slots=True)
class Row:
    """One tunnel's row, and whether it is up."""

    text: str
    up: bool


def table(performance: Performance, tried: tuple[Attempt, ...]) -> Iterator[Row]:
    """A row for each tunnel: the devices, the hosts, how many requests were answered, and the verdict."""
    cells = []
    for attempt in tried:
        stage, probe = performance.stage, attempt.traffic.probe
        flow = next(flow for flow in stage.inside.flows if is_of(flow, attempt.traffic))
        verdict = verdict_on(stage, attempt.one, attempt.other, attempt.traffic)
        up = verdict.outcome is Outcome.UP
        hosts = f"{probe.source} {probe.destination}"
        answered = f"{flow.answered}/{flow.sent}"
        cells.append(
            (f"{attempt.one} {attempt.other}", hosts, answered, "UP" if up else verdict.cause, verdict.sentence)
        )
    widths = [max(len(row[column]) for row in cells) for column in range(4)]
    for row in cells:
        front = (text.ljust(width) for text, width in zip(row[:4], widths, strict=True))
        yield Row("  ".join((*front, row[4])).rstrip(), row[3] == "UP")
