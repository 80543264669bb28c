"""The ladder of two of a scenario's devices: what they sent and said to each other over the whole run."""

from collections.abc import Mapping
from dataclasses import field, replace

from mainmode.base.dataclass import dataclass
from mainmode.base.errors import InputError
from mainmode.base.instant import Instant, Span
from mainmode.capture.keys import key_files
from mainmode.capture.pcapng import Captured
from mainmode.device.config.reader import read
from mainmode.device.console import FORMS
from mainmode.lab.cloud import Cloud
from mainmode.lab.comments import captured
from mainmode.lab.facing import Facing, find_facing
from mainmode.lab.hosts import Probe
from mainmode.lab.observer import Observer, Tap
from mainmode.lab.recorder import Recorder
from mainmode.lab.scenario.judgement import pair_of, verdict_on
from mainmode.lab.scenario.model import Scenario
from mainmode.lab.scenario.stage import Stage
from mainmode.ladder.transcript import Device, Outcome, Ping, Side, Transcript, Verdict


@dataclass(frozen=True, slots=True)
class PairResult:
    """Two devices' transcript, the capture between them (interfaces and packets), and Wireshark's key files."""

    transcript: Transcript
    interfaces: tuple[str, ...]
    packets: tuple[Captured, ...]
    keys: Mapping[str, str] = field(repr=False)


class PairLadder:
    """Watches two devices. `observers` are to be told of a world, and it itself of the hosts' requests."""

    def __init__(self, scenario: Scenario, one: str, other: str) -> None:
        """Raises InputError where these are not two devices of the scenario."""
        parts = {part.name: part for part in scenario.devices}
        for name in (one, other):
            if name not in parts:
                raise InputError(f"--ladder {one} {other}: there is no device {name}; there are {', '.join(parts)}")
        if one == other:
            raise InputError(f"--ladder {one} {other}: name two devices")
        self._scenario = scenario
        self._sides = {one: Side.A, other: Side.B}
        debugs = parts[one].debugs.with_(parts[other].debugs)
        releases = {name: read(parts[name].text, parts[name].file).release for name in self._sides}
        self._recorder = Recorder(self._sides, debugs, {self._sides[name]: FORMS[releases[name]] for name in releases})
        self._tap = Tap()
        self._pings: dict[tuple[Probe, int], Ping] = {}

    @property
    def observers(self) -> tuple[Observer, ...]:
        """Who is to be told of the world."""
        return self._recorder, self._tap

    def requested(self, name: str, probe: Probe, sequence: int, now: Instant) -> None:
        """A host behind a device sends a request."""
        side = self._sides.get(name)
        if side is not None:
            self._recorder.requested(side, probe, sequence, now)
            ping = Ping(side, str(probe.source), str(probe.destination), sequence, now, None)
            self._pings[probe, sequence] = ping

    def replied(self, name: str, probe: Probe, sequence: int, round_trip: Span, now: Instant) -> None:
        """The reply came back."""
        side = self._sides.get(name)
        if side is not None:
            self._recorder.replied(side, probe, sequence, round_trip, now)
            ping = self._pings.get((probe, sequence))
            if ping is not None:
                self._pings[probe, sequence] = replace(ping, round_trip=round_trip)

    def watch(self, cloud: Cloud, names: tuple[str, ...]) -> None:
        """Leave out what goes to other devices."""
        edges = {cloud.edge(name) for name in self._sides}
        self._recorder.strangers = frozenset(cloud.edge(name) for name in names) - edges

    def result(self, stage: Stage) -> PairResult:
        """Everything that is written or printed of the two. Raises InputError where nothing connects them."""
        one, other = self._sides
        facing = find_facing(pair_of(stage, one, other))
        transcript = Transcript(
            devices=tuple(_device(stage, name, side, facing) for name, side in self._sides.items()),
            events=tuple(self._recorder.events),
            verdict=_verdict(stage, one, other),
            initiator=self._recorder.initiator,
            pings=tuple(self._pings.values()),
            seed=self._scenario.seed,
            started_at=stage.start,
        )
        interfaces = {(side, facing_one.ends[side].interface) for facing_one in facing for side in Side}
        edges = {name: stage.cloud.edge(name) for name in self._sides}
        passages = [
            passage
            for passage in self._tap.passages
            if passage.name in self._sides
            and (self._sides[passage.name], passage.interface) in interfaces
            and passage.target in ("", edges[other if passage.name == one else one])
        ]
        names, packets = captured(passages, self._sides, facing, transcript, self._recorder.packets)
        evidence = stage.evidence
        return PairResult(transcript, names, packets, key_files(evidence.ike_keys, evidence.esp_keys))


def _verdict(stage: Stage, one: str, other: str) -> Verdict:
    try:
        return verdict_on(stage, one, other)
    except InputError as error:
        return Verdict(Outcome.DOWN, "none", "RUN_ENDED", f"No verdict on {one} and {other}: {error}")


def _device(stage: Stage, name: str, side: Side, facing: tuple[Facing, ...]) -> Device:
    configuration = stage.actors[name].configuration
    return Device(
        side,
        configuration.settings.hostname.value,
        configuration.file,
        configuration.lines,
        str(facing[0].ends[side].address),
    )
