"""Lifetimes on which the two sides do not say the same, and sessions that end though they are used."""

from collections.abc import Iterator

from mainmode.base.dataclass import dataclass
from mainmode.check.agreed import lifetime_of, matching, volume_of
from mainmode.check.cautions.declaration import Found, Look, Tunnel, Warned
from mainmode.check.cautions.listening import PHASE_1, PHASE_2, rekey_timers
from mainmode.device.config.model import Sourced
from mainmode.ladder.transcript import Blame, Side


@dataclass(frozen=True, slots=True)
class _Lifetimes:
    """What each side says of one lifetime; a value of None is no limit. `unit` is the word behind the number."""

    said: dict[Side, Sourced[int | None]]
    unit: str

    @property
    def differ(self) -> bool:
        """Whether the two sides say different things."""
        return self.said[Side.A].value != self.said[Side.B].value

    def spelled(self, side: Side) -> str:
        """`28800 s`, `no limit`."""
        value = self.said[side].value
        return "no limit" if value is None else f"{value} {self.unit}"

    @property
    def shorter(self) -> Side:
        """The side with the smaller value."""
        a, b = (self.said[side].value for side in Side)
        return Side.A if b is None or (a is not None and a < b) else Side.B

    def places(self) -> tuple[Blame, ...]:
        """The lines, or the defaults, of both sides."""
        return tuple(Blame(side, self.spelled(side), one.source) for side, one in self.said.items())


def _both(look: Look, lifetimes: _Lifetimes) -> str:
    return ", ".join(f"{lifetimes.spelled(side)} on {look.name(side)}" for side in Side)


def _grouped(look: Look) -> Iterator[tuple[_Lifetimes, list[Tunnel]]]:
    """Phase 1 lifetimes that differ, with the tunnels that came up under those policies."""
    found: dict[tuple[object, ...], tuple[_Lifetimes, list[Tunnel]]] = {}
    for tunnel in look.tunnels:
        policies = {side: matching(look.of(side), tunnel.agreed) for side in Side}
        said = {side: policy.lifetime for side, policy in policies.items() if policy is not None}
        if len(said) == len(Side):
            key = tuple(policy.priority for policy in policies.values() if policy is not None)
            found.setdefault(key, (_Lifetimes(said, "s"), []))[1].append(tunnel)
    return ((lifetimes, tunnels) for lifetimes, tunnels in found.values() if lifetimes.differ)


def _phase1(look: Look) -> Iterator[Found]:
    for lifetimes, tunnels in _grouped(look):
        agreed = tunnels[0].agreed.lifetime
        counts = "no limit" if agreed is None else f"{agreed} s"
        yield Found(
            f"The lifetimes of phase 1 differ: {_both(look, lifetimes)}. The shorter one counts, and the side that "
            "began the tunnel renews it.",
            f"phase 1 agreed on {counts} for {look.begun(tunnels)}{rekey_timers(look, tunnels[0], PHASE_1)}",
            lifetimes.places(),
            f"Give both policies the same lifetime, {lifetimes.spelled(lifetimes.shorter)} to change nothing else.",
        )


def _phase2(look: Look) -> Iterator[Found]:
    found: dict[tuple[object, ...], tuple[_Lifetimes, list[Tunnel]]] = {}
    for tunnel in look.tunnels:
        for unit, said_by in (("s", lifetime_of), ("kB", volume_of)):
            said: dict[Side, Sourced[int | None]] = {}
            for side in Side:
                standing = tunnel.agreed.sides[side]
                value = said_by(look.of(side), standing.map_name, standing.map_sequence)
                if value is not None:
                    said[side] = value
            if len(said) == len(Side):
                key = unit, *(one.source for one in said.values())
                found.setdefault(key, (_Lifetimes(said, unit), []))[1].append(tunnel)
    for lifetimes, tunnels in found.values():
        if lifetimes.differ:
            yield _difference(look, lifetimes, tunnels)


def _difference(look: Look, lifetimes: _Lifetimes, tunnels: list[Tunnel]) -> Found:
    what = "lifetimes" if lifetimes.unit == "s" else "volume lifetimes"
    agreed = tunnels[0].agreed.sides
    stands = {
        side: agreed[side].lifetime_seconds if lifetimes.unit == "s" else agreed[side].lifetime_kilobytes
        for side in Side
    }
    stood = ", ".join(
        f"{'no limit' if value is None else f'{value} {lifetimes.unit}'} on {look.name(side)}"
        for side, value in stands.items()
    )
    timers = rekey_timers(look, tunnels[0], PHASE_2) if lifetimes.unit == "s" else ""
    return Found(
        f"The {what} of phase 2 differ: {_both(look, lifetimes)}. The shorter one counts, and the side that began the "
        "pair renews it.",
        f"the IPsec SAs stand for {stood}, {look.begun(tunnels)}{timers}",
        lifetimes.places(),
        f"Give both entries the same, {lifetimes.spelled(lifetimes.shorter)} to change nothing else.",
    )


def _session(look: Look) -> Iterator[Found]:
    if not look.tunnels:
        return
    for side in Side:
        for group in look.groups(side):
            timeout = look.of(side).group_policy(group.group_policy.value).session_timeout
            if timeout.value is None:
                continue
            yield Found(
                f"{look.name(side)} ends the session {timeout.value} minutes after its beginning, traffic or not.",
                f"the tunnel lands on tunnel-group {group.name}, whose group-policy is {group.group_policy.value}",
                (Blame(side, f"{timeout.value} minutes", timeout.source),),
                "Set vpn-session-timeout none in the group-policy of LAN-to-LAN tunnels.",
            )


LIFETIMES = (
    Warned(
        "LIFETIMES_PHASE_1",
        "The lifetimes of phase 1 differ",
        "the policies that a tunnel of the run agreed on have different lifetimes on the two sides",
        "It works here, as the shorter one wins; other makes and some releases refuse a lifetime longer than their "
        "own, and then the tunnel comes up from one side only.",
        _phase1,
    ),
    Warned(
        "LIFETIMES_PHASE_2",
        "The lifetimes of phase 2 differ",
        "the entries of a tunnel of the run have different lifetimes, in seconds or kilobytes, on the two sides",
        "It works, as the shorter one wins; but who reads one side's configuration is wrong about when the SAs are "
        "renewed.",
        _phase2,
    ),
    Warned(
        "SESSION_TIMEOUT",
        "The session ends though it is used",
        "the group-policy of the peer's tunnel-group sets vpn-session-timeout",
        "All connections through the tunnel stall then until it is negotiated again.",
        _session,
    ),
)
