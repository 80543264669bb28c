"""A day lived and judged: tunnels up at the end, or the reason from both sides; and nothing left behind."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from day_devices import Pair
from day_story import CALM, DAY, Day

from mainmode.base.instant import Instant, later, seconds, whole_seconds
from mainmode.base.secret import Secret
from mainmode.device.box import Box
from mainmode.ike.effects import Failure
from mainmode.ipsec.dataplane import SaPair
from mainmode.lab.inside import Flow
from mainmode.lab.scenario.model import Timed
from mainmode.lab.scenario.play import Performance, play
from mainmode.lab.scenario.reader import read_scenario
from mainmode.lab.scenario.stage import Stage
from mainmode.lab.scenario.steps import Step

HOUR = seconds(3600)
FLAWLESS = 300
"""Seconds at the end of the calm in which no ping may be lost."""
SETTLED = 240
"""Seconds of silence in which what was renewed is gone: the responder of a renewal keeps the old one for 90 s, and one
that begins as the silence begins may take 65 s, and 30 s more until traffic moves."""
GOODBYE = 120
"""Seconds after both sides were cleared until nothing at all may be left."""


@dataclass
class Recovery:
    """How many seconds after the end of a mishap its tunnel answered again, from either side: None, not in an hour.

    `alone`: no other mishap fell into that time.
    """

    kind: str
    seconds: float | None
    alone: bool


@dataclass
class Lived:
    """What came of a day. `faults` must be empty. `ended`: `up`, `later`, or `not up` and the cause.

    `late`: how many seconds after the calm the last tunnel came up.
    """

    seed: int
    ended: str = "up"
    late: float = 0.0
    faults: list[str] = field(default_factory=list)
    recoveries: list[Recovery] = field(default_factory=list)
    mishaps: dict[str, int] = field(default_factory=dict)
    most: dict[str, int] = field(default_factory=dict)
    negotiations: int = 0
    cpu: float = 0.0


@dataclass(frozen=True, slots=True)
class _Look(Step):
    """Looks at what the devices hold, once in a while; changes nothing."""

    most: dict[str, int]

    def act(self, stage: Stage) -> None:
        """Look."""
        for station in stage.world.stations.values():
            box = station.box
            if box is not None:
                for what, count in _sizes(box).items():
                    self.most[what] = max(self.most.get(what, 0), count)


def _sizes(box: Box) -> dict[str, int]:
    return {
        "IKE SAs": len(box.ike_sas),
        "pairs of IPsec SAs": len(box.sad.states()),
        "sessions": len(box.sessions),
        "deadlines": box.timers(),
        "connections": len(box.connections),
        "translations": len(box.translations),
    }


BOUNDS = {
    "IKE SAs": 12, "pairs of IPsec SAs": 12, "sessions": 6, "deadlines": 34, "connections": 64, "translations": 64
}  # fmt: skip
"""The most that a device of at most two peers with two networks each may hold at any time."""


def lived(day: Day) -> Lived:
    """The day, lived to its end and judged."""
    began = time.process_time()
    files = day.files
    scenario = read_scenario(f"day {day.seed}", day.text, tuple(files), lambda name: files[name])
    result = Lived(day.seed)
    look = Timed("look", _Look(result.most), seconds(1800), seconds(1801), seconds(DAY + CALM))
    performance = play(replace(scenario, steps=(*scenario.steps, look)))
    _Judge(day, performance, result).judge()
    result.cpu = time.process_time() - began
    return result


class _Judge:
    def __init__(self, day: Day, performance: Performance, result: Lived) -> None:
        self._day, self._stage, self._result = day, performance.stage, result
        if performance.ended_by:
            result.faults.append(performance.ended_by)

    def judge(self) -> None:
        """All that there is to say of the day."""
        day, stage, result = self._day, self._stage, self._result
        result.recoveries = list(self._recoveries())
        for mishap in day.mishaps:
            result.mishaps[mishap.kind] = result.mishaps.get(mishap.kind, 0) + 1
        result.negotiations = len(stage.evidence.ike_keys)
        for what, count in result.most.items():
            if count > BOUNDS[what]:
                result.faults.append(f"a device held {count} {what}")
        down = [place for place, pair in enumerate(day.pairs) if not self._flows(pair)]
        for place in down:
            if place in day.cannot:
                self._cannot(day.pairs[place], day.cannot[place])
        waited = [day.pairs[place] for place in down if place not in day.cannot]
        if waited:
            self._down(waited)
        if not result.ended.startswith("not"):
            self._in_silence()
        self._goodbye()

    # --- up or not -----------------------------------------------------------------------------------------------

    def _flows(self, pair: Pair) -> bool:
        """Whether every ping of the last minutes was answered, from both sides, in all networks."""
        since = later(self._stage.now, seconds(-FLAWLESS))
        flows = [flow for ends in pair.flows() for flow in self._of(ends)]
        answered = all(flow.last_answered is not None and flow.last_answered >= since for flow in flows)
        return answered and not any(_lost(flow, since, self._stage.now) for flow in flows)

    def _of(self, ends: tuple[str, str]) -> list[Flow]:
        return [
            flow
            for flow in self._stage.inside.flows
            if (str(flow.probe.source), str(flow.probe.destination)) == ends and not flow.probe.octets
        ]

    def _cannot(self, pair: Pair, cause: str) -> None:
        """No configuration lets this one come up: both sides must have said why."""
        told = {side.name: self._said(side.name) for side in (pair.a, pair.b)}
        self._result.ended = f"not up: {cause}"
        if not all(told.values()) or not any(cause in said for said in told.values()):
            self._result.faults.append(f"{cause}: not up, and what was said of it: {told}")

    def _down(self, pairs: list[Pair]) -> None:
        """What no configuration forbids comes up when a lifetime ends, and only without keepalives as late as that."""
        result = self._result
        causes = {side.name: self._said(side.name) for pair in pairs for side in (pair.a, pair.b)}
        told = "; ".join(f"{name}: {', '.join(sorted(said)) or 'nothing'}" for name, said in causes.items())
        result.ended, result.late = "later", self._wait_for(pairs)
        if result.late < 0:
            result.faults.append(f"never up again: {told}")
        elif not any("disable" in (pair.a.times.keepalive, pair.b.times.keepalive) for pair in pairs):
            result.faults.append(f"up only {result.late:.0f} s after the calm, with keepalives on both sides: {told}")

    def _said(self, name: str) -> set[str]:
        """The causes that a device gave in the calm and before it."""
        since = later(self._stage.now, seconds(-CALM - 600))
        return {
            reason.what.cause.name
            for reason in self._stage.evidence.reasons
            if reason.name == name and reason.at >= since and isinstance(reason.what, Failure)
        }

    def _wait_for(self, pairs: list[Pair]) -> float:
        """Go on with the traffic until all is up: how many seconds that took; -1 where no lifetime helped."""
        stage = self._stage
        times = [side.times for pair in pairs for side in (pair.a, pair.b)]
        bound = max(max(one.phase1, one.phase2) for one in times) + 900
        began = stage.now
        while whole_seconds(stage.now - began) < bound:  # type: ignore[arg-type]
            for pair in pairs:
                for ends in pair.flows():
                    for flow in self._of(ends):
                        stage.begin(flow, 15, seconds(20))
            self._go_on(FLAWLESS + 1)
            if all(self._flows(pair) for pair in pairs):
                return (stage.now - began) / 1e6
        return -1.0

    def _go_on(self, span: float) -> None:
        world = self._stage.world
        world.drive(lambda: False, later(self._stage.now, seconds(span)))

    # --- what is held --------------------------------------------------------------------------------------------

    def _in_silence(self) -> None:
        """No traffic any more: each tunnel is one pair at each end, with the same keys, and nothing else is there."""
        self._go_on(SETTLED)
        for _ in range(20):
            wrong = list(self._amiss())
            if not wrong:
                return
            self._go_on(31)
        self._result.faults += wrong

    def _amiss(self) -> Iterator[str]:
        stage = self._stage
        evidence = stage.evidence
        boxes = {name: station.box for name, station in stage.world.stations.items()}
        for name, box in boxes.items():
            if box is None:
                yield f"{name} is gone"
                continue
            held = evidence.pairs[name]
            if {state.pair.inbound_spi for state in box.sad.states()} != set(held):
                yield f"{name}: the SAD holds other pairs than were told of"
            seen: dict[str, int] = {}
            for pair in held.values():
                seen[str(pair.proxies)] = seen.get(str(pair.proxies), 0) + 1
                twins = [other[pair.outbound_spi] for other in evidence.pairs.values() if pair.outbound_spi in other]
                if not twins:
                    yield f"{name} alone holds {pair.proxies}"
                elif _keys(twins[0]) != _keys(pair, mirrored=True):
                    yield f"{name}: other keys than its peer for {pair.proxies}"
            yield from (f"{name} holds {count} pairs for {proxies}" for proxies, count in seen.items() if count > 1)
            ikes, sessions = box.ike_sas, box.sessions
            if len(ikes) > len(sessions) or len(sessions) > len(self._day.pairs):
                yield f"{name} holds {len(ikes)} IKE SAs, {len(sessions)} sessions"
            if box.timers() != len(ikes) + len(sessions) + len(held):
                yield f"{name}: {box.timers()} deadlines for {len(ikes)} IKE SAs, {len(held)} pairs"
        if not evidence.settled:
            yield "a negotiation is under way"

    def _goodbye(self) -> None:
        """Everything is cleared on both sides: then nothing is left anywhere."""
        stage = self._stage
        for name in stage.actors:
            stage.command(name, "clear crypto isakmp sa")
        self._go_on(GOODBYE)
        for name, station in stage.world.stations.items():
            box = station.box
            if box is None:
                continue
            left = {what: count for what, count in _sizes(box).items() if count and what not in ("connections",)}
            if left or box.deadline() is not None:
                self._result.faults.append(f"{name}: left after everything was cleared: {left}, {box.deadline()}")

    # --- recovery ------------------------------------------------------------------------------------------------

    def _recoveries(self) -> Iterator[Recovery]:
        stage = self._stage
        by_end: dict[int, list[Instant | None]] = {}
        for waiting in stage.waiting:
            _ = waiting.over
            by_end.setdefault(whole_seconds(waiting.since - stage.start), []).append(waiting.answered)  # type: ignore[arg-type]
        for mishap in self._day.mishaps:
            answers = by_end.get(mishap.end, [])
            if not answers:
                continue
            known = [one for one in answers if one is not None]
            took = None if len(known) < len(answers) else (max(known) - stage.start) / 1e6 - mishap.end
            took = None if took is not None and took > 3600 else took
            until = mishap.end + (3600 if took is None else took)
            alone = not any(
                other is not mishap and other.start <= until and other.end >= mishap.start
                for other in self._day.mishaps
            )
            yield Recovery(mishap.kind, took, alone)


def _lost(flow: Flow, since: Instant, now: Instant) -> bool:
    """Whether a ping of that time was lost; the last ones may still be on their way."""
    until = later(now, seconds(-21))
    return any(since <= at < until for at in (*flow.waiting.values(), *flow.given_up))


def _keys(pair: SaPair, *, mirrored: bool = False) -> tuple[int, int, Secret, Secret, Secret, Secret]:
    """SPIs and keys of a pair, as its device sees them or as the other one must."""
    one = (pair.inbound_spi, pair.inbound_keys), (pair.outbound_spi, pair.outbound_keys)
    (spi_in, keys_in), (spi_out, keys_out) = reversed(one) if mirrored else one
    return spi_in, spi_out, keys_in.cipher, keys_in.integrity, keys_out.cipher, keys_out.integrity
