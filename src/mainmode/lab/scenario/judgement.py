"""The verdict on two devices of a scenario, by the same rules as that on a pair."""

from mainmode.base.errors import InputError
from mainmode.lab.facing import Facing, Pair, find_facing
from mainmode.lab.scenario.stage import Stage
from mainmode.lab.traffic import Traffic, chosen_traffic, interesting_traffic
from mainmode.lab.verdict import Observed, judge
from mainmode.ladder.transcript import Side, Verdict


def pair_of(stage: Stage, one: str, other: str) -> Pair:
    """The configurations of two devices as they are now; the first one is side A."""
    return {Side.A: stage.actors[one].configuration, Side.B: stage.actors[other].configuration}


def verdict_on(stage: Stage, one: str, other: str) -> Verdict:
    """What both sides and the wire told in the run so far. Raises InputError where no traffic is between the two."""
    sides = {one: Side.A, other: Side.B}
    pair = pair_of(stage, one, other)
    facing = find_facing(pair)
    traffic = _traffic(stage, sides, pair, facing)
    evidence = stage.evidence
    flows = [flow for flow in stage.inside.flows if flow.name in sides]
    return judge(
        Observed(
            pair,
            sides,
            facing[0],
            traffic,
            tuple(reason for reason in evidence.reasons if reason.name in sides),
            tuple(passage for passage in stage.tap.passages if passage.name in sides),
            evidence.phase1_shared(one, other),
            any(True for _ in evidence.tunnels(one, other)),
            any(flow.answered for flow in flows),
        )
    )


def _traffic(stage: Stage, sides: dict[str, Side], pair: Pair, facing: tuple[Facing, ...]) -> Traffic:
    """The first flow between the two, else what their access lists name."""
    for flow in stage.inside.flows:
        if flow.name in sides:
            try:
                return chosen_traffic(pair, facing, flow.probe.source, flow.probe.destination)
            except InputError:
                continue
    return interesting_traffic(pair, facing, Side.A)[0]
