"""A world of two devices that try traffic: the core of a run of the lab, and of all who ask what a pair comes to."""

from collections.abc import Mapping

from mainmode.base.dataclass import dataclass
from mainmode.base.instant import seconds
from mainmode.base.secret import Secret
from mainmode.device.box import Box
from mainmode.device.decision import Decision, Stage
from mainmode.ipsec.dataplane import SaPair
from mainmode.lab.clock import START, Agenda, Bounds, RunawayError
from mainmode.lab.cloud import Cloud
from mainmode.lab.entropy import SeededEntropy
from mainmode.lab.evidence import Evidence
from mainmode.lab.facing import Facing, Pair
from mainmode.lab.link import Link
from mainmode.lab.observer import Observer, Tap
from mainmode.lab.pinger import Pinger, settle
from mainmode.lab.recorder import Recorder
from mainmode.lab.traffic import Traffic
from mainmode.lab.verdict import Observed, judge
from mainmode.lab.world import Station, World
from mainmode.ladder.transcript import Fate, Ping, Side, Verdict

SETTLING = seconds(600)
"""How long a negotiation may go on after the pings before the run ends without it."""

_BOUNDS = Bounds()
_USUAL_LINK = Link()

SIDES = {side.value: side for side in Side}
"""The two devices of a pair are called `a` and `b` in their world."""


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of one series of traffic.

    `carriers` are the pair of IPsec SAs that carries it, as each side has it; empty where no pair stands on both.
    """

    traffic: Traffic
    pings: tuple[Ping, ...]
    observed: Observed
    verdict: Verdict
    carriers: Mapping[Side, SaPair]


class Trial:
    """Fresh boxes of a pair on one net, each by the interfaces that face the other; `keys` are `hidden.stand_ins`.

    `link` is the wire, `bounds` end what would not end. `recorder` None: nobody reads lines, so none are made.
    `watchers` are told what happens besides. `ended_by` says which bound ended the last series, empty if none did.
    """

    def __init__(
        self,
        pair: Pair,
        facing: tuple[Facing, ...],
        keys: Mapping[Side, Mapping[str, Secret]],
        seed: int,
        *,
        link: Link = _USUAL_LINK,
        bounds: Bounds = _BOUNDS,
        recorder: Recorder | None = None,
        watchers: tuple[Observer, ...] = (),
    ) -> None:
        self._pair, self._facing, self._keys, self._seed = pair, facing, keys, seed
        self._listened = recorder is not None
        self._starts = dict.fromkeys(SIDES, 0)
        self.agenda = Agenda(START, bounds)
        self.evidence, self.tap = Evidence(tuple(SIDES)), Tap()
        self._pinger = Pinger(recorder, self.evidence)
        self.ended_by = ""
        observers: tuple[Observer, ...] = (self.evidence, self.tap, *watchers)
        self.world = self._world_of(link, observers if recorder is None else (recorder, *observers))

    def _world_of(self, link: Link, observers: tuple[Observer, ...]) -> World:
        cloud = Cloud(link, SeededEntropy(self._seed, "link"))
        stations = []
        for side in Side:
            outside = {facing.ends[side].address: facing.ends[side].interface for facing in self._facing}
            cloud.attach(side.value, outside)
            stations.append(Station(side.value, self.new_box(side.value), outside))
        return World(stations, cloud, self.agenda, self._pinger, observers)

    def new_box(self, name: str) -> Box:
        """A device as it is when it starts; every start has random numbers of its own."""
        self._starts[name] += 1
        stream = f"device {name}" if self._starts[name] == 1 else f"device {name} start {self._starts[name]}"
        side = SIDES[name]
        entropy = SeededEntropy(self._seed, stream)
        return Box(self._pair[side], entropy, self.agenda.now, self._keys[side], self._listened)

    def box(self, side: Side) -> Box | None:
        """The device as it stands; None while it is down."""
        return self.world.stations[side.value].box

    def attempt(self, traffic: Traffic, pings: int) -> Tried:
        """One series of so many requests and what is to be said about it.

        Where none of them came through the tunnel, or the wire lost one, as many are sent once more, as a person would.
        """
        evidence = self.evidence
        sent: list[Ping] = []
        wire = self._wire_of(traffic)
        reasons_before, packets_before = len(evidence.reasons), len(self.tap.passages)
        replied = False
        self.ended_by = ""
        try:
            for turn in range(2):
                series = self._pinger.ping(self.world, traffic, pings, turn * pings + 1)
                sent.extend(series)
                replied = any(ping.round_trip is not None for ping in series)
                if not settle(self.world, evidence, SETTLING):
                    self.ended_by = f"a negotiation was not done after {SETTLING // seconds(1)} s"
                if replied or self._carrier(traffic, replied) is None:
                    break
                if self._pings_told_all(traffic, reasons_before, packets_before):
                    break
        except RunawayError as error:
            self.ended_by = str(error)
        carrier = self._carrier(traffic, replied)
        observed = Observed(
            self._pair,
            SIDES,
            wire,
            traffic,
            tuple(evidence.reasons[reasons_before:]),
            tuple(self.tap.passages[packets_before:]),
            evidence.phase1_done(traffic.side.value, wire.ends[traffic.side.other].address),
            carrier is not None,
            replied,
            self.ended_by,
        )
        return Tried(traffic, tuple(sent), observed, judge(observed), self._both(traffic.side, carrier))

    def _carrier(self, traffic: Traffic, replied: bool) -> SaPair | None:
        """The pair of SAs of the traffic's entry that carries it and stands on both sides, as the sender has it.

        Its proxies say so; where addresses are translated on the way, that replies came.
        """
        probe, entry = traffic.on_wire, traffic.entry
        peers = {str(peer) for peer in entry.peers.value} if entry is not None and entry.peers is not None else set()
        owned: SaPair | None = None
        for pair in self.evidence.tunnels(traffic.side.value):
            own = entry is not None and (pair.map_name, pair.map_sequence) == (entry.map_name, entry.sequence)
            if entry is not None and not (own and pair.peer in peers):
                continue
            local, remote = pair.proxies.local, pair.proxies.remote
            near = local.holds(probe.source, probe.protocol, probe.source_port)
            if near and remote.holds(probe.destination, probe.protocol, probe.destination_port):
                return pair
            owned = owned or (pair if own else None)
        return owned if replied else None

    def _both(self, side: Side, carrier: SaPair | None) -> dict[Side, SaPair]:
        if carrier is None:
            return {}
        return {side: carrier, side.other: self.evidence.pairs[side.other.value][carrier.outbound_spi]}

    def _pings_told_all(self, traffic: Traffic, reasons_before: int, packets_before: int) -> bool:
        """Whether a request came out of the tunnel, and no packet was lost: to ask once more would change nothing."""
        decrypted = any(
            reason.name == traffic.side.other.value
            and isinstance(reason.what, Decision)
            and reason.what.stage is Stage.DECRYPT
            for reason in self.evidence.reasons[reasons_before:]
        )
        return decrypted and all(passage.fate is not Fate.LOST for passage in self.tap.passages[packets_before:])

    def _wire_of(self, traffic: Traffic) -> Facing:
        """The pair of interfaces that the traffic's crypto map entry leads over."""
        peers = traffic.entry.peers.value if traffic.entry is not None and traffic.entry.peers is not None else ()
        for facing in self._facing:
            if facing.ends[traffic.side.other].address in peers:
                return facing
        return self._facing[0]
