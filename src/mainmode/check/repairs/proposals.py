"""Repairs of phase 1 policies: one like the other side's behind the own ones, or another value in the nearest."""

from collections.abc import Callable, Iterator
from itertools import islice

from mainmode.base.dataclass import dataclass
from mainmode.check.repairs.declaration import Case, Change, Repair
from mainmode.device.config.model import Policy
from mainmode.explain.finding import Safety
from mainmode.ladder.transcript import Side

_MOST = 3
"""Policies of the other side that are offered to be taken over, or brought near, the strongest first."""

_LAST = 65_535
_ROOM = 10

_ATTRIBUTES: tuple[tuple[str, Callable[[Policy], str]], ...] = (
    ("authentication", lambda policy: policy.authentication.value),
    ("encryption", lambda policy: policy.encryption.value),
    ("hash", lambda policy: policy.hash.value),
    ("group", lambda policy: str(policy.group.value)),
)
"""What has to be the same on both sides; of two lifetimes the shorter one counts."""

_WEAK_TO_STRONG = {
    name: {word: strength for strength, word in enumerate(words.split())}
    for name, words in {
        "encryption": "des 3des aes aes-192 aes-256",
        "hash": "md5 sha sha256 sha384 sha512",
        "group": "1 2 5 24 14 15 16 19 20 21",
    }.items()
}


@dataclass(frozen=True, slots=True)
class _Step:
    """A policy of one side and what would have to be another in it to be like one of the other side."""

    policy: Policy
    theirs: Policy
    values: tuple[tuple[str, str], ...]


def _strength(policy: Policy) -> tuple[int, ...]:
    return tuple(_WEAK_TO_STRONG[name].get(value(policy), 0) for name, value in _ATTRIBUTES if name in _WEAK_TO_STRONG)


def _spoken(case: Case, side: Side) -> list[Policy]:
    """The policies of a side for pre-shared keys, the strongest first."""
    found = [one for one in case.of(side).policies if one.authentication.value == "pre-share"]
    return sorted(found, key=_strength, reverse=True)


def _free(case: Case, side: Side) -> int:
    """A number behind all policies of a side, where there is room, else the last that is free."""
    taken = {policy.priority for policy in case.of(side).policies}
    behind = (max(taken, default=0) // _ROOM + 1) * _ROOM
    if behind <= _LAST:
        return behind
    return next(number for number in range(_LAST, 0, -1) if number not in taken)


def _another_policy(case: Case) -> Iterator[Change]:
    for side in Side:
        names, number = case.subject.names, _free(case, side)
        for policy in islice(_spoken(case, side.other), _MOST):
            values = [f" {name} {value(policy)}" for name, value in _ATTRIBUTES]
            lifetime = policy.lifetime.value
            yield Change(
                side,
                f"adds the policy {policy.priority} of {names[side.other]} behind the own ones",
                (
                    f"crypto {case.ike(side)} policy {number}",
                    *values,
                    f" lifetime {'none' if lifetime is None else lifetime}",
                ),
                Safety.SAFE,
                weakens=_weaker(policy, _spoken(case, side)[:1]),
            )


def _changed_policy(case: Case) -> Iterator[Change]:
    for side in Side:
        safety = Safety.WIDE if _serves_others(case, side) else Safety.DISRUPTIVE
        for step in islice(_nearest(case, side), _MOST):
            what = " and ".join(name for name, _ in step.values)
            yield Change(
                side,
                f"changes the {what} of policy {step.policy.priority} to what {case.subject.names[side.other]} has",
                (
                    f"crypto {case.ike(side)} policy {step.policy.priority}",
                    *(f" {name} {value}" for name, value in step.values),
                ),
                safety,
                "policies are for all peers of the device" if safety is Safety.WIDE else "",
                weakens=_weaker(step.theirs, [step.policy]),
            )


def _weaker(one: Policy, than: list[Policy]) -> bool:
    """Whether any algorithm of a policy is weaker than that of one of the others."""
    return any(mine < theirs for other in than for mine, theirs in zip(_strength(one), _strength(other), strict=True))


def _nearest(case: Case, side: Side) -> Iterator[_Step]:
    """The policies of a side with what would change in them: the fewest values first, then the strongest outcome."""
    steps = []
    for theirs in _spoken(case, side.other):
        for own in case.of(side).policies:
            values = tuple((name, value(theirs)) for name, value in _ATTRIBUTES if value(own) != value(theirs))
            if values:
                steps.append(
                    (len(values), [-part for part in _strength(theirs)], own.priority, _Step(own, theirs, values))
                )
    return (step for *_, step in sorted(steps, key=lambda item: item[:3]))


def _serves_others(case: Case, side: Side) -> bool:
    """Whether the device has other peers that use its policies."""
    entries = (entry for one in case.of(side).crypto_maps.values() for entry in one.entries)
    ends = {facing.ends[side.other].address for facing in case.subject.facing}
    return any(entry.dynamic is not None or (entry.peers and not set(entry.peers.value) <= ends) for entry in entries)


PROPOSALS = (
    Repair(
        "CHANGED_POLICY",
        "Gives the nearest phase 1 policy of one side the values that the other side has.",
        ("PHASE1_MISMATCH",),
        _changed_policy,
    ),
    Repair(
        "ANOTHER_POLICY",
        "Adds a phase 1 policy of the other side behind the own ones.",
        ("PHASE1_MISMATCH",),
        _another_policy,
    ),
)
