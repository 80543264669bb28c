"""The verdict on two devices of a scenario, by the same rules as that on a pair."""

from mainmode.base.errors import InputError
from mainmode.base.instant import Instant
from mainmode.ipsec.dataplane import SaPair
from mainmode.lab.facing import Facing, Pair, find_facing
from mainmode.lab.inside import Flow
from mainmode.lab.scenario.stage import Stage
from mainmode.lab.traffic import Traffic, chosen_traffic, interesting_traffic
from mainmode.lab.verdict import Observed, judge
from mainmode.ladder.transcript import EPOCH, Side, Verdict


def pair_of(stage: Stage, one: str, other: str) -> Pair:
    """The configurations of two devices as they are now; the first one is side A."""
    return {Side.A: stage.actors[one].configuration, Side.B: stage.actors[other].configuration}


def verdict_on(stage: Stage, one: str, other: str, traffic: Traffic | None = None, since: Instant = EPOCH) -> Verdict:
    """What both sides and the wire told in the run from `since` on, of one kind of traffic or of all between the two.

    Raises InputError where no traffic is between them.
    """
    sides = {one: Side.A, other: Side.B}
    pair = pair_of(stage, one, other)
    facing = find_facing(pair)
    evidence = stage.evidence
    flows = [flow for flow in stage.inside.flows if flow.name in sides and (traffic is None or is_of(flow, traffic))]
    stands = any(traffic is None or _carries(pair_of_sas, traffic) for pair_of_sas in evidence.tunnels(one, other))
    return judge(
        Observed(
            pair,
            sides,
            facing[0],
            traffic or _traffic(stage, sides, pair, facing),
            tuple(reason for reason in evidence.reasons if reason.name in sides and reason.at >= since),
            tuple(passage for passage in stage.tap.passages if passage.name in sides and passage.at >= since),
            evidence.phase1_shared(one, other),
            stands,
            any(flow.last_answered is not None and flow.last_answered >= since for flow in flows),
        )
    )


def is_of(flow: Flow, traffic: Traffic) -> bool:
    """Whether a flow is between the same hosts."""
    one, other = flow.probe, traffic.probe
    return (one.source, one.destination, one.protocol) == (other.source, other.destination, other.protocol)


def _carries(pair: SaPair, traffic: Traffic) -> bool:
    """Whether SAs are for this traffic, as its sender's proxies say; for translated traffic all are."""
    proxies = traffic.proxies
    return proxies is None or (pair.proxies.local, pair.proxies.remote) == (proxies.local, proxies.remote)


def _traffic(stage: Stage, sides: dict[str, Side], pair: Pair, facing: tuple[Facing, ...]) -> Traffic:
    """The first flow between the two, else what their access lists name."""
    for flow in stage.inside.flows:
        if flow.name in sides:
            try:
                return chosen_traffic(pair, facing, flow.probe.source, flow.probe.destination)
            except InputError:
                continue
    return interesting_traffic(pair, facing, Side.A)[0]
