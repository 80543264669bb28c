"""What effects tell and nobody else keeps: negotiations by their end, failures and ends of SAs by their cause."""

from collections import Counter
from dataclasses import field

from mainmode.base.dataclass import dataclass
from mainmode.base.instant import Instant
from mainmode.device.decision import BoxEffect
from mainmode.device.watching import Watcher
from mainmode.ike.effects import (
    AcquireFailed,
    Cause,
    Exchange,
    InstallSa,
    Phase1Down,
    Phase1Up,
    Phase2Failed,
    RemoveSa,
    Role,
)


@dataclass
class Counts(Watcher):
    """Counters since the start.

    `negotiations` by phase (`1`, `2`), role (`initiator`, `responder`) and result (`up`, `failed`); `failures` by phase
    (also `trigger`: traffic for which nothing could begin) and cause; `ends` of SAs that stood, by phase and cause.
    """

    negotiations: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    failures: Counter[tuple[str, str]] = field(default_factory=Counter)
    ends: Counter[tuple[str, str]] = field(default_factory=Counter)
    _up: set[Exchange] = field(default_factory=set)

    def happened(self, effect: BoxEffect, now: Instant) -> None:
        """Count what is about SAs."""
        match effect:
            case Phase1Up():
                self._up.add(effect.exchange)
                self._ended("1", effect.role, "up")
            case Phase1Down() if effect.exchange in self._up:
                self._up.discard(effect.exchange)
                self.ends["1", _name(effect.failure.cause)] += 1
            case Phase1Down():
                self._failed("1", effect.role, effect.failure.cause)
            case InstallSa():
                self._ended("2", Role.INITIATOR if effect.pair.initiator else Role.RESPONDER, "up")
            case Phase2Failed():
                self._failed("2", effect.role, effect.failure.cause)
            case RemoveSa():
                self.ends["2", _name(effect.failure.cause)] += 1
            case AcquireFailed():
                self.failures["trigger", _name(effect.failure.cause)] += 1
            case _:
                pass

    def _failed(self, phase: str, role: Role, cause: Cause) -> None:
        self.failures[phase, _name(cause)] += 1
        self._ended(phase, role, "failed")

    def _ended(self, phase: str, role: Role, result: str) -> None:
        self.negotiations[phase, role.value.lower(), result] += 1


def _name(cause: Cause) -> str:
    return cause.name.lower()
