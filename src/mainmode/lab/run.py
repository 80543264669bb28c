"""One run of the lab: two configurations in; a transcript, the wire's packets and the keys out."""

from collections.abc import Mapping
from dataclasses import field, replace
from ipaddress import IPv4Address

from mainmode.base.dataclass import dataclass
from mainmode.capture.keys import key_files
from mainmode.capture.pcapng import Captured
from mainmode.catalogue.debugs import Debugs
from mainmode.device.console import FORMS
from mainmode.ipsec.dataplane import SaPair
from mainmode.lab.clock import START, Bounds
from mainmode.lab.cloud import Passage
from mainmode.lab.comments import captured
from mainmode.lab.evidence import Evidence
from mainmode.lab.facing import Facing, Pair, find_facing, names_peer
from mainmode.lab.faults.declaration import Ordered
from mainmode.lab.hidden import stand_ins
from mainmode.lab.link import Link
from mainmode.lab.mirror import compare, one_way, unused
from mainmode.lab.recorder import Recorder
from mainmode.lab.rig import WorldRig
from mainmode.lab.traffic import Traffic, chosen_traffic, interesting_traffic
from mainmode.lab.trial import SIDES, Trial
from mainmode.lab.verdict import combine
from mainmode.ladder.transcript import Device, Outcome, Ping, Shown, Side, Transcript, Verdict

PINGS = 5
"""Requests in a series, as the device's own `ping` sends."""

MOST_FAILURES = 3
"""Pairs of networks of one crypto map entry that may fail before the run goes on to the next entry."""

_BY_LINE = ("PROXY_MISMATCH", "NOT_INTERESTING", "NO_NAT_EXEMPTION", "NO_ROUTE", "NO_REPLY", "DENIED")
"""Causes that concern some networks of an entry and not others; any other stands for the whole entry."""

_BOUNDS = Bounds()
_USUAL_LINK = Link()
_ALL_DEBUGS = Debugs(ikev1=127, ipsec=127)


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be run. `ping` is (source, destination); None: found from the access lists.

    `shows` are show commands for both devices at the end.
    """

    pair: Pair
    seed: int
    starter: Side = Side.A
    ping: tuple[IPv4Address, IPv4Address] | None = None
    link: Link = _USUAL_LINK
    debugs: Debugs = _ALL_DEBUGS
    shows: tuple[str, ...] = ()
    bounds: Bounds = _BOUNDS
    faults: tuple[Ordered, ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """What came of it. `interfaces` name the capture's interfaces, `packets` are in order of time.

    `keys` are Wireshark's key files by name; `passages` is the wire's tap.
    """

    transcript: Transcript
    interfaces: tuple[str, ...]
    packets: tuple[Captured, ...]
    keys: Mapping[str, str] = field(repr=False)
    evidence: Evidence
    passages: tuple[Passage, ...]

    @property
    def tunnels(self) -> tuple[SaPair, ...]:
        """The pairs of IPsec SAs that stand on both sides at the end, as side A sees them."""
        return tuple(self.evidence.tunnels(Side.A.value))


def run(order: Order) -> Result:
    """Let the two devices negotiate until all is said.

    Raises InputError where the configurations have nothing to do with each other, no traffic can be found, or a show
    command is none of the device's.
    """
    facing = find_facing(order.pair)
    if order.ping is None:
        series = interesting_traffic(order.pair, facing, order.starter)
    else:
        series = (chosen_traffic(order.pair, facing, *order.ping),)
    return _Run(order, facing).result(series)


class _Run:
    """The parts of a run while it lasts."""

    def __init__(self, order: Order, facing: tuple[Facing, ...]) -> None:
        self._order = order
        self._facing = facing
        keys, self._remarks = stand_ins(order.pair, facing)
        self._recorder = Recorder(SIDES, order.debugs, {side: FORMS[order.pair[side].release] for side in Side})
        self._trial = Trial(
            order.pair, facing, keys, order.seed, link=order.link, bounds=order.bounds, recorder=self._recorder
        )
        trial = self._trial
        rig = WorldRig(trial.world, trial.evidence, trial.new_box, lambda name: order.pair[SIDES[name]])
        for fault in order.faults:
            fault.put_in_place(rig)
        self._pings: list[Ping] = []
        self._ended_by = ""

    def result(self, series: tuple[Traffic, ...]) -> Result:
        """Run every series, one after the other, and put together what came of them."""
        judged = self._try_all(series)
        verdict = combine(judged)
        self._remarks += unused(self._order.pair, self._facing)
        if self._order.ping is None:
            verdict = self._compared(verdict, tuple(traffic for traffic, _ in judged))
        self._remarks += one_way(self._order.pair, self._facing, judged)
        transcript = self._transcript(verdict)
        passages = self._trial.tap.passages
        interfaces, packets = captured(passages, SIDES, self._facing, transcript, self._recorder.packets)
        evidence = self._trial.evidence
        return Result(
            transcript,
            interfaces,
            packets,
            key_files(evidence.ike_keys, evidence.esp_keys),
            evidence,
            tuple(passages),
        )

    def _try_all(self, series: tuple[Traffic, ...]) -> list[tuple[Traffic, Verdict]]:
        """Every series with its verdict, but for what a crypto map entry has failed for already."""
        judged: list[tuple[Traffic, Verdict]] = []
        failures: dict[tuple[str, int] | None, int] = {}
        for traffic in series:
            entry = traffic.entry
            key = (entry.map_name, entry.sequence) if entry is not None else None
            if failures.get(key, 0) >= MOST_FAILURES:
                continue
            verdict = self._try(traffic)
            judged.append((traffic, verdict))
            if verdict.outcome is Outcome.DOWN:
                failures[key] = failures.get(key, 0) + (1 if verdict.cause in _BY_LINE else MOST_FAILURES)
        return judged

    def _compared(self, verdict: Verdict, tried: tuple[Traffic, ...]) -> Verdict:
        """The verdict, with what the access lists say of the networks that nothing was sent between."""
        found = compare(self._order.pair, self._facing, tried)
        if found.untried:
            pairs = "1 more pair" if found.untried == 1 else f"{found.untried} more pairs"
            self._remarks += (
                f"no traffic was sent for {pairs} of networks of the crypto access lists; their lines were compared "
                "with the other side's",
            )
        known = {blame.source for blame in verdict.blames}
        more = tuple(blame for blame in found.blames if blame.source not in known)
        if not more:
            return verdict
        lines = "1 line" if found.lines == 1 else f"{found.lines} lines"
        sentence = (
            f"{verdict.sentence} Not tried: {lines} of the crypto access lists without a mirror on the other side."
        )
        return replace(verdict, sentence=sentence, blames=(*verdict.blames, *more))

    def _try(self, traffic: Traffic) -> Verdict:
        """One series of traffic and what is to be said about it."""
        tried = self._trial.attempt(traffic, PINGS)
        self._pings.extend(tried.pings)
        self._ended_by = self._trial.ended_by or self._ended_by
        return tried.verdict

    def _transcript(self, verdict: Verdict) -> Transcript:
        order = self._order
        shows = tuple(
            Shown(side, command, box.show(command, self._trial.agenda.now))
            for command in order.shows
            for side in Side
            if (box := self._trial.box(side)) is not None
        )
        return Transcript(
            devices=tuple(self._device(side) for side in Side),
            events=tuple(self._recorder.events),
            verdict=verdict,
            initiator=self._recorder.initiator,
            pings=tuple(self._pings),
            shows=shows,
            seed=order.seed,
            started_at=START,
            notes=tuple(self._notes()),
        )

    def _device(self, side: Side) -> Device:
        configuration = self._order.pair[side]
        return Device(
            side,
            configuration.settings.hostname.value,
            configuration.file,
            configuration.lines,
            str(self._facing[0].ends[side].address),
        )

    def _notes(self) -> list[str]:
        notes = list(self._remarks)
        if not any(facing.mutual for facing in self._facing):
            notes += self._doubt()
        notes += [f"fault {fault.text} never fired" for fault in self._order.faults if not fault.fired]
        if self._ended_by:
            notes.append(self._ended_by)
        return notes

    def _doubt(self) -> list[str]:
        """What is to be said of two interfaces that do not name each other as peers; a dynamic map names nobody."""
        pair, ends = self._order.pair, self._facing[0].ends
        named = [side for side in Side if names_peer(pair[side], ends[side], ends[side.other])]
        names = " and ".join(f"{ends[side].interface} {ends[side].address}" for side in Side)
        taken = f"taken to face each other: {names}"
        if not named:
            return [f"the peers do not name each other; {taken}"]
        silent = named[0].other
        bound = pair[silent].map_on(ends[silent].interface)
        if bound is not None and any(entry.dynamic is not None for entry in bound.entries):
            return []
        return [f"only {pair[named[0]].settings.hostname.value} names the other's address as its peer; {taken}"]
